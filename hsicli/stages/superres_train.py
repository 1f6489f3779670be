"""superres train: what a sensor of low resolution does not say, learnt from pairs (DCGM and others)."""

import json
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.products.weights import Weights, packed
from hsicli.runtime import Checkpoint, Track, nowhere, numpy_rng, quiet
from hsicli.stages.superresolution.alignment import Alignment, unmoved
from hsicli.stages.superresolution.methods import Model, fit_model, model_weights
from hsicli.stages.superresolution.pairs import (
    Pairs,
    PairsConfig,
    check_sides,
    in_window,
    pairs_of_cubes,
    pairs_of_sensor,
)
from hsicli.stages.superresolution.scoring import pair_scores, summary
from hsicli.stages.superresolution.sensors import Sensor
from hsicli.stages.superresolution.settings import ModelConfig
from hsicli.stages.superresolution.splitting import Split, block_split, random_split

log = logging.getLogger(__name__)

By = Literal["blocks", "random"]

LEAST_COVERAGE = 0.85
"""Intervals of 90 % that hold less of what was held out deserve doubt."""

LEAST_PAIRS = 20
"""Fewer say nothing of a model, whatever it is."""


@dataclass(frozen=True)
class SplitConfig:
    """What is learnt from, chosen by and scored on."""

    by: tuple[By, ...] = ("blocks", "random")  # each is fitted and scored; the first is kept
    shares: tuple[float, float, float] = (0.6, 0.2, 0.2)  # training, validation, test
    side: int | None = None  # pixels along a block; about 64 blocks unless given

    def __post_init__(self) -> None:
        if not self.by or len(set(self.by)) < len(self.by):
            raise ConfigError(
                f"split.by names {len(self.by)} splits, each once at most", hint='set split.by = ["blocks"]'
            )
        if min(self.shares) <= 0 or not math.isclose(sum(self.shares), 1, abs_tol=1e-6):
            raise ConfigError(
                f"split.shares are {self.shares}, which do not sum to one", hint="set, say, [0.6, 0.2, 0.2]"
            )
        if self.side is not None and self.side < 1:
            raise ConfigError(f"split.side is {self.side}", hint="give pixels, 1 or more")


