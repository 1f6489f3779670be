"""What came of a batch: a row an image and stage, and what all images have together."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hsicli.cli.batching.planning import Task
from hsicli.cli.standing import log_beside
from hsicli.io.files import replacing

DONE, CURRENT, FAILED, LEFT = "done", "up to date", "failed", "not run"


@dataclass(frozen=True)
class Row:
    """What became of one stage of one image."""

    item: str
    stage: str
    state: str
    seconds: float | None
    memory_mb: float | None
    """Largest resident size, mapped files included."""
    output: str
    log: str
    reason: str


def rows_of(plans: Sequence[list[Task]], marks: Path) -> list[Row]:
    """A row a task, in the order of the list."""
    return [_row(task, marks, tasks) for tasks in plans for task in tasks]


def _row(task: Task, marks: Path, tasks: Sequence[Task]) -> Row:
    seconds = memory = None
    code = marks / task.item / f"{task.stage}.code"
    reason = ""
    if not task.needed:
        state = CURRENT
    elif _done(marks, task):
        state = DONE
    elif code.exists():
        state, reason = FAILED, _last_words(task.log, code)
    else:
        state = LEFT
        before = [
            other.stage
            for other in tasks
            if other.stage in task.after and other.needed and not _done(marks, other)
        ]
        reason = f"waits for {before[0]}" if before else "the batch was stopped"
    if state in {DONE, CURRENT}:
        seconds, memory = _cost(task.output)
    return Row(task.item, task.stage, state, seconds, memory, str(task.output), str(task.log), reason)


def _done(marks: Path, task: Task) -> bool:
    return (marks / task.item / f"{task.stage}.done").exists()


def _cost(output: Path) -> tuple[float | None, float | None]:
    """Seconds and megabytes that an output took, from the log beside it."""
    try:
        log = json.loads(log_beside(output).read_text())
        return float(log["seconds"]), log["peak_memory_bytes"] / 2**20
    except (OSError, ValueError, KeyError):
        return None, None


def _last_words(log: Path, code: Path) -> str:
    """The error that a stage printed, or how it ended without one."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    errors = [line.removeprefix("hsicli: error: ") for line in lines if line.startswith("hsicli: error: ")]
    if errors:
        return errors[-1]
    ended = code.read_text().strip()
    words = {"137": "killed: out of memory?", "143": "stopped, its state saved", "130": "interrupted"}
    return words.get(ended, f"exit code {ended}" + (f": {lines[-1]}" if lines else ""))


def failures(rows: Sequence[Row]) -> dict[str, Row]:
    """For each image that is not whole, the row that says why."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.state == FAILED or (row.state == LEFT and row.item not in found):
            found[row.item] = row
    return found


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """The table as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row.__dataclass_fields__)
    for row in rows:
        cells = asdict(row)
        cells["memory_mb"] = "" if row.memory_mb is None else f"{row.memory_mb:.0f}"
        cells["seconds"] = "" if row.seconds is None else f"{row.seconds:.1f}"
        writer.writerow(cells.values())
    with replacing(path) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8")


@dataclass(frozen=True)
class Summary:
    """What became of one image."""

    item: str
    state: str
    seconds: float
    memory_mb: float
    stage: str
    """That failed, or that was not reached."""
    reason: str
    page: str
    """Its report, if it has one."""


def by_item(rows: Sequence[Row]) -> list[Summary]:
    """A line an image, in the order of the list."""
    broken = failures(rows)
    images: dict[str, list[Row]] = {}
    for row in rows:
        images.setdefault(row.item, []).append(row)
    return [_summary(name, mine, broken.get(name)) for name, mine in images.items()]


def _summary(name: str, mine: Sequence[Row], broken: Row | None) -> Summary:
    seconds = sum(row.seconds or 0.0 for row in mine)
    memory = max(row.memory_mb or 0.0 for row in mine)
    pages = [row.output for row in mine if row.output.endswith(".html") and row.state in {DONE, CURRENT}]
    state = CURRENT if all(row.state == CURRENT for row in mine) else DONE
    stage, reason = (broken.stage, broken.reason) if broken else ("", "")
    return Summary(
        name, broken.state if broken else state, seconds, memory, stage, reason, next(iter(pages), "")
    )
