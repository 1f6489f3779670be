"""Where the pixels of a map-projected PDS3 image lie: IMAGE_MAP_PROJECTION as a grid.

A label counts lines and samples from 1 and means the centres of pixels; with the scale s in metres a pixel
and the sphere radius R of the label,

    x = R cos φ₀ (λ − λ₀) = s (sample − SAMPLE_PROJECTION_OFFSET)
    y = R φ               = s (LINE_PROJECTION_OFFSET − line),      s = R π / (180 · MAP_RESOLUTION)

so that the outer corner of the first pixel is (s (½ − SPO), s (LPO − ½)). GDAL's PDS driver places the same
image one pixel off in both directions.
"""

import math
from typing import NamedTuple

from hsicli.cube import Grid
from hsicli.io.odl import Group

MARS_RADIUS = 3_396_190.0
"""Of the sphere of the IAU 2015 codes, metres."""

EQUIRECTANGULAR = "IAU_2015:49910"
"""Equirectangular on that sphere, true at the equator, meridian 0."""

SLACK = 1.5
"""Pixels that a label's own bounds may differ from its formula: some give centres, some edges."""

_WKT = (
    'PROJCRS["{name}",BASEGEOGCRS["{body} sphere",DATUM["{body} sphere",'
    'ELLIPSOID["{body} sphere",{radius!r},0,LENGTHUNIT["metre",1]]],'
    'PRIMEM["Reference Meridian",0,ANGLEUNIT["degree",0.0174532925199433]]],'
    'CONVERSION["Equidistant Cylindrical",METHOD["Equidistant Cylindrical (Spherical)",ID["EPSG",1029]],'
    'PARAMETER["Latitude of 1st standard parallel",{parallel!r},ANGLEUNIT["degree",0.0174532925199433]],'
    'PARAMETER["Longitude of natural origin",{meridian!r},ANGLEUNIT["degree",0.0174532925199433]],'
    'PARAMETER["False easting",0,LENGTHUNIT["metre",1]],PARAMETER["False northing",0,LENGTHUNIT["metre",1]]],'
    'CS[Cartesian,2],AXIS["easting (X)",east,ORDER[1],LENGTHUNIT["metre",1]],'
    'AXIS["northing (Y)",north,ORDER[2],LENGTHUNIT["metre",1]]]'
)


class _Map(NamedTuple):
    """The numbers of the formula: metres, pixels a degree, degrees, pixels."""

    radius: float
    resolution: float
    parallel: float
    meridian: float
    line: float
    sample: float


def equirectangular_wkt(body: str, radius: float, parallel: float, meridian: float) -> str:
    """WKT 2 of an equirectangular projection of a sphere.

    Parameters
    ----------
    body : str
        Its name, as ``Mars``.
    radius : float
        Metres.
    parallel, meridian : float
        Where the map is true to scale, and where x = 0; degrees.
    """
    name = f"{body} Equirectangular [{parallel:g}N {meridian:g}E]"
    return _WKT.format(
        name=name, body=body, radius=radius, parallel=float(parallel), meridian=float(meridian)
    )


def label_grid(label: Group) -> tuple[Grid | None, tuple[str, ...]]:
    """The grid of a map-projected label, and what had to be left out.

    None for an image in sensor space; None with a note where the label has a projection that is not read, or
    bounds that contradict its own offsets.
    """
    projection = label.find("IMAGE_MAP_PROJECTION")
    if projection is None:
        return None, ()
    problem = _unreadable(projection)
    if problem:
        return None, (f"georeferencing left out: {problem}",)
    place = _Map(
        projection.metres("A_AXIS_RADIUS") or math.nan,
        projection.number("MAP_RESOLUTION") or math.nan,
        projection.number("CENTER_LATITUDE") or 0.0,
        projection.number("CENTER_LONGITUDE") or 0.0,
        projection.number("LINE_PROJECTION_OFFSET") or 0.0,
        projection.number("SAMPLE_PROJECTION_OFFSET") or 0.0,
    )
    if _contradicts(projection, place):
        return None, ("georeferencing left out: the label's bounds contradict its projection offsets",)
    scale = place.radius * math.pi / 180 / place.resolution
    body = label.text("TARGET_NAME").capitalize() or "Mars"
    standard = (body, place.radius, place.parallel, place.meridian) == ("Mars", MARS_RADIUS, 0.0, 0.0)
    grid = Grid(
        transform=(scale, 0.0, scale * (0.5 - place.sample), 0.0, -scale, scale * (place.line - 0.5)),
        wkt=equirectangular_wkt(body, place.radius, place.parallel, place.meridian),
        authority=EQUIRECTANGULAR if standard else None,
    )
    return grid, ()


def _unreadable(projection: Group) -> str:
    """Why this projection is not read, or nothing."""
    kind = projection.text("MAP_PROJECTION_TYPE").upper()
    if kind not in {"EQUIRECTANGULAR", "SIMPLE CYLINDRICAL", "SIMPLE_CYLINDRICAL"}:
        return f"the projection {kind or 'of the label'} is not read (an ENVI header may have it)"
    for key in ("MAP_RESOLUTION", "LINE_PROJECTION_OFFSET", "SAMPLE_PROJECTION_OFFSET", "CENTER_LATITUDE"):
        if projection.number(key) is None:
            return f"{key} is missing"
    if projection.metres("A_AXIS_RADIUS") is None:
        return "A_AXIS_RADIUS is missing or has no unit of length"
    if projection.number("MAP_PROJECTION_ROTATION"):
        return "MAP_PROJECTION_ROTATION is not zero"
    if projection.text("POSITIVE_LONGITUDE_DIRECTION").upper() == "WEST":
        return "longitudes count westward"
    return ""


def _contradicts(projection: Group, place: _Map) -> bool:
    """Whether a bound that the label states lies elsewhere than its formula puts it."""
    across = place.resolution * math.cos(math.radians(place.parallel))
    last_line, last_sample = projection.number("LINE_LAST_PIXEL"), projection.number("SAMPLE_LAST_PIXEL")
    for key, line in (("MAXIMUM_LATITUDE", 1.0), ("MINIMUM_LATITUDE", last_line)):
        bound = projection.number(key)
        if bound is not None and line is not None:
            off = (place.line - line) / place.resolution - bound
            if abs(off) * place.resolution > SLACK:
                return True
    for key, sample in (("WESTERNMOST_LONGITUDE", 1.0), ("EASTERNMOST_LONGITUDE", last_sample)):
        bound = projection.number(key)
        if bound is not None and sample is not None:
            off = (place.meridian + (sample - place.sample) / across - bound + 180) % 360 - 180
            if abs(off) * across > SLACK:
                return True
    return False
