"""gan-map: which of some minerals each pixel resembles most, and how far to trust that."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import torch

from hsicli.algorithms.mineral_colours import mineral_colours
from hsicli.cube import Cube
from hsicli.errors import ConfigError
from hsicli.library import Library
from hsicli.products.minerals import GUESS, IDENTIFIED, Minerals
from hsicli.products.weights import Weights
from hsicli.runtime import Track, numpy_rng, quiet
from hsicli.stages.gan_weights import gan_of
from hsicli.stages.mapping.calibration import Calibration, CalibrationConfig, calibrate
from hsicli.stages.mapping.charting import (
    DOUBTFUL_RATIO,
    RATIO,
    Chart,
    Comparison,
    chart_ratios,
    chart_reflectance,
    empty_chart,
)
from hsicli.stages.mapping.gallery import Gallery
from hsicli.stages.mapping.preparing import PrepareConfig, Preparing, preparing_for
from hsicli.stages.mapping.ratios import ratios_of
from hsicli.stages.mapping.references import Exemplars, Variants, exemplars_of, mineral_key
from hsicli.stages.mapping.representations import Precision
from hsicli.stages.mapping.scoring import OF_WEIGHTS, OF_WINDOWS, Method, scorer_of
from hsicli.stages.mapping.similarity import Rule

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ThresholdConfig:
    """Least scores."""

    best_guess: float = 0.707  # what is less alike is not even a guess; see `least`, and calibration
    guess: float = 0.85
    identification: float = 0.95
    least: Literal["guess", "best-guess"] = (
        "guess"  # what a scale must reach to take part in the composite: guess or best-guess
    )
    # Minerals with thresholds of their own: ["jarosite", 0.95, 0.975] is name, guess, identification
    minerals: tuple[tuple[str, float, float], ...] = ()

    def __post_init__(self) -> None:
        for name, low, high in (("thresholds", self.guess, self.identification), *self.minerals):
            if not low <= high:
                raise ConfigError(
                    f"{name}: a guess at {low:g} and an identification at {high:g}",
                    hint="the threshold of an identification is the higher one",
                )


@dataclass(frozen=True)
class GanMapConfig:
    """Settings of `hsicli gan-map`."""

    VERSION: ClassVar[int] = 1

    method: Method | None = None  # what is compared; None: gan with weights, else band-depth
    scales: tuple[int, ...] = (1, 3, 5)  # widths of the boxes whose means are mapped, pixels
    composite: Rule = "least-smoothed"  # whose word counts where scales do not agree
    variants: Variants = "joined"  # exemplars whose names say that they are of one mineral
    precision: Precision = "bfloat16"  # numbers in a network: twice as fast as float32, scores within 0.001
    ratios: bool = False  # look at spectra divided by bland ones, too, where reflectance shows nothing
    prepare: PrepareConfig = field(default_factory=PrepareConfig)
    thresholds: ThresholdConfig = field(default_factory=ThresholdConfig)
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)

    def __post_init__(self) -> None:
        if not self.scales or any(size < 1 or size % 2 == 0 for size in self.scales):
            raise ConfigError(
                f"scales: widths of boxes are odd and positive, found {list(self.scales)}",
                hint="give [1, 3, 5]",
            )


def map_minerals(
    cube: Cube,
    weights: Weights | None,
    libraries: Sequence[Library],
    config: GanMapConfig,
    *,
    seed: int,
    device: torch.device,
    track: Track = quiet,
) -> Minerals:
    """Compare every pixel with exemplars, at several scales, and put the maps together.

    Parameters
    ----------
    cube : Cube
        Reflectance (I/F).
    weights : Weights, optional
        Of a GAN, where the method needs them.
    libraries : sequence of Library
        Exemplars.
    config : GanMapConfig
    seed, device, track
        As of any stage.

    Returns
    -------
    Minerals

    Raises
    ------
    InputError
        If the cube does not cover the bands of the weights, or the library those of the cube; if no spectrum
        is valid.

    References
    ----------
    Saranathan and Parente, "Adversarial feature learning for improved mineral mapping of CRISM data",
    Icarus 355, 2021, §3.3.
    """
    method: Method = config.method or ("band-depth" if weights is None else "gan")
    gan = gan_of(weights, device) if weights is not None and method in OF_WEIGHTS else None
    if method in OF_WEIGHTS and gan is None:
        raise ConfigError(
            f"--method {method} needs weights, and none are given",
            hint="give what hsicli gan-train wrote, or another --method",
        )
    preparing = preparing_for(
        cube, None if gan is None else gan.wavelengths, gan.preparation.smoothing if gan else None,
        config.prepare,
    )  # fmt: skip
    exemplars = exemplars_of(libraries, preparing, _widths(preparing), config.variants)
    scorer = scorer_of(
        method, gan, preparing, exemplars,
        precision=config.precision, seed=seed, device=device, track=track,
    )  # fmt: skip
    scales = (1,) if method in OF_WINDOWS else config.scales
    thresholds = _thresholds(exemplars, config.thresholds)
    found = None
    if config.calibration.false_alarms is not None:
        if scorer.score_spectra is None:
            raise ConfigError(
                f"--false-alarms: {method} scores windows, not spectra", hint="take another --method"
            )
        found = calibrate(
            preparing, exemplars, scorer.score_spectra, thresholds,
            scales=scales, floor=config.thresholds.best_guess, config=config.calibration,
            rng=numpy_rng(seed), track=track,
        )  # fmt: skip
        thresholds = found.thresholds
    least = thresholds[:, 0]
    if config.thresholds.least == "best-guess":
        least = np.minimum(least, config.thresholds.best_guess)
    comparison = Comparison(preparing, exemplars, scorer.score, thresholds, least, scales, config.composite)
    return _product(cube, config, comparison, method, found, track=track)


def _product(
    cube: Cube, config: GanMapConfig, comparison: Comparison, method: Method, found: Calibration | None, *,
    track: Track,
) -> Minerals:  # fmt: skip
    exemplars, preparing = comparison.exemplars, comparison.preparing
    gallery = Gallery(len(exemplars.minerals), len(preparing.wavelengths))
    chart = empty_chart(*cube.shape[:2])
    chart_reflectance(comparison, chart, gallery, track)
    if config.ratios:
        chart_ratios(comparison, ratios_of(preparing.cube), chart, gallery, track)
    _say(chart, exemplars, config)
    shown = gallery.shown(exemplars)
    return Minerals(
        labels=chart.labels,
        names=exemplars.minerals,
        colours=mineral_colours(exemplars.minerals),
        counts=gallery.counts.sum(axis=1),
        identified=gallery.counts[:, IDENTIFIED - 1],
        score=chart.score,
        confidence=chart.confidence,
        best=chart.best,
        scale=chart.scale,
        method=method,
        wavelengths=preparing.wavelengths,
        reflectance=shown.reflectance,
        removed=shown.removed,
        places=shown.places,
        exemplars=exemplars.names,
        exemplar_minerals=exemplars.mineral_of + 1,
        branch=chart.branch if config.ratios else None,
        latlon=cube.latlon,
        grid=cube.grid,
        **(found._asdict() if found is not None else {"thresholds": comparison.thresholds}),
    )


def _widths(preparing: Preparing) -> np.ndarray | None:
    """Of the bands, where those of the cube are compared as they are."""
    cube = preparing.cube
    return None if cube.fwhm is None or preparing.resampling is not None else cube.fwhm[cube.order]


def _thresholds(exemplars: Exemplars, config: ThresholdConfig) -> np.ndarray:
    """(k, 2): of each mineral, of a guess and of an identification."""
    found = np.tile([config.guess, config.identification], (len(exemplars.minerals), 1))
    keys = [mineral_key(name) for name in exemplars.minerals]
    for name, guess, identification in config.minerals:
        if mineral_key(name) not in keys:
            raise ConfigError(
                f"thresholds.minerals: the library has no mineral {name!r}",
                hint=f"choose among {', '.join(exemplars.minerals)}",
            )
        found[keys.index(mineral_key(name))] = guess, identification
    return found


def _say(chart: Chart, exemplars: Exemplars, config: GanMapConfig) -> None:
    if not np.isfinite(chart.score).any():
        log.warning("no pixel shows an absorption, so none has a mineral: look at the cube with hsicli info")
    identified, guessed = (int((chart.confidence == tier).sum()) for tier in (IDENTIFIED, GUESS))
    seen = len(np.unique(chart.labels[chart.confidence == IDENTIFIED]))
    log.info(
        "%d pixels identified as %d of %d minerals, %d guessed, %d without",
        identified, seen, len(exemplars.minerals), guessed, int((chart.confidence == 0).sum()),
    )  # fmt: skip
    if config.ratios:
        log.info(
            "%d pixels show their mineral in the ratio only, %d of them where the denominator bulges",
            int((chart.branch >= RATIO).sum()), int((chart.branch == DOUBTFUL_RATIO).sum()),
        )  # fmt: skip
