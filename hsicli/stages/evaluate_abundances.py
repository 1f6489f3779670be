"""evaluate, for abundances: against a truth, beside a constant and beside the true endmembers' own fit."""

import logging
from typing import Any, Literal, NamedTuple

import numpy as np

from hsicli.algorithms.abundance_scores import (
    abundance_distances,
    best_pairs,
    best_scales,
    interval_coverage,
    paired,
    quartiles_and_mean,
    squared_errors,
)
from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.leastsquares import converted, fcls, fractions, nnls
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.products.abundance_scores import AbundanceScores
from hsicli.products.abundances import Abundances

log = logging.getLogger(__name__)

Units = Literal["given", "raw", "max", "free"]

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Of the intervals whose coverage is told."""

NEAR_ONE = 1e-3
"""Sums that are farther from one are no rounding."""

FAR_FROM_ONE = 0.05
"""Abundances whose sums are commonly so far from one are none."""


class Fitted(NamedTuple):
    """What a walk over the cube finds of the scored pixels."""

    mean: np.ndarray
    """(bands,)"""
    fcls: np.ndarray
    nnls: np.ndarray
    """(n, q): of the true endmembers."""


def evaluate_abundances(
    product: Abundances,
    truth: np.ndarray,
    *,
    endmembers: Library | None = None,
    cube: Cube | None = None,
    units: Units = "given",
) -> AbundanceScores:
    """Score abundances against true ones.

    Parameters
    ----------
    product : Abundances
    truth : (rows, cols, q) float
        Abundances; a pixel with a NaN, or zeros alone, has no truth.
    endmembers : Library, optional
        The true ones, in the order of the truth's layers: they pair the endmembers, and are scored by angle.
    cube : Cube, optional
        What was unmixed: for the fit of the true endmembers.
    units : str
        In which shares are compared. given: as both have them; raw: those found in parts of their endmembers
        as they stand; max: in parts of endmembers divided by their largest band, the truth too if its
        endmembers are known; free: in units of the endmembers fitted to the truth, one factor each.

    Returns
    -------
    AbundanceScores

    Raises
    ------
    InputError
        If shapes or bands disagree, no pixel has both abundances and a truth, or that does not sum to one.
    """
    scored = _scored(product, truth)
    left_out = 0
    if product.used is not None:
        left_out = int((scored & (product.used > 0)).sum())
        scored &= product.used == 0
    if not scored.any():
        raise InputError(
            "no pixel has both abundances and a truth that the fit has not seen",
            hint="check that it is the right file",
        )
    found, right = product.abundances[scored].astype(np.float64), truth[scored].astype(np.float64)
    _check_sums(right)
    known = _on_bands(endmembers, product, truth.shape[2]) if endmembers is not None else None
    spectra = None if known is None else spectral_angle(product.endmembers, known)
    partners = best_pairs(abundance_distances(found, right) if spectra is None else spectra)
    found, right, unchanged = _in_units(units, product, found, right, known)
    ordered = paired(found, partners)
    scales = best_scales(ordered, right) if units == "free" else None
    if scales is not None:
        ordered = converted(ordered, scales)
    errors = squared_errors(ordered, right)
    fitted = _fitted(cube, known, scored) if cube is not None and known is not None else None
    return AbundanceScores(
        pixels=len(found),
        left_out=left_out,
        units=units,
        paired_by="abundances" if spectra is None else "spectra",
        names=product.names,
        truth_names=_truth_names(endmembers, truth.shape[2]),
        partners=partners + 1,
        overall_rmse=float(np.sqrt(errors.mean())),
        rmse=np.sqrt(errors),
        left_share=float(np.delete(found, partners[partners >= 0], axis=1).sum(axis=1).mean()),
        scales=scales,
        residual=quartiles_and_mean(product.residual[scored]),
        residual_angle=quartiles_and_mean(product.angle[scored]),
        **_baselines(right, fitted, known, units),
        **_angles(spectra, partners, fitted, known),
        **(_coverage(product, scored, partners, right) if unchanged and units != "free" else {}),
    )


def _scored(product: Abundances, truth: np.ndarray) -> np.ndarray:
    """(rows, cols) bool."""
    if truth.ndim != 3 or truth.shape[:2] != product.abundances.shape[:2]:
        found, expected = ("×".join(map(str, shape[:2])) for shape in (truth.shape, product.abundances.shape))
        raise InputError(
            f"the truth has {found} pixels (rows×cols), the abundances {expected}",
            hint="crop or project them to the same grid first",
        )
    there: np.ndarray = np.isfinite(product.abundances).all(axis=2) & np.isfinite(truth).all(axis=2)
    return there & truth.any(axis=2)


def _check_sums(right: np.ndarray) -> None:
    sums = right.sum(axis=1)
    if abs(np.median(sums) - 1) > FAR_FROM_ONE:
        raise InputError(
            f"the true abundances sum to {np.median(sums):.3g} (median over pixels), not one",
            hint="divide them by their sum, or check that it is the right file",
        )
    if np.abs(sums - 1).max() > NEAR_ONE:
        log.warning("the true abundances do not sum to one everywhere: compared as they are")


def _on_bands(endmembers: Library, product: Abundances, q: int) -> np.ndarray:
    """(q, bands): the true endmembers on the bands of the product."""
    if len(endmembers.names) != q:
        raise InputError(
            f"{len(endmembers.names)} true endmembers for a truth of {q} layers",
            hint="give a library with one spectrum a layer, in their order",
        )
    bands = product.endmembers.shape[1]
    alike = endmembers.spectra.shape[1] == bands
    if alike and product.wavelengths is not None:
        step = np.abs(np.diff(endmembers.wavelengths)).min(initial=np.inf)
        alike = bool(np.abs(endmembers.wavelengths - product.wavelengths).max() < step / 2)
    if alike or product.wavelengths is None:
        known = endmembers.spectra
    else:
        known = endmembers.resampled(product.wavelengths).spectra
    if known.shape[1] != bands or not np.isfinite(known).all():
        raise InputError(
            f"the true endmembers do not cover the {bands} bands of the abundances' endmembers",
            hint="give a library that does",
        )
    return known


def _truth_names(endmembers: Library | None, q: int) -> tuple[str, ...]:
    return endmembers.names if endmembers is not None else tuple(f"layer {k}" for k in range(1, q + 1))


def _in_units(
    units: Units, product: Abundances, found: np.ndarray, right: np.ndarray, known: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Found and true abundances in the units asked for, and whether those found stayed as they were."""
    if units not in {"raw", "max"}:
        return found, right, True
    heights = product.endmembers.max(axis=1)
    if units == "max" and known is not None:
        right = converted(right, known.max(axis=1))
    if units == product.convention:
        return found, right, True
    return converted(found, heights if units == "max" else 1 / heights), right, False


