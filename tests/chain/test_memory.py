"""Preprocess, hysime and cluster pass a cube several times larger than the memory they may have."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.io.test_map_layers import write_ddr

ROWS, COLS, BANDS = 1600, 400, 450
BASE = """
import resource
import numba, scipy.linalg, sklearn.cluster, torch, torch._dynamo  # the optimiser loads this one
from hsicli.cli.app import main
"""
RUN = "resource.setrlimit(resource.RLIMIT_DATA, ({0}, {0})); main()"


def write_cube(path: Path, rows: int = ROWS) -> int:
    """A scene of six materials, written row block by row block (ENVI, BIP float32); its size in bytes."""
    rng = np.random.default_rng(0)
    wavelengths = np.linspace(1000.0, 2500.0, BANDS)
    centres, depths = rng.uniform(1100, 2400, 6), rng.uniform(0.1, 0.4, 6)
    spectra = 0.4 - depths[:, None] * np.exp(-(((wavelengths - centres[:, None]) / 60) ** 2))
    with path.open("wb") as file:
        for _ in range(0, rows, 100):
            shares = rng.dirichlet(np.full(6, 0.2), 100 * COLS)
            block = shares @ spectra + rng.normal(0, 0.002, (100 * COLS, BANDS))
            file.write(block.astype(np.float32).data)
    path.with_suffix(".hdr").write_text(
        f"ENVI\nsamples = {COLS}\nlines = {rows}\nbands = {BANDS}\nheader offset = 0\ndata type = 4\n"
        "interleave = bip\nbyte order = 0\nwavelength units = Nanometers\n"
        f"wavelength = {{{', '.join(f'{w:.2f}' for w in wavelengths)}}}\n"
    )
    return path.stat().st_size


def own_memory(code: str) -> int:
    """Bytes of private writable memory after some imports: what the interpreter and its libraries hold."""
    text = "\nprint([line for line in open('/proc/self/status') if line.startswith('VmData')][0].split()[1])"
    done = subprocess.run([sys.executable, "-c", code + text], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024


def run_within(limit: int, command: str, folder: Path) -> None:
    """A command in a process of its own, with so much private memory."""
    done = subprocess.run(
        [sys.executable, "-c", f"{BASE}\n{RUN.format(limit)}", *command.split(), "--threads", "1"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stderr[-1500:]}"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's accounting")
def test_a_cube_four_times_the_memory_passes_with_the_defaults(tmp_path):
    """Memory beside what the interpreter and its libraries hold before any work."""
    size = write_cube(tmp_path / "big.img")
    limit = own_memory(BASE) + size // 4
    assert resource.getrlimit(resource.RLIMIT_DATA)[1] == resource.RLIM_INFINITY
    for command in (
        "preprocess big.img cube.h5 --continuum --ratio global",
        "hysime cube.h5 subspace.h5",
        "cluster cube.h5 classes.h5 --subspace subspace.h5",
    ):
        run_within(limit, command, tmp_path)
    assert (tmp_path / "cube.h5").stat().st_size > 3 * size // 4 > 2 * (limit - own_memory(BASE))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's accounting")
def test_a_cube_twice_the_memory_is_projected_and_exported(tmp_path):
    rows = ROWS // 2
    size = write_cube(tmp_path / "big.img", rows)
    row, col = np.mgrid[0:rows, 0:COLS] / 3293
    write_ddr(tmp_path / "ddr.lbl", 18.5 - row - col / 15, 77.4 + col - row / 15)
    for command in (
        "preprocess big.img map.h5 --project --geometry ddr.lbl",
        "export big.img out.tif --project --geometry ddr.lbl",
    ):
        run_within(own_memory(BASE) + size // 2, command, tmp_path)
    assert (tmp_path / "map.h5").stat().st_size > size


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's accounting")
def test_spectra_are_inferred_for_a_cube_four_times_the_memory(tmp_path):
    """Pairs are drawn from it, and the estimate is twice as large as the cube."""
    size = write_cube(tmp_path / "big.img", ROWS // 2)
    sensor = "--sensor 1200:100,1500:100,1800:100,2100:100,2300:100"
    for command in (
        f"superres train big.img w.h5 {sensor} --model ridge --set pairs.count=3000 --set pairs.pool=6000",
        f"superres apply big.img w.h5 e.h5 {sensor}",
    ):
        run_within(own_memory(BASE) + size // 4, command, tmp_path)
    assert (tmp_path / "e.h5").stat().st_size > 2 * size
