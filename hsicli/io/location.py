"""Which pixel of a cube lies at a latitude and longitude."""

import math
from pathlib import Path

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.georeference import read_crs

CYLINDRICAL = {"eqc", "longlat", "merc", "cea"}
"""Projections in which x repeats itself once around the globe."""

REACH = 2.0
"""Pixels between a place and the centre of the nearest one, beyond which it is outside of the image."""


def pixel_at(cube: Cube, path: Path, latitude: float, longitude: float) -> tuple[int, int]:
    """Row and column (from 0) of the pixel at a place.

    By the grid of the cube; an image of CRISM in sensor space has none, and is looked up in its derived
    geometry (DDR), if that lies beside it.

    Parameters
    ----------
    cube : Cube
    path : Path
        Its file.
    latitude, longitude : float
        Degrees north and east on the same body (on Mars planetocentric); longitudes may go beyond 180.

    Raises
    ------
    InputError
        If nothing says where the pixels lie, or the place is outside of the image.
    """
    if not -90 <= latitude <= 90:
        raise InputError(
            f"a latitude of {latitude:g} is none: expected -90…90", hint="give LAT,LON, the latitude first"
        )
    crs = None if cube.grid is None else (read_crs(cube.grid.wkt) or read_crs(cube.grid.authority))
    if cube.grid is not None and cube.grid.transform is not None and crs is not None:
        place = _by_grid(cube.grid.transform, crs, cube.shape[1], latitude, longitude)
    else:
        place = _by_geometry(path, cube, latitude, longitude)
    rows, cols, _ = cube.shape
    if place is None or not (0 <= place[0] < rows and 0 <= place[1] < cols):
        raise InputError(
            f"{path}: latitude {latitude:g}, longitude {longitude:g} is outside of the image",
            hint="hsicli info FILE shows its corners; give the latitude first",
        )
    return place


def _by_grid(
    coefficients: tuple[float, float, float, float, float, float],
    crs: CRS,
    cols: int,
    latitude: float,
    longitude: float,
) -> tuple[int, int] | None:
    """Row and column in which the place falls; None where the projection has no such place."""
    shape = crs.to_dict()
    body = {key: shape[key] for key in ("R", "a", "b", "rf", "datum", "ellps") if key in shape}
    geographic = CRS.from_dict({"proj": "longlat", **(body or {"datum": "WGS84"}), "no_defs": True})
    a, b, c, d, e, f = coefficients
    try:
        (x, first, second), (y, _, _) = transform(
            geographic, crs, [(longitude + 180) % 360 - 180, 0.0, 1.0], [latitude, 0.0, 0.0]
        )
    except RasterioError:
        return None
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    period = 360 * (second - first) if shape.get("proj") in CYLINDRICAL else 0.0
    places = []
    for turn in (0, -1, 1):  # a grid may be written for longitudes of −180…180 or of 0…360
        across, down = x + turn * period - c, y - f
        determinant = a * e - b * d
        places.append(((a * down - d * across) / determinant, (e * across - b * down) / determinant))
    row, col = min(places, key=lambda place: abs(place[1] - cols / 2))
    return math.floor(row), math.floor(col)


def _by_geometry(path: Path, cube: Cube, latitude: float, longitude: float) -> tuple[int, int] | None:
    """The pixel whose centre is nearest by the geometry beside; None where none is near."""
    if cube.latlon is None:
        raise InputError(
            f"{path}: says nothing of where its pixels lie, and no DDR of its size lies beside it",
            hint="give --pixel ROW,COL, or put the DDR of the observation into the same folder",
        )
    north, east = (np.radians(np.asarray(cube.latlon[..., axis], dtype=float)) for axis in (0, 1))
    points = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    lat, lon = math.radians(latitude), math.radians(longitude)
    here = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    distance = np.linalg.norm(points - here[:, None, None], axis=0)
    if np.isnan(distance).all():
        return None
    row, col = np.unravel_index(int(np.nanargmin(distance)), distance.shape)
    steps = [
        np.nanmedian(np.linalg.norm(np.diff(points, axis=axis), axis=0))
        for axis in (1, 2)
        if points.shape[axis] > 1
    ]
    if distance[row, col] > REACH * max(steps, default=np.inf):
        return None
    return int(row), int(col)
