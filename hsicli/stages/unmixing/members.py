"""Library members as endmembers of a cube: on its bands, without doubles, and few enough to map."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hsicli.algorithms.sparse import collaborative, sunsal
from hsicli.algorithms.subsets import best_subsets
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.stages.unmixing.naming import distinct_members

log = logging.getLogger(__name__)

LEAST_OVERLAP = 0.5
"""Share of the cube's bands that all members must have."""

SCALED = 2
"""Powers of ten between library and cube that are a matter of units, not of brightness."""


@dataclass(frozen=True)
class SparseConfig:
    """Regression on a library of many members."""

    sparsity: float = 1e-3  # λ, a share of ‖x‖ ‖member‖ (collaborative: that times √pixels)
    most: int = 30  # members kept for the map: those with the largest share of a sample of the pixels
    subset: int = 3  # members that a pixel may have (mesma)
    gain: float = 0.05  # one member more must take such a share off the residual (mesma)

    def __post_init__(self) -> None:
        if self.sparsity < 0 or self.most < 1 or self.subset < 1:
            raise ValueError(
                "sparse.sparsity must not be negative, sparse.most and sparse.subset be 1 or more"
            )


def members_on(cube: Cube, library: Library | None, method: str) -> tuple[Cube, Library]:
    """The cube less bands that a member does not have, and the members on its bands.

    Raises
    ------
    InputError
        If there is no library, or it covers too little of the cube.
    """
    if library is None:
        raise InputError(
            f"--method {method} takes its endmembers from a library", hint="give --library, and --members"
        )
    axis = cube.axis
    fwhm = None if cube.fwhm is None else cube.fwhm[cube.order]
    found = library.resampled(axis, fwhm)
    shared = np.isfinite(found.spectra).all(axis=0)
    if shared.mean() < LEAST_OVERLAP:
        raise InputError(
            f"the members share {int(shared.sum())} of the cube's {len(axis)} bands ({axis[0]:g} to "
            f"{axis[-1]:g} nm; the library has {library.wavelengths[0]:g} to {library.wavelengths[-1]:g} nm)",
            hint="give other --members, or cut the cube with hsicli preprocess --window",
        )
    if not shared.all():
        log.info("%d bands that a member does not have are left out", int((~shared).sum()))
        keep = np.zeros(len(cube.good_bands), dtype=bool)
        keep[cube.order[shared]] = True
        cube = cube.with_bands(keep)
    spectra = _as_bright(cube, found.spectra[:, shared])
    return cube, distinct_members(replace(found, spectra=spectra, wavelengths=axis[shared], fwhm=None))


def _as_bright(cube: Cube, spectra: np.ndarray) -> np.ndarray:
    """The members in the cube's units: one of them may hold reflectance times 10000."""
    bright = [np.median(block.data[block.valid]) for block in cube.blocks() if block.valid.any()]
    here, there = float(np.median(bright)) if bright else 0.0, float(np.median(spectra))
    power = round(np.log10(there / here)) if here > 0 and there > 0 else 0
    if abs(power) < SCALED:
        return spectra
    log.info("the library is taken for %g times the cube's units", 10.0**power)
    return spectra / 10.0**power


def check_count(library: Library) -> None:
    """Refuse more members than bands: their abundances would have no single answer."""
    members, bands = library.spectra.shape
    if members > bands:
        raise InputError(
            f"{members} members are more than the {bands} bands can tell apart",
            hint="name some with --members, or take --method sunsal, collaborative or mesma",
        )


def sparse_members(
    method: str, spectra: np.ndarray, library: Library, config: SparseConfig
) -> tuple[Library, Callable[[np.ndarray], np.ndarray]]:
    """The members with the largest shares of a sample, and the solver of coefficients on them.

    Parameters
    ----------
    method : {"sunsal", "collaborative"}
        Collaborative regression chooses its members for the whole sample at once.
    spectra : (n, bands) float
    library : Library
    config : SparseConfig
    """
    strength = config.sparsity * float(
        np.linalg.norm(spectra, axis=1).mean() * np.linalg.norm(library.spectra, axis=1).mean()
    )
    if method == "collaborative":
        found = collaborative(spectra, library.spectra, sparsity=strength * np.sqrt(len(spectra)))
    else:
        found = sunsal(spectra, library.spectra, sparsity=strength)
    total = found.sum(axis=1, keepdims=True)
    shares = (found / np.maximum(total, 1e-30)).mean(axis=0)
    order = np.argsort(-shares, kind="stable")[: config.most]
    kept = order[shares[order] > 0]
    log.info(
        "%d of %d members are kept, with %.1f %% of the sample",
        len(kept),
        len(shares),
        100 * shares[kept].sum(),
    )
    members = Library(
        tuple(library.names[row] for row in kept), library.spectra[kept], library.wavelengths, library.fwhm
    )
    return members, lambda part: sunsal(part, members.spectra, sparsity=strength)


def subset_solver(library: Library, config: SparseConfig) -> Callable[[np.ndarray], np.ndarray]:
    """Coefficients of the best few members a pixel; names that begin with one word exclude each other."""
    words = [re.split(r"[\s_,;]", name, maxsplit=1)[0].casefold() for name in library.names]
    groups = np.unique(words, return_inverse=True)[1]
    return lambda part: best_subsets(
        part, library.spectra, groups, most=config.subset, least_gain=config.gain
    )
