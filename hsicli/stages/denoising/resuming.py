"""What of a long denoising is solved already, so that an interrupted run goes on after it."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hsicli.runtime import Checkpoint, nowhere

log = logging.getLogger(__name__)

KEPT_BYTES = 256 * 2**20
"""Most that is kept, as all of it is saved each time: over a million pixels, so more than a CRISM image."""

NO_AIR = np.empty((0, 0), dtype=np.float32)


class Found(NamedTuple):
    """The model of a chunk of spectra."""

    coefficients: np.ndarray
    """(n, unknowns) float32, most of them 0."""
    air: np.ndarray = NO_AIR
    """(k, bands) float32: logarithm of the transmission of each of its columns, where that was fitted."""


class Solved:
    """The chunks that are solved, by name; beyond `KEPT_BYTES` the later ones would be solved again.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where they are saved; what is not to be saved is not kept.
    unknowns : int
        Coefficients of a spectrum.
    """

    def __init__(self, checkpoint: Checkpoint, unknowns: int) -> None:
        self._checkpoint, self._unknowns = checkpoint, unknowns
        self._kept: dict[str, Any] = (checkpoint.load() or {}).get("chunks", {})
        self._bytes = sum(_size(packed) for packed in self._kept.values())
        if self._kept:
            log.info("%d chunks were denoised before: going on after them", len(self._kept))

    def recall(self, name: str, solve: Callable[[], Found]) -> Found:
        """The chunk as it was solved before, or is now."""
        if name in self._kept:
            return self._unpacked(self._kept[name])
        found = solve()
        if self._checkpoint is nowhere:
            return found
        place = np.flatnonzero(found.coefficients)
        packed = {
            "rows": len(found.coefficients), "place": place.astype(np.int32),
            "value": found.coefficients.ravel()[place], "air": found.air,
        }  # fmt: skip
        if self._bytes + _size(packed) <= KEPT_BYTES:
            self._kept[name] = packed
            self._bytes += _size(packed)
        elif self._bytes < KEPT_BYTES:
            self._bytes = KEPT_BYTES  # from here on nothing is kept, so that what is kept is a beginning
            log.info("an interrupted run would go on from here: what follows is not kept")
        self._checkpoint.offer(lambda: {"chunks": self._kept})
        return found

    def _unpacked(self, packed: dict[str, Any]) -> Found:
        coefficients = np.zeros((packed["rows"], self._unknowns), dtype=np.float32)
        coefficients.ravel()[packed["place"]] = packed["value"]
        return Found(coefficients, packed["air"])


def _size(packed: dict[str, Any]) -> int:
    return int(packed["place"].nbytes + packed["value"].nbytes + packed["air"].nbytes)
