"""From spectra to codes: a sample is drawn, codes are learnt from it, and the cube is walked once more."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from hsicli.cube import Cube, pixels
from hsicli.errors import InputError
from hsicli.models.autoencoder import Autoencoder, start_as_pca, start_at_random
from hsicli.models.training import TrainingConfig, fit, start_training
from hsicli.runtime import Checkpoint, Track, seeded

log = logging.getLogger(__name__)

ENCODED_PIXELS = 8192
"""Spectra that go through the network together."""

SAMPLE_BYTES = 96 * 2**20
"""A sample of spectra is the largest thing held: no more than this."""


@dataclass(frozen=True)
class EncoderConfig:
    """The autoencoder of one image."""

    start: Literal["pca", "random"] = "pca"  # weights before the first step (paper: random)
    hidden: tuple[int, int] = (128, 64)  # units of the hidden layers; at least 2 d with the PCA start
    training: TrainingConfig = field(default_factory=lambda: TrainingConfig(epochs=4))


@dataclass(frozen=True, eq=False)
class Sample:
    """Spectra drawn from a cube at random.

    Attributes
    ----------
    spectra : (m, bands) float32
        In random order.
    mean : (bands,) float64
    directions : (bands, bands) float64
        Rows: principal directions of the spectra, strongest first.
    variance : (bands,) float64
        Along them.
    """

    spectra: np.ndarray
    mean: np.ndarray
    directions: np.ndarray
    variance: np.ndarray


def valid_pixels(cube: Cube, track: Track) -> np.ndarray:
    """(rows, cols) bool: the pixels whose spectra can be used."""
    valid = np.zeros(cube.shape[:2], dtype=bool)
    for block in track(cube.blocks(), "valid pixels"):
        valid[block.rows] = block.valid
    return valid


def draw_sample(cube: Cube, valid: np.ndarray, size: int, rng: np.random.Generator) -> Sample:
    """Draw spectra, each valid pixel with the same chance, and find their principal directions.

    As many as asked for, or as `SAMPLE_BYTES` hold if those are fewer.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    size : int
        At most this many.
    rng : Generator

    Raises
    ------
    InputError
        If a band is the same in all spectra drawn, or there is only one.
    """
    bands, count = len(cube.order), int(valid.sum())
    size = min(size, count, max(1, SAMPLE_BYTES // (4 * bands)))
    drawn = np.zeros(count, dtype=bool)
    drawn[rng.permutation(count)[:size]] = True
    chosen = np.zeros(valid.shape, dtype=bool)
    chosen[valid] = drawn
    place = np.argsort(rng.permutation(size))  # where each goes, in the order of the cube
    spectra = np.empty((size, bands), dtype=np.float32)
    done = 0
    for block in cube.blocks():
        found = pixels(block.data, chosen[block.rows])
        spectra[place[done : done + len(found)]] = found
        done += len(found)
    _check_bands(cube, spectra)
    mean = spectra.mean(axis=0, dtype=np.float64)
    scatter = np.zeros((len(mean), len(mean)))
    for first in range(0, len(spectra), ENCODED_PIXELS):
        centred = spectra[first : first + ENCODED_PIXELS] - mean
        scatter += centred.T @ centred
    variance, vectors = np.linalg.eigh(scatter / len(spectra))
    directions = vectors.T[::-1]
    # The sign of an eigenvector is arbitrary: the largest entry is positive, so that machines agree.
    directions = (
        directions * np.sign(directions[np.arange(len(mean)), np.abs(directions).argmax(axis=1)])[:, None]
    )
    return Sample(spectra, mean, directions, variance[::-1])


def encode_cube(
    cube: Cube, valid: np.ndarray, encode: Callable[[Tensor], Tensor], track: Track
) -> np.ndarray:
    """(n, d) float32: the code of every valid pixel, in row order.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    encode : callable
        From (m, bands) to (m, d).
    track : Track
    """
    codes = np.empty((0, 0), dtype=np.float32)
    done, count = 0, int(valid.sum())
    for block in track(cube.blocks(), "codes"):
        spectra = torch.from_numpy(pixels(block.data, valid[block.rows]))
        for part in torch.split(spectra, ENCODED_PIXELS):
            with torch.no_grad():
                found = encode(part).cpu().numpy()
            if done == 0:  # one array from the start: kept pieces would keep the room between them
                codes = np.empty((count, found.shape[1]), dtype=np.float32)
            codes[done : done + len(found)] = found
            done += len(found)
    return codes


def pca_encoder(sample: Sample, dimension: int) -> Callable[[Tensor], Tensor]:
    """The projection on the strongest directions: z = V (x − mean)."""
    mean = torch.from_numpy(sample.mean)
    directions = torch.from_numpy(sample.directions[:dimension].copy())

    def encode(spectra: Tensor) -> Tensor:
        return ((spectra - mean) @ directions.T).to(torch.float32)

    return encode


def fit_autoencoder(
    sample: Sample,
    dimension: int,
    config: EncoderConfig,
    *,
    seed: int,
    device: torch.device,
    track: Track,
    checkpoint: Checkpoint,
    saved: dict[str, Any],
) -> dict[str, Tensor]:
    """Learn to make `dimension` numbers of a spectrum and the spectrum of these.

    Parameters
    ----------
    sample : Sample
        A twentieth of it is held out.
    dimension : int
        d, length of a code.
    config : EncoderConfig
    seed, device, track, checkpoint
        As of a stage; the checkpoint is offered {"training": state}.
    saved : dict
        What the checkpoint had kept.

    Returns
    -------
    dict of str to Tensor
        The weights of the lowest loss on the spectra held out.
    """
    with seeded(seed, device) as generator:
        model = _new_autoencoder(len(sample.mean), dimension, config).to(device)
        if config.start == "pca":
            mean, directions = (
                torch.from_numpy(values.copy()).to(device, torch.float32)
                for values in (sample.mean, sample.directions[:dimension])
            )
            start_as_pca(model, mean, directions, float(np.sqrt(sample.variance.mean())), generator)
        else:
            start_at_random(model, generator)
        training = start_training(model, config.training, generator)
        if "training" in saved:
            training.restore(saved["training"])
        spectra = torch.from_numpy(sample.spectra).to(device)
        held_out, learnt = spectra[: max(1, len(spectra) // 20)], spectra[len(spectra) // 20 :]
        for step in track(fit(training, learnt, held_out), "autoencoder", config.training.epochs):
            log.debug("epoch %d: angle %.5f, held out %.5f", step.epoch, step.loss, step.held_out)
            checkpoint.offer(lambda: {"training": training.state()})
        return training.best or model.state_dict()  # no epoch at all: the start itself


def autoencoder_encoder(
    weights: dict[str, Tensor], dimension: int, config: EncoderConfig, device: torch.device
) -> Callable[[Tensor], Tensor]:
    """The encoder of an autoencoder with these weights."""
    model = _new_autoencoder(len(weights["offset"]), dimension, config)
    model.load_state_dict(weights)
    model.to(device).eval()
    return lambda spectra: model.encode(spectra.to(device))


def _new_autoencoder(bands: int, dimension: int, config: EncoderConfig) -> Autoencoder:
    """The network, its weights not yet set."""
    hidden = config.hidden
    if config.start == "pca":
        hidden = (max(hidden[0], 2 * dimension), max(hidden[1], 2 * dimension))
    return Autoencoder(bands, dimension, hidden)


def _check_bands(cube: Cube, spectra: np.ndarray) -> None:
    """Refuse what a code cannot be made of, and name the band."""
    if spectra.shape[1] < 2:
        raise InputError(f"the cube has {spectra.shape[1]} good band(s), and this needs two at least")
    constant = np.flatnonzero(spectra.min(axis=0) == spectra.max(axis=0))
    if len(constant):
        worst = constant[0]
        at = "" if cube.wavelengths is None else f" ({cube.axis[worst]:.1f} nm)"
        more = f", and {len(constant) - 1} more" if len(constant) > 1 else ""
        raise InputError(
            f"band {cube.order[worst] + 1}{at} is {spectra[0, worst]:g} in every pixel{more}",
            hint="run hsicli preprocess, which leaves such bands out, or mark it bad in the header",
        )
