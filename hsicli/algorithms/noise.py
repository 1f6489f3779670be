"""Sums over the bands of an image, from which its noise and its signal follow.

One pass, a block of rows at a time. Blocks are turned into float64 before anything is multiplied: at 50 dB
and 200 bands, products in float32 give bands with negative noise.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

BLOCK_PIXELS = 2048
"""Spectra that are turned into float64 at a time."""

PAIRS = 2**14
"""Pairs of neighbours, each way, that the difference estimate asks for: they give a band's noise to 1 %."""


@dataclass(frozen=True, eq=False)
class BandSums:
    """Sums over spectra y, and over pairs of neighbours y, z; those of two parts of an image add up.

    Attributes
    ----------
    pixels : int
        N.
    total : (bands,) float64
        Σ y.
    products : (bands, bands) float64
        Σ y yᵀ.
    pairs : int
        M.
    differences : (bands, bands) float64
        Σ (y − z)(y − z)ᵀ.
    """

    pixels: int
    total: np.ndarray
    products: np.ndarray
    pairs: int
    differences: np.ndarray


def no_sums(bands: int) -> BandSums:
    """The sums over no spectrum at all, of shape (bands,) and (bands, bands)."""
    return BandSums(0, np.zeros(bands), np.zeros((bands, bands)), 0, np.zeros((bands, bands)))


