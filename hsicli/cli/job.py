"""The frame around every stage: plan, run, commit. Here it is decided whether to run, and files appear."""

import json
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hsicli
from hsicli.cli.config import settings_of
from hsicli.cli.console import console
from hsicli.cli.interrupts import interrupts
from hsicli.cli.standing import found_at, keep_inputs, keep_others, log_beside, product_header, sealed
from hsicli.errors import ConfigError
from hsicli.io.files import Lock, check_folder, clear_leftovers, digest, folder_digest, replacing
from hsicli.provenance import Provenance

LIBRARIES = ("numpy", "scipy", "torch", "scikit-learn", "numba", "h5py")


@dataclass
class Machine:
    """What this process is about: processors, the file it reads first, all its files, outputs it holds."""

    threads: int | None = None
    subject: Path | None = None
    files: list[Path] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)

    def release(self) -> None:
        """Let other runs at every output that this one held, however it ended."""
        while self.locks:
            self.locks.pop().release()


machine = Machine()


@dataclass
class Job:
    """One output in the making.

    Attributes
    ----------
    output : Path
    provenance : Provenance
        That the product will carry.
    done : bool
        Nothing is left to do: the output is there as asked, or this is a dry run.
    checkpoint : Checkpoint
        Where a long fit leaves its state.
    """

    output: Path
    provenance: Provenance
    done: bool
    checkpoint: Any = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def commit(self, product: Any, *, compress: bool = False) -> None:
        """Write the product and its pictures, each whole or not at all, and say where."""
        from hsicli.cli.companions import write_companions
        from hsicli.io.hdf5 import write_product

        with replacing(self.output) as partial:
            write_product(partial, product, self.provenance, compress=compress)
        files = write_companions(self.output, product, self.provenance.fingerprint)
        self.finish([self.output, *files])

    def commit_files(self, write: Callable[[Path], list[Path]]) -> None:
        """Let `write` make files that are no product; the provenance written beside them seals them."""
        self._seal([])  # a kill leaves files half replaced: ours to make again, under no old seal
        try:
            files = write(self.output)
        except Exception:
            if not self.output.exists():  # nothing was begun: leave nothing
                sealed(self.output).unlink(missing_ok=True)
            raise
        self._seal(sorted(path.name for path in files))
        self.finish([*files, sealed(self.output)])

    def _seal(self, names: list[str]) -> None:
        with replacing(sealed(self.output)) as partial:
            partial.write_text(json.dumps({"files": names, "provenance": self.provenance.to_json()}) + "\n")

    def finish(self, files: list[Path]) -> None:
        """Write the log, forget the state of the fit, let the next run in, and print the result."""
        with replacing(log_beside(self.output)) as partial:
            partial.write_text(json.dumps(_log_of(self), indent=1) + "\n")
        if self.checkpoint is not None:
            self.checkpoint.clear()
        machine.release()
        _say(self, "written", files)


def plan(
    command: str,
    *,
    reads: Mapping[str, Path | None],
    writes: Path,
    beside: Sequence[Path] = (),
    config: Any,
    product: type | None = None,
    seed: int | None = None,
    device: str | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
) -> Job:
    """Decide what is to be done about an output: run, skip, or refuse.

    Parameters
    ----------
    command : str
    reads : mapping
        Inputs by role; None for one that was not given.
    writes : Path
        The output.
    beside : sequence of Path
        Other files that the run writes; of a product, its companions are known.
    config : dataclass
        With the class variable VERSION, the version of the method.
    product : type, optional
        Kind of product; None for outputs that are other files.
    seed, device : optional
        None where they do not matter.
    overwrite, dry_run : bool

    Raises
    ------
    InputError
        If an input is missing or the output's folder is.
    ConfigError
        If a file to write is also read.
    StaleError
        If the output, or a file beside it, exists and was made otherwise.
    """
    from hsicli.cli.companions import companions_of
    from hsicli.runtime import use_threads

    interrupts.listen()
    use_threads(machine.threads)
    given = {role: path for role, path in reads.items() if path is not None}
    first = next(iter(given.values()), None)
    if product is not None and writes.suffix.lower() not in {".h5", ".hdf5"}:
        if writes.exists() and first is not None and not first.exists():
            raise ConfigError(
                f"{first}: is not there, and {writes}, which would be the output, is",
                hint=f"the output comes last: hsicli {command} {writes} {first}",
            )
        raise ConfigError(f"{writes}: the output is an HDF5 product", hint=f"name it {writes.stem}.h5")
    machine.subject = first
    machine.files = [writes, *given.values()]
    provenance = _provenance(command, given, config, product=product, seed=seed, device=device)
    check_folder(writes)
    job = Job(writes, provenance, done=True)
    companions = [*beside, *(companions_of(writes, product) if product else ())]
    keep_inputs([writes, *companions], given)
    found, whole = found_at(writes, product)
    ours = found is not None and found.fingerprint == provenance.fingerprint
    if not ours and not overwrite:
        keep_others(writes, companions, found, provenance)
    current = ours and whole
    if dry_run:
        state = "up to date" if current else "would be replaced" if writes.exists() else "would be made"
        if current and not _companions_stand(job, product):  # a kill came between it and its pictures
            state = "its pictures would be made"
        _say(job, state, [writes])
        return job
    machine.locks.append(Lock(writes))
    for path in (writes, log_beside(writes), sealed(writes), *companions):
        clear_leftovers(path)
    if current:
        _finish_companions(job, product)
        machine.release()
        _say(job, "up to date", [writes])
        return job
    job.done = False
    if product is not None and (seed is not None or device is not None):  # what needs either is long
        job.checkpoint = _checkpoint(job)
    return job


