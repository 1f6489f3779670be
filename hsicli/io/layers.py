"""Images whose bands are not a spectrum but named quantities: geometry, origin, summary parameters."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsicli.cube import CRISM_FILL, Cube, Grid
from hsicli.errors import InputError
from hsicli.io.envi_header import parse_header
from hsicli.io.formats import format_of
from hsicli.io.geotiff import open_dataset, read_geotiff
from hsicli.io.joint import header_of, label_of, read_joint
from hsicli.io.odl import plain
from hsicli.io.pds3 import EMPTY_PLANE
from hsicli.io.pds3_image import find_image

GEOMETRY = {
    "ina at areoid": "incidence",
    "ema at areoid": "emission",
    "phase angle": "phase",
    "latitude": "latitude",
    "longitude": "longitude",
    "ina at surface": "surface_incidence",
    "ema at surface": "surface_emission",
    "slope magnitude": "slope",
    "mola slope azimuth": "slope_azimuth",
    "elevation": "elevation",
    "thermal inertia": "thermal_inertia",
    "bolometic albedo": "albedo",  # so spelt in the archive
    "bolometric albedo": "albedo",
    "local solar time": "local_time",
}
"""How the name of a plane of derived geometry begins: what we call it."""


@dataclass(frozen=True, eq=False)
class Layers:
    """Named planes of one image; each is read when it is asked for.

    Attributes
    ----------
    names : tuple of str
        As the file has them, one a plane.
    cube : Cube
        The image; `cube.data` is what the planes are taken from.
    """

    names: tuple[str, ...]
    cube: Cube

    @property
    def grid(self) -> Grid | None:
        """Where the pixels lie."""
        return self.cube.grid

    def find(self, name: str) -> int | None:
        """The plane of this name, or the only one that begins with it, case and spacing ignored."""
        wanted, known = _plain_name(name), [_plain_name(other) for other in self.names]
        if wanted in known:
            return known.index(wanted)
        close = [k for k, other in enumerate(known) if other.startswith(wanted)]
        return close[0] if len(close) == 1 else None

    def plane(self, name: str | int) -> np.ndarray:
        """(rows, cols) float32: the plane of this name or number (from 0), NaN where there is no data.

        Raises
        ------
        InputError
            If no plane, or more than one, begins with this name.
        """
        band = name if isinstance(name, int) else self.find(name)
        if band is None:
            raise InputError(
                f"no single plane is named {name!r}; there are {', '.join(self.names[:40])}",
                hint="give one of these names",
            )
        raw = np.asarray(self.cube.data[:, :, band])  # type: ignore[index]
        plane = raw.astype(np.float32)
        for value in (*self.cube.fill, CRISM_FILL, EMPTY_PLANE):
            plane[plane == np.float32(value)] = np.nan
        return plane if self.cube.scale == 1 else plane * np.float32(self.cube.scale)


def open_layers(path: Path) -> Layers:
    """The named planes of an image: CRISM's DDR, SU, SR, IN and BR products, or any file with named bands.

    Parameters
    ----------
    path : Path
        ENVI (the names are its ``band names``), PDS3 (``BAND_NAME``) or whatever GDAL reads (descriptions).
        Where an ENVI header and a PDS3 label lie beside the image, the header's names come first.

    Raises
    ------
    InputError
        If the file cannot be read, or does not name its bands.
    """
    cube, names = _open(path)
    if len(names) != cube.shape[2]:
        found = f"{len(names)} names for {cube.shape[2]} bands" if names else "its bands have no names"
        raise InputError(
            f"{path}: {found}",
            hint="give the ENVI header or the label that came with the image, with 'band names' or BAND_NAME",
        )
    return Layers(names, cube)


def layer_names(path: Path) -> tuple[str, ...]:
    """What the bands of an image are called; nothing where it does not say."""
    return _open(path)[1]


def read_geometry(path: Path) -> dict[str, np.ndarray]:
    """The planes of a derived-geometry product (DDR, or the geometry of a map tile) by name.

    A product of ours has latitude and longitude if the image that it was made of had.

    Returns
    -------
    dict of (rows, cols) float32
        Names as in `GEOMETRY`: latitude and longitude in degrees (north, east), angles in degrees,
        elevation in metres; NaN where there is none.

    Raises
    ------
    InputError
        If the label names no latitude and longitude.
    """
    if format_of(path) == "product":
        return _carried(path)
    planes: dict[str, np.ndarray] = {}
    cube, names = _open(path)
    layers = Layers(names, cube)
    for band, name in enumerate(names[: cube.shape[2]]):
        short = next((GEOMETRY[start] for start in GEOMETRY if name.lower().startswith(start)), None)
        if short is not None and short not in planes:
            planes[short] = layers.plane(band)
    if not {"latitude", "longitude"} <= planes.keys():
        raise InputError(
            f"{path}: names no planes of latitude and longitude",
            hint="name the label of the DDR (…_DE…_DDR1.LBL) that belongs to the image",
        )
    return planes


def _carried(path: Path) -> dict[str, np.ndarray]:
    """Latitude and longitude that lie in a product."""
    from hsicli.io.hdf5 import read_array

    latlon = read_array(path, "latlon")
    if latlon is None:
        raise InputError(
            f"{path}: carries no latitude and longitude",
            hint="name the label of the DDR (…_DE…_DDR1.LBL) that belongs to the image",
        )
    return {"latitude": np.asarray(latlon[..., 0]), "longitude": np.asarray(latlon[..., 1])}


def _open(path: Path) -> tuple[Cube, tuple[str, ...]]:
    """The image, and what its bands are called; nothing where it does not say."""
    match format_of(path):
        case "ENVI" | "PDS3":
            header, label = header_of(path), label_of(path)
            names = parse_header(header).names("band names") if header is not None else ()
            return read_joint(path), names or (_label_names(label or path) if label or header is None else ())
        case "GeoTIFF" | "GDAL":
            with open_dataset(path) as dataset:
                descriptions = tuple(str(text or "") for text in dataset.descriptions)
            return read_geotiff(path), descriptions if all(descriptions) else ()
        case other:
            raise InputError(
                f"{path}: is a {other} file, which names no planes",
                hint="give an ENVI, PDS3 or GeoTIFF image",
            )


def _label_names(label: Path) -> tuple[str, ...]:
    value = plain(find_image(label).image.values.get("BAND_NAME", ()))
    return tuple(str(name) for name in (value if isinstance(value, tuple) else (value,)))


def _plain_name(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())
