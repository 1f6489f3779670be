"""From a setting to a score: which representation, of what, at which scales."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from hsicli.runtime import Track
from hsicli.stages.gan_weights import Gan
from hsicli.stages.mapping import learnt
from hsicli.stages.mapping.calibration import ScoreSpectra
from hsicli.stages.mapping.preparing import Preparing
from hsicli.stages.mapping.references import Exemplars
from hsicli.stages.mapping.representations import (
    Encode,
    Origin,
    Pointwise,
    Precision,
    band_depths,
    blended,
    continuum_removed,
    correlations,
    derivatives,
    features_of,
    parameters_on,
    random_features,
    reflectances,
)
from hsicli.stages.mapping.similarity import joined
from hsicli.stages.mapping.walking import Score, layers

Method = Literal[Pointwise, "demud", "fatt", "dafatt"]

OF_WEIGHTS = ("gan", "gan-depth", "gan-blend")
"""Methods that need weights."""

OF_WINDOWS = ("fatt", "dafatt")
"""Methods that look at windows of the image: they have no other scale."""

SAMPLED = 30_000
"""Spectra of the image that a method learns from, at most."""

PART = 2048
"""Spectra that are compared together."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """How spectra are compared with exemplars.

    Attributes
    ----------
    score : Score
        Of minerals, by spectra and places.
    score_spectra : ScoreSpectra, optional
        The same where places do not matter.
    """

    score: Score
    score_spectra: ScoreSpectra | None


def scorer_of(
    method: Method,
    gan: Gan | None,
    preparing: Preparing,
    exemplars: Exemplars,
    *,
    precision: Precision,
    seed: int,
    device: torch.device,
    track: Track,
) -> Scorer:
    """The scores of a method.

    Parameters
    ----------
    method : Method
    gan : Gan, optional
        Networks, for the methods that need them.
    preparing : Preparing
    exemplars : Exemplars
    precision : Precision
        Of networks.
    seed, device, track
        As of any stage.
    """
    if method in OF_WINDOWS:
        windows = learnt.APERTURES if method == "dafatt" else learnt.TILES
        return Scorer(_of_windows(preparing, exemplars, windows, track), None)
    encode = _encode(
        "band-depth" if method == "demud" else method,
        gan,
        preparing,
        precision=precision,
        seed=seed,
        device=device,
        track=track,
    )
    codes = encode(exemplars.reflectance, preparing.scaled(exemplars.removed))
    minerals = len(exemplars.minerals)
    if method == "demud":
        sample = encode(*_sample(preparing, seed))
        compare = learnt.nearest_by_picks(encode, sample[learnt.demud_picks(sample)], codes)
    else:

        def compare(reflectance: np.ndarray, scaled: np.ndarray) -> np.ndarray:
            found: np.ndarray = encode(reflectance, scaled) @ codes.T
            return found

    def score(reflectance: np.ndarray, scaled: np.ndarray) -> np.ndarray:
        out = np.empty((len(scaled), minerals), dtype=np.float32)
        for first in range(0, len(scaled), PART):
            part = slice(first, first + PART)
            out[part] = joined(compare(reflectance[part], scaled[part]), exemplars.mineral_of, minerals)
        return out

    return Scorer(lambda reflectance, scaled, _: score(reflectance, scaled), score)


def _encode(
    method: Method,
    gan: Gan | None,
    preparing: Preparing,
    *,
    precision: Precision,
    seed: int,
    device: torch.device,
    track: Track,
) -> Encode:
    axis = preparing.wavelengths
    match method:
        case "band-depth":
            return band_depths
        case "derivative":
            return derivatives(axis)
        case "blend":
            return blended(band_depths, derivatives(axis))
        case "continuum-removed":
            return continuum_removed
        case "correlation":
            return correlations
        case "angle":
            return reflectances
        case "parameters":
            return parameters_on(axis)
        case "random":
            return random_features(len(axis), seed, device, precision)
        case "autoencoder":
            return learnt.autoencoder_codes(_sample(preparing, seed)[1], seed, device, track)
        case "gan" | "gan-depth" | "gan-blend":
            if gan is None:
                raise ValueError(f"{method} needs networks")
            origin: Origin = "zero" if method == "gan" else "flat"
            features = features_of(gan.discriminator, device, precision, origin)
            return blended(features, band_depths, derivatives(axis)) if method == "gan-blend" else features
    raise ValueError(f"{method} makes no directions of spectra")


def _sample(preparing: Preparing, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, bands) float32 each: reflectance and scaled spectra of random pixels that are not flat."""
    rng = np.random.default_rng(seed)
    rows, cols, _ = preparing.cube.shape
    reflectance, scaled = [], []
    for layer in layers(preparing):
        chosen = layer.valid & (rng.random(layer.valid.shape) < SAMPLED / max(1, rows * cols))
        removed = layer.removed[chosen]
        shows = preparing.shows(removed)
        reflectance.append(layer.reflectance[chosen][shows])
        scaled.append(preparing.scaled(removed[shows]))
    return np.concatenate(reflectance), np.concatenate(scaled)


def _of_windows(
    preparing: Preparing, exemplars: Exemplars, windows: tuple[tuple[int, int], ...], track: Track
) -> Score:
    """Scores that were found window by window beforehand; the image's reflectance is held for it."""
    inside = (preparing.wavelengths >= learnt.TARGET_WINDOW[0]) & (
        preparing.wavelengths <= learnt.TARGET_WINDOW[1]
    )
    parts = [(layer.reflectance[..., inside], layer.valid) for layer in layers(preparing)]
    image, valid = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    scores = learnt.factor_scores(image, valid, exemplars.reflectance[:, inside], windows, track=track)
    found = joined(scores.reshape(-1, scores.shape[2]), exemplars.mineral_of, len(exemplars.minerals))
    return lambda _, __, places: found[places]
