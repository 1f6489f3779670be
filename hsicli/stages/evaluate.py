"""The stage `evaluate`: how far to trust class maps.

Against a truth, beside a map that never saw a spectrum; by themselves; by region; by a library of minerals.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from hsicli.algorithms.colours import matched_colours
from hsicli.algorithms.scores import METRICS, agreement, class_scores, contingency
from hsicli.algorithms.separation import SCORED, Blocks, blind_agreement, separation
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.products.labels import ClassMap, Labels
from hsicli.products.rasters import Raster, class_raster
from hsicli.products.scores import Scores
from hsicli.runtime import Track, quiet
from hsicli.stages.identify import Compare, nearest_spectra
from hsicli.stages.oracle import oracle_times

log = logging.getLogger(__name__)

BLOCK_VALUES = 8 * 2**20
"""Codes that are looked at together."""


@dataclass(frozen=True)
class EvaluateConfig:
    """Settings of the stage `evaluate`."""

    VERSION: ClassVar[int] = 1

    repeat: int = 1  # clusterings scored: the map, and so many less one made again with the next seeds
    blind_seeds: int = 5  # runs of the baseline that sees row and column only; 0 leaves it out
    oracle: bool = False  # of maps of diffuse, also the time that the truth would choose
    compare: Compare = "band-depth"  # of class means and library, before their spectral angle is taken
    matches: int = 3  # library spectra that are named for each class
    least_overlap: float = (
        0.5  # share of a class mean's bands that a library spectrum must have to be compared
    )
    # Of abundances: what shares are parts of. given: as both files have them; raw: endmembers as they stand;
    # max: the endmembers divided by their largest band; free: units fitted to the truth
    units: Literal["given", "raw", "max", "free"] = "given"


def evaluate_labels(
    maps: Sequence[Labels],
    config: EvaluateConfig,
    *,
    truth: ClassMap | None = None,
    cube: Cube | None = None,
    regions: Mapping[str, np.ndarray] | None = None,
    library: Library | None = None,
    seed: int,
    track: Track = quiet,
) -> Scores:
    """Score one map, or several of one scene.

    Parameters
    ----------
    maps : sequence of Labels
        Several, as of other seeds, give a mean and a spread. What is told by class is told of the first.
    config : EvaluateConfig
    truth : ClassMap, optional
        Only pixels that it labels are scored against it.
    cube : Cube, optional
        Spectra in which the classes are compared, and of which regions get their means.
    regions : mapping of str to (rows, cols) bool, optional
        They may overlap.
    library : Library, optional
        Reference spectra that class means are compared with.
    seed : int
        Of the first blind baseline; the others follow.
    track : Track

    Returns
    -------
    Scores

    Raises
    ------
    InputError
        If a shape differs from the first map's, or spectra are asked for and are not there.
    """
    first = maps[0]
    for what, shape in _shapes(maps[1:], truth, cube, regions or {}):
        _check_shape(what, shape, first.labels.shape)
    found: dict[str, Any] = {"runs": len(maps), "names": first.names, "counts": first.counts}
    if truth is not None:
        found |= _against_truth(maps, truth, config, seed, track)
        found |= oracle_times(maps, truth) if config.oracle else {}
    found |= _by_themselves(maps, cube, track)
    if regions:
        found |= _by_region(first, regions, cube)
    if library is not None:
        found |= nearest_spectra(
            first,
            library,
            compare=config.compare,
            ranks=config.matches,
            least_overlap=config.least_overlap,
        )
    return Scores(**found)


def _shapes(
    others: Sequence[Labels], truth: ClassMap | None, cube: Cube | None, regions: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for number, other in enumerate(others, 2):
        yield f"map {number}", other.labels.shape
    if truth is not None:
        yield "the truth", truth.labels.shape
    if cube is not None:
        yield "the cube of spectra", cube.shape[:2]
    for name, region in regions.items():
        yield f"region {name}", region.shape


def _check_shape(what: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted:
        found, expected = ("×".join(str(size) for size in sizes) for sizes in (shape, wanted))
        raise InputError(
            f"{what} has {found} pixels (rows×cols), the first map {expected}",
            hint="crop or project them to the same grid first",
        )


def _against_truth(
    maps: Sequence[Labels], truth: ClassMap, config: EvaluateConfig, seed: int, track: Track
) -> dict[str, Any]:
    actual = np.asarray(truth.labels)
    classes = max(len(truth.names), int(actual.max(initial=0)))
    names = *truth.names, *(f"class {number}" for number in range(len(truth.names) + 1, classes + 1))
    tables = [contingency(each.labels, actual, len(each.names), classes) for each in maps]
    pixels = int(tables[0].sum())
    if pixels == 0:
        raise InputError(
            "the truth labels no pixel, so there is nothing to score", hint="check that it is the right file"
        )
    missing = np.array([table[0].sum() for table in tables])
    if missing.any():
        log.info(
            "%d of the %d pixels that the truth labels have no class on the map: errors, not left out",
            int(missing[0] if len(maps) == 1 else missing.max()),
            pixels,
        )
    each = [class_scores(table) for table in tables]
    blind: dict[str, Any] = {}
    if config.blind_seeds:
        first = maps[0]
        blind["blind_pixels"] = min(pixels, SCORED)
        made = int((np.bincount(first.labels.ravel())[1:] > 0).sum())
        views = {"blind_labeled": actual > 0, "blind_image": (actual > 0) | (first.labels > 0)}
        if (views["blind_labeled"] == views["blind_image"]).all():  # the truth labels all there is
            del views["blind_image"]
        for field, seen in views.items():
            steps = track(range(seed, seed + config.blind_seeds), f"{field.replace('_', ' ')} pixels")
            blind[field] = np.stack([blind_agreement(actual, seen, made, classes, step) for step in steps])
    return {
        "pixels": pixels,
        "unlabeled": missing,
        "metrics": METRICS,
        "values": np.stack([agreement(table) for table in tables]),
        "truth_names": names,
        "confusion": tables[0],
        "shares": each[0].share,
        "partners": each[0].partner,
        "recalls": np.stack([one.recall for one in each]),
        "precisions": np.stack([one.precision for one in each]),
        "f1": np.stack([one.f1 for one in each]),
        "best_f1": np.stack([one.best_f1 for one in each]),
        **blind,
    }


def _by_themselves(maps: Sequence[Labels], cube: Cube | None, track: Track) -> dict[str, Any]:
    """Separation of the classes, in codes where every map has them, and in spectra where a cube is given."""
    names: list[str] = []
    columns = []
    if all(one.codes is not None for one in maps):
        names += ["calinski_harabasz_codes", "davies_bouldin_codes"]
        columns.append([separation(_codes_of(one), len(one.names)) for one in track(maps, "codes")])
    if cube is not None:
        names += ["calinski_harabasz_spectra", "davies_bouldin_spectra"]
        columns.append([separation(_spectra_of(one, cube), len(one.names)) for one in track(maps, "spectra")])
    if not columns:
        return {}
    measured = np.array(columns)  # (spaces, runs, 3)
    return {
        "separations": tuple(names),
        "separation": np.concatenate(list(measured[:, :, :2]), axis=1),
        "separation_pixels": np.repeat(measured[:, :, 2].T.astype(np.int64), 2, axis=1),
    }


def _codes_of(product: Labels) -> Blocks:
    """Walks the labeled pixels' codes; a pixel whose code is not finite takes no part."""
    codes = product.codes
    if codes is None:
        raise ValueError("this map has no codes")
    rows = max(1, BLOCK_VALUES // max(1, codes.shape[1] * codes.shape[2]))

    def blocks() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, len(codes), rows):
            labels, values = product.labels[start : start + rows], np.asarray(codes[start : start + rows])
            used = (labels > 0) & np.isfinite(values).all(axis=2)
            yield labels[used], values[used].astype(np.float64)

    return blocks


