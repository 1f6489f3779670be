"""A cube: the spectra of a rectangle of ground, with all that is known about its axes.

`Cube.data` stays as it lies on disk, often a read-only memory map of integers in any band order.
What an algorithm sees comes from `blocks()` alone: float32, fill as NaN, bad bands left out, bands in
ascending wavelength.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from hsicli.errors import InputError

BLOCK_BYTES = 16 * 2**20
"""Private memory that one block of spectra may take, in float32."""

CRISM_FILL = 65535.0
"""The fill value of every CRISM product, declared or not."""

ALL = np.empty(0, dtype=bool)
"""Stands for "every band" or "every pixel" until a cube knows its shape."""


@dataclass(frozen=True)
class Grid:
    """Where the pixels lie: carried, never interpreted outside `io/`.

    Attributes
    ----------
    transform : tuple of 6 float, optional
        Affine coefficients a, b, c, d, e, f: x = a·col + b·row + c, y = d·col + e·row + f, from the outer
        corner of the first pixel.
    wkt : str, optional
        The coordinate reference system.
    authority : str, optional
        Its code where there is one, as ``EPSG:32611`` or ``IAU_2015:49910``.
    """

    transform: tuple[float, float, float, float, float, float] | None = None
    wkt: str | None = None
    authority: str | None = None


class Block(NamedTuple):
    """Consecutive rows of a cube, ready for arithmetic."""

    rows: slice
    data: np.ndarray
    """(rows, cols, bands) float32; an invalid pixel may hold NaN."""
    valid: np.ndarray
    """(rows, cols) bool: every band is finite, and not all of them are zero."""


@dataclass(frozen=True)
class Walk:
    """Blocks that are read when they are asked for; how many there will be is known before."""

    count: int
    read: Callable[[], Iterator[Block]]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Block]:
        return self.read()


@dataclass(frozen=True)
class Stream:
    """An array that is made block by block while it is written.

    `blocks` is called once and yields (rows, array) from the first row to the last. A product that holds a
    Stream may hold plain arrays that the walk fills in: a writer writes Streams first.
    """

    shape: tuple[int, ...]
    blocks: Callable[[], Iterator[tuple[slice, np.ndarray]]]


@dataclass(frozen=True, eq=False)
class Cube:
    """Spectra on a grid of pixels.

    Attributes
    ----------
    data : (rows, cols, bands)
        Array, read-only memory map, or a Stream where a stage has just begun to make it. Raw numbers:
        value = raw · scale.
    wavelengths : (bands,) float64, optional
        Band centres, nm, in the order of `data`.
    fwhm : (bands,) float64, optional
        Full width at half maximum of each band, nm.
    good_bands : (bands,) bool
        False for bands that no algorithm may use.
    valid : (rows, cols) bool
        False for pixels known to be fill; `blocks()` finds the others.
    columns : (rows, cols) int32, optional
        Detector column of each pixel, where it is known; −1 for fill.
    latlon : (rows, cols, 2) float32, optional
        Latitude and longitude of each pixel, degrees north and east, of an image in sensor space.
    grid : Grid, optional
        Where the pixels lie.
    denominator : (bands,) float64, optional
        What every spectrum was divided by, if it was; the mean, where that varied.
    scale : float
        Reflectance (or whatever the unit is) of one raw count.
    fill : tuple of float
        Raw numbers that mean "no data", beside NaN and infinity.
    notes : tuple of str
        What the reader had to assume or mend, one sentence each.
    """

    KIND = "cube"
    SCHEMA = 1

    data: np.ndarray | Stream = field(metadata={"axes": "rows cols bands", "unit": "reflectance or ratio"})
    wavelengths: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    fwhm: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    good_bands: np.ndarray = field(default_factory=lambda: ALL, metadata={"axes": "bands"})
    valid: np.ndarray = field(default_factory=lambda: ALL, metadata={"axes": "rows cols"})
    columns: np.ndarray | None = field(
        default=None, metadata={"axes": "rows cols", "unit": "detector column"}
    )
    latlon: np.ndarray | None = field(default=None, metadata={"axes": "rows cols latlon", "unit": "degree"})
    grid: Grid | None = None
    denominator: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "reflectance"})
    scale: float = field(default=1.0, metadata={"transient": True})
    fill: tuple[float, ...] = field(default=(), metadata={"transient": True})
    notes: tuple[str, ...] = field(default=(), metadata={"transient": True})

    def __post_init__(self) -> None:
        if len(self.data.shape) != 3:
            raise ValueError(f"a cube has rows, cols and bands; this has the shape {self.data.shape}")
        rows, cols, bands = self.data.shape
        if self.good_bands is ALL:
            object.__setattr__(self, "good_bands", np.ones(bands, dtype=bool))
        if self.valid is ALL:
            object.__setattr__(self, "valid", np.ones((rows, cols), dtype=bool))
        for name, shape in {
            "wavelengths": (bands,),
            "fwhm": (bands,),
            "good_bands": (bands,),
            "valid": (rows, cols),
            "columns": (rows, cols),
            "latlon": (rows, cols, 2),
            "denominator": (bands,),
        }.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"{name} has the shape {value.shape}, the cube needs {shape}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, cols and bands as they are stored."""
        rows, cols, bands = self.data.shape
        return rows, cols, bands

    @property
    def order(self) -> np.ndarray:
        """(used,) int: the good bands as indices into `data`, by ascending wavelength."""
        good = np.flatnonzero(self.good_bands)
        if self.wavelengths is None:
            return good
        return good[np.argsort(self.wavelengths[good], kind="stable")]

    @property
    def axis(self) -> np.ndarray:
        """(used,) float64: wavelengths, nm, of the bands that `blocks()` yields.

        Raises
        ------
        InputError
            If the cube has no wavelengths.
        """
        if self.wavelengths is None:
            raise InputError(
                "the cube has no wavelengths, and this needs them",
                hint="add them to the header, or name a table of them with --wavelengths FILE",
            )
        return self.wavelengths[self.order]

    def with_bands(self, keep: np.ndarray) -> "Cube":
        """The same cube with fewer good bands: `keep` is (bands,) bool over the stored ones."""
        return replace(self, good_bands=self.good_bands & keep)

    def with_valid(self, keep: np.ndarray) -> "Cube":
        """The same cube with fewer valid pixels: `keep` is (rows, cols) bool."""
        if keep.shape != self.valid.shape:
            raise ValueError(f"a mask of shape {keep.shape} for a cube of {self.valid.shape}")
        return replace(self, valid=self.valid & keep)

    def blocks(self, rows: int | None = None, step: int = 1) -> Walk:
        """Walk the cube in blocks of whole rows.

        Parameters
        ----------
        rows : int, optional
            Rows a block spans; as many as `BLOCK_BYTES` holds unless given.
        step : int
            Of so many rows only the first is read and yielded; the rows of a block say which.

        Returns
        -------
        Walk
            Of blocks with good bands only, ascending wavelength, float32, scaled; fill is NaN.
        """
        raw = self.data
        if isinstance(raw, Stream):
            raise TypeError("a cube that is still being made can only be written")
        total, cols, _ = self.shape
        order = self.order
        rows = rows or max(1, BLOCK_BYTES // max(1, cols * len(order) * 4))
        rows = -(-rows // step) * step
        parts = [slice(first, min(first + rows, total), step if step > 1 else None)
                 for first in range(0, total, rows)]  # fmt: skip
        return Walk(len(parts), lambda: (self._block(raw[part], part, order) for part in parts))

    def _block(self, raw: np.ndarray, part: slice, order: np.ndarray) -> Block:
        """Raw numbers of these rows, ready for arithmetic."""
        data = _as_pixels(raw, order)
        for value in (*self.fill, CRISM_FILL):
            np.copyto(data, np.nan, where=data == np.float32(value))
        if self.scale != 1:
            data *= np.float32(self.scale)
        return Block(part, data, self.valid[part] & _usable(data))


def _usable(data: np.ndarray) -> np.ndarray:
    """(rows, cols) bool: pixels whose bands are all finite and not all zero.

    A sum is finite only if its terms are, so the common case needs one pass.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        total = data @ np.ones(data.shape[2], dtype=np.float32)
    usable: np.ndarray = np.isfinite(total)
    zero = total == 0
    usable[zero] = data[zero].any(axis=-1)
    return usable


def _as_pixels(raw: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(rows, cols, used) float32, contiguous, from any interleave and number type."""
    rows, cols, bands = raw.shape
    whole = len(order) == bands and bool((order == np.arange(bands)).all())
    out = np.empty((rows, cols, len(order)), dtype=np.float32)
    if raw.strides[2] <= raw.strides[1]:  # bands lie together already
        out[...] = raw if whole else raw[:, :, order]
        return out

    def transpose(row: int) -> None:
        plane = raw[row].T  # (bands, cols), cols together: read along the disk, write along the spectrum
        out[row] = (plane if whole else plane[order]).astype(np.float32, copy=False).T

    with ThreadPoolExecutor() as pool:
        list(pool.map(transpose, range(rows)))
    return out


def pixels(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(n, …): the valid pixels of a (rows, cols, …) image, in row order."""
    return image[valid]


def image(values: np.ndarray, valid: np.ndarray, fill: float) -> np.ndarray:
    """(rows, cols, …): the inverse of `pixels`, `fill` where a pixel is not valid; no copy if all are."""
    if valid.all():
        return values.reshape(valid.shape + values.shape[1:])
    out = np.full(valid.shape + values.shape[1:], fill, dtype=values.dtype)
    out[valid] = values
    return out
