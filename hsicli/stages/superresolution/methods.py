"""The models of superres: fitted to pairs, asked of spectra, packed into weights and taken out again."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from hsicli.models.training import TrainingConfig
from hsicli.products.weights import Weights, packed
from hsicli.runtime import Checkpoint, Track, nowhere, numpy_rng, quiet
from hsicli.stages.superresolution.calibration import (
    QUANTILES,
    calibrate,
    distance_to_known,
    inflated,
    known_spectra,
)
from hsicli.stages.superresolution.density import Density
from hsicli.stages.superresolution.linear import Arrays, fit_gaussian, fit_ridge, line_density
from hsicli.stages.superresolution.scaling import high_scale, restoration, scale_of, scaled_pairs
from hsicli.stages.superresolution.settings import ModelConfig, NetworkConfig

BLOCK = 1024
"""Pixels whose densities are held at once by `predictions`."""


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model of high-resolution spectra, given low-resolution ones.

    Attributes
    ----------
    config : ModelConfig
    arrays : dict of str to array
        Of the method, and what scaling, calibration and strangeness need.
    device : torch.device
    history_names, history
        As of `Weights`; None where nothing was learnt step by step.
    """

    config: ModelConfig
    arrays: Arrays
    device: torch.device
    history_names: tuple[str, ...] = ()
    history: np.ndarray | None = None

    @property
    def channels(self) -> tuple[int, int]:
        """Bands of x and of y."""
        low, high = self.arrays["channels"]
        return int(low), int(high)

    @property
    def interval_factors(self) -> np.ndarray:
        """(levels, b): deviations on either side of the mean that hold a share `calibration.LEVELS`."""
        return self.arrays["factors"]

    @property
    def strangeness_quantiles(self) -> np.ndarray:
        """(5,): of held-out spectra, at `calibration.QUANTILES`."""
        return self.arrays["strangeness"]


def fit_model(
    low: np.ndarray, high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray, config: ModelConfig, *,
    seed: int, device: torch.device, track: Track = quiet, checkpoint: Checkpoint = nowhere,  # noqa: ARG001
) -> Model:  # fmt: skip
    """Learn p(y | x) from pairs; others are held out, to stop by, choose by and calibrate with.

    Parameters
    ----------
    low : (n, m) float
        x, reflectance, finite.
    high : (n, b) float
        y, reflectance, finite.
    held_low, held_high : (h, m) and (h, b) float
        Held-out pairs.
    config : ModelConfig
    seed, device, track, checkpoint
        As of any stage.

    Returns
    -------
    Model
    """
    x, y = scaled_pairs(low, high, config.scaling)
    held_x, held_y = scaled_pairs(held_low, held_high, config.scaling)
    arrays = _fitted(x, y, held_x, held_y, config)
    arrays["channels"] = np.array([low.shape[1], high.shape[1]])
    arrays["restoration"] = restoration(low, high, config.scaling)
    arrays |= known_spectra(x, numpy_rng(seed))
    arrays["strangeness"] = np.quantile(distance_to_known(arrays, held_x), QUANTILES)
    model = Model(config, arrays, device)
    found = calibrate(_scaled_density(model, held_x), held_y)
    arrays["inflation"], arrays["factors"] = np.array(found.inflation), found.factors
    return replace(model, arrays=arrays)


def predict(model: Model, low: np.ndarray) -> Density:
    """What the model says of (n, m) spectra, in their unit; all n are in memory together.

    Parameters
    ----------
    model : Model
    low : (n, m) float
        Reflectance, finite.
    """
    scale = scale_of(low, model.config.scaling)
    density = inflated(_scaled_density(model, scale.inward(low)), float(model.arrays["inflation"]))
    own = high_scale(low, model.config.scaling, model.arrays["restoration"])
    means = own.offset[:, None] + own.gain[:, None] * density.means
    return density._replace(means=means, scales=density.scales / own.gain[:, None])


def predictions(model: Model, low: np.ndarray) -> Iterator[tuple[slice, Density]]:
    """The same `BLOCK` pixels at a time, so that memory is bounded."""
    for first in range(0, len(low), BLOCK):
        part = slice(first, min(first + BLOCK, len(low)))
        yield part, predict(model, low[part])


def strangeness(model: Model, low: np.ndarray) -> np.ndarray:
    """(n,): how unlike the training spectra these are; `Model.strangeness_quantiles` says what is usual."""
    return distance_to_known(model.arrays, scale_of(low, model.config.scaling).inward(low))


def model_weights(
    model: Model, wavelengths: np.ndarray, target_wavelengths: np.ndarray, *,
    fwhm: np.ndarray | None = None, target_fwhm: np.ndarray | None = None,
) -> Weights:  # fmt: skip
    """The model as a product.

    Parameters
    ----------
    model : Model
    wavelengths : (m,) float
        Of x, nm.
    target_wavelengths : (b,) float
        Of y, nm.
    fwhm, target_fwhm : (m,) and (b,) float, optional
    """
    names, numbers = packed(model.arrays)
    return Weights(
        method=model.config.method,
        settings=json.dumps({"superres": asdict(model.config)}, sort_keys=True),
        wavelengths=wavelengths,
        array_names=names,
        numbers=numbers,
        fwhm=fwhm,
        target_wavelengths=target_wavelengths,
        target_fwhm=target_fwhm,
        history_names=model.history_names,
        history=model.history,
    )


def model_of(weights: Weights, device: torch.device) -> Model:
    """The model of weights.

    Raises
    ------
    KeyError
        If they are of another command.
    """
    settings: dict[str, Any] = json.loads(weights.settings)["superres"]
    network = dict(settings["network"])
    network["hidden"] = tuple(network["hidden"])
    network["training"] = TrainingConfig(**network["training"])
    config = ModelConfig(**settings | {"network": NetworkConfig(**network)})
    return Model(config, weights.arrays(), device, weights.history_names, weights.history)


def _fitted(
    x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray, config: ModelConfig
) -> Arrays:
    """The arrays of the method, learnt from scaled pairs."""
    match config.method:
        case "gaussian":
            return fit_gaussian(x, y, config.covariance, config.noise_floor)
        case "ridge":
            return fit_ridge(x, y, held_x, held_y, kind=config.covariance, floor=config.noise_floor)
        case _:
            raise NotImplementedError(config.method)


def _scaled_density(model: Model, x: np.ndarray) -> Density:
    """What the method says of scaled spectra, before calibration."""
    match model.config.method:
        case "gaussian" | "ridge":
            return line_density(model.arrays, x)
        case _:
            raise NotImplementedError(model.config.method)
