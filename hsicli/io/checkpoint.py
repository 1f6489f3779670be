"""The state of a long fit, kept beside the output until it is done."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hsicli.io.files import replacing

INTERVAL = 60.0
"""Seconds between two savings."""


class FileCheckpoint:
    """Saves every minute to a file, and whenever the user has asked to stop.

    Parameters
    ----------
    path : Path
        ``OUTPUT.resume``.
    fingerprint : str
        Of the run; a state of another run is not taken up.
    on_offer : callable
        Asked at each offer: whether to save at once.
    on_saved : callable
        Called after each saving; does not return if the run is to stop.
    """

    def __init__(
        self, path: Path, fingerprint: str, on_offer: Callable[[], bool], on_saved: Callable[[], None]
    ) -> None:
        self.path, self.fingerprint = path, fingerprint
        self._on_offer, self._on_saved = on_offer, on_saved
        self._last = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state that an interrupted run with the same fingerprint left, or None."""
        if not self.path.is_file():
            return None
        try:
            saved = torch.load(self.path, weights_only=True)
        except (RuntimeError, ValueError, EOFError, OSError):  # a damaged state costs time, not the result
            return None
        if saved.get("fingerprint") != self.fingerprint:
            return None
        return dict(_unpacked(saved["state"]))

    def offer(self, state: Callable[[], dict[str, Any]]) -> None:
        """Save if a minute has passed or the user has asked to stop."""
        asked = self._on_offer()
        if not asked and time.monotonic() - self._last < INTERVAL:
            return
        with replacing(self.path) as partial:
            torch.save({"fingerprint": self.fingerprint, "state": _packed(state())}, partial)
        self._last = time.monotonic()
        self._on_saved()

    def clear(self) -> None:
        """Forget the state: the product is there."""
        self.path.unlink(missing_ok=True)


def _packed(value: Any) -> Any:
    """Arrays as tagged tensors: the safe loader knows tensors and plain containers only."""
    if isinstance(value, np.ndarray):
        return {"__array__": torch.from_numpy(np.ascontiguousarray(value))}
    if isinstance(value, dict):
        return {key: _packed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(item) for item in value]
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"__array__"}:
            return value["__array__"].numpy()
        return {key: _unpacked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unpacked(item) for item in value]
    return value