def _spectra_of(product: Labels, cube: Cube) -> Blocks:
    """Walks the spectra of pixels that are labeled and valid."""

    def blocks() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for block in cube.blocks():
            labels = product.labels[block.rows]
            used = (labels > 0) & block.valid
            yield labels[used], block.data[used].astype(np.float64)

    return blocks


def _by_region(product: Labels, regions: Mapping[str, np.ndarray], cube: Cube | None) -> dict[str, Any]:
    """Classes in each region, and its mean spectrum where a cube is given."""
    classes = len(product.names)
    counts = [np.bincount(product.labels[region], minlength=classes + 1) for region in regions.values()]
    found: dict[str, Any] = {"region_names": tuple(regions), "region_counts": np.stack(counts)}
    if cube is None:
        return found
    sums, pixels = np.zeros((len(regions), len(cube.order))), np.zeros((len(regions), 1))
    for block in cube.blocks():
        for row, region in enumerate(regions.values()):
            inside = region[block.rows] & block.valid
            sums[row] += block.data[inside].sum(axis=0, dtype=np.float64)
            pixels[row] += inside.sum()
    with np.errstate(invalid="ignore"):
        means = sums / pixels  # NaN for a region without valid pixels
    return found | {
        "region_means": means,
        "wavelengths": cube.axis if cube.wavelengths is not None else None,
    }


def matched_raster(first: Labels, other: Labels | ClassMap) -> Raster:
    """Another map of the same scene, in the colours of the first where their classes overlap most.

    Raises
    ------
    InputError
        If the maps differ in shape.
    """
    _check_shape("the map to match", other.labels.shape, first.labels.shape)
    classes = len(other.names)
    labels = np.asarray(other.labels)
    colours = matched_colours(np.asarray(first.labels), first.colours, labels, classes)
    counts = np.bincount(labels.ravel(), minlength=classes + 1)[1:]
    return class_raster(
        Labels(
            labels,
            other.names,
            colours,
            counts,
            np.empty((classes, 0)),
            np.empty((classes, 0)),
            grid=other.grid,
        )
    )
