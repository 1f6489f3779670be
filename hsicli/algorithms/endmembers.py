"""Endmembers that are pixels of the image: the corners of the cloud of spectra.

Every function takes spectra, or their coordinates on any orthonormal basis (as of the leading directions of a
large image, which is much faster and loses next to nothing), and returns which rows are the endmembers.
Corners are sought in the affine hull of the cloud: p endmembers need p − 1 dimensions.
"""

from typing import NamedTuple

import numpy as np

from hsicli.errors import InputError

BLOCK_VALUES = 2**22
"""Numbers that one float64 copy may hold."""

FLAT = 1e-12
"""Share of the largest variance below which a direction has none."""


class Directions(NamedTuple):
    """Where the spectra extend."""

    mean: np.ndarray
    """(bands,) float64"""
    variances: np.ndarray
    """(bands,) float64, falling: along each direction about the mean."""
    axes: np.ndarray
    """(bands, bands) float64; a row a direction."""


def directions(spectra: np.ndarray) -> Directions:
    """Mean and principal directions of spectra, in float64, without a second copy of them.

    Parameters
    ----------
    spectra : (n, bands) float

    Returns
    -------
    Directions

    Raises
    ------
    InputError
        If a value is not finite.
    """
    step = max(1, BLOCK_VALUES // spectra.shape[1])
    starts = range(0, len(spectra), step)
    mean = sum(spectra[i : i + step].sum(axis=0, dtype=np.float64) for i in starts) / len(spectra)
    scatter = np.zeros((spectra.shape[1], spectra.shape[1]))
    for i in starts:
        block = spectra[i : i + step] - mean
        scatter += block.T @ block
    if not np.isfinite(scatter).all():
        raise InputError("some spectra are not finite", hint="mask them, or leave those bands out")
    variances, axes = np.linalg.eigh(scatter / len(spectra))
    return Directions(np.asarray(mean), np.maximum(variances[::-1], 0), axes.T[::-1])


def vca(spectra: np.ndarray, p: int, *, rng: np.random.Generator, snr: float | None = None) -> np.ndarray:
    """Vertex component analysis: extreme pixels along p random directions, each orthogonal to those before.

    At high signal-to-noise ratio (above 15 + 10 log₁₀ p dB) spectra are projected on p leading directions of
    their correlation and scaled to one plane, which takes out brightness; below it on p − 1 principal
    directions about the mean.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite.
    p : int
        Endmembers.
    rng : Generator
    snr : float, optional
        dB; estimated from the power outside p directions unless given. Must be given with coordinates on a
        basis of few directions, as they have left that power behind.

    Returns
    -------
    (p,) int64
        Rows of `spectra`, distinct.

    Raises
    ------
    InputError
        If the spectra do not extend in p − 1 dimensions.

    References
    ----------
    Nascimento and Bioucas-Dias, "Vertex component analysis", IEEE TGRS 43, 2005.
    """
    cloud = checked(spectra, p)
    if snr is None:
        snr = signal_to_noise_outside(cloud, p)
    flat = _in_plane(spectra, cloud, p) if snr >= 15 + 10 * np.log10(p) else _about_mean(spectra, cloud, p)
    chosen = np.empty(p, dtype=np.int64)
    corners = np.zeros((p, p))
    corners[-1, 0] = 1
    for k in range(p):
        towards = rng.standard_normal(p)
        towards -= corners @ (np.linalg.pinv(corners) @ towards)
        along = np.abs(flat @ (towards / np.linalg.norm(towards)))
        along[chosen[:k]] = -1
        chosen[k] = along.argmax()
        corners[:, k] = flat[chosen[k]]
    return chosen


def signal_to_noise_outside(cloud: Directions, p: int) -> float:
    """Signal-to-noise ratio, dB, if all power outside the mean and the p leading directions is noise.

    Parameters
    ----------
    cloud : Directions
        In all bands.
    p : int

    Returns
    -------
    float
        dB; infinity if no power is left.
    """
    share = p / len(cloud.variances)
    power = float(cloud.variances.sum() + cloud.mean @ cloud.mean)
    inside = float(cloud.variances[:p].sum() + cloud.mean @ cloud.mean)
    noise = power - inside
    return float(10 * np.log10((inside - share * power) / noise)) if noise > FLAT * power else np.inf


def nfindr(spectra: np.ndarray, p: int, *, rng: np.random.Generator, starts: int = 3) -> np.ndarray:
    """N-FINDR: the p pixels that span the simplex of the largest volume, in p − 1 principal directions.

    One corner at a time is replaced by the pixel that makes the volume largest (it is linear in each corner)
    until none does. The best of several starts: the greedy simplex of `sivm`, then random pixels.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite.
    p : int
        Endmembers.
    rng : Generator
    starts : int
        How many starts.

    Returns
    -------
    (p,) int64
        Rows of `spectra`, ascending.

    Raises
    ------
    InputError
        If the spectra do not extend in p − 1 dimensions.

    References
    ----------
    Winter, "N-FINDR: an algorithm for fast autonomous spectral end-member determination", SPIE 3753, 1999.
    """
    cloud = checked(spectra, p)
    points = _scores(spectra, cloud, p - 1)
    homogeneous = np.concatenate([np.ones((len(points), 1)), points / np.abs(points).max(axis=0)], axis=1)
    best, volume = np.arange(p), -1.0
    for start in range(starts):
        chosen = _greedy(points, p) if start == 0 else rng.choice(len(points), p, replace=False)
        found, size = _inflated(homogeneous, chosen)
        if size > volume * (1 + 1e-9):
            best, volume = found, size
    return np.sort(best)


def sivm(spectra: np.ndarray, p: int) -> np.ndarray:
    """Simplex volume maximisation, greedily: each next pixel is the farthest from the hull of those before.

    The first is the farthest from the mean. Distances to the affine hull are exact, where the original takes
    those chosen so far for equally far apart.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite.
    p : int
        Endmembers.

    Returns
    -------
    (p,) int64
        Rows of `spectra`, in the order of choice.

    Raises
    ------
    InputError
        If the spectra do not extend in p − 1 dimensions.

    References
    ----------
    Thurau, Kersting and Bauckhage, "Yes we can: simplex volume maximization", CIKM 2010.
    """
    cloud = checked(spectra, p)
    used = int((cloud.variances > FLAT * cloud.variances[0]).sum())
    return _greedy(_scores(spectra, cloud, used), p)


def checked(spectra: np.ndarray, p: int) -> Directions:
    """The directions of the spectra (n, bands), if p endmembers can be found among them.

    Parameters
    ----------
    spectra : (n, bands) float
    p : int

    Returns
    -------
    Directions

    Raises
    ------
    InputError
        If there are fewer spectra than endmembers, they are not finite, or they extend in fewer than p − 1
        dimensions.
    ValueError
        If `spectra` is no table.
    """
    if spectra.ndim != 2:
        raise ValueError(f"spectra of shape {spectra.shape}, (n, bands) expected")
    if p < 2:
        raise InputError(f"{p} endmember makes no mixture", hint="ask for two endmembers or more")
    if len(spectra) < p:
        raise InputError(f"{p} endmembers among {len(spectra)} spectra", hint="ask for fewer endmembers")
    cloud = directions(spectra)
    extent = int((cloud.variances > FLAT * cloud.variances[0]).sum()) if cloud.variances[0] > 0 else 0
    if extent < p - 1:
        raise InputError(
            f"{p} endmembers need spectra that differ in {p - 1} directions, these do in {extent}",
            hint=f"ask for at most {extent + 1} endmembers",
        )
    return cloud


def _scores(spectra: np.ndarray, cloud: Directions, dimension: int) -> np.ndarray:
    """(n, dimension) float64: about the mean, along the leading directions."""
    axes = cloud.axes[:dimension].T
    scores: np.ndarray = spectra @ axes - cloud.mean @ axes
    return scores


def _in_plane(spectra: np.ndarray, cloud: Directions, p: int) -> np.ndarray:
    """(n, p): on the leading directions of the correlation, each point scaled so that ⟨x, mean⟩ = 1.

    A spectrum without light along the mean has no place in that plane: it lies at zero, and is never extreme.
    """
    correlation = (cloud.axes.T * cloud.variances) @ cloud.axes + np.outer(cloud.mean, cloud.mean)
    _, axes = np.linalg.eigh(correlation)
    points = spectra @ axes[:, : -p - 1 : -1]
    mean = cloud.mean @ axes[:, : -p - 1 : -1]
    height = points @ mean
    lit = height > 0
    return np.divide(points, height[:, None], out=np.zeros_like(points), where=lit[:, None])


def _about_mean(spectra: np.ndarray, cloud: Directions, p: int) -> np.ndarray:
    """(n, p): p − 1 principal scores, and a constant as large as the farthest point."""
    points = _scores(spectra, cloud, p - 1)
    far = np.sqrt((points**2).sum(axis=1).max())
    return np.concatenate([points, np.full((len(points), 1), far)], axis=1)


def _greedy(points: np.ndarray, p: int) -> np.ndarray:
    """Rows that are, one after another, farthest from the affine hull of those before."""
    chosen = [int((points**2).sum(axis=1).argmax())]
    rest = points - points[chosen[0]]
    while len(chosen) < p:
        distances = (rest**2).sum(axis=1)
        distances[chosen] = -1
        chosen.append(int(distances.argmax()))
        direction = rest[chosen[-1]] / np.linalg.norm(rest[chosen[-1]])
        rest = rest - np.outer(rest @ direction, direction)
    return np.array(chosen, dtype=np.int64)


def _inflated(homogeneous: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, float]:
    """Corners after every replacement that makes |det| larger, and |det|."""
    chosen = chosen.copy()
    volume = abs(np.linalg.det(homogeneous[chosen]))
    improved = True
    while improved:
        improved = False
        for corner in range(len(chosen)):
            others = np.delete(homogeneous[chosen], corner, axis=0)
            normal = np.linalg.svd(others)[2][-1]  # |det| = |⟨x, normal⟩| × the volume of the others
            size = np.abs(homogeneous @ normal)
            best = int(size.argmax())
            if size[best] > size[chosen[corner]] * (1 + 1e-9):
                chosen[corner], improved = best, True
                volume = abs(np.linalg.det(homogeneous[chosen]))
    return chosen, float(volume)
