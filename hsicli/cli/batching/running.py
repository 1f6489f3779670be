"""The workflow engine at work: it is given a plan, and says with marks what is done."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

from hsicli.cli.batching.planning import Task
from hsicli.cli.batching.recipe import Recipe
from hsicli.errors import ConfigError, HsiError
from hsicli.io.files import Lock, replacing

LOOK = 0.2
"""Seconds between two looks at what is done."""
GRACE = 60.0
"""Seconds that stages have to save their state, once the batch was asked to stop."""
AT_A_TIME = 2000
"""Images that the engine plans together: its memory grows with them."""


@dataclass(frozen=True)
class Machine:
    """What the engine may use."""

    cores: int
    memory_mb: int
    gpus: int
    profile: str | None
    """A cluster's, or None for this machine."""


def check_engine() -> None:
    """Refuse to begin without the workflow engine.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    if find_spec("snakemake") is None:
        raise ConfigError(
            "batch needs Snakemake, which is not installed", hint="install it: pip install 'hsicli[batch]'"
        )


def program() -> str:
    """The hsicli that belongs to this Python."""
    beside = Path(sys.executable).with_name("hsicli")
    return str(beside) if beside.exists() else shutil.which("hsicli") or "hsicli"


def write_plan(folder: Path, recipe: Recipe, tasks: Sequence[Task], machine: Machine) -> Path:
    """The plan that the workflow reads; marks and logs of an earlier run of these tasks go."""
    marks = folder / "marks"
    shutil.rmtree(marks, ignore_errors=True)
    marks.mkdir(parents=True)
    needed = {(task.item, task.stage) for task in tasks}
    waited = {(task.item, name) for task in tasks for name in task.after}
    jobs = []
    for task in tasks:
        task.output.parent.mkdir(parents=True, exist_ok=True)
        task.log.unlink(missing_ok=True)
        jobs.append(
            {
                "item": task.item,
                "stage": task.stage,
                "command": shlex.join([program(), *task.words]),
                "log": str(task.log.resolve()),
                "after": [name for name in dict.fromkeys(task.after) if (task.item, name) in needed],
                "last": (task.item, task.stage) not in waited,
            }
        )
    stages = [
        {
            "name": stage.name,
            "threads": min(stage.table.threads, machine.cores),
            "memory_mb": min(stage.table.memory_mb, machine.memory_mb),
            "minutes": stage.table.minutes,
            "gpu": stage.table.gpu,
        }
        for stage in recipe.stages
    ]
    path = folder / "plan.json"
    with replacing(path) as partial:
        partial.write_text(json.dumps({"marks": str(marks.resolve()), "stages": stages, "jobs": jobs}))
    return path


def run_plan(plan: Path, tasks: Sequence[Task], machine: Machine, lock: Lock) -> Iterator[Task]:
    """Let the engine run a plan; each task when it has ended, well or not.

    Raises
    ------
    HsiError
        If the engine itself could not work.
    """
    marks = plan.parent / "marks"
    waiting: dict[str, dict[str, Task]] = {}
    for task in tasks:
        waiting.setdefault(task.item, {})[task.stage] = task
    slices = -(-len(waiting) // AT_A_TIME)
    with as_file(files("hsicli.workflow")) as workflow, (plan.parent / "engine.log").open("wb") as said:
        for number in range(1, slices + 1):
            words = _command(workflow, plan, machine)
            words += ["--batch", f"all={number}/{slices}"] if slices > 1 else []
            engine = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
                pass_fds=[lock.descriptor()], env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
            try:
                while engine.poll() is None:
                    yield from _ended(marks, waiting)
                    time.sleep(LOOK)
                yield from _ended(marks, waiting)
            finally:
                _stop(engine)
            if engine.returncode and not any(marks.rglob("*.code")):
                raise HsiError(_complaint(plan.parent / "engine.log"), hint="look at the end of that file")


def _command(workflow: Path, plan: Path, machine: Machine) -> list[str]:
    words = [
        sys.executable, "-m", "snakemake", "--snakefile", str(workflow / "Snakefile"),
        "--directory", str(plan.parent), "--config", f"plan={plan.resolve()}",
        "--keep-going", "--nolock", "--rerun-incomplete", "--rerun-triggers", "mtime",
        "--scheduler", "greedy", "--quiet", "rules",
    ]  # fmt: skip
    if machine.profile is None:
        resources = [f"mem_mb={machine.memory_mb}", f"gpu={max(1, machine.gpus)}"]
        return [*words, "--cores", str(machine.cores), "--resources", *resources]
    shipped = workflow / "profiles" / machine.profile
    return [*words, "--profile", str(shipped if shipped.is_dir() else Path(machine.profile).resolve())]


def _ended(marks: Path, waiting: dict[str, dict[str, Task]]) -> Iterator[Task]:
    """Tasks that have ended since the last look."""
    for folder in sorted(path for path in marks.iterdir() if path.name in waiting):
        mine = waiting[folder.name]
        for mark in sorted(folder.iterdir()):
            task = mine.pop(mark.stem, None)
            if task is not None:
                yield task
        if not mine:
            del waiting[folder.name]


def _stop(engine: "subprocess.Popen[bytes]") -> None:
    """Ask the engine and all stages to stop, and wait until they have saved what they can."""
    if engine.poll() is not None:
        return
    os.killpg(engine.pid, signal.SIGTERM)
    try:
        engine.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(engine.pid, signal.SIGKILL)
        engine.wait()


def _complaint(log: Path) -> str:
    """The last words of the engine."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"{log}: the workflow engine could not work: {lines[-1] if lines else 'it said nothing'}"
