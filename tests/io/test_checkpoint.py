"""A state goes to disk and comes back; another run's state, or a damaged one, is left alone."""

import numpy as np
import torch

from hsicli.io.checkpoint import FileCheckpoint


def checkpoint(path, fingerprint="one", ask=True, saved=lambda: None) -> FileCheckpoint:
    return FileCheckpoint(path, fingerprint, lambda: ask, saved)


def state():
    rng = np.random.default_rng(0)
    return {
        "epoch": 3,
        "weights": {"a": torch.arange(4.0)},
        "codes": np.arange(6, dtype=np.float32).reshape(2, 3),
        "rng": rng.bit_generator.state,
        "names": ["x", "y"],
    }


def test_a_state_comes_back_as_it_was(tmp_path):
    checkpoint(tmp_path / "r").offer(state)
    found = checkpoint(tmp_path / "r").load()
    assert found["epoch"] == 3
    assert torch.equal(found["weights"]["a"], torch.arange(4.0))
    np.testing.assert_array_equal(found["codes"], state()["codes"])
    assert found["rng"] == state()["rng"]


def test_nothing_is_saved_before_its_time(tmp_path):
    checkpoint(tmp_path / "r", ask=False).offer(state)
    assert not (tmp_path / "r").exists()


def test_the_state_of_another_run_is_not_taken_up(tmp_path):
    checkpoint(tmp_path / "r").offer(state)
    assert checkpoint(tmp_path / "r", fingerprint="two").load() is None


def test_a_damaged_state_is_not_taken_up(tmp_path):
    checkpoint(tmp_path / "r").offer(state)
    (tmp_path / "r").write_bytes((tmp_path / "r").read_bytes()[:200])
    assert checkpoint(tmp_path / "r").load() is None


def test_the_caller_hears_of_each_saving(tmp_path):
    heard = []
    checkpoint(tmp_path / "r", saved=lambda: heard.append(1)).offer(state)
    assert heard == [1]


def test_clearing_removes_the_file(tmp_path):
    kept = checkpoint(tmp_path / "r")
    kept.offer(state)
    kept.clear()
    kept.clear()
    assert not (tmp_path / "r").exists()
