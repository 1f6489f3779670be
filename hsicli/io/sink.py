"""A file for a library to write to that cannot stand a failing disk."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Sink:
    """A file that takes everything and says afterwards what it could not write.

    HDF5 cannot close a file whose last chunks find no room on the disk: it loses them in silence, or crashes
    the process. Here it never learns of it; `check` raises what the disk said.

    Parameters
    ----------
    path : Path
        Anything there is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self._position = 0
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the OSError, if there was one."""
        if self._error is not None:
            raise OSError(self._error.errno, self._error.strerror, str(self._path)) from self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
        if error is None:
            self.check()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; the new place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: os.fstat(self._handle).st_size}
        self._position = start[whence] + offset
        return self._position

    def tell(self) -> int:
        """The place."""
        return self._position

    def write(self, data: bytes) -> int:
        """Write all of it, or, after the first failure, nothing; the length of it in any case."""
        rest = memoryview(data).cast("B")
        size, position = len(rest), self._position
        try:
            while rest and self._error is None:
                written = os.pwrite(self._handle, rest, position)
                rest, position = rest[written:], position + written
        except OSError as error:
            self._error = error
        self._position += size
        return size

    def read(self, size: int) -> bytes:
        """So many bytes from here on, or what there is."""
        data = os.pread(self._handle, size, self._position)
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from here on; how much of it."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the length of the file."""
        size = self._position if size is None else size
        try:
            if self._error is None:
                os.ftruncate(self._handle, size)
        except OSError as error:
            self._error = error
        return size

    def flush(self) -> None:
        """Nothing is held back."""