def _fitted(cube: Cube, known: np.ndarray, scored: np.ndarray) -> Fitted:
    """FCLS and NNLS of the true endmembers in the scored pixels."""
    if cube.shape[:2] != scored.shape or len(cube.order) != known.shape[1]:
        raise InputError(
            f"the cube has {cube.shape[0]}×{cube.shape[1]} pixels and {len(cube.order)} bands in use, the "
            f"abundances {scored.shape[0]}×{scored.shape[1]} and {known.shape[1]}",
            hint="give the cube that was unmixed",
        )
    total, exact, positive = np.zeros(known.shape[1]), [], []
    for block in cube.blocks():
        spectra = block.data[scored[block.rows]]
        total += np.nansum(spectra, axis=0, dtype=np.float64)
        exact.append(fcls(spectra, known))
        positive.append(nnls(spectra, known))
    return Fitted(total / scored.sum(), np.concatenate(exact), np.concatenate(positive))


def _baselines(
    right: np.ndarray, fitted: Fitted | None, known: np.ndarray | None, units: Units
) -> dict[str, Any]:
    """Errors of what knows nothing but the mean, and of what knows the endmembers."""
    guesses = {"constant": np.broadcast_to(right.mean(axis=0), right.shape)}
    if fitted is not None and known is not None:
        for name, values in {"fcls": fitted.fcls, "nnls": fractions(fitted.nnls)}.items():
            guesses[name] = converted(values, known.max(axis=1)) if units == "max" else values
    errors = np.stack([squared_errors(guess, right) for guess in guesses.values()])
    return {
        "baselines": tuple(guesses),
        "baseline_overall_rmse": np.sqrt(errors.mean(axis=1)),
        "baseline_rmse": np.sqrt(errors),
    }


def _angles(
    spectra: np.ndarray | None, partners: np.ndarray, fitted: Fitted | None, known: np.ndarray | None
) -> dict[str, Any]:
    if spectra is None or known is None:
        return {}
    angles = np.where(partners >= 0, spectra[partners, np.arange(len(partners))], np.nan)
    blind = None if fitted is None else float(spectral_angle(fitted.mean[None], known).mean())
    return {"angles": angles, "mean_angle": float(np.nanmean(angles)), "blind_angle": blind}


def _coverage(
    product: Abundances, scored: np.ndarray, partners: np.ndarray, right: np.ndarray
) -> dict[str, Any]:
    if product.deviations is None:
        return {}
    has = partners >= 0
    mean, deviation = (
        values[scored][:, partners[has]] for values in (product.abundances, product.deviations)
    )
    levels = np.array(LEVELS)
    return {"levels": levels, "coverage": interval_coverage(mean, deviation, right[:, has], levels)}