def _provenance(
    command: str,
    reads: Mapping[str, Path],
    config: Any,
    *,
    product: type | None,
    seed: int | None,
    device: str | None,
) -> Provenance:
    from importlib.metadata import version

    from hsicli.runtime import pick_device

    inputs, parents = {}, {}
    for role, path in reads.items():
        parent = product_header(path)
        hashed = folder_digest if role == "library" and path.is_dir() else digest
        inputs[role] = parent.fingerprint if parent else hashed(path)
        if parent:
            parents[role] = json.loads(parent.to_json())
    settings = settings_of(config)
    return Provenance(
        command=command,
        method=f"{config.VERSION}.{product.SCHEMA if product else 0}",  # type: ignore[attr-defined]
        config=settings.values,
        seed=seed,
        device=pick_device(device).type if device else None,
        inputs=inputs,
        sources=settings.sources,
        parents=parents,
        libraries={"hsicli": hsicli.__version__} | {name: version(name) for name in LIBRARIES},
    )


def _finish_companions(job: Job, product: type | None) -> None:
    """Make again what a kill between the product and its pictures left unmade."""
    if product is not None and not _companions_stand(job, product):
        from hsicli.cli.companions import write_companions
        from hsicli.io.hdf5 import read_product

        write_companions(job.output, read_product(job.output, product), job.provenance.fingerprint)


def _companions_stand(job: Job, product: type | None) -> bool:
    """Whether all that belongs beside the product is there, and of this very product."""
    from hsicli.cli.companions import companions_are_current

    return product is None or companions_are_current(job.output, product, job.provenance.fingerprint)


def _checkpoint(job: Job) -> Any:
    from hsicli.io.checkpoint import FileCheckpoint

    resume = job.output.with_name(job.output.name + ".resume")
    return FileCheckpoint(resume, job.provenance.fingerprint, interrupts.offered, interrupts.saved)


def _log_of(job: Job) -> dict[str, Any]:
    """What of a run varies from run to run."""
    finished = datetime.now(UTC)
    return {
        "command": sys.argv,
        "started": job.started.isoformat(timespec="seconds"),
        "seconds": round((finished - job.started).total_seconds(), 3),
        "host": platform.node(),
        "platform": platform.platform(),
        "threads": machine.threads,
        "peak_memory_bytes": _peak_memory(),
        "processor_seconds": round(time.process_time(), 3),
        "messages": list(console.messages),
    }


def _peak_memory() -> int:
    """Largest resident size of this program, mapped files included.

    Linux says it exactly; the account that other systems keep begins with that of the parent.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _say(job: Job, state: str, files: list[Path]) -> None:
    if state != "written":
        sys.stderr.write(f"hsicli: {job.output}: {state}\n")
    console.result(
        str(job.output),
        {
            "output": str(job.output),
            "state": state,
            "files": [str(path) for path in files],
            "fingerprint": job.provenance.fingerprint,
        },
    )
