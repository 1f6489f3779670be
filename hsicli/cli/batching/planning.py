"""What a batch has to do: a command line an image and stage, and which of them are to be run.

Whether a product is up to date its own command says, by fingerprint, when it is asked with ``--dry-run``.
"""

import contextlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from hsicli.cli.batching.listing import Item
from hsicli.cli.batching.recipe import Recipe, Stage
from hsicli.cli.config import flat
from hsicli.cli.standing import product_header, sealed
from hsicli.errors import ConfigError

CHUNK = 50
"""Images that one process asks about at a time."""


@dataclass(frozen=True)
class Task:
    """One stage of one image."""

    item: str
    stage: str
    words: tuple[str, ...]
    """Its command line, without the program."""
    output: Path
    after: tuple[str, ...]
    """Stages of the same image whose products it reads."""
    needed: bool = True
    why: str = ""

    @property
    def log(self) -> Path:
        """What it said."""
        return self.output.with_name(f"{self.stage}.log")


def tasks_of(recipe: Recipe, items: Sequence[Item], outdir: Path, cores: int) -> list[list[Task]]:
    """The tasks of every image, in their order.

    Raises
    ------
    ConfigError
        If an image lacks a file that a stage takes.
    """
    return [
        [_task(recipe, stage, item, outdir / item.name, cores) for stage in recipe.stages] for item in items
    ]


def _task(recipe: Recipe, stage: Stage, item: Item, folder: Path, cores: int) -> Task:
    made = {other.name: str(folder / other.output) for other in recipe.stages if other is not stage}
    known = item.values | made
    missing = [name for name in stage.table.inputs if name not in known]
    if missing:
        raise ConfigError(
            f"{stage.name}: there is no {missing[0]} for {item.values['image']}",
            hint=f"give --with {missing[0]}=FILE, or a CSV with a column {missing[0]}",
        )
    table, output = stage.table, folder / stage.output
    words = [*stage.command.split(), *(known[name] for name in table.inputs), str(output)]
    for option, name in table.options.items():
        if name in known:
            words += [f"--{option}", known[name]]
    if table.config is not None:
        words += ["--config", str((stage.folder / table.config).resolve())]
    for key, value in flat(table.settings).items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    if table.seed is not None:
        words += ["--seed", str(table.seed)]
    words += ["--threads", str(min(table.threads, cores))]
    used = (*table.inputs, *table.options.values())
    return Task(item.name, stage.name, tuple(words), output, tuple(name for name in used if name in made))


def judged(plans: Sequence[list[Task]], cores: int) -> Iterator[list[Task]]:
    """The same tasks, told whether they are needed; images that have nothing yet are not asked about."""
    asked = [place for place, tasks in enumerate(plans) if any(task.output.exists() for task in tasks)]
    if not asked:
        yield from plans
        return
    chunks = [
        [plans[place] for place in asked[first : first + CHUNK]] for first in range(0, len(asked), CHUNK)
    ]
    with ProcessPoolExecutor(min(cores, len(chunks)), mp_context=get_context("spawn")) as pool:
        found = (tasks for chunk in pool.map(_judge, chunks) for tasks in chunk)
        waiting = set(asked)
        for place, tasks in enumerate(plans):
            yield next(found) if place in waiting else tasks


def _judge(chunk: Sequence[list[Task]]) -> list[list[Task]]:
    """In a process of its own: a command that is asked leaves its traces in the process."""
    return [_of_one_image(tasks) for tasks in chunk]


def _of_one_image(tasks: Iterable[Task]) -> list[Task]:
    stale: set[str] = set()
    out = []
    for task in tasks:
        if not task.output.exists():
            told = replace(task, why="not made yet")
        elif stale & set(task.after):
            told = _replacing(replace(task, why="made of what is made again"))
        else:
            needed, why = _ask(task.words)
            told = replace(task, needed=needed, why=why)
            told = _replacing(told) if needed else told
        stale |= {task.stage} if told.needed else set()
        out.append(told)
    return out


def _replacing(task: Task) -> Task:
    """With leave to replace what hsicli made; another's file the stage refuses to touch."""
    ours = product_header(task.output) is not None or sealed(task.output).exists()
    return replace(task, words=(*task.words, "--overwrite")) if ours else task


def _ask(words: Sequence[str]) -> tuple[bool, str]:
    """Whether a command would do anything, and why."""
    from hsicli.cli.app import app

    out, code = io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            app([*words, "--dry-run", "--json"], prog_name="hsicli")
        except SystemExit as end:
            code = int(end.code or 0)
    lines = out.getvalue().splitlines()
    said = json.loads(lines[-1]) if lines else {}
    if code == 0 and said.get("state") == "up to date":
        return False, "up to date"
    return True, str(said.get("error") or said.get("state") or f"exit code {code}")


def memory_mb() -> int:
    """What this machine has for a batch: nine tenths of its memory."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(total * 0.9 / 2**20)
