"""Where the pixels of an image lie: what ENVI headers and coordinate systems say of it, as a Grid.

Mars is the reason for most of this. GDAL loses the projection of an ENVI header without a coordinate system
string, and knows no code for a sphere that is named otherwise than in its own list; both are mended here.
"""

import math
import re
from typing import TYPE_CHECKING, Any

from hsicli.cube import Grid
from hsicli.io.projection import equirectangular_wkt

if TYPE_CHECKING:
    from rasterio.crs import CRS

Transform = tuple[float, float, float, float, float, float]
Pair = tuple[float, float]

MARS_CODES = ("IAU_2015:49900", "IAU_2015:49910", "IAU_2015:49930", "IAU_2015:49935")
"""Codes of the sphere of 3 396 190 m. Those of the ellipsoid are left out: the same numbers mean
planetocentric latitudes under one code and planetographic ones, west positive, under another."""

BODIES = {"Mars": (3_376_000, 3_396_500), "Earth": (6_356_000, 6_379_000), "the Moon": (1_735_000, 1_738_500)}
"""Name: least and greatest radius of an ellipsoid or local sphere, metres."""

DATUMS = {
    "wgs84": ("EPSG:4326", 32600, 32700),
    "northamerica1983": ("EPSG:4269", 26900, None),
    "nad83": ("EPSG:4269", 26900, None),
    "northamerica1927": ("EPSG:4267", 26700, None),
    "nad27": ("EPSG:4267", 26700, None),
    "etrs89": ("EPSG:4258", 25800, None),
    "european1950": ("EPSG:4230", 23000, None),
}
"""ENVI's word for a datum: code of its latitudes and longitudes; of its UTM zone 0 north, and south."""

PROJECTIONS = {
    3: ("tmerc", 2, ("lat_0", "lon_0", "x_0", "y_0", "k")),
    4: ("lcc", 2, ("lat_0", "lon_0", "x_0", "y_0", "lat_1", "lat_2")),
    9: ("aea", 2, ("lat_0", "lon_0", "x_0", "y_0", "lat_1", "lat_2")),
    11: ("laea", 2, ("lat_0", "lon_0", "x_0", "y_0")),
    16: ("sinu", 1, ("lon_0", "x_0", "y_0")),
    17: ("eqc", 1, ("lat_ts", "lon_0", "x_0", "y_0")),
    31: ("stere", 2, ("lat_ts", "lon_0", "x_0", "y_0")),
}
"""ENVI's number of a projection: PROJ's name, how many radii follow the number, and which parameters then."""


def envi_grid(
    map_info: str, projection_info: str = "", coordinate_system: str = ""
) -> tuple[Grid | None, str]:
    """The grid that an ENVI header describes.

    Parameters
    ----------
    map_info, projection_info, coordinate_system : str
        The texts of the three keys without their braces; empty where absent.

    Returns
    -------
    Grid or None
    str
        What had to be assumed or left out, or nothing.
    """
    words = [word.strip() for word in map_info.split(",")]
    options = dict(re.split(r"\s*=\s*", word, maxsplit=1) for word in words[7:] if "=" in word)
    words = [*words[:7], *(word for word in words[7:] if "=" not in word)]
    try:
        tie_col, tie_row, x, y, width, height = (float(word) for word in words[1:7])
        rotation = float(options.get("rotation", 0))
    except ValueError:
        return None, f"map info cannot be read ({map_info[:40]!r}): the image has no grid" if map_info else ""
    if not all(map(math.isfinite, (x, y, width, height, rotation))) or width == 0 or height == 0:
        return None, "map info has a pixel without size: the image has no grid"
    transform, note = _transform((tie_col, tie_row), (x, y), (width, height), rotation)
    crs, original, crs_note = _coordinate_system(words, projection_info, coordinate_system)
    grid = Grid(transform, original, authority_of(crs) if crs is not None else None)
    return grid, "; ".join(part for part in (note, crs_note) if part)


