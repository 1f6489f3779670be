"""Where an ENVI header says that its pixels lie: GDAL is the second opinion, Mars the reason for a first."""

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS

from hsicli.cube import Grid
from hsicli.io.georeference import MARS_CODES, authority_of, body_of, envi_fields, envi_grid, read_crs

UTM = "UTM, 1, 1, 1000, 2000, 18, 18, 11, North, WGS-84"
MARS = "Mars Equirectangular Default, 1, 1, 1000.5, 2000, 18, 18, units=Meters"


def as_gdal_reads(folder: Path, *lines: str) -> tuple[tuple[float, ...], CRS]:
    (folder / "t.img").write_bytes(np.zeros(12, dtype=np.uint8).tobytes())
    base = (
        "ENVI",
        "samples = 4",
        "lines = 3",
        "bands = 1",
        "data type = 1",
        "interleave = bsq",
        "byte order = 0",
    )
    (folder / "t.hdr").write_text("\n".join((*base, *lines)) + "\n")
    with rasterio.open(folder / "t.img") as image:
        return tuple(image.transform)[:6], image.crs


@pytest.mark.parametrize(
    "map_info",
    [
        UTM,
        UTM + ", rotation=30",
        UTM + ", units=Meters, rotation=-2",
        UTM + ", rotation=180",
        "UTM, 1, 1, 1000, 2000, 18, 9, 11, North, WGS-84, rotation=53",
        "UTM, 1.5, 1.5, 1000, 2000, 18, 9, 11, South, WGS-84",
        "UTM, 3, 2, 1000, 2000, 18, 9, 11, North, North America 1983",
        "UTM, 3, 2, 1000, 2000, 18, 9, 11, North, North America 1927",
        "Geographic Lat/Lon, 1, 1, -117, 34, 0.001, 0.001, WGS-84, units=Degrees",
    ],
)
def test_map_info_is_read_as_gdal_reads_it(tmp_path: Path, map_info: str) -> None:
    transform, crs = as_gdal_reads(tmp_path, f"map info = {{{map_info}}}")
    grid, _ = envi_grid(map_info)
    assert grid is not None
    np.testing.assert_allclose(grid.transform, transform, atol=1e-9)
    assert read_crs(grid.wkt) == crs
    assert grid.authority == ":".join(crs.to_authority())


def test_a_rotated_image_keeps_its_tie_point() -> None:
    grid, _ = envi_grid("UTM, 3, 2, 1000, 2000, 18, 18, 11, North, WGS-84, rotation=30")
    a, b, c, d, e, f = grid.transform  # type: ignore[union-attr,misc]
    assert (a * 2 + b * 1 + c, d * 2 + e * 1 + f) == pytest.approx((1000, 2000))


def test_a_stored_bottom_up_image_is_an_assumption_that_is_said() -> None:
    assert "bottom up" in envi_grid(UTM + ", rotation=180")[1]


@pytest.mark.parametrize(
    ("map_info", "says"),
    [("", ""), ("nonsense", "cannot be read"), ("UTM, 1, 1, 5, 5, 0, 0, 11, North, WGS-84", "without size")],
)
def test_no_readable_map_info_means_no_grid(map_info: str, says: str) -> None:
    grid, note = envi_grid(map_info)
    assert grid is None
    assert says in note


def test_an_arbitrary_grid_has_coordinates_but_no_system() -> None:
    grid, note = envi_grid("Arbitrary, 1, 1, 5, 7, 1, 1, 0, North")
    assert grid == Grid((1, 0, 5, 0, -1, 7))
    assert not note


def test_an_unknown_projection_is_said() -> None:
    grid, note = envi_grid("Lunar Whatever, 1, 1, 5, 7, 1, 1")
    assert grid is not None
    assert grid.wkt is None
    assert "Lunar Whatever" in note


def test_the_radius_of_mars_comes_from_the_projection_info_that_gdal_ignores(tmp_path: Path) -> None:
    info = "17, 3393833.2608, 20.0, 0.0, 0.0, 0.0, Mars Equirectangular Default, units=Meters"
    assert not as_gdal_reads(tmp_path, f"map info = {{{MARS}}}", f"projection info = {{{info}}}")[
        1
    ].is_projected
    grid, note = envi_grid(MARS, info)
    shape = read_crs(grid.wkt).to_dict()  # type: ignore[union-attr]
    assert not note
    assert (shape["proj"], shape["R"], shape["lat_ts"]) == ("eqc", 3393833.2608, 20)
    assert grid.authority is None  # type: ignore[union-attr]  # the code is for another sphere, true at the equator


