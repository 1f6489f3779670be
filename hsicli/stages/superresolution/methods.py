"""The models of superres: fitted to pairs, asked of spectra, packed into weights and taken out again."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from hsicli.algorithms.mnf import noise_shrunk
from hsicli.errors import ConfigError, InputError
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
from hsicli.stages.superresolution.deep import Say, dcgm_says, expectation_says, fit_dcgm, fit_expectation
from hsicli.stages.superresolution.density import Density
from hsicli.stages.superresolution.fitting import HISTORY, Run
from hsicli.stages.superresolution.linear import Arrays, fit_gaussian, fit_ridge, line_density
from hsicli.stages.superresolution.mixtures import fit_joint_mixture, mixture_density, unimodal_density
from hsicli.stages.superresolution.residuals import deep_mixture_says, fit_deep_mixture
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
    say : callable
        What the method says of scaled spectra, before calibration.
    history_names, history
        As of `Weights`; None where nothing was learnt step by step.
    """

    config: ModelConfig
    arrays: Arrays
    say: Say
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
    seed: int, device: torch.device, track: Track = quiet, checkpoint: Checkpoint = nowhere,
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
    _check(low, high, config)
    x, y = scaled_pairs(low, high, config.scaling)
    held_x, held_y = scaled_pairs(held_low, held_high, config.scaling)
    run = Run(seed, device, track, checkpoint, checkpoint.load() or {})
    clean = noise_shrunk(y, held_y) if config.cleaning == "mnf" else (y, held_y)
    arrays = _fitted(x, clean[0], held_x, clean[1], config=config, run=run)
    arrays["channels"] = np.array([low.shape[1], high.shape[1]])
    arrays["restoration"] = restoration(low, high, config.scaling)
    arrays |= known_spectra(x, numpy_rng(seed))
    arrays["strangeness"] = np.quantile(distance_to_known(arrays, held_x), QUANTILES)
    labels = [label for label in ("diagonal", "unfrozen", "mixture", config.method) if label in run.kept]
    model = Model(
        config, arrays | {"inflation": np.array(1.0)}, _says(arrays, config, device),
        HISTORY if labels else (), run.history(*labels) if labels else None,
    )  # fmt: skip
    found = calibrate(predict(model, held_low), held_high)  # with all that restoring reflectance adds
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
    density = inflated(model.say(scale.inward(low)), float(model.arrays["inflation"]))
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
    arrays = weights.arrays()
    say = _says(arrays, config, device)
    return Model(config, arrays, say, weights.history_names, weights.history)


def _check(low: np.ndarray, high: np.ndarray, config: ModelConfig) -> None:
    """Pairs that a model can be learnt from."""
    if config.method == "deep-mixture" and config.covariance != "full":
        raise ConfigError(
            f"covariance = {config.covariance}: deep-mixture has a full one",
            hint="choose method = dcgm, gaussian, mixture, ridge or mlp",
        )
    channels = low.shape[1] + high.shape[1]
    if config.covariance == "full" and len(low) <= channels:
        raise InputError(
            f"{len(low)} pairs are too few for the full covariance of {channels} channels, low and high",
            hint=f"give more than {channels} pairs to learn from, or set model.covariance = diagonal",
        )
    if not np.ptp(low, axis=0).any():
        raise InputError(
            "all low-resolution spectra are the same: nothing can be learnt from them",
            hint="look at the cube with hsicli info --statistics",
        )


def _fitted(
    x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray, *, config: ModelConfig, run: Run
) -> Arrays:
    """The arrays of the method, learnt from scaled pairs."""
    kind, floor = config.covariance, config.noise_floor
    match config.method:
        case "deep-mixture":
            return fit_deep_mixture(x, y, held_x, held_y, config=config, run=run)
        case "dcgm":
            return fit_dcgm(x, y, held_x, held_y, config=config, run=run)
        case "mlp" | "encoder":
            return fit_expectation(x, y, held_x, held_y, config=config, run=run)
        case "mixture" | "unimodal-mixture":
            return fit_joint_mixture(
                x, y, held_x, held_y, kind=kind, floor=floor, components=config.components, seed=run.seed
            )
        case "gaussian":
            return fit_gaussian(x, y, kind, floor)
        case "ridge":
            return fit_ridge(x, y, held_x, held_y, kind=kind, floor=floor)


def _says(arrays: Arrays, config: ModelConfig, device: torch.device) -> Say:
    """The method in use."""
    m, b = (int(count) for count in arrays["channels"])
    match config.method:
        case "deep-mixture":
            return deep_mixture_says(arrays, config, m, b, device)
        case "dcgm":
            return dcgm_says(arrays, config, m, b, device)
        case "mlp" | "encoder":
            return expectation_says(arrays, config, m, b, device)
        case "mixture":
            return partial(mixture_density, arrays)
        case "unimodal-mixture":
            return partial(unimodal_density, arrays)
        case "gaussian" | "ridge":
            return partial(line_density, arrays)