@dataclass(frozen=True)
class SuperresTrainConfig:
    """Settings of `hsicli superres train`."""

    VERSION: ClassVar[int] = 1

    sensor: str | None = None  # simulated from the high-resolution cube: a name, or CENTRE:WIDTH,… in nm
    shift: tuple[float, float] | None = (
        None  # rows and cols by which the low cube lies further down and right
    )
    pairs: PairsConfig = field(default_factory=PairsConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    model: ModelConfig = field(default_factory=ModelConfig)


@dataclass(frozen=True, eq=False)
class Axes:
    """Wavelengths and widths of both sides, nm."""

    low: np.ndarray
    low_fwhm: np.ndarray | None
    high: np.ndarray
    high_fwhm: np.ndarray | None


def train_superres(
    high: Cube,
    config: SuperresTrainConfig,
    *,
    low: Cube | None = None,
    sensor: Sensor | None = None,
    alignment: Alignment | None = None,
    seed: int,
    device: torch.device,
    track: Track = quiet,
    checkpoint: Checkpoint = nowhere,
) -> Weights:
    """Learn what spectra of high resolution may belong to one of low resolution.

    Parameters
    ----------
    high : Cube
    config : SuperresTrainConfig
    low : Cube, optional
        Of the same ground, by another sensor.
    sensor : Sensor, optional
        That `low` is simulated for; one of both is given.
    alignment : Alignment, optional
        Of `low`; unless given, pixels of the same row and column go together.
    seed, device, track, checkpoint
        As of any stage.

    Returns
    -------
    Weights

    Raises
    ------
    InputError
        If the cubes do not fit each other, or there are too few pairs.
    ConfigError
        If the pairs cannot be split as asked.

    References
    ----------
    Candela et al., "Probabilistic super resolution for mineral spectroscopy", IAAI, 2020.
    """
    pairs, axes = _drawn(high, low, sensor, alignment, config.pairs, seed=seed, track=track)
    splits = {by: _split(by, pairs, config.split, seed) for by in config.split.by}
    _check_counts(splits, axes, config.model)
    saved = checkpoint.load() or {}
    done: dict[str, Any] = dict(saved.get("done", {}))
    for by, split in splits.items():
        if by in done:
            continue
        model = fit_model(
            pairs.low[split.train], pairs.high[split.train],
            pairs.low[split.validation], pairs.high[split.validation], config.model,
            seed=seed, device=device, track=track, checkpoint=_Part(checkpoint, done, by, saved),
        )  # fmt: skip
        found = summary(pair_scores(model, pairs.low[split.test], pairs.high[split.test]))
        done[by] = {"held_out": found | {"pairs": len(split.test)}}
        _say(by, done[by]["held_out"], axes)
        if "weights" not in done:
            done["weights"] = _stored(_weights(model, axes))
    weights = _restored(done["weights"])
    scores = {by: done[by]["held_out"] for by in splits}
    shape = (low or high).shape[:2]
    return _with_origin(weights, pairs, splits[config.split.by[0]], scores, shape)


def _drawn(
    high: Cube, low: Cube | None, sensor: Sensor | None, alignment: Alignment | None, config: PairsConfig, *,
    seed: int, track: Track,
) -> tuple[Pairs, Axes]:  # fmt: skip
    """The pairs, and the axes of their sides."""
    if (low is None) == (sensor is None):
        raise ValueError("pairs need a low-resolution cube or a sensor, and not both")
    targets = in_window(high, config.window, "high-resolution")
    if low is not None:
        low = in_window(low, config.window, "low-resolution")
        check_sides(low, targets, alignment)
        pairs = pairs_of_cubes(low, targets, alignment or unmoved(), config, seed=seed, track=track)
        return pairs, Axes(low.axis, _widths(low), targets.axis, _widths(targets))
    sensor = _sensor_in(sensor, config.window)  # type: ignore[arg-type]
    kept = np.isin(high.order, targets.order)
    pairs = pairs_of_sensor(high, sensor, kept, config, seed=seed, track=track)
    log.info(
        "a sensor of %d bands was simulated, %s to %s nm, with noise of %.2g to %.2g",
        len(sensor.names), f"{sensor.centres[0]:g}", f"{sensor.centres[-1]:g}", pairs.noise.min(),
        pairs.noise.max(),
    )  # fmt: skip
    return pairs, Axes(sensor.centres, sensor.widths, targets.axis, _widths(targets))


def _widths(cube: Cube) -> np.ndarray | None:
    return None if cube.fwhm is None else cube.fwhm[cube.order]


def _sensor_in(sensor: Sensor, window: tuple[float, float] | None) -> Sensor:
    """The bands of the sensor whose centres are in the window."""
    if window is None:
        return sensor
    inside = np.flatnonzero((sensor.centres >= window[0]) & (sensor.centres <= window[1]))
    if not len(inside):
        raise InputError(
            f"no band of the sensor is centred within {window[0]:g} to {window[1]:g} nm: they are at "
            + ", ".join(f"{centre:g}" for centre in sensor.centres),
            hint="give another --window",
        )
    names = tuple(sensor.names[k] for k in inside)
    return Sensor(names, sensor.centres[inside], sensor.widths[inside], sensor.weights[inside])


def _split(by: By, pairs: Pairs, config: SplitConfig, seed: int) -> Split:
    rng = numpy_rng(seed)
    match by:
        case "random":
            return random_split(len(pairs.low), config.shares, rng)
        case "blocks":
            return block_split(pairs.places, config.side, config.shares, rng)


def _check_counts(splits: dict[By, Split], axes: Axes, config: ModelConfig) -> None:
    """Refuse what no model, or no covariance, can be learnt from."""
    fewest = min(len(split.train) for split in splits.values())
    bands = len(axes.high)
    if fewest < LEAST_PAIRS or min(len(split.test) for split in splits.values()) < 2:
        raise InputError(
            f"{fewest} pairs to learn from are too few, expected {LEAST_PAIRS} or more",
            hint="give a larger scene, or look at its fill",
        )
    if config.covariance == "full" and fewest <= bands + len(axes.low):
        raise InputError(
            f"{fewest} pairs are too few for a full covariance of {bands} bands given {len(axes.low)}",
            hint="set model.covariance=diagonal, narrow the --window, or give a larger scene",
        )


class _Part:
    """The checkpoint of one fit of several: what is done before goes along."""

    def __init__(self, whole: Checkpoint, done: dict[str, Any], by: str, saved: dict[str, Any]) -> None:
        self._whole, self._done, self._by = whole, done, by
        self._saved = saved.get("fit") if saved.get("by") == by else None

    def load(self) -> dict[str, Any] | None:
        return self._saved

    def offer(self, state: Callable[[], dict[str, Any]]) -> None:
        self._whole.offer(lambda: {"done": self._done, "by": self._by, "fit": state()})


def _say(by: str, found: dict[str, float], axes: Axes) -> None:
    words = {"blocks": "by blocks", "random": "at random"}[by]
    log.info(
        "held out %s, %d pairs: RMSE %.5f, angle %.2f°, %.1f nats a spectrum of %d bands (less is better), "
        "90 %% intervals hold %.1f %%",
        words, found["pairs"], found["rmse"],
        math.degrees(found["angle"]), found["nll"], len(axes.high), 100 * found["coverage_90"],
    )  # fmt: skip

    if found["coverage_90"] < LEAST_COVERAGE:
        log.warning(
            "intervals said to hold 90 %% of the values hold %.1f %% of those held out %s: "
            "the ground differs from place to place, so trust them less there",
            100 * found["coverage_90"], words,
        )  # fmt: skip


def _weights(model: Model, axes: Axes) -> Weights:
    return model_weights(model, axes.low, axes.high, fwhm=axes.low_fwhm, target_fwhm=axes.high_fwhm)


def _stored(weights: Weights) -> dict[str, Any]:
    """The fields as a checkpoint takes them."""
    return {name: value for name, value in vars(weights).items() if value is not None}


def _restored(fields: dict[str, Any]) -> Weights:
    names = ("array_names", "history_names")
    return Weights(**fields | {name: tuple(fields[name]) for name in names if name in fields})


def _with_origin(
    weights: Weights, pairs: Pairs, split: Split, scores: dict[By, dict[str, float]], shape: tuple[int, int]
) -> Weights:
    """The weights with what was seen of the scene, and how well held-out pairs were met."""
    arrays = weights.arrays() | {"noise": pairs.noise, "shape": np.array(shape)}
    if split.roles is not None:
        arrays |= {"roles": split.roles, "side": np.array(split.side)}
    else:
        arrays["places"] = pairs.places[np.concatenate([split.train, split.validation])]
    names, numbers = packed(arrays)
    settings = json.loads(weights.settings) | {"held_out": scores}
    return replace(weights, array_names=names, numbers=numbers, settings=json.dumps(settings, sort_keys=True))
