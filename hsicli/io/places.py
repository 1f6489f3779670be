"""A grid in words: which body, which projection, how large a pixel, where the corners lie."""

import math
from typing import Any

from hsicli.cube import Grid
from hsicli.io.georeference import body_of, read_crs

PROJECTION_NAMES = {
    "eqc": "equirectangular",
    "stere": "polar stereographic",
    "sinu": "sinusoidal",
    "longlat": "latitude and longitude",
    "tmerc": "transverse Mercator",
    "lcc": "Lambert conformal conic",
    "laea": "Lambert azimuthal equal area",
    "aea": "Albers equal area",
}

Point = tuple[float, float]


def describe_grid(grid: Grid, rows: int, cols: int) -> dict[str, Any]:
    """What a grid says of an image, by key, for a table or JSON.

    Parameters
    ----------
    grid : Grid
    rows, cols : int
        Size of the image.

    Returns
    -------
    dict
        ``body``, ``projection``, ``authority``, ``pixel`` (width, height), ``unit``, ``rotation`` (degrees),
        ``corners`` (x and y of the outer corners: upper left, upper right, lower right, lower left) and
        ``corners_lonlat`` (the same in degrees east and north), as far as they are known.
    """
    crs = read_crs(grid.wkt) or read_crs(grid.authority)
    place: dict[str, Any] = {}
    shape = crs.to_dict() if crs is not None else {}
    if crs is not None:
        radius = float(shape.get("R", shape.get("a", 6378137)))
        place["body"] = body_of(radius)
        place["projection"] = _projection(shape)
        place["authority"] = grid.authority
    if grid.transform is None:
        return place
    a, b, x, d, e, y = grid.transform
    place["pixel"] = (math.hypot(a, b), math.hypot(d, e))
    place["unit"] = "degree" if crs is not None and crs.is_geographic else _unit(crs)
    place["rotation"] = math.degrees(math.atan2(b, a))
    ends = ((0, 0), (cols, 0), (cols, rows), (0, rows))
    corners: list[Point] = [(a * col + b * row + x, d * col + e * row + y) for col, row in ends]
    place["corners"] = corners
    if crs is not None:
        place["corners_lonlat"] = _lonlat(crs, shape, corners)
    return place


def _unit(crs: Any) -> str:
    return "unit" if crs is None else str(crs.linear_units)


def _projection(shape: dict[str, Any]) -> str:
    """One phrase: projection, its parameters, and the sphere if it is one."""
    if shape.get("proj") == "utm":
        return (
            f"UTM zone {shape['zone']}{'S' if shape.get('south') else 'N'}, {shape.get('datum', 'own datum')}"
        )
    parts = [PROJECTION_NAMES.get(str(shape.get("proj")), str(shape.get("proj", "unknown projection")))]
    if shape.get("lat_ts"):
        parts.append(f"true to scale at {shape['lat_ts']:g}°")
    if shape.get("lon_0"):
        parts.append(f"central meridian {shape['lon_0']:g}°")
    if "R" in shape:
        parts.append(f"sphere of {float(shape['R']):.10g} m")
    elif "a" in shape:
        parts.append(f"ellipsoid of {float(shape['a']):.10g} m")
    elif "datum" in shape:
        parts.append(str(shape["datum"]))
    return ", ".join(parts)


def _lonlat(crs: Any, shape: dict[str, Any], corners: list[Point]) -> list[Point] | None:
    """Degrees east and north on the same body: never by way of the Earth."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    base: dict[str, Any] = {k: shape[k] for k in ("R", "a", "b", "rf", "datum", "ellps") if k in shape}
    base = {"proj": "longlat", **(base or {"datum": "WGS84"}), "no_defs": True}
    try:
        geographic = CRS.from_dict(base)
        lon, lat = transform(crs, geographic, [x for x, _ in corners], [y for _, y in corners])
    except (CRSError, ValueError):
        return None
    if not all(map(math.isfinite, (*lon, *lat))):
        return None
    return list(zip(lon, lat, strict=True))
