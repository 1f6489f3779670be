"""An image that stays in its file: rows are read when they are asked for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np


@dataclass(frozen=True, eq=False)
class LazyRows:
    """Stands for a (rows, cols, bands) array in a file that cannot be memory-mapped.

    Indexed by rows first, it reads those rows whole; what else the index says is applied to what was read.

    Attributes
    ----------
    shape : (rows, cols, bands)
    dtype : dtype
        Of what `read` returns.
    read : function
        From a slice of consecutive rows to (rows, cols, bands).
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    read: Callable[[slice], np.ndarray]
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def ndim(self) -> int:
        """Always 3."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: object) -> np.ndarray:
        first, *others = index if isinstance(index, tuple) else (index,)
        rest = tuple(others)
        if isinstance(first, int | np.integer):
            row = range(len(self))[first]
            return self._rows(slice(row, row + 1))[(0, *rest)]
        if isinstance(first, slice):
            chosen = range(len(self))[first]
            low, high = (min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1]) + 1) if chosen else (0, 0)
            step = None if chosen.step == 1 else chosen.step
            return self._rows(slice(low, high))[(slice(None, None, step), *rest)]
        return np.asarray(self)[(first, *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:  # noqa: FBT001 NumPy's own
        if copy is False:
            raise ValueError("an image in a file cannot become an array without a copy")
        return self._rows(slice(0, len(self))).astype(dtype or self.dtype, copy=False)

    def _rows(self, rows: slice) -> np.ndarray:
        with self._one_at_a_time:  # neither GDAL nor HDF5 lets two threads read through one handle
            return self.read(rows)


def lazy_rows(
    shape: tuple[int, int, int], dtype: np.dtype[Any], read: Callable[[slice], np.ndarray]
) -> np.ndarray:
    """`LazyRows` in the place of an array: to a Cube it is one."""
    return cast("np.ndarray", LazyRows(shape, dtype, read))
