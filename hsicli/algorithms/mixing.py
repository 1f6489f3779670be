"""Mixtures: abundances on the simplex, spectra that they make, and noise of a stated strength."""

import numpy as np

from hsicli.errors import ConfigError


def random_abundances(n: int, concentration: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw abundances from a Dirichlet distribution.

    Parameters
    ----------
    n : int
        How many.
    concentration : (p,) or (n, p) float
        Dirichlet parameters: all 1 is uniform on the simplex, below 1 prefers its corners, 0 leaves an
        endmember out. With a row each, every draw has its own distribution.
    rng : Generator

    Returns
    -------
    (n, p) float64
        Not negative; rows sum to one.
    """
    shape = np.broadcast_to(np.asarray(concentration, dtype=float), (n, np.shape(concentration)[-1]))
    draws = rng.standard_gamma(shape)
    total = draws.sum(axis=1, keepdims=True)
    # A row of tiny parameters may underflow to zeros throughout: it stands for its mean.
    draws = np.where(total > 0, draws, shape)
    abundances: np.ndarray = draws / draws.sum(axis=1, keepdims=True)
    return abundances


def even_abundances(n: int, p: int, rng: np.random.Generator) -> np.ndarray:
    """Draw abundances as uniform numbers in 0…1 divided by their sum: mixtures of nearly everything.

    Parameters
    ----------
    n : int
        How many.
    p : int
        Endmembers.
    rng : Generator

    Returns
    -------
    (n, p) float64
        Not negative; rows sum to one.
    """
    draws = rng.random((n, p))
    abundances: np.ndarray = draws / draws.sum(axis=1, keepdims=True)
    return abundances


def bilinear_excess(linear: np.ndarray, squares: np.ndarray, interaction: float | np.ndarray) -> np.ndarray:
    """What light that meets two materials adds to a linear mixture: γ Σ_{i<j} aᵢ aⱼ eᵢ ⊙ eⱼ.

    With y = Σ a e this is γ (y² − Σ a² e²) / 2, for all pairs at once.

    Parameters
    ----------
    linear : (…, bands) float
        y
    squares : (…, bands) float
        Σ a² e²
    interaction : float or (…, 1) float
        γ, 0…1: 1 is the model of Fan, below it the generalised bilinear model with one γ for all pairs.

    Returns
    -------
    (…, bands) float

    References
    ----------
    Fan, Hu, Miller and Li, "Comparative study between a new nonlinear model and common linear model for
    analysing laboratory simulated-forest hyperspectral data", Int. J. Remote Sensing 30, 2009; Halimi,
    Altmann, Dobigeon and Tourneret, "Nonlinear unmixing of hyperspectral images using a
    generalized bilinear model", IEEE TGRS 49, 2011.
    """
    excess: np.ndarray = interaction * (linear * linear - squares) / 2
    return excess


def mix(abundances: np.ndarray, endmembers: np.ndarray) -> np.ndarray:
    """Spectra of linear mixtures: x = Eᵀ a.

    Parameters
    ----------
    abundances : (..., p) float
    endmembers : (p, bands) float

    Returns
    -------
    (..., bands) float
    """
    if abundances.shape[-1] != len(endmembers):
        raise ValueError(f"abundances of shape {abundances.shape} for endmembers of {endmembers.shape}")
    spectra: np.ndarray = abundances @ endmembers
    return spectra


def dominant(abundances: np.ndarray) -> np.ndarray:
    """Class of each pixel: 1 + the index of its largest abundance, the first of equals.

    Parameters
    ----------
    abundances : (..., p) float

    Returns
    -------
    (...) int32
        1…p.
    """
    return (abundances.argmax(axis=-1) + 1).astype(np.int32)


def noise_deviation(power: float, snr: float, profile: np.ndarray) -> np.ndarray:
    """Standard deviation of the noise in each band for a signal-to-noise ratio in decibels.

    mean over bands of σ² = power / 10^(SNR/10), and σ ∝ profile.

    Parameters
    ----------
    power : float
        Mean square of the signal over pixels and bands.
    snr : float
        Signal-to-noise ratio of power, dB; infinity for no noise.
    profile : (bands,) float
        Relative strength of the noise by band, positive.

    Returns
    -------
    (bands,) float64

    Raises
    ------
    ConfigError
        If the ratio is not a number.
    """
    if np.isnan(snr):
        raise ConfigError(
            "snr: a number of decibels is expected, found nan", hint="use 20 to 60, or inf for none"
        )
    scale = np.sqrt(power / 10 ** (snr / 10)) if np.isfinite(snr) else 0.0
    deviation: np.ndarray = scale * profile / np.sqrt(np.mean(np.square(profile, dtype=float)))
    return deviation


def signal_to_noise(clean: np.ndarray, noisy: np.ndarray) -> float:
    """Signal-to-noise ratio: 10 log₁₀ of mean square signal over mean square noise.

    Parameters
    ----------
    clean, noisy : arrays of one shape

    Returns
    -------
    float
        dB; infinity where they are equal.
    """
    signal = np.mean(np.square(clean, dtype=np.float64))
    noise = np.mean(np.square(np.subtract(noisy, clean, dtype=np.float64)))
    return float(10 * np.log10(signal / noise)) if noise > 0 else float("inf")