def pair_step(rows: int, cols: int) -> int:
    """Of an image (rows, cols): from one row whose neighbours are compared to the next such row."""
    return max(1, rows * cols // PAIRS)


def add_rows(
    sums: BandSums,
    data: np.ndarray,
    valid: np.ndarray,
    *,
    first: int,
    step: int,
    above: tuple[np.ndarray, np.ndarray] | None,
    threads: int = 1,
) -> BandSums:
    """The sums with some rows of an image added.

    Every `step`-th row of the image is compared with itself one pixel on, and with the row above it. Where
    the image is cut into blocks changes nothing but rounding.

    Parameters
    ----------
    sums : BandSums
        Of the rows before.
    data : (rows, cols, bands) float
        Spectra.
    valid : (rows, cols) bool
        Those that count; a pair counts where both do.
    first : int
        Number of the first of these rows in the image.
    step : int
        From `pair_step`.
    above : ((cols, bands) float, (cols,) bool), optional
        The row above the first of these, and what of it is valid; None at the top of the image.
    threads : int
        That multiply, each its own rows: faster than one product by as many, if each product has one.

    Returns
    -------
    BandSums
    """
    size = max(1, BLOCK_PIXELS // max(1, data.shape[1]))
    parts = [(data[start : start + size], valid[start : start + size]) for start in range(0, len(data), size)]
    neighbours = []
    for row in range(-first % step, len(data), step):
        neighbours.append((data[row, :-1], valid[row, :-1], data[row, 1:], valid[row, 1:]))
        if row:
            neighbours.append((data[row], valid[row], data[row - 1], valid[row - 1]))
        elif above is not None:
            neighbours.append((data[row], valid[row], *above))
    with ThreadPoolExecutor(threads) as pool:
        workers = range(min(threads, len(parts)))
        compared = pool.map(_pair_products, neighbours)
        shares = list(pool.map(_products, [parts[worker::threads] for worker in workers]))
    pixels, total, products = sums.pixels, sums.total.copy(), sums.products.copy()
    for count, found in shares:
        pixels += count
        total += found[-1, :-1]
        products += found[:-1, :-1]
    pairs, differences = sums.pairs, sums.differences.copy()
    for count, found in compared:
        pairs += count
        differences += found
    return BandSums(pixels, total, products, pairs, differences)


def _products(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[int, np.ndarray]:
    """How many spectra these rows hold, and Σ y yᵀ of them with a one after each: the last row is Σ y."""
    rows, cols, bands = parts[0][0].shape
    room = np.ones((rows * cols, bands + 1))  # one for all parts: a fresh one costs more than what is done
    pixels, products = 0, np.zeros((bands + 1, bands + 1))
    for part, inside in parts:
        spectra = part.reshape(-1, bands) if inside.all() else part[inside]
        exact = room[: len(spectra)]
        exact[:, :bands] = spectra
        products += exact.T @ exact
        pixels += len(spectra)
    return pixels, products


def _pair_products(
    neighbours: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> tuple[int, np.ndarray]:
    """How many pairs (here, valid, there, valid) count, and Σ (y − z)(y − z)ᵀ."""
    here, here_valid, there, there_valid = neighbours
    both = here_valid & there_valid
    apart = here[both].astype(np.float64) - there[both]
    return len(apart), apart.T @ apart


def regression_noise(sums: BandSums) -> tuple[np.ndarray, np.ndarray]:
    """What the other bands do not explain of each band, and the correlation of what they do.

    Each band is regressed on all others; with P = (Σ y yᵀ)⁻¹ and D = diag P, the residuals of all bands at
    once are D⁻¹ P y. So nothing but P is needed: the noise variance of band i is 1/(P_ii (N − L + 1)), and
    the correlation of the predictions is (Σ y yᵀ − 2 D⁻¹ + D⁻¹ P D⁻¹)/N.

    Noise that neighbouring bands share is predicted from them, and does not show.

    Parameters
    ----------
    sums : BandSums
        With more pixels (N) than bands (L), none of them constant zero.

    Returns
    -------
    variance : (bands,) float64
        Of the noise.
    signal : (bands, bands) float64
        Correlation (not covariance: the mean is part of it) of the signal.

    Raises
    ------
    np.linalg.LinAlgError
        If some bands are combinations of others to twelve digits and a ridge does not help.

    References
    ----------
    Bioucas-Dias & Nascimento, "Hyperspectral subspace identification", IEEE TGRS, 2008, algorithm 1.
    """
    n, bands = sums.pixels, len(sums.total)
    scale = np.sqrt(np.diag(sums.products))
    inverse = _inverse(sums.products / np.outer(scale, scale)) / np.outer(scale, scale)  # P
    residual = 1 / np.diag(inverse)  # D⁻¹
    signal = sums.products + residual[:, None] * inverse * residual
    signal[np.diag_indices(bands)] -= 2 * residual
    return residual / (n - bands + 1), (signal + signal.T) / (2 * n)


def difference_noise(sums: BandSums) -> np.ndarray:
    """(bands, bands) float64: covariance of the noise, from neighbours that would be alike without it.

    Σ (y − z)(y − z)ᵀ / 2M. Sees noise that bands share; takes texture of the ground for noise.

    References
    ----------
    Green et al., "A transformation for ordering multispectral data in terms of image quality with
    implications for noise removal", IEEE TGRS, 1988.
    """
    return (sums.differences + sums.differences.T) / (4 * max(1, sums.pairs))


def shared_noise(variance: np.ndarray, difference: np.ndarray, outside: np.ndarray) -> float:
    """How much larger the noise of differences is than that which regression leaves, outside the signal.

    The median over directions of the root of eᵀNe / eᵀVe. About one where every band has noise of its own:
    1.0 for white and for shaped noise, 1.03 where a tenth of it leaks to the next band. Noise that bands
    share is explained by them and lost to regression: 7 and more after averaging two bands. Texture of the
    ground makes differences larger too, but in few directions, which a median ignores.

    Parameters
    ----------
    variance : (bands,) float
        V, diagonal: from `regression_noise`.
    difference : (bands, bands) float
        N: from `difference_noise`.
    outside : (n, bands) float
        Rows: orthonormal directions without signal.

    Returns
    -------
    float
    """
    if not len(outside):
        return 1.0
    seen = np.einsum("da,ab,db->d", outside, difference, outside, optimize=True)
    return float(np.sqrt(np.median(seen / (outside**2 @ variance))))


def _inverse(gram: np.ndarray) -> np.ndarray:
    """Inverse of a positive matrix with unit diagonal, by Cholesky, with the least ridge that works."""
    for ridge in (1e-14, 1e-12, 1e-10):
        try:
            factor = np.linalg.cholesky(gram + ridge * np.eye(len(gram)))
        except np.linalg.LinAlgError:
            continue
        half = np.linalg.inv(factor)
        inverse: np.ndarray = half.T @ half
        return inverse
    raise np.linalg.LinAlgError("the bands are combinations of each other")
