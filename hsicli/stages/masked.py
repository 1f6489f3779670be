"""Codes of the masked autoencoder: it learns from some pixels that are drawn, and all are encoded."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.sampling import farthest_points
from hsicli.cube import BLOCK_BYTES, Cube
from hsicli.errors import InputError
from hsicli.models.training import Training, TrainingConfig, fit
from hsicli.models.umae import MaskedAutoencoder, UmaeConfig
from hsicli.runtime import Checkpoint, Track, numpy_rng, seeded

log = logging.getLogger(__name__)

ENCODED = 64
"""Patches that go through the network together on a CPU: what they become stays in its cache."""

ENCODED_CUDA = 2048

HELD_OUT = 8
"""For so many pixels that are learnt from, one more is only looked at."""

DECAY = 1e-4
"""Weight decay, as published."""


@dataclass(frozen=True)
class MaskedConfig:
    """What the masked autoencoder learns from, and how."""

    pixels: int = 200  # nₜ, each as unlike those before it as can be
    network: UmaeConfig = field(default_factory=UmaeConfig)
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            epochs=100, batch_size=48, learning_rate=5e-4, final_learning_rate=1.7e-4, patience=100
        )
    )

    def __post_init__(self) -> None:
        if self.pixels < 1:
            raise ValueError(f"pixels must be 1 or more, it is {self.pixels}")


@dataclass(frozen=True, eq=False)
class Patches:
    """The surroundings of pixels, each band from 0 to 1.

    Attributes
    ----------
    cube : Cube
    valid : (rows, cols) bool
    lowest, highest : (bands,) float
        Of the valid pixels.
    size : int
        Rows and cols of a patch, odd.
    """

    cube: Cube
    valid: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    size: int

    def walk(self, wanted: np.ndarray, most: int) -> Iterator[np.ndarray]:
        """The patches of the wanted pixels, in row order.

        The image goes on beyond its edges as in a mirror; a neighbour that is not valid is the pixel itself.

        Parameters
        ----------
        wanted : (rows, cols) bool
        most : int
            Patches at a time.

        Yields
        ------
        (m, size², bands) float32
        """
        rows, cols = self.valid.shape
        bands, half = len(self.lowest), self.size // 2
        below, across = (np.pad(np.arange(count), half, mode="symmetric") for count in (rows, cols))
        tall = max(1, BLOCK_BYTES // (4 * bands * (cols + 2 * half)) - 2 * half)
        for first in range(0, rows, tall):
            places = np.argwhere(wanted[first : first + tall])
            if not len(places):
                continue
            seen = below[first : first + tall + 2 * half]
            strip = self._strip(int(seen.min()), int(seen.max()) + 1)[seen - seen.min()][:, across]
            about = np.lib.stride_tricks.sliding_window_view(strip, (self.size, self.size), axis=(0, 1))
            about = np.moveaxis(about, 2, -1)
            for start in range(0, len(places), most):
                row, col = places[start : start + most].T
                found = about[row, col].reshape(len(row), self.size**2, bands)
                centre = found[:, found.shape[1] // 2, None]
                yield np.where(np.isnan(found), centre, found)

    def _strip(self, first: int, last: int) -> np.ndarray:
        """(rows, cols, bands) float32, NaN where a pixel is not valid."""
        part = slice(first, last)
        cube = replace(
            self.cube,
            data=cast(np.ndarray, self.cube.data)[part],
            valid=self.valid[part],
            columns=None,
            latlon=None,
        )
        (block,) = cube.blocks(last - first)
        span = self.highest - self.lowest
        scale = np.divide(1.0, span, out=np.zeros(len(span)), where=span > 0)
        data = (block.data - self.lowest.astype(np.float32)) * scale.astype(np.float32)
        data[~self.valid[part]] = np.nan
        return data


def masked_codes(
    patches: Patches,
    components: np.ndarray,
    config: MaskedConfig,
    *,
    seed: int,
    device: torch.device,
    track: Track,
    checkpoint: Checkpoint,
    saved: dict[str, Any],
) -> np.ndarray:
    """(n, width) float32: the code of every valid pixel, every number of it scaled alike, then every code.

    Parameters
    ----------
    patches : Patches
    components : (n, d) float
        Of the valid pixels: those that are far from each other in them are learnt from.
    config : MaskedConfig
    seed, device, track, checkpoint
        As of a stage; the checkpoint is offered what `saved` had kept: {"masked": …}.
    saved : dict

    Raises
    ------
    InputError
        If the cube has too few bands for two tokens.
    """
    _check_bands(len(patches.lowest), config.network)
    kept = saved.get("masked", {})
    if "weights" not in kept:
        kept = {"weights": _learnt(patches, components, config, seed=seed, device=device, track=track,
                                   checkpoint=checkpoint, saved=kept)}  # fmt: skip
        checkpoint.offer(lambda: {"masked": kept})
    with seeded(seed, device):  # weights are drawn and then replaced: nobody else's draws are to change
        model = MaskedAutoencoder(len(patches.lowest), config.network)
    model.load_state_dict(kept["weights"])
    codes = _encoded(patches, model.to(device).eval(), kept, track, checkpoint)
    codes -= codes.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = codes.std(axis=0, ddof=1 if len(codes) > 1 else 0, dtype=np.float64)
    codes *= np.divide(1.0, spread, out=np.zeros(len(spread)), where=spread > 0).astype(np.float32)
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-6)
    return codes


def _check_bands(bands: int, config: UmaeConfig) -> None:
    if bands < config.group or bands <= config.step:
        raise InputError(
            f"the cube has {bands} good bands, too few for tokens of {config.group}, {config.step} apart",
            hint="lower features.umae.network.group and .step, or compare components",
        )


def _learnt(
    patches: Patches, components: np.ndarray, config: MaskedConfig, *, seed: int, device: torch.device,
    track: Track, checkpoint: Checkpoint, saved: dict[str, Any],
) -> dict[str, Tensor]:  # fmt: skip
    """The weights of the lowest loss on pixels that were drawn at random, and only looked at."""
    rng, count = numpy_rng(seed), len(components)
    chosen = farthest_points(components, min(config.pixels, count), int(rng.integers(0, count)))
    others = rng.choice(count, size=-(-len(chosen) // HELD_OUT), replace=False)
    with seeded(seed, device) as generator:
        model = MaskedAutoencoder(len(patches.lowest), config.network).to(device)
        learnt, held_out = (_gathered(patches, which, rng).to(device) for which in (chosen, others))
        rate = config.training.learning_rate
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=DECAY)
        training = Training(model, config.training, optimizer, generator)
        if "training" in saved:
            training.restore(saved["training"])
        steps = fit(training, learnt, held_out)
        for step in track(steps, "masked autoencoder", config.training.epochs):
            log.debug("epoch %d: error %.5f, held out %.5f", step.epoch, step.loss, step.held_out)
            checkpoint.offer(lambda: {"masked": {"training": training.state()}})
        return training.best or model.state_dict()  # no epoch at all: the start itself


def _gathered(patches: Patches, chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
    """(m, size² + 1, bands): patches of valid pixels by number, in this order, and numbers to mask by."""
    wanted = np.zeros(patches.valid.shape, dtype=bool)
    places = np.argwhere(patches.valid)[chosen]
    wanted[tuple(places.T)] = True
    found = np.concatenate(list(patches.walk(wanted, ENCODED)))
    found = found[np.argsort(np.argsort(chosen))]
    keys = rng.random((len(found), 1, found.shape[2]), dtype=np.float32)
    return torch.from_numpy(np.concatenate([found, keys], axis=1))


def _encoded(
    patches: Patches, model: MaskedAutoencoder, kept: dict[str, Any], track: Track, checkpoint: Checkpoint
) -> np.ndarray:
    """(n, width) codes of the valid pixels; from the one on that was reached before."""
    device = next(model.parameters()).device
    most = ENCODED_CUDA if device.type == "cuda" else ENCODED
    places = np.argwhere(patches.valid)
    codes = np.empty((len(places), model.config.width), dtype=np.float32)
    before = kept.get("codes", codes[:0])
    done, wanted = len(before), patches.valid.copy()
    codes[:done] = before
    wanted[tuple(places[:done].T)] = False
    for part in track(patches.walk(wanted, most), "codes", -(-(len(codes) - done) // most)):
        with torch.inference_mode():
            found = model.encode(torch.from_numpy(part).to(device)).cpu().numpy()
        codes[done : done + len(found)] = found
        done += len(found)
        checkpoint.offer(lambda: {"masked": {"weights": kept["weights"], "codes": codes[:done]}})  # noqa: B023
    return codes
