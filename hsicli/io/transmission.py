"""Tables of an atmosphere's transmission, such as CRISM's volcano scans."""

from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.tables import read_axis, read_table
from hsicli.library import Library


def read_transmission(path: Path) -> Library:
    """The mean of a table's transmissions: of its columns whose names end so.

    Parameters
    ----------
    path : Path
        Columns of wavelengths and transmissions, rows in any order.

    Raises
    ------
    InputError
        If it cannot be read, or no column is named so.
    """
    wavelengths, _ = read_axis(path)
    table = read_table(path)
    named = [k for k, name in enumerate(table.names) if name.casefold().endswith("transmission")]
    if not named:
        raise InputError(
            f"{path}: has no column whose name ends with transmission", hint="name it so in the first line"
        )
    values = table.values[:, named]
    there = np.isfinite(wavelengths) & np.isfinite(values).any(axis=1)
    order = np.argsort(wavelengths[there], kind="stable")
    mean = np.nanmean(values[there], axis=1)[order]
    return Library((path.stem,), mean[None], wavelengths[there][order])
