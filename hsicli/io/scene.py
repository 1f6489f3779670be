"""A planted scene on disk: the cube, and beside it the truth that `evaluate` reads.

::

    scene.img, .hdr               the cube, BIP float32
    scene_labels.img, .hdr        ENVI Classification, 0 = nothing planted
    scene_abundances.img, .hdr    a band an endmember, BIP float32, NaN = nothing planted
    scene_mask.img, .hdr          1 = planted, where the scene has a frame
    scene_endmembers.csv          wavelength_um and a column an endmember
    scene_noise.csv               wavelength_um and the standard deviation of the white noise

A scene of a CRISM sensor is a TRDR as archived, scene.img and scene.lbl (`io/trdr.py`); the transmission of
its atmosphere is in scene_transmission.csv.
"""

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.errors import InputError
from hsicli.io.envi_writing import envi_header
from hsicli.io.files import replacing
from hsicli.io.trdr import detector_rows_table, trdr_label, trdr_rows
from hsicli.products.scenes import Scene


def scene_image(path: Path) -> Path:
    """The file of numbers that a scene's name stands for: the name of it, of its header, or their stem.

    Raises
    ------
    InputError
        If the path names no file, as ``.`` and ``/`` do.
    """
    if not path.name or path.name == "..":
        raise InputError(f"{path}: is a folder, not a file to write", hint="give the output a file name")
    if path.suffix.lower() in {".img", ".hdr"}:
        return path.with_suffix(".img")
    return path.with_name(path.name + ".img")


def scene_files(path: Path, *, masked: bool = True, sensor: str | None = None) -> list[Path]:
    """Every file of a scene, the cube first; `path` as `scene_image` takes it."""
    image = scene_image(path)
    layers = ["", "_labels", "_abundances", *(["_mask"] if masked else [])]
    images = [image.with_name(f"{image.stem}{layer}.img") for layer in layers]
    kinds = ["endmembers", "noise", *(["transmission"] if sensor else [])]
    headers = [numbers.with_suffix(".hdr") for numbers in images]
    if sensor:
        headers[0] = image.with_suffix(".lbl")
    tables = [image.with_name(f"{image.stem}_{kind}.csv") for kind in kinds]
    return [*(name for pair in zip(images, headers, strict=True) for name in pair), *tables]


def write_scene(path: Path, scene: Scene) -> list[Path]:
    """Write a scene while it is made, a block of rows at a time.

    Every file appears whole or not at all, all of them when the last row is done, the cube's header last.

    Parameters
    ----------
    path : Path
        As `scene_image` takes it.
    scene : Scene

    Returns
    -------
    list of Path
        What was written, the cube first.
    """
    files = scene_files(path, masked=scene.masked, sensor=scene.sensor)
    last = -3 if scene.sensor else -2
    images, headers, tables = files[:last:2], files[1:last:2], files[last:]
    with ExitStack() as stack:  # closed from the last to the first: the cube's header is the last to appear
        partial_headers = [stack.enter_context(replacing(name)) for name in headers]
        partials = [stack.enter_context(replacing(name)) for name in images]
        partial_tables = [stack.enter_context(replacing(name)) for name in tables]
        counts = _write_blocks(partials, scene)
        texts = _headers(scene, counts, len(images))
        if scene.sensor:
            texts[0] = trdr_label(scene, images[0].name)
        for header, text in zip(partial_headers, texts, strict=True):
            header.write_text(text, encoding="utf-8")
        _write_table(partial_tables[0], scene.wavelengths, scene.endmembers.names, scene.endmembers.spectra)
        _write_table(partial_tables[1], scene.wavelengths, ("noise",), scene.noise[None])
        if scene.sensor and scene.transmission is not None:
            air = scene.transmission
            _write_table(partial_tables[2], scene.wavelengths, air.names, air.spectra)
    return files


def _write_blocks(partials: list[Path], scene: Scene) -> np.ndarray:
    """All rows into all images; (p + 1,) int64, pixels of each class."""
    counts = np.zeros(len(scene.endmembers.names) + 1, dtype=np.int64)
    with ExitStack() as stack:
        files = [stack.enter_context(partial.open("wb")) for partial in partials]
        for block in scene.blocks():
            numbers = block.data if scene.sensor is None else trdr_rows(block.data, scene.wavelengths)
            layers = [numbers, block.labels, block.abundances, (block.labels > 0).astype(np.uint8)]
            for file, layer in zip(files, layers, strict=False):
                file.write(np.ascontiguousarray(layer).data)
            counts += np.bincount(block.labels.ravel(), minlength=len(counts))
        if scene.sensor:
            files[0].write(detector_rows_table(scene.shape[1]))
    return counts


def _headers(scene: Scene, counts: np.ndarray, wanted: int) -> list[str]:
    names = scene.endmembers.names
    shares = 100 * counts[1:] / max(int(counts[1:].sum()), 1)
    found = "; ".join(
        f"{name} {count} ({share:.3f} %)"
        for name, count, share in zip(names, counts[1:], shares, strict=True)
    )
    description = f"{scene.description}; pixels by dominant endmember: {found}"
    cube: dict[str, Any] = {
        "data ignore value": "NaN" if np.isnan(scene.fill) else f"{scene.fill:g}",
        "wavelength units": "Nanometers",
        "wavelength": scene.wavelengths.tolist(),
        "fwhm": scene.fwhm.tolist(),
    }
    classes = {
        "classes": len(names) + 1,
        "class names": ("Unclassified", *names),
        "class lookup": np.vstack([np.zeros((1, 3), int), scene.colours]).ravel().tolist(),
    }
    shape = scene.shape[:2]
    texts = [
        envi_header(
            scene.shape, np.float32, interleave="bip", description=description, fields=cube, grid=scene.grid
        ),
        envi_header(
            (*shape, 1),
            np.uint8,
            file_type="ENVI Classification",
            description=description,
            fields=classes,
            grid=scene.grid,
        ),
        envi_header(
            (*shape, len(names)),
            np.float32,
            interleave="bip",
            description=scene.description,
            fields={"data ignore value": "NaN", "band names": names},
            grid=scene.grid,
        ),
        envi_header((*shape, 1), np.uint8, description="1 = planted", grid=scene.grid),
    ]
    return texts[:wanted]


def _write_table(path: Path, wavelengths: np.ndarray, names: tuple[str, ...], values: np.ndarray) -> None:
    """A table as libraries have it: `wavelength_um`, then a column a spectrum."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["wavelength_um", *names])
        for wavelength, row in zip(wavelengths, values.T, strict=True):
            table.writerow([f"{wavelength / 1e3:.8g}", *(f"{value:.9g}" for value in row)])
