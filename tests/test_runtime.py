"""One seed, one device, one thread count."""

import os
import subprocess
import sys

import pytest
import torch

from hsicli.errors import ConfigError
from hsicli.runtime import available_threads, nowhere, pick_device, quiet, seeded, use_threads


def test_the_same_seed_gives_the_same_numbers_and_leaves_no_trace():
    before = torch.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded(7, torch.device("cpu")) as generator:
            draws.append((torch.rand(3), torch.rand(3, generator=generator)))
    assert torch.equal(draws[0][0], draws[1][0])
    assert torch.equal(draws[0][1], draws[1][1])
    assert torch.equal(torch.get_rng_state(), before)


def test_auto_is_a_device_that_exists():
    assert pick_device("auto").type in {"cpu", "cuda"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_that_is_not_there_is_a_clear_error():
    with pytest.raises(ConfigError, match="no CUDA device"):
        pick_device("cuda")


def test_threads_are_said_to_every_pool(monkeypatch):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "7")
    assert use_threads(None) == available_threads()
    assert os.environ["OMP_NUM_THREADS"] == str(available_threads())


def test_the_thread_count_may_change_when_numba_is_up_and_has_yet_to_compile(tmp_path):
    code = (
        "import numba\n"
        "from hsicli.runtime import use_threads\n"
        "use_threads(1)\n"
        "@numba.njit(parallel=True)\n"
        "def total(n):\n"
        "    found = 0\n"
        "    for i in numba.prange(n):\n"
        "        found += i\n"
        "    return found\n"
        "assert total(10) == 45\n"
    )
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)


def test_quiet_and_nowhere_do_nothing():
    steps = [1, 2]
    assert quiet(steps, "label") is steps
    assert nowhere.load() is None
    nowhere.offer(lambda: pytest.fail("the state was asked for"))