def _transform(tie: Pair, place: Pair, pixel: Pair, rotation: float) -> tuple[Transform, str]:
    """The affine transform: the tie point (from 1, outer corner of the pixel) lies at x, y.

    The rotation is counted as GDAL does, so that 180 means "stored bottom up". Unlike GDAL, which turns about
    the first pixel whatever the tie point, the tie point stays where the header puts it.
    """
    (width, height), (x, y) = pixel, place
    note = ""
    if abs(rotation) == 180:
        a, b, d, e = width, 0.0, 0.0, height
        note = "map info has the rotation 180: taken, as GDAL does, for an image that is stored bottom up"
    else:
        turn = math.radians(rotation)
        a, b = width * math.cos(turn), width * math.sin(turn)
        d, e = height * math.sin(turn), -height * math.cos(turn)
    col, row = tie[0] - 1, tie[1] - 1
    return (a, b, x - a * col - b * row, d, e, y - d * col - e * row), note


def _coordinate_system(
    words: list[str], projection_info: str, coordinate_system: str
) -> tuple["CRS | None", str | None, str]:
    """The coordinate system, its WKT as it came if it came as one, and what was assumed."""
    crs = read_crs(coordinate_system)
    if crs is not None:
        return crs, coordinate_system.strip(), ""
    note = "the coordinate system string cannot be read" if coordinate_system.strip() else ""
    known = _from_projection_info(projection_info) or _from_map_info(words)
    if known is not None:
        return known[0], known[1], note
    if words[0].casefold().startswith(("arbitrary", "pixel")):
        return None, None, note
    return None, None, f"the projection {words[0]!r} is not known: coordinates without a coordinate system"


def _from_map_info(words: list[str]) -> tuple["CRS", str] | None:
    """UTM, or latitude and longitude, on a datum that ENVI names."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    name = words[0].casefold()
    keys = [re.sub(r"[^a-z0-9]", "", word.casefold()) for word in words[7:]]
    datum = next((DATUMS[key] for key in keys if key in DATUMS), None)
    code = None
    if name.startswith("utm") and datum is not None and len(words) > 8:
        zone = datum[2] if words[8].casefold().startswith("s") else datum[1]
        code = None if zone is None else f"EPSG:{zone + int(float(words[7]))}"
    elif name.startswith("geographic") and any("mars" in key for key in keys):
        code = MARS_CODES[0]
    elif name.startswith("geographic") and datum is not None:
        code = datum[0]
    if code is None:
        return None
    try:
        crs = CRS.from_string(code)
    except CRSError:
        return None
    return crs, crs.to_wkt()


def _from_projection_info(projection_info: str) -> tuple["CRS", str] | None:
    """The projection that ENVI's number and parameters describe, on the radii that stand with them."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    words = [word.strip() for word in projection_info.split(",")]
    numbers: list[float] = []
    for word in words:
        try:
            numbers.append(float(word))
        except ValueError:
            break
    if not numbers or numbers[0] not in PROJECTIONS:
        return None
    name, radii, keys = PROJECTIONS[int(numbers[0])]
    if len(numbers) < 1 + radii + len(keys):
        return None
    radius, given = numbers[1], dict(zip(keys, numbers[1 + radii :], strict=False))
    if name == "eqc" and not (given["x_0"] or given["y_0"]):
        wkt = equirectangular_wkt(body_of(radius), radius, given["lat_ts"], given["lon_0"])
        return CRS.from_wkt(wkt), wkt
    if name == "stere":
        given["lat_0"] = math.copysign(90.0, given["lat_ts"])
    shape = {"R": radius} if radii == 1 or numbers[2] == radius else {"a": radius, "b": numbers[2]}
    try:
        crs = CRS.from_dict({"proj": name, **given, **shape, "units": "m", "no_defs": True})
    except CRSError:
        return None
    title = next((word for word in words[::-1] if "=" not in word), name)
    return crs, crs.to_wkt().replace('"unknown"', f'"{title}"', 1).replace(
        '"unknown"', f'"{body_of(radius)}"'
    )


def read_crs(text: str | None) -> "CRS | None":
    """The coordinate reference system of a WKT or code; None for a local one, an empty or unreadable text."""
    from rasterio import Env
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    if not (text or "").strip():
        return None
    with Env():  # or GDAL writes its own complaints to stderr
        try:
            crs = CRS.from_user_input(str(text).strip())
            usable = (crs.is_projected or crs.is_geographic) and bool(crs.to_dict())
        except CRSError:
            return None
    return crs if usable else None


