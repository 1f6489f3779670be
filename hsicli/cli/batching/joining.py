"""What is made of all images together: a table of classes, a mosaic, a page that leads to theirs."""

import csv
import io
import logging
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from hsicli.cli.batching.planning import Task
from hsicli.cli.batching.results import CURRENT, DONE, FAILED, Row, Summary
from hsicli.cli.batching.running import program
from hsicli.errors import InputError
from hsicli.io.files import replacing

log = logging.getLogger(__name__)

CLASSES = "classes.csv"
PAGE = "index.html"


def write_classes(outdir: Path, rows: Sequence[Row]) -> Path | None:
    """A row a class or endmember of every image: how many pixels, or how much; None if there are none."""
    found = [line for row in rows if row.state in {DONE, CURRENT} for line in _classes_in(row)]
    if not found:
        return None
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("item", "stage", "number", "name", "pixels", "share"))
    writer.writerows(found)
    with replacing(outdir / CLASSES) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8")
    return outdir / CLASSES


def _classes_in(row: Row) -> Iterator[tuple[object, ...]]:
    import numpy as np

    from hsicli.io.hdf5 import read_array, read_header

    path = Path(row.output)
    if path.suffix != ".h5":
        return
    try:
        kind = read_header(path).kind
    except InputError:
        return
    names = read_array(path, "names") if kind in {"labels", "minerals", "abundances"} else None
    if names is None:
        return
    words = [name.decode() for name in names]
    counts = read_array(path, "counts")
    if counts is not None:
        total = max(1, int(counts.sum()))
        for number, (name, count) in enumerate(zip(words, counts, strict=True), 1):
            yield row.item, row.stage, number, name, int(count), f"{count / total:.6f}"
        return
    shares = read_array(path, "abundances")
    if shares is not None:
        valid = np.isfinite(shares).all(axis=2)
        for number, (name, mean) in enumerate(zip(words, shares[valid].mean(axis=0), strict=True), 1):
            yield row.item, row.stage, number, name, int(valid.sum()), f"{mean:.6f}"


def write_mosaic(outdir: Path, stage: str, plans: Sequence[list[Task]], rows: Sequence[Row]) -> str:
    """One map of all maps of a stage; what went wrong, or nothing."""
    whole = {row.output for row in rows if row.stage == stage and row.state in {DONE, CURRENT}}
    maps = [str(task.output) for tasks in plans for task in tasks if str(task.output) in whole]
    if not maps:
        return "no map was made"
    done = subprocess.run(
        [program(), "mosaic", *maps, str(outdir / "mosaic.tif"), "--overwrite"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith("hsicli: error: ")]
    return lines[-1].removeprefix("hsicli: error: ") if done.returncode and lines else ""


def write_index(outdir: Path, title: str, images: Sequence[Summary], rows: Sequence[Row]) -> Path:
    """A page with a row an image, that leads to its own page and its log."""
    from hsicli.figures.page import Link, Section, Table, page

    def linked(text: str, file: str) -> object:
        path = Path(file)
        near = path.is_relative_to(outdir) and path.exists()
        return Link(text, path.relative_to(outdir).as_posix()) if near else text

    logs = {(row.item, row.stage): row.log for row in rows}
    lines = tuple(
        (linked(one.item, one.page) if one.page else one.item, one.state,
         linked(f"{one.stage}: {one.reason}", logs[one.item, one.stage]) if one.stage else "",
         round(one.seconds, 1), round(one.memory_mb))
        for one in images
    )  # fmt: skip
    counts = {
        state: sum(one.state == state for one in images)
        for state in dict.fromkeys(one.state for one in images)
    }
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    table = Table(("image", "state", "what is wrong", "seconds", "largest memory, MB"), lines)
    beside = [name for name in ("items.csv", CLASSES, "mosaic.tif", "mosaic.png") if (outdir / name).exists()]
    files = Table(("file",), tuple((Link(name, name),) for name in beside))
    sections = [
        Section("Images", (f"{len(images)} images: {said}.",), (table,)),
        Section("All together", (), (files,)),
    ]
    with replacing(outdir / PAGE) as partial:
        partial.write_text(page(title, sections), encoding="utf-8")
    return outdir / PAGE


def broken(images: Sequence[Summary]) -> list[Summary]:
    """Images that are not whole, those that failed first."""
    out = [one for one in images if one.state not in {DONE, CURRENT}]
    return sorted(out, key=lambda one: one.state != FAILED)
