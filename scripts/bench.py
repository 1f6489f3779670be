"""Time every kernel beside what a user would take instead, in one process, and the chain from disk to map.

    python scripts/bench.py [--scene small|crism|core] [--only WORD] [--out bench/NAME.json] [--chain]

A row is: ours, the peer, the ratio peer/ours, all medians over runs that alternate; a peer that would take
minutes is timed on a part of the scene and scaled, as the row says. Scenes: small 128×160×228; crism
455×751×228; core 4003×275×249 (the sizes of the GyPSUM paper). Quote ratios: seconds belong to the machine.
The last file in bench/ of the same scene is what the printed change refers to.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from hsicli.runtime import use_threads

THREADS = use_threads(None)

import numpy as np  # noqa: E402  (after the thread counts are set)
import torch  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from hsicli.cube import Cube  # noqa: E402

SCENES = {"small": (128, 160, 228), "crism": (455, 751, 228), "core": (4003, 275, 249)}
BENCH = Path("bench")


class Row(NamedTuple):
    """One comparison."""

    name: str
    ours: float
    peer: float
    peer_name: str

    @property
    def ratio(self) -> float:
        """How many times longer the peer takes."""
        return self.peer / self.ours


def scene(rows: int, cols: int, bands: int) -> np.ndarray:
    """(rows, cols, bands) float32: smooth mixtures of twelve reflectance-like spectra, with noise."""
    rng = np.random.default_rng(0)
    axis = np.linspace(1.05, 2.55, bands)
    centres, widths = rng.uniform(1.1, 2.5, (12, 3)), rng.uniform(0.02, 0.15, (12, 3))
    depths = rng.uniform(0.02, 0.3, (12, 3))
    bandshapes = depths[..., None] * np.exp(-0.5 * ((axis - centres[..., None]) / widths[..., None]) ** 2)
    endmembers = (0.3 + 0.1 * rng.random((12, 1)) * axis) * (1 - bandshapes.sum(1))
    out = np.empty((rows, cols, bands), dtype=np.float32)
    for row in range(rows):
        abundances = rng.dirichlet(np.full(12, 0.3), cols)
        out[row] = abundances @ endmembers + rng.normal(0, 2e-3, (cols, bands))
    return out


def clock(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def compare(
    name: str,
    ours: Callable[[], Any],
    peer: Callable[[], Any],
    peer_name: str,
    *,
    runs: int = 3,
    share: float = 1.0,
) -> Row:
    """Medians of alternating runs after one warm-up of ours; the peer ran on `share` of the work."""
    ours()
    times = [(clock(ours), clock(peer)) for _ in range(runs)]
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    part = "" if share == 1 else f" (×{1 / share:.0f} of {share:.2%})"
    return Row(name, mine, theirs / share, peer_name + part)


def bench_reading(folder: Path, data: np.ndarray) -> list[Row]:
    from spectral.io import envi

    from hsicli.io.reading import read_cube

    rows, cols, bands = data.shape
    out = []
    for name, axes in {"bip": (0, 1, 2), "bil": (0, 2, 1), "bsq": (2, 0, 1)}.items():
        path = folder / f"{name}.img"
        np.ascontiguousarray(data.transpose(axes)).tofile(path)
        path.with_suffix(".hdr").write_text(
            f"ENVI\nsamples = {cols}\nlines = {rows}\nbands = {bands}\nheader offset = 0\ndata type = 4\n"
            f"interleave = {name}\nbyte order = 0\n"
        )

        def walk(path: Path = path) -> int:
            return sum(int(block.valid.sum()) for block in read_cube(path).blocks())

        def spy(path: Path = path) -> Any:
            return envi.open(path.with_suffix(".hdr")).load()

        out.append(compare(f"ENVI {name} walked as (rows, cols, bands)", walk, spy, "SPy load"))
        path.unlink()
    return out


def bench_continuum(data: np.ndarray) -> list[Row]:
    import spectral

    from hsicli.preprocessing.continuum import remove_continuum

    spectra = data.reshape(-1, data.shape[2])
    axis = np.linspace(1050.0, 2550.0, spectra.shape[1])
    part = spectra[: min(len(spectra), 20_000)]
    return [
        compare(
            "continuum removal",
            lambda: remove_continuum(spectra, axis),
            lambda: spectral.remove_continuum(part, axis),
            "SPy remove_continuum",
            share=len(part) / len(spectra),
        )
    ]


def bench_hysime(data: np.ndarray) -> list[Row]:
    from hsicli.stages.hysime import HysimeConfig, estimate_subspace

    spectra = data.reshape(-1, data.shape[2])
    cube = Cube(data, wavelengths=np.linspace(1050.0, 2550.0, data.shape[2]))
    bands = spectra.shape[1]
    whole = np.ascontiguousarray(spectra.T, dtype=np.float64)  # (bands, pixels), as the published programs

    def textbook() -> None:
        """The whole estimate by a loop over the bands: residuals, then the correlations and directions."""
        gram = whole @ whole.T
        inverse = np.linalg.inv(gram + 1e-6 * np.eye(bands))
        residuals = np.empty_like(whole)
        for band in range(bands):
            weights = -inverse[band] / inverse[band, band]
            weights[band] = 0
            residuals[band] = whole[band] - weights @ whole
        signal = whole - residuals
        np.linalg.eigh(signal @ signal.T)
        (residuals @ residuals.T).trace()

    def one_gram() -> None:
        total = np.zeros((bands, bands))
        for first in range(0, len(spectra), 8192):
            block = spectra[first : first + 8192].astype(np.float64)
            total += block.T @ block

    def ours() -> None:
        estimate_subspace(cube, HysimeConfig())

    return [
        compare("HySime", ours, textbook, "a regression a band, residuals kept, float64", runs=2),
        compare("HySime against its floor", ours, one_gram, "one float64 Gram product", runs=3),
    ]


def bench_mixture(data: np.ndarray) -> list[Row]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    from hsicli.algorithms.mixture import fit_mixture, start_mixture

    d, k = 20, 40
    n = data.shape[0] * data.shape[1]
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(n, d)) + 3 * rng.normal(size=(k, d))[rng.integers(0, k, n)]
    tensor = torch.from_numpy(codes)
    start = start_mixture(tensor, k, rng=rng)
    model = GaussianMixture(
        k,
        max_iter=1,
        weights_init=start.weights.numpy(),
        means_init=start.means.numpy(),
        precisions_init=np.linalg.inv(start.covariances.numpy()),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(codes[: 100 * k])

    def ours() -> None:
        next(fit_mixture(tensor, start))

    def peer() -> None:  # fit() would add its k-means and a last E step
        _, responsibilities = model._e_step(codes)
        model._m_step(codes, responsibilities)

    return [compare(f"EM iteration, d={d}, k={k}, float64", ours, peer, "scikit-learn", runs=3)]


def bench_fcls(data: np.ndarray) -> list[Row]:
    from scipy.optimize import nnls as scipy_nnls

    from hsicli.algorithms.endmembers import sivm
    from hsicli.algorithms.leastsquares import fcls, nnls, optimality_on_simplex

    spectra = data.reshape(-1, data.shape[2])
    sample = spectra[:: max(1, len(spectra) // 20_000)]
    endmembers = sample[sivm(sample, 12)].astype(np.float64)
    part = spectra[:: max(1, len(spectra) // 3000)].astype(np.float64)
    heavy = np.vstack([endmembers.T, np.full(12, 1e3)])
    violation = optimality_on_simplex(part, endmembers, fcls(part, endmembers)).max()
    if violation > 1e-9:
        raise ValueError(f"FCLS violates its conditions by {violation:.1e}")

    def weighted_row() -> None:
        for spectrum in part:
            scipy_nnls(heavy, np.append(spectrum, 1e3))

    def alone() -> None:
        for spectrum in part:
            scipy_nnls(endmembers.T, spectrum)

    share = len(part) / len(spectra)
    return [
        compare(
            "FCLS, 12 endmembers, float64",
            lambda: fcls(spectra, endmembers),
            weighted_row,
            "scipy nnls in a loop, a heavy row for the sum",
            share=share,
        ),
        compare(
            "NNLS, 12 endmembers, float64",
            lambda: nnls(spectra, endmembers),
            alone,
            "scipy nnls in a loop",
            share=share,
        ),
    ]


def bench_sparse_model(data: np.ndarray) -> list[Row]:
    from scipy.optimize import linprog

    from hsicli.preprocessing.absorptions import Dictionary, background_matrix
    from hsicli.preprocessing.denoise import Effort, fit_spectra
    from hsicli.preprocessing.sparse_model import SparseModel

    bands, absorbers = data.shape[2], 481  # as many as the USGS library has minerals
    y = torch.from_numpy(np.log(np.clip(data.reshape(-1, bands)[:2048], 1e-4, None)))
    rng, axis = np.random.default_rng(0), np.linspace(1050.0, 2550.0, bands)
    centres, widths = rng.uniform(1100, 2500, (2, absorbers)), rng.uniform(20, 150, (2, absorbers))
    columns = -0.05 * np.exp(-0.5 * ((axis[:, None, None] - centres) / widths) ** 2).sum(axis=1)
    names = tuple(map(str, range(absorbers)))
    dictionary = Dictionary(names, columns, np.zeros((bands, 0)), background_matrix(axis))
    model = SparseModel(dictionary, torch.device("cpu"))
    equations = np.hstack([columns, dictionary.background, np.eye(bands), -np.eye(bands)])
    limits = [(0, None)] * absorbers + [(None, None)] + [(0, None)] * (bands - 2) + [(None, None)]
    few = y[:6].double().numpy()

    def alone() -> None:
        for one in few:
            share = np.full(2 * bands, 1 / np.linalg.norm(one))
            cost = np.r_[np.full(absorbers, 0.01), np.zeros(bands), share]
            linprog(cost, A_eq=equations, b_eq=one, bounds=limits + [(0, None)] * (2 * bands))

    return [
        compare(
            "sparse model, 481 absorptions, 2048 spectra",
            lambda: fit_spectra(model, y, torch.ones_like(y), Effort()),
            alone,
            "HiGHS, exact, a spectrum at a time",
            share=len(few) / len(y),
        )
    ]


def bench_superpixels(_: np.ndarray) -> list[Row]:
    """On smooth images of the sizes of Pavia U and Botswana, whatever the scene."""
    from scipy.ndimage import gaussian_filter

    from hsicli.algorithms.superpixels import _edges, _join, _weights, entropy_rate_superpixels, to_bytes

    rng, out = np.random.default_rng(0), []
    for (rows, cols), count in (((610, 340), 1000), ((1476, 256), 4550)):
        fields = np.stack([gaussian_filter(rng.standard_normal((rows, cols)), 4) for _ in range(3)], axis=-1)
        image = to_bytes(fields, np.ones((rows, cols), dtype=bool))
        part = image[: rows // 40]
        vertex = np.arange(part[..., 0].size, dtype=np.int32).reshape(part.shape[:2])
        edges, table = _edges(part, vertex), _weights(3, 5.0)
        goal = (vertex.size, max(1, count // 40), 0.5)
        out.append(
            compare(
                f"superpixels, {rows}×{cols}×3 at {count}",
                lambda image=image, count=count: entropy_rate_superpixels(image, count),
                lambda edges=edges, table=table, goal=goal: _join.py_func(*edges, table, goal),
                "its loop interpreted",
                share=len(part) / rows,
            )
        )
    return out


def bench_neighbours(data: np.ndarray) -> list[Row]:
    from sklearn.neighbors import NearestNeighbors

    from hsicli.algorithms.neighbours import neighbour_distances, principal_axes

    codes = principal_axes(data.reshape(-1, data.shape[2])[:100_000])[0][:, :5].astype(np.float32)
    part = codes[:2000]
    peer = NearestNeighbors(n_neighbors=41, algorithm="kd_tree", n_jobs=THREADS).fit(codes)
    return [
        compare(
            f"40 nearest of {len(codes)} in 5 dimensions",
            lambda: neighbour_distances(codes, 40, threads=THREADS),
            lambda: peer.kneighbors(part),
            "scikit-learn's tree",
            share=len(part) / len(codes),
        )
    ]


def bench_gan(_: np.ndarray) -> list[Row]:
    """Features of a discriminator, and its training, beside the layers that one would write for spectra."""
    from hsicli.models.gan import Discriminator, GanConfig, start_networks

    ours = Discriminator(240, GanConfig())
    start_networks(ours, torch.Generator().manual_seed(0))
    layers: list[torch.nn.Module] = []
    for theirs in ours.convolutions:
        layer = torch.nn.Conv1d(theirs.in_channels, theirs.out_channels, theirs.kernel_size[1], 2)
        with torch.no_grad():
            layer.weight.copy_(theirs.weight[:, :, 0])
            layer.bias.copy_(theirs.bias)
        layers += [torch.nn.ConstantPad1d((4, 5), 0.0), layer, torch.nn.ReLU()]
    plain = torch.nn.Sequential(*layers)
    spectra = torch.rand(4096, 240, generator=torch.Generator().manual_seed(0))

    def features(function: Callable[[Any], Any]) -> None:
        with torch.no_grad():
            for some in torch.split(spectra, 256):
                function(some)

    def step(function: Callable[[Any], Any]) -> None:
        for some in torch.split(spectra[:512], 64):
            function(some).sum().backward()

    return [
        compare(
            f"GAN: {what}",
            lambda run=run: run(ours.features),
            lambda run=run: run(lambda some: plain(some[:, None])),
            "the same by Conv1d",
        )
        for what, run in (("features of 4096 spectra", features), ("gradients of 512 spectra", step))
    ]


def bench_chain(folder: Path, data: np.ndarray) -> dict[str, Any]:
    """The chain from disk to map, from the shell, each stage with its own clock and memory."""
    rows, cols, bands = data.shape
    path = folder / "scene.img"
    data.tofile(path)
    axis = ", ".join(f"{value:.3f}" for value in np.linspace(1050.0, 2550.0, bands))
    path.with_suffix(".hdr").write_text(
        f"ENVI\nsamples = {cols}\nlines = {rows}\nbands = {bands}\nheader offset = 0\ndata type = 4\n"
        f"interleave = bip\nbyte order = 0\nwavelength units = Nanometers\nwavelength = {{{axis}}}\n"
    )
    program = [str(Path(sys.executable).with_name("hsicli"))]
    out: dict[str, Any] = {}
    for words in (
        ["preprocess", "scene.img", "cube.h5"],
        ["hysime", "cube.h5", "subspace.h5"],
        ["cluster", "cube.h5", "classes.h5", "--subspace", "subspace.h5"],
    ):
        seconds = clock(lambda words=words: subprocess.run([*program, *words, "-q"], cwd=folder, check=True))
        log = json.loads((folder / f"{words[2]}.log.json").read_text())
        out[words[0]] = {"seconds": seconds, "peak_memory_bytes": log["peak_memory_bytes"]}
    out["seconds"] = sum(stage["seconds"] for stage in out.values())
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scene", choices=SCENES, default="small")
    parser.add_argument("--only", default="", help="rows whose benchmark's name has this word")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--chain", action="store_true", help="also the chain from disk to map")
    given = parser.parse_args()

    data = scene(*SCENES[given.scene])
    benches: list[Callable[..., list[Row]]] = [bench_continuum, bench_hysime, bench_mixture, bench_fcls]
    benches.append(bench_sparse_model)
    benches += [bench_superpixels, bench_neighbours, bench_gan]
    rows: list[Row] = []
    chain: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.only in "reading":
            rows += bench_reading(folder, data)
        for bench in benches:
            if given.only in bench.__name__:
                rows += bench(data)
        if given.chain:
            chain = bench_chain(folder, data)
    report(given, rows, chain)


def report(given: argparse.Namespace, rows: list[Row], chain: dict[str, Any]) -> None:
    """Print the table, with the change since the last file of the same scene, and write this one."""
    last = sorted(BENCH.glob(f"{given.scene}-*.json"))
    before = json.loads(last[-1].read_text())["rows"] if last else {}
    table = Table(
        "kernel", "ours", "peer", "peer / ours", "last ratio", title=f"{given.scene}, {THREADS} threads"
    )
    for row in rows:
        old = before.get(row.name, {}).get("ratio")
        table.add_row(
            row.name,
            f"{row.ours:.3f} s",
            f"{row.peer:.3f} s  {row.peer_name}",
            f"{row.ratio:.1f}×",
            f"{old:.1f}×" if old else "–",
        )
    Console(width=140).print(table)
    if chain:
        Console(width=140).print(chain)
    now = datetime.now(UTC)
    out = given.out or BENCH / f"{given.scene}-{now:%Y%m%dT%H%M%S}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    out.write_text(
        json.dumps(
            {
                "scene": SCENES[given.scene],
                "threads": THREADS,
                "machine": f"{platform.machine()} {platform.processor()}",
                "torch": torch.__version__,
                "commit": commit,
                "rows": {row.name: {**row._asdict(), "ratio": row.ratio} for row in rows},
                "chain": chain,
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
