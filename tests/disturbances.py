"""What stops a run, for tests that look at what is left: a fit that is asked to stop, and the power going."""

import io
from pathlib import Path

import h5py
import pytest
import torch

from hsicli.io import files
from hsicli.io.checkpoint import _packed, _unpacked


class Stop(Exception):
    """A fit was stopped after it had saved."""


class Memory:
    """A checkpoint that saves every offer as the program does, and stops the run at one of them."""

    def __init__(self, stop_at: int | None = None, state: bytes | None = None) -> None:
        self.stop_at, self.state, self.offers = stop_at, state, 0

    def load(self):
        if self.state is None:
            return None
        return _unpacked(torch.load(io.BytesIO(self.state), weights_only=True))

    def offer(self, state) -> None:
        self.offers += 1
        if self.offers == self.stop_at:
            file = io.BytesIO()
            torch.save(_packed(state()), file)
            self.state = file.getvalue()
            raise Stop


class PowerCut(BaseException):
    """The machine is off: nothing that the process would still do happens."""


def cut_after(patch: pytest.MonkeyPatch, calls: int) -> None:
    """Let `calls` file operations happen, and none after them."""
    left = [calls]

    def guarded(original):
        def call(*args, **kwargs):
            if left[0] == 0:
                raise PowerCut
            left[0] -= 1
            return original(*args, **kwargs)

        return call

    patch.setattr(files, "flush_to_disk", guarded(files.flush_to_disk))
    for name in ("replace", "unlink", "write_text"):
        patch.setattr(Path, name, guarded(getattr(Path, name)))
    patch.setattr(h5py.Group, "create_dataset", guarded(h5py.Group.create_dataset))
