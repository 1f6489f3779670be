"""Representations that are learnt from the image, and others that look at more than a pixel of it."""

import logging
from collections.abc import Callable

import numpy as np
import torch

from hsicli.models.autoencoder import Autoencoder, start_as_pca
from hsicli.models.training import TrainingConfig, fit, start_training
from hsicli.runtime import Track, seeded
from hsicli.stages.mapping.representations import BATCH, Encode, unit

log = logging.getLogger(__name__)

CODES = 16
"""Numbers that the autoencoder makes of a spectrum."""

PICKS = 40
"""Spectra that DEMUD takes from an image."""

RANK = 10
"""Directions of its model of what it has seen."""

TILES = ((7, 7),)
"""Window of target transformation, rows and cols."""

APERTURES = ((6, 8), (8, 6), (5, 10), (10, 5), (7, 7))
"""Windows of its dynamic apertures: a mineral is there where all of them say so."""

FACTORS = 10
"""Eigenvectors of a window's spectra."""

LIMIT = 1.5e-4
"""Root mean square error of a fit, spectra divided by their sums, that is a detection: score 0.95."""

TARGET_WINDOW = (1700.0, 2605.0)
"""nm, where target transformation looks."""


def autoencoder_codes(sample: np.ndarray, seed: int, device: torch.device, track: Track) -> Encode:
    """Codes of an autoencoder of the image's own spectra, their absorptions at one depth.

    Parameters
    ----------
    sample : (n, bands) float32
        Scaled spectra of the image.
    seed, device, track
        As of any stage.
    """
    depths = torch.from_numpy(1 - sample).to(device)
    codes = min(CODES, sample.shape[1], max(1, len(sample) - 1))
    with seeded(seed, device) as generator:
        model = Autoencoder(sample.shape[1], codes).to(device)
        mean = depths.mean(dim=0)
        centred = (depths - mean).double()
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        directions = vectors.T.flip(0)[:codes].float()
        signs = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True)).sign()
        start_as_pca(model, mean, directions * signs, float(centred.square().mean().sqrt()), generator)
        held = max(1, len(depths) // 10)
        training = start_training(model, TrainingConfig(epochs=4), generator)
        for _ in track(fit(training, depths[held:], depths[:held]), "autoencoder", 4):
            pass
        model.load_state_dict(training.best)
    model.eval()

    def encode(_: np.ndarray, scaled: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            parts = [
                model.encode(torch.from_numpy(1 - scaled[first : first + BATCH]).to(device)).cpu().numpy()
                for first in range(0, len(scaled), BATCH)
            ]
        return unit(np.concatenate(parts)) if parts else np.empty((0, codes), np.float32)

    return encode


def demud_picks(directions: np.ndarray) -> np.ndarray:
    """Spectra that a growing model of those before explains least, the first the most unlike the mean.

    Parameters
    ----------
    directions : (n, bands) float32
        Of length 1.

    Returns
    -------
    (p,) int
        Rows, in the order in which they were taken.

    References
    ----------
    Wagstaff et al., "Guiding scientific discovery with explanations using DEMUD", AAAI 2013.
    """
    mean = directions.mean(axis=0)
    picks = [int(np.square(directions - mean).sum(axis=1).argmax())]
    while len(picks) < min(PICKS, len(directions)):
        seen = directions[picks]
        centre = seen.mean(axis=0)
        basis = np.linalg.svd(seen - centre, full_matrices=False)[2][: min(RANK, len(picks))]
        apart = directions - centre
        errors = np.square(apart).sum(axis=1) - np.square(apart @ basis.T).sum(axis=1)
        errors[picks] = -np.inf
        picks.append(int(errors.argmax()))
    return np.array(picks)


def factor_scores(
    image: np.ndarray,
    valid: np.ndarray,
    targets: np.ndarray,
    windows: tuple[tuple[int, int], ...],
    *,
    track: Track,
) -> np.ndarray:
    """How well the factors of each window make each target; every pixel of a window has its score.

    Score 1 − 0.05 RMSE / `LIMIT`, so that 0.95 is the published limit; of several windows the lowest.

    Parameters
    ----------
    image : (rows, cols, bands) float32
        Reflectance.
    valid : (rows, cols) bool
    targets : (m, bands) float
    windows : tuple of (rows, cols)
    track : Track

    Returns
    -------
    (rows, cols, m) float32
        NaN where a pixel is not valid.

    References
    ----------
    Thomas and Bandfield 2017 (target transformation); Lin et al. 2018 (dynamic apertures).
    """
    wanted = targets / targets.sum(axis=1, keepdims=True)
    rows, cols = valid.shape
    scores = np.full((rows, cols, len(targets)), np.inf, dtype=np.float32)
    for height, width in track(windows, "windows", len(windows)):
        for first in range(0, rows, height):
            for left in range(0, cols, width):
                part = slice(first, first + height), slice(left, left + width)
                scores[part] = np.minimum(scores[part], _fits(image[part][valid[part]], wanted))
    scores[~valid] = np.nan
    return np.maximum(scores, 0)


def _fits(spectra: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,) float32: scores of targets in the span of the spectra's factors; 0 with too few spectra."""
    if len(spectra) < 2:
        return np.zeros(len(wanted), dtype=np.float32)
    centred = spectra - spectra.mean(axis=0)
    basis = np.linalg.svd(centred, full_matrices=False)[2][: min(FACTORS, len(spectra) - 1)]
    left = wanted - (wanted @ basis.T) @ basis
    error = np.sqrt(np.square(left).mean(axis=1))
    return (1 - 0.05 * error / LIMIT).astype(np.float32)


def nearest_by_picks(
    encode: Encode, picks: np.ndarray, codes: np.ndarray
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Scores by way of the picks: as like an exemplar as the pick is, and as like the pick as the pixel is.

    Parameters
    ----------
    encode : Encode
    picks : (p, d) float32
        Directions of what DEMUD took.
    codes : (m, d) float32
        Directions of the exemplars.
    """
    between = picks @ codes.T

    def score(reflectance: np.ndarray, scaled: np.ndarray) -> np.ndarray:
        near = encode(reflectance, scaled) @ picks.T
        found = np.full((len(near), len(codes)), -np.inf, dtype=np.float32)
        for pick, alike in enumerate(between):
            np.maximum(found, np.minimum(near[:, pick : pick + 1], alike), out=found)
        return found

    return score
