"""Products in HDF5: one writer and one reader for every kind, by the metadata of its fields.

Layout, kinds and units are written down in docs/formats.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import h5py
import numpy as np

from hsicli.cube import Grid, Stream
from hsicli.errors import InputError
from hsicli.io.rows import lazy_rows
from hsicli.io.sink import Sink
from hsicli.provenance import Provenance

P = TypeVar("P")

CONVENTIONS = "CF-1.11, hsicli-1"
MAPPED_BYTES = 2**20
"""Contiguous arrays from this size on are memory-mapped, not read."""


class Header(NamedTuple):
    """What a product says of itself."""

    kind: str
    schema: int
    provenance: Provenance


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 does."""
    return bool(h5py.is_hdf5(path))


def write_product(path: Path, product: Any, provenance: Provenance, *, compress: bool = False) -> None:
    """Write a product, Streams block by block, and mark it complete last.

    Streams that share one `blocks` are written in one walk, which yields them joined along the last axis.

    Parameters
    ----------
    path : Path
        Where to; anything there is overwritten, so give a temporary name.
    product : dataclass with KIND and SCHEMA
        See `hsicli.products`.
    provenance : Provenance
        How it was made; stored as JSON.
    compress : bool
        gzip-1 with byte shuffle, the one filter that GDAL, QGIS and ENVI read too. Not memory-mappable.

    Raises
    ------
    OSError
        If the disk is full.
    """
    with Sink(path) as sink, h5py.File(sink, "w", libver=("earliest", "v110")) as file:
        items = [item for item in fields(product) if not item.metadata.get("transient")]
        streams = [item for item in items if isinstance(getattr(product, item.name), Stream)]
        _write_streams(file, streams, product, sink, compress=compress)
        for item in items:
            if item not in streams:
                _write_field(file, item, getattr(product, item.name), compress=compress)
        _attach_scales(file)
        file.attrs.update(
            {
                "Conventions": CONVENTIONS,
                "kind": product.KIND,
                "schema": product.SCHEMA,
                "provenance": provenance.to_json(),
                "complete": 1,
            }
        )


def _write_streams(
    file: h5py.File, items: list[Field[Any]], product: Any, sink: Sink, *, compress: bool
) -> None:
    """Write Streams; of those that share one `blocks`, a walk yields all, joined along the last axis."""
    walks: dict[int, list[tuple[h5py.Dataset, Stream]]] = {}
    for item in items:
        stream: Stream = getattr(product, item.name)
        data = file.create_dataset(
            item.name, stream.shape, np.float32, fillvalue=np.nan, **_layout(stream.shape, compress=compress)
        )
        _describe(data, item)
        walks.setdefault(id(stream.blocks), []).append((data, stream))
    for walk in walks.values():
        edges = np.cumsum([stream.shape[-1] for _, stream in walk])[:-1]
        for rows, block in walk[0][1].blocks():
            parts = np.split(block, edges, axis=-1) if len(walk) > 1 else [block]
            for (data, _), part in zip(walk, parts, strict=True):
                data[rows] = part
            sink.check()


def _write_field(file: h5py.File, item: Field[Any], value: Any, *, compress: bool) -> None:
    if value is None:
        return
    if isinstance(value, Grid):
        _write_grid(file, value)
        return
    if isinstance(value, tuple):  # of texts
        width = max([1, *(len(text.encode()) for text in value)])
        data = file.create_dataset(item.name, data=np.array([t.encode() for t in value], dtype=f"S{width}"))
        data.attrs["encoding"] = "utf-8"
    elif isinstance(value, np.ndarray):
        packed = value.astype(np.uint8) if value.dtype == bool else value
        data = file.create_dataset(
            item.name, data=packed, **(_layout(value.shape, compress=compress) if value.ndim > 1 else {})
        )
        if value.dtype == bool:
            data.attrs["dtype"] = "bool"
    else:
        data = file.create_dataset(item.name, data=value)
    _describe(data, item)


def _describe(data: h5py.Dataset, item: Field[Any]) -> None:
    for key in ("unit", "axes"):
        if key in item.metadata:
            data.attrs[{"unit": "units", "axes": "axes"}[key]] = item.metadata[key]


def _layout(shape: tuple[int, ...], *, compress: bool) -> dict[str, Any]:
    if not compress or 0 in shape:
        return {}
    chunk = (min(32, shape[0]), min(64, shape[1]), *shape[2:])
    return {"chunks": chunk, "compression": "gzip", "compression_opts": 1, "shuffle": True}


