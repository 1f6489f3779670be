"""The part of hsicli export that describes a file for a catalogue."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hsicli.cli.companions import companions_of
from hsicli.cli.standing import product_header
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    from hsicli.io.content import Content

log = logging.getLogger(__name__)


def describe_item(path: Path, content: "Content", file: Path, acquired: str | None) -> list[Path]:
    """Write a STAC item of a file and of what stands beside it."""
    from hsicli.io.hdf5 import read_header
    from hsicli.io.stac import Item, write_stac
    from hsicli.products.kinds import KINDS

    made = product_header(file)
    kinds = [kind for kind in KINDS if made is not None and read_header(file).kind == kind.KIND]
    beside = [other for kind in kinds for other in companions_of(file, kind) if other.exists()]
    write_stac(path, content, Item(file, (file, *beside), _when(file, acquired), made))
    return [path]


def _when(file: Path, acquired: str | None) -> datetime:
    """When the image was taken, or, if nobody said, when the file was made."""
    if acquired is None:
        made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        log.info(
            "the time of the item is when %s was made; --set acquired=TIME says when it was taken", file.name
        )
        return made
    try:
        when = datetime.fromisoformat(acquired)
    except ValueError as error:
        raise ConfigError(
            f"acquired = {acquired!r} is no time", hint="write it as 2007-08-14T03:12:00Z"
        ) from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)
