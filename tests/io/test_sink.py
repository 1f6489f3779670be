"""A file that takes everything and says afterwards what it could not write."""

import errno
import os

import numpy as np
import pytest

from hsicli.io.sink import Sink


def test_what_is_written_anywhere_can_be_read_back(tmp_path, rng):
    data = rng.integers(0, 256, 5000, dtype=np.uint8).tobytes()
    with Sink(tmp_path / "a") as sink:
        assert sink.write(data) == len(data)
        sink.seek(-1000, os.SEEK_END)
        sink.write(b"xyz")
        assert sink.tell() == 4003
        sink.seek(10)
        buffer = bytearray(20)
        assert sink.readinto(memoryview(buffer)) == 20
        assert buffer == data[10:30]
        sink.seek(0, os.SEEK_END)
        sink.truncate(4500)
    assert (tmp_path / "a").read_bytes() == data[:4000] + b"xyz" + data[4003:4500]


def test_after_the_first_failure_nothing_is_written_and_the_failure_is_said(tmp_path, monkeypatch):
    room = [100]

    def pwrite(handle, data, position, original=os.pwrite):
        if room[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: room[0]]
        room[0] -= len(part)
        return original(handle, part, position)

    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(OSError, match="No space left") as failure, Sink(tmp_path / "a") as sink:
        assert sink.write(b"1" * 60) == 60
        sink.check()
        assert sink.write(b"2" * 60) == 60
        room[0] = 1000
        assert sink.write(b"3" * 60) == 60
        assert sink.tell() == 180
        sink.truncate(150)
    assert failure.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"1" * 60 + b"2" * 40