@pytest.mark.parametrize(
    ("radius", "parallel", "code"),
    [(3396190.0, 0.0, "IAU_2015:49910"), (3396190.0, 20.0, None), (3394839.8133, 0.0, None)],
)
def test_the_code_of_mars_needs_its_radius_and_its_parallel(
    radius: float, parallel: float, code: str | None
) -> None:
    grid, _ = envi_grid(MARS, f"17, {radius}, {parallel}, 0.0, 0.0, 0.0, D_Unknown, Mars, units=Meters")
    assert grid is not None
    assert grid.authority == code


def test_a_polar_projection_of_mars_is_read() -> None:
    grid, _ = envi_grid(
        MARS, "31, 3396190.0, 3396190.0, -90.0, 0.0, 0.0, 0.0, D_Unknown, Mars Polar, units=Meters"
    )
    assert grid is not None
    assert grid.authority == "IAU_2015:49935"
    assert '"Mars Polar"' in str(grid.wkt)


def test_the_string_in_the_header_is_kept_as_it_came() -> None:
    wkt = CRS.from_string("+proj=eqc +lat_ts=-30 +R=3391159.2284 +units=m").to_wkt(version="WKT1_ESRI")
    grid, _ = envi_grid(MARS, "", wkt)
    assert grid is not None
    assert grid.wkt == wkt


def test_the_sphere_of_mars_is_known_by_its_numbers_whatever_its_name() -> None:
    unnamed = CRS.from_string("+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs")
    assert unnamed.to_authority() is None
    assert authority_of(unnamed) == "IAU_2015:49910"
    assert [authority_of(CRS.from_string(code)) for code in MARS_CODES] == list(MARS_CODES)


@pytest.mark.parametrize(
    ("radius", "body"),
    [(3396190, "Mars"), (3376200, "Mars"), (6378137, "Earth"), (1737400, "the Moon"), (1, "unknown body")],
)
def test_a_radius_tells_the_body(radius: float, body: str) -> None:
    assert body_of(radius) == body


@pytest.mark.parametrize(
    "code", ["EPSG:32611", "EPSG:32733", "EPSG:4326", "EPSG:3031", "EPSG:26911", *MARS_CODES, None]
)
@pytest.mark.parametrize(
    "transform",
    [
        (18.0, 0.0, 1000.25, 0.0, -18.0, 2000.0),
        (18 * math.cos(0.5), 18 * math.sin(0.5), 1.0, 18 * math.sin(0.5), -18 * math.cos(0.5), 2.0),
        (18.0, 0.0, 1000.0, 0.0, 9.0, 2000.0),
    ],
    ids=["north up", "rotated", "bottom up"],
)
def test_what_is_written_is_read_back_by_us_and_by_gdal(
    tmp_path: Path, code: str | None, transform: tuple[float, float, float, float, float, float]
) -> None:
    crs = CRS.from_string(code) if code else None
    fields, problem = envi_fields(Grid(transform, crs.to_wkt() if crs else None, code))
    again, _ = envi_grid(
        *(fields.get(key, "") for key in ("map info", "projection info", "coordinate system string"))
    )
    assert not problem
    np.testing.assert_allclose(again.transform, transform, atol=1e-6)  # type: ignore[union-attr]
    assert again.authority == code  # type: ignore[union-attr]
    seen, seen_crs = as_gdal_reads(tmp_path, *(f"{key} = {{{value}}}" for key, value in fields.items()))
    np.testing.assert_allclose(seen, transform, atol=1e-6)
    if crs is not None:
        assert authority_of(seen_crs) == code


def test_a_local_sphere_survives_without_its_string() -> None:
    local = CRS.from_string("+proj=eqc +lat_ts=-30 +lon_0=0 +R=3391159.22840344 +units=m")
    fields, _ = envi_fields(Grid((18.0, 0.0, 0.0, 0.0, -18.0, 0.0), local.to_wkt()))
    again, _ = envi_grid(fields["map info"], fields["projection info"])
    assert read_crs(again.wkt).to_dict() == local.to_dict()  # type: ignore[union-attr]


def test_a_sheared_grid_cannot_be_said() -> None:
    assert envi_fields(Grid((18.0, 5.0, 0.0, 0.0, -18.0, 0.0)))[0] == {}


@pytest.mark.parametrize(
    "string", ['PROJCS["x', "garbage", 'PROJCS["x",GEOGCS["y",DATUM["z",SPHEROID["s",a,b]]]]']
)
def test_an_unreadable_string_is_a_note_and_no_noise(string: str, capfd: pytest.CaptureFixture[str]) -> None:
    grid, note = envi_grid(UTM, "", string)
    assert grid is not None
    assert grid.authority == "EPSG:32611"  # the rest of the header still says it
    assert note == "the coordinate system string cannot be read"
    assert capfd.readouterr().err == ""
