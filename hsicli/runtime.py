"""The machine under a run: device, threads, the one source of randomness; how a stage shows and pauses."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from hsicli.errors import ConfigError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


class Track(Protocol):
    """Shows the progress of an iteration; the iteration itself is unchanged."""

    def __call__(self, steps: Iterable[T], label: str, total: int | None = None) -> Iterable[T]:
        """Yield the same steps; `total` if it is known and `steps` has no length."""


class Checkpoint(Protocol):
    """Where a long fit leaves its state, so that the next identical run goes on from it."""

    def load(self) -> dict[str, Any] | None:
        """The state that an interrupted run left, or None."""

    def offer(self, state: Callable[[], dict[str, Any]]) -> None:
        """Take the state if it is time to save: plain numbers, texts, lists, dicts, arrays and tensors.

        Called once a step. If the user has asked to stop, the state is saved and this does not return.
        """


def quiet(steps: Iterable[T], label: str, total: int | None = None) -> Iterable[T]:  # noqa: ARG001
    """The Track that shows nothing."""
    return steps


class _Nowhere:
    def load(self) -> None:
        return None

    def offer(self, state: Callable[[], dict[str, Any]]) -> None:
        pass


nowhere: Checkpoint = _Nowhere()
"""The Checkpoint that keeps nothing."""


def pick_device(name: str) -> "torch.device":
    """The device that ``auto``, ``cpu`` or ``cuda`` means here.

    Raises
    ------
    ConfigError
        If CUDA is asked for and there is none.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("--device cuda: there is no CUDA device here", hint="use --device auto or cpu")
    return torch.device(name)


def count_gpus() -> int:
    """GPUs that torch can use."""
    import torch

    return torch.cuda.device_count()


def available_threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_threads(threads: int | None) -> int:
    """Give numba, torch and BLAS the same number of threads.

    Pools that are not there yet are told by the environment, also to sleep when idle: two that spin on the
    same cores cost more than they give.

    Parameters
    ----------
    threads : int, optional
        As many as the process may use unless given.

    Returns
    -------
    int
        The number in force.
    """
    count = threads or available_threads()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    if "numba" not in sys.modules:  # it reads this again whenever it compiles, and then must find no change
        os.environ["NUMBA_NUM_THREADS"] = str(count)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import threadpoolctl

    threadpoolctl.threadpool_limits(count)
    if "numba" in sys.modules:
        numba = sys.modules["numba"]
        numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
    return count


@contextmanager
def seeded(seed: int, device: "torch.device") -> Iterator["torch.Generator"]:
    """A torch generator on `device`; torch's global state is seeded too, and put back at the end."""
    import torch

    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        yield torch.Generator(device=device).manual_seed(seed)


def numpy_rng(seed: int) -> np.random.Generator:
    """The numpy generator of a command's seed."""
    return np.random.default_rng(seed)
