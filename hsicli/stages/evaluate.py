"""The stage `evaluate`: how far to trust class maps.

Against a truth, beside a map that never saw a spectrum; by themselves; by region; by a library of minerals.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.scores import METRICS, agreement, class_scores, contingency
from hsicli.algorithms.separation import Blocks, blind_agreement, separation
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.products import Labels, Scores
from hsicli.runtime import Track, quiet

log = logging.getLogger(__name__)

BLOCK_VALUES = 8 * 2**20
"""Codes that are looked at together."""


@dataclass(frozen=True)
class EvaluateConfig:
    """Settings of the stage `evaluate`."""

    VERSION: ClassVar[int] = 1

    blind_seeds: int = 5  # runs of the baseline that sees row and column only; 0 leaves it out
    continuum: Literal["removed", "kept"] = "removed"  # of class means and library alike, before their angle
    matches: int = 3  # library spectra that are named for each class
    least_overlap: float = (
        0.5  # share of a class mean's bands that a library spectrum must have to be compared
    )


class ClassMap(Protocol):
    """A truth: who made it does not matter."""

    @property
    def labels(self) -> np.ndarray:
        """(rows, cols) int, 0 = unlabeled."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes from 1 on."""


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
    found |= _by_themselves(maps, cube, track)
    if regions:
        found |= _by_region(first, regions, cube)
    if library is not None:
        found |= _by_library(first, library, config)
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
        made = int((np.bincount(first.labels.ravel())[1:] > 0).sum())
        for field, seen in (
            ("blind_labeled", actual > 0),
            ("blind_image", (actual > 0) | (first.labels > 0)),
        ):
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
    classes = len(product.names)
    counts = [np.bincount(product.labels[region], minlength=classes + 1) for region in regions.values()]
    found: dict[str, Any] = {"region_names": tuple(regions), "region_counts": np.stack(counts)}
    if cube is None:
        return found
    bands = len(cube.order)
    sums, pixels = np.zeros((len(regions), bands)), np.zeros((len(regions), 1))
    for block in cube.blocks():
        for row, region in enumerate(regions.values()):
            inside = region[block.rows] & block.valid
            sums[row] += block.data[inside].sum(axis=0, dtype=np.float64)
            pixels[row] += inside.sum()
    means = np.where(pixels > 0, sums / np.maximum(pixels, 1), np.nan)
    return found | {
        "region_means": means,
        "wavelengths": cube.axis if cube.wavelengths is not None else None,
    }


def _by_library(product: Labels, library: Library, config: EvaluateConfig) -> dict[str, Any]:
    """The library spectra at the smallest angle from each class mean, over the bands that both have."""
    if product.wavelengths is None:
        raise InputError(
            "the map has no wavelengths, so its class means cannot be compared with a library",
            hint="give the cube its wavelengths and cluster it again",
        )
    angles = np.full((len(product.names), len(library.names)), np.nan)
    there = product.counts > 0
    angles[there] = _angles(product.means[there], product.wavelengths, library, config)
    compared = np.isfinite(angles).any(axis=0)
    if not compared.any():
        log.warning("library: no spectrum shares enough bands with the map, so nothing is compared")
    log.info(
        "library: %d of %d spectra have at least %.0f %% of the map's bands; continuum %s",
        int(compared.sum()),
        len(compared),
        100 * config.least_overlap,
        config.continuum,
    )
    ranks = min(config.matches, len(library.names))
    nearest = np.argsort(np.where(np.isfinite(angles), angles, np.inf), axis=1, kind="stable")[:, :ranks]
    nearest_angles = np.take_along_axis(angles, nearest, axis=1)
    return {
        "library_names": library.names,
        "matches": np.where(np.isfinite(nearest_angles), nearest + 1, 0),
        "match_angles": nearest_angles,
    }


def _angles(
    means: np.ndarray, wavelengths: np.ndarray, library: Library, config: EvaluateConfig
) -> np.ndarray:
    """(classes, m) radians; NaN where too few bands are shared. Both sides go through the same lines."""
    references = library.resampled(wavelengths).spectra
    angles = np.full((len(means), len(references)), np.nan)
    present = np.isfinite(means).all(axis=0)
    patterns, pattern_of = np.unique(np.isfinite(references) & present, axis=0, return_inverse=True)
    for number, shared in enumerate(patterns):
        if shared.sum() < max(2, config.least_overlap * present.sum()):
            continue
        rows = np.flatnonzero(pattern_of.ravel() == number)
        sides = means[:, shared], references[rows][:, shared]
        if config.continuum == "removed":
            axis = wavelengths[shared]
            sides = remove_continuum(sides[0], axis), remove_continuum(sides[1], axis)
        angles[:, rows] = spectral_angle(*sides)
    return angles
