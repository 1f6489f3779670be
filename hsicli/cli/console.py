"""The screen: results on stdout; log, progress and errors on stderr. The only file that knows rich."""

import codecs
import io
import json
import logging
import math
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, TypeVar

from hsicli.errors import HsiError

T = TypeVar("T")

LINE_SECONDS = 10.0
"""Seconds between two lines of progress where no screen is attached."""

BAR_SECONDS = 0.1
"""Seconds between two looks at a bar."""

LEVELS = {-1: logging.WARNING, 0: logging.INFO}


class Console:
    """How much to say, and in which form."""

    def __init__(self) -> None:
        self.verbosity = 0
        self.as_json = False
        self.messages: list[str] = []

    def start(self) -> None:
        """Begin to listen to what the rooms below have to say."""
        self.messages.clear()
        logger = logging.getLogger("hsicli")
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
        logger.addHandler(_Lines(self))
        logger.setLevel(LEVELS.get(self.verbosity, logging.DEBUG))
        logger.propagate = False

    def result(self, line: str, details: dict[str, Any]) -> None:
        """The one result of a command: a line, or with --json the details."""
        sys.stdout.write((json.dumps(details) if self.as_json else line) + "\n")
        sys.stdout.flush()

    def text(self, text: str) -> None:
        """A result that is several lines."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A result that is a table; numbers to the right."""
        from rich import box
        from rich.console import Console as Screen
        from rich.table import Table

        cells = [[_cell(value) for value in row] for row in rows]
        table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
        for position, column in enumerate(columns):
            numeric = position > 0 and all(_is_number(row[position]) for row in cells)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in cells:
            table.add_row(*row)
        width = None if sys.stdout.isatty() else 160  # a file has no edge to wrap at
        Screen(file=sys.stdout, width=width, highlight=False).print(table)

    def error(self, error: HsiError) -> None:
        """Two lines: what is wrong, and what to do."""
        if self.as_json:
            sys.stdout.write(
                json.dumps({"error": error.problem, "hint": error.hint, "exit_code": error.exit_code}) + "\n"
            )
        words = " ".join(error.problem.split())
        problem = "".join(letter if letter.isprintable() or _is_byte(letter) else "?" for letter in words)
        sys.stderr.write(f"hsicli: error: {problem}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        sys.stderr.flush()


class _Lines(logging.Handler):
    """A record is a line; what was said is kept for the log beside the output."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        prefix = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        self._console.messages.append(prefix + text)
        sys.stderr.write(f"hsicli: {prefix}{text}\n")
        sys.stderr.flush()


def print_any_name() -> None:
    """Let every file name and letter be printed, whatever the screen's encoding."""
    codecs.register_error("hsicli", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="hsicli")


def _spelled(error: UnicodeError) -> tuple[bytes, int]:
    """Names that are not text as the bytes they are; letters that the encoding lacks as question marks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    spelled = (bytes([ord(letter) & 0xFF]) if _is_byte(letter) else b"?" for letter in text)
    return b"".join(spelled), error.end


def _is_byte(letter: str) -> bool:
    """Whether Python means by this a byte of a name that is not text."""
    return "\udc80" <= letter <= "\udcff"


console = Console()
"""The one screen of the process."""


def track(steps: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Show the progress of an iteration: a bar on a screen, a line now and then elsewhere."""
    if total is None and isinstance(steps, Sized):
        total = len(steps)
    if console.verbosity < 0:
        yield from steps
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        yield from _bar(steps, label, total)
    else:
        yield from _lines(steps, label, total)


def _bar(steps: Iterable[T], label: str, total: int | None) -> Iterator[T]:
    from rich.console import Console as Screen
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
        TextColumn("{task.fields[note]}"),
    )
    begun, looked, count, note = time.monotonic(), 0.0, 0, ""
    with Progress(*columns, console=Screen(file=sys.stderr)) as progress:
        task = progress.add_task(label, total=total, note="", pace="")
        for step in steps:
            yield step
            count += 1
            now = time.monotonic()
            if now - looked > BAR_SECONDS:  # a step may be short, and to look at it may cost a wait
                looked, note = now, _note(step)
                progress.update(task, completed=count, note=note, pace=_pace(count, total, now - begun))
        progress.update(task, completed=count, total=count, note=note, pace="")


def _lines(steps: Iterable[T], label: str, total: int | None) -> Iterator[T]:
    begun = last = time.monotonic()
    count, note = 0, ""
    for step in steps:
        yield step
        count, note = count + 1, _note(step)
        if time.monotonic() - last > LINE_SECONDS:
            last = time.monotonic()
            of = f" of {total}" if total else ""
            said = ", ".join(filter(None, (_pace(count, total, last - begun), note)))
            sys.stderr.write(f"hsicli: {label}: {count}{of}, {said}\n")
            sys.stderr.flush()


def _pace(count: int, total: int | None, seconds: float) -> str:
    """How fast the steps go by, and how long the rest will take at that."""
    each = seconds / count
    pace = f"{each:.2g} s each" if each >= 1 else f"{1 / max(each, 1e-9):.2g} a second"
    return f"{pace}, {_duration(each * (total - count))} left" if total and total > count else pace


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _note(step: object) -> str:
    """What a step says of itself, if it does: its `note` property."""
    return str(getattr(step, "note", ""))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4g}" if abs(value) >= 1000 else f"{value:.4f}"
    return "–" if value is None else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text.replace("–", "0").rstrip("%°"))
    except ValueError:
        return False
    return True
