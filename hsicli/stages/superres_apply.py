"""superres apply: spectra of high resolution inferred from those of low resolution, and how sure that is."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from hsicli.cube import BLOCK_BYTES, Cube, Stream
from hsicli.errors import ConfigError, InputError
from hsicli.products.estimates import Estimate
from hsicli.products.weights import Weights
from hsicli.runtime import Track, quiet
from hsicli.stages.superresolution.calibration import LEVELS, QUANTILES
from hsicli.stages.superresolution.channels import bands_of, seen_pixels
from hsicli.stages.superresolution.inference import (
    Walk,
    estimated,
    in_step,
    known_model,
    look_closer,
    rooms_for,
)
from hsicli.stages.superresolution.methods import Model
from hsicli.stages.superresolution.sensors import Sensor

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SuperresApplyConfig:
    """Settings of `hsicli superres apply`."""

    VERSION: ClassVar[int] = 1

    sensor: str | None = None  # through which the cube is seen first: a name, or CENTRE:WIDTH,… in nm
    pixels: tuple[tuple[int, int], ...] = ()  # rows and cols to be looked at; see `chosen` if none
    chosen: int = 4  # pixels of unlike spectra whose covariances are kept and drawn, unless pixels are named
    samples: int = 0  # spectra drawn from the density of each such pixel

    def __post_init__(self) -> None:
        for name in ("chosen", "samples"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}", hint="give a number, 0 or more")


def apply_superres(
    cube: Cube,
    weights: Weights,
    config: SuperresApplyConfig,
    *,
    sensor: Sensor | None = None,
    truth: Cube | None = None,
    same_scene: bool = False,
    seed: int,
    device: torch.device,
    track: Track = quiet,
) -> Estimate:
    """Infer spectra of high resolution for every pixel of a cube.

    Parameters
    ----------
    cube : Cube
        Of the sensor that the weights were trained for; or, with `sensor`, of high resolution.
    weights : Weights
    config : SuperresApplyConfig
    sensor : Sensor, optional
        The cube is seen through it first, with the noise that the weights were trained with.
    truth : Cube, optional
        Of high resolution, on the same pixels: shown beside the estimate of chosen ones, and used for nothing
        else. With `sensor`, the cube itself unless given.
    same_scene : bool
        The weights were learnt from this very cube: which pixels they have seen is noted.
    seed, device, track
        As of any stage.

    Returns
    -------
    Estimate
        `mean`, `deviation` and `inputs` are Streams; the images beside them are filled as they are walked.

    Raises
    ------
    InputError
        If the weights are of another command, or expect other channels; if a pixel is outside the cube.
    """
    model = known_model(weights, device)
    rows, cols, _ = cube.shape
    for row, col in config.pixels:
        if not (0 <= row < rows and 0 <= col < cols):
            raise InputError(
                f"pixel {row},{col} is outside the cube of {rows} rows and {cols} cols",
                hint="count rows and cols from 0",
            )
    walk = _prepared(cube, weights, model, config, sensor=sensor, truth=truth, seed=seed)
    count, m, b = len(config.pixels) or config.chosen, len(weights.wavelengths), _bands(weights)
    later = rooms_for(count, b, config.samples, with_truth=walk.truth_bands is not None)

    def blocks() -> Iterator[tuple[slice, np.ndarray]]:
        size = max(1, BLOCK_BYTES // (4 * cols * (2 * b + m)))
        for block, true in track(in_step(walk, size), "estimate", -(-rows // size)):
            yield block.rows, estimated(walk, block, true, b)
        look_closer(walk, later)

    used = _used(model.arrays, (rows, cols)) if same_scene else None
    return Estimate(
        mean=Stream((rows, cols, b), blocks),
        deviation=Stream((rows, cols, b), blocks),
        inputs=Stream((rows, cols, m), blocks),
        **walk.images,
        strangeness_usual=model.strangeness_quantiles,
        strangeness_shares=np.array(QUANTILES),
        levels=np.array(LEVELS),
        interval_factors=model.interval_factors,
        wavelengths=np.asarray(weights.target_wavelengths),
        input_wavelengths=weights.wavelengths,
        method=weights.method,
        settings=weights.settings,
        array_names=weights.array_names,
        numbers=weights.numbers,
        fwhm=weights.target_fwhm,
        input_fwhm=weights.fwhm,
        used=used,
        **later,
        latlon=cube.latlon,
        grid=cube.grid,
    )


def _used(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> np.ndarray | None:
    """(rows, cols) uint8: what was learnt or chosen from; None, with a warning, if these are other pixels."""
    if tuple(arrays["shape"].astype(int)) != shape:
        log.warning(
            "the weights were learnt from this ground, but from other pixels of it: "
            "hsicli evaluate cannot leave out what they have seen"
        )
        return None
    return seen_pixels(arrays, shape).astype(np.uint8)


def _bands(weights: Weights) -> int:
    return len(np.asarray(weights.target_wavelengths))


def _prepared(
    cube: Cube, weights: Weights, model: Model, config: SuperresApplyConfig, *, sensor: Sensor | None,
    truth: Cube | None, seed: int,
) -> Walk:  # fmt: skip
    """The walk, with everything that can be refused looked at before it begins."""
    m, shape = len(weights.wavelengths), cube.shape[:2]
    if sensor is None:
        bands = bands_of(cube.axis, weights.wavelengths, weights.fwhm, "the cube")
    else:
        chosen = bands_of(sensor.centres, weights.wavelengths, weights.fwhm, "the sensor")
        names = tuple(sensor.names[k] for k in chosen)
        sensor = Sensor(names, sensor.centres[chosen], sensor.widths[chosen], sensor.weights[chosen])
        bands = np.arange(len(cube.order))
        truth = truth or cube
    truth_bands = None
    if truth is not None:
        if truth.shape[:2] != shape:
            raise InputError(
                f"the truth has {truth.shape[0]}×{truth.shape[1]} pixels (rows×cols), the cube "
                f"{shape[0]}×{shape[1]}",
                hint="crop or project them to the same grid first",
            )
        wanted = np.asarray(weights.target_wavelengths)
        truth_bands = bands_of(truth.axis, wanted, weights.target_fwhm, "the truth")
    images = {name: np.full(shape, np.nan, dtype=np.float32) for name in ("spread", "strangeness")}
    noise = model.arrays.get("noise", np.zeros(m))
    return Walk(
        cube,
        model,
        bands,
        sensor,
        truth,
        truth_bands,
        noise,
        config.pixels,
        config.chosen,
        config.samples,
        seed,
        images,
    )