def authority_of(crs: "CRS") -> str | None:
    """The code of a coordinate reference system, as ``EPSG:32611``; IAU_2015 for the sphere of Mars.

    On Mars the numbers decide, not the names: a local sphere, or a standard parallel that is not the equator,
    has no code, however it is called.
    """
    from rasterio.crs import CRS

    shape = crs.to_dict()
    if body_of(_radius(shape)) != "Earth":
        for code in MARS_CODES:
            if _same(shape, CRS.from_string(code).to_dict()):
                return code
    found = crs.to_authority()
    if found == ("OGC", "CRS84"):  # EPSG:4326 with the axes in the order in which every file has them
        return "EPSG:4326"
    return f"{found[0]}:{found[1]}" if found else None


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two PROJ descriptions agree; a pole that is true to scale at the pole has k = 1."""
    keys = (one.keys() | other.keys()) - {"no_defs", "lat_ts", "k"}
    scale_one, scale_other = (shape.get("lat_ts", shape.get("lat_0", 0)) for shape in (one, other))
    return (
        scale_one == scale_other
        and one.get("k", 1) == other.get("k", 1)
        and all(one.get(key) == other.get(key) for key in keys)
    )


def _radius(shape: dict[str, Any]) -> float:
    return float(
        shape.get("R", shape.get("a", 0 if "datum" not in shape and "ellps" not in shape else 6378137))
    )


def body_of(radius: float) -> str:
    """The name of the body with such a radius, metres."""
    return next((name for name, (least, most) in BODIES.items() if least <= radius <= most), "unknown body")


def envi_fields(grid: Grid) -> tuple[dict[str, str], str]:
    """The fields of an ENVI header that say where an image lies, and what could not be said.

    Returns
    -------
    dict of str
        ``map info``, ``projection info`` (for a sphere, whose radius ENVI looks for there) and ``coordinate
        system string`` (in the dialect that ENVI reads), as far as they are known.
    str
        What had to be left out, or nothing.
    """
    if grid.transform is None:
        return {}, ""
    a, b, x, d, e, y = map(float, grid.transform)
    width, height = math.hypot(a, b), math.hypot(d, e)
    turn = math.atan2(b, a)
    rotation = ""
    if b == d == 0 and a > 0 and e > 0:
        rotation = ", rotation=180"
    elif not math.isclose(d, height * math.sin(turn), abs_tol=1e-6 * height) or not math.isclose(
        e, -height * math.cos(turn), abs_tol=1e-6 * height
    ):
        return {}, "the grid is sheared, which an ENVI header cannot say: georeferencing left out"
    elif turn:
        rotation = f", rotation={math.degrees(turn):.10g}"
    crs = read_crs(grid.wkt) or read_crs(grid.authority)
    name, projection = _envi_name(crs)
    unit = "Degrees" if crs is not None and crs.is_geographic else "Meters"
    fields = {
        "map info": f"{name[0]}, 1, 1, {x!r}, {y!r}, {width!r}, {height!r}{name[1]}, units={unit}{rotation}"
    }
    if projection:
        fields["projection info"] = projection
    if crs is not None:
        fields["coordinate system string"] = crs.to_wkt(version="WKT1_ESRI")
    return fields, ""


def _envi_name(crs: "CRS | None") -> tuple[tuple[str, str], str]:
    """ENVI's name of a projection and what follows the pixel size; and the projection info of a sphere."""
    if crs is None:
        return ("Arbitrary", ""), ""
    shape = crs.to_dict()
    if crs.is_geographic:
        return ("Geographic Lat/Lon", ", WGS-84" if shape.get("datum") == "WGS84" else ""), ""
    if shape.get("proj") == "utm" and shape.get("datum") in {"WGS84", "NAD83", "NAD27"}:
        datum = {"WGS84": "WGS-84", "NAD83": "North America 1983", "NAD27": "North America 1927"}[
            shape["datum"]
        ]
        return ("UTM", f", {shape['zone']}, {'South' if shape.get('south') else 'North'}, {datum}"), ""
    found = re.match(r'\s*PROJ(?:CS|CRS)\["([^"]*)"', crs.to_wkt())
    title = re.sub(r"[,;={}]+", "", found.group(1) if found else "Projection")
    for number, (name, radii, keys) in PROJECTIONS.items():
        if shape.get("proj") == name and radii == 1 and "R" in shape:
            values = ", ".join(repr(float(shape.get(key, 0))) for key in ("R", *keys))
            return (title, ""), f"{number}, {values}, {title}, units=Meters"
    return (title, ""), ""