def _write_grid(file: h5py.File, grid: Grid) -> None:
    if grid.transform is not None:
        file.attrs["transform"] = grid.transform
    if grid.wkt is not None:
        file.attrs["crs_wkt"] = grid.wkt
    if grid.authority is not None:
        file.attrs["crs_authority"] = grid.authority


def _attach_scales(file: h5py.File) -> None:
    """Name every axis, and give the axis `bands` its wavelengths as HDF5 dimension scale."""
    scale = file.get("wavelengths")
    if scale is not None:
        scale.make_scale("wavelengths")
    for name, data in file.items():
        for position, axis in enumerate(str(data.attrs.get("axes", "")).split()):
            if position < data.ndim:
                data.dims[position].label = axis
                if (
                    axis == "bands"
                    and scale is not None
                    and name != "wavelengths"
                    and data.shape[position] == scale.size
                ):
                    data.dims[position].attach_scale(scale)


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The file, open for reading, if it is a complete product."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    if not h5py.is_hdf5(path):
        raise InputError(f"{path}: is not an HDF5 file", hint="give a product that hsicli wrote")
    try:
        file = h5py.File(path, "r", locking="best-effort")
    except OSError as error:
        raise InputError(
            f"{path}: is damaged, HDF5 cannot open it ({error})", hint="make it again, or copy it again"
        ) from error
    with file:
        if "kind" not in file.attrs:
            raise InputError(
                f"{path}: is an HDF5 file, but not a product of hsicli",
                hint="convert it to ENVI, GeoTIFF or .mat first",
            )
        if file.attrs.get("complete") != 1:
            raise InputError(f"{path}: was not written to its end", hint="delete it and make it again")
        yield file


def read_header(path: Path) -> Header:
    """Kind, schema and provenance of a product, without its arrays."""
    with _opened(path) as file:
        provenance = Provenance.from_json(str(file.attrs["provenance"]))
        return Header(str(file.attrs["kind"]), int(file.attrs["schema"]), provenance)


def read_product(path: Path, kind: type[P]) -> P:
    """The product of this kind that `path` holds; large arrays are memory maps.

    Parameters
    ----------
    path : Path
    kind : type
        Cube, Subspace, Labels, …

    Raises
    ------
    InputError
        If the file is missing, damaged, incomplete, of another kind or another layout.
    """
    wanted, schema = kind.KIND, kind.SCHEMA  # type: ignore[attr-defined]
    with _opened(path) as file:
        found = file.attrs["kind"]
        if found != wanted:
            raise InputError(
                f"{path}: is a product of kind {found}, not {wanted}", hint=f"give one of kind {wanted}"
            )
        if file.attrs["schema"] != schema:
            raise InputError(
                f"{path}: has layout {file.attrs['schema']} of a {wanted}; this hsicli reads {schema}",
                hint="make the file again with this version",
            )
        values = {item.name: _read_field(file, item, path) for item in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if value is not _ABSENT})


def read_array(path: Path, name: str) -> np.ndarray | None:
    """One array of a complete product of any kind; None if it has none of this name."""
    with _opened(path) as file:
        return np.asarray(file[name]) if name in file else None


_ABSENT = object()


def _read_field(file: h5py.File, item: Field[Any], path: Path) -> Any:
    if item.name == "grid":
        return _read_grid(file)
    if item.name not in file:
        return None if not item.metadata.get("transient") else _ABSENT
    data = file[item.name]
    if data.attrs.get("encoding") == "utf-8":
        return tuple(text.decode() for text in data[()])
    if h5py.check_string_dtype(data.dtype):
        return data.asstr()[()]
    if data.ndim == 0:
        return data[()].item()
    if data.attrs.get("dtype") == "bool":
        return data[()].astype(bool)
    offset = data.id.get_offset()
    if offset is not None and data.nbytes >= MAPPED_BYTES:
        return np.memmap(path, dtype=data.dtype, mode="r", offset=offset, shape=data.shape)
    if data.nbytes >= MAPPED_BYTES and data.ndim == 3:
        kept = h5py.File(path, "r", locking="best-effort")[item.name]
        return lazy_rows(data.shape, data.dtype, kept.__getitem__)
    return data[()]


def _read_grid(file: h5py.File) -> Grid | None:
    transform = file.attrs.get("transform")
    grid = Grid(
        transform=None if transform is None else tuple(float(number) for number in transform),  # type: ignore[arg-type]
        wkt=file.attrs.get("crs_wkt"),
        authority=file.attrs.get("crs_authority"),
    )
    return None if grid == Grid() else grid
