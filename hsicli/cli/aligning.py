"""How two cubes are brought together: what `--shift` and `--points` say."""

from pathlib import Path
from typing import TYPE_CHECKING

from hsicli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from hsicli.stages.superresolution.alignment import Alignment


def alignment_of(shift: tuple[float, float] | None, points: Path | None) -> "Alignment | None":
    """Where pixels of the cube of high resolution lie in that of low resolution, if that is told.

    Raises
    ------
    ConfigError
        If it is told twice.
    InputError
        If the control points are no table of four columns, or do not fix an affine map.
    """
    from hsicli.stages.superresolution.alignment import fitted, shifted

    if shift is not None and points is not None:
        raise ConfigError("--shift and --points both align the cubes", hint="give one of them")
    if shift is not None:
        return shifted(*shift)
    if points is None:
        return None
    import numpy as np

    from hsicli.io.tables import read_table

    table = read_table(points)
    if table.values.shape[1] != 4:
        raise InputError(
            f"{points}: has {table.values.shape[1]} columns, expected row and col in LOW, then in HIGH",
            hint="write a table of four columns",
        )
    if not np.isfinite(table.values).all():
        raise InputError(f"{points}: has cells that are no numbers", hint="mend them")
    return fitted(table.values)
