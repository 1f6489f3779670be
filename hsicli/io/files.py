"""Files as such: whole or not at all, locked while they are made, and known by their digest."""

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hsicli.errors import HsiError, InputError
from hsicli.io.crism_names import belongings

PARTS = {".hdr", ".img", ".dat", ".raw", ".bsq", ".bil", ".bip", ".cub", ".sli", ".lbl", ".tab", ""}
"""Suffixes under which the header and the numbers of one raw image lie beside each other."""

RACY = 2.0
"""Seconds after its last change in which a file may change again without its time stamp showing it."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when a file can grow no more: disk, quota and limit."""


def is_out_of_room(error: OSError) -> bool:
    """Whether something could not be written because there is no room."""
    return error.errno in NO_ROOM


def no_room(path: Path) -> HsiError:
    """The error to raise then."""
    return HsiError(
        f"{path}: the disk is full, or a quota is", hint="free some space; the same command begins again"
    )


def flush_to_disk(path: Path) -> None:
    """Return when a power cut can no longer take the file (or the folder's entries) away."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A sibling of `path` to write to, which takes its place if all goes well.

    Raises
    ------
    HsiError
        If the disk is full.
    """
    partial = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        yield partial
        flush_to_disk(partial)
        partial.replace(path)
        flush_to_disk(path.parent)
    except OSError as error:
        if is_out_of_room(error):
            raise no_room(path.parent) from error
        raise
    finally:
        partial.unlink(missing_ok=True)


def clear_leftovers(path: Path) -> None:
    """Remove what killed runs left half-written beside `path`. Call it with the lock held."""
    for leftover in path.parent.glob(f".{path.name}.tmp-*"):
        leftover.unlink(missing_ok=True)


def check_folder(path: Path) -> None:
    """Make sure that `path` can be written.

    Raises
    ------
    InputError
        If its folder is missing or read-only, or `path` is itself a folder.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file to write", hint="give the output a file name")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist", hint=f"mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(
            f"{path}: the folder {path.parent} cannot be written to", hint="choose another folder"
        )


class Lock:
    """Keeps two runs from making the same output; goes with the process, however that ends."""

    def __init__(self, output: Path) -> None:
        self.output, self.path = output, output.with_name(f".{output.name}.lock")
        self._file: IO[bytes] | None = None
        while self._file is None:
            file = self.path.open("ab+", buffering=0)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                holder = file.read().decode(errors="replace").strip() or "another process"
                file.close()
                raise HsiError(
                    f"{output}: is being made by {holder}", hint="wait for it, or choose another output"
                ) from error
            if self._is_current(file):
                self._file = file
                with suppress(
                    OSError
                ):  # the lock holds on a full disk too; only the name of its holder is lost
                    file.truncate(0)
                    file.write(f"process {os.getpid()}\n".encode())
            else:  # the holder before us removed the file that we have just locked
                file.close()

    def _is_current(self, file: IO[bytes]) -> bool:
        with suppress(FileNotFoundError):
            return os.fstat(file.fileno()).st_ino == self.path.stat().st_ino
        return False

    def descriptor(self) -> int:
        """Number of the open file: a child that inherits it holds the lock too."""
        if self._file is None:
            raise ValueError(f"the lock on {self.output} was released")
        return self._file.fileno()

    def release(self) -> None:
        """Let the next run in."""
        file, self._file = self._file, None
        if file is not None:
            with file:
                self.path.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """SHA-256 of an input and of what belongs to it, remembered between runs.

    A header belongs to its numbers, and what a CRISM image is read with: wavelength tables, detector columns.

    Raises
    ------
    InputError
        If there is no such file.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: {what}", hint="check the spelling and the current folder")
    parts = [*_parts(path), *belongings(path)]
    if len(parts) == 1:
        return _remembered_hash(parts[0])
    together = "".join(_remembered_hash(part) for part in parts)
    return hashlib.sha256(together.encode()).hexdigest()


def folder_digest(path: Path) -> str:
    """SHA-256 of a folder of spectra: the name and the content of every file in it."""
    parts = sorted(part for part in path.rglob("*") if part.is_file())
    together = "".join(f"{part.relative_to(path)}:{_remembered_hash(part)}\n" for part in parts)
    return hashlib.sha256(together.encode()).hexdigest()


def _parts(path: Path) -> list[Path]:
    """The file, and its siblings of the same stem that hold header or numbers of the same image."""
    if path.suffix.lower() not in PARTS:
        return [path]
    stems = {path.stem.lower(), path.name.lower()}  # image.img beside image.hdr, and beside image.img.hdr
    return sorted(
        part
        for part in path.parent.iterdir()
        if part.suffix.lower() in PARTS and part.stem.lower() in stems and part.is_file()
    )


def _cache_path() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hsicli" / "digests.json"


def _remembered_hash(path: Path) -> str:
    """Hash of one file, asked of the cache first: path, size and time of the last change are its key."""
    status = path.stat()
    key = f"{path.resolve()}:{status.st_size}:{status.st_mtime_ns}"
    cache = _read_cache()
    if key in cache:
        return cache[key]
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if time.time() - status.st_mtime > RACY:
        cache = {
            known: value
            for known, value in _read_cache().items()
            if known.split(":")[0] != str(path.resolve())
        }
        _write_cache({**cache, key: found})
    return found


def _read_cache() -> dict[str, str]:
    try:
        cache = json.loads(_cache_path().read_text())
    except (OSError, ValueError):
        return {}
    return cache if isinstance(cache, dict) else {}


def _write_cache(cache: dict[str, str]) -> None:
    """Best effort: a cache that cannot be kept costs time, not correctness."""
    with suppress(OSError):
        _cache_path().parent.mkdir(parents=True, exist_ok=True)
        with replacing(_cache_path()) as partial:
            partial.write_text(json.dumps(cache, indent=0))
