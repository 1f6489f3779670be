"""ENVI images: every layout gives the same cube, and what is broken is said in one line."""

import re
from pathlib import Path

import numpy as np
import pytest
import spectral

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.envi import find_pair, read_classes, read_envi
from hsicli.io.envi_header import DTYPES, INTERLEAVES

ROWS, COLS, BANDS = 3, 4, 5
TRUTH = np.arange(ROWS * COLS * BANDS).reshape(ROWS, COLS, BANDS) + 1


def write(
    folder: Path, *lines: str, interleave: str = "bsq", dtype: str = "<f4", name: str = "x.img", **put: bytes
) -> Path:
    code = next(code for code, text in DTYPES.items() if np.dtype(text) == np.dtype(dtype).newbyteorder("="))
    order = int(np.dtype(dtype) == np.dtype(dtype).newbyteorder(">") and np.dtype(dtype).itemsize > 1)
    stored = TRUTH.transpose(np.argsort(INTERLEAVES[interleave])).astype(dtype)
    image = folder / name
    image.write_bytes(put.get("before", b"") + stored.tobytes() + put.get("after", b""))
    head = ("ENVI", f"samples = {COLS}", f"lines = {ROWS}", f"bands = {BANDS}", f"data type = {code}")
    rest = (
        f"interleave = {interleave}",
        f"byte order = {order}",
        f"header offset = {len(put.get('before', b''))}",
    )
    path = folder / (Path(name).stem + ".hdr")
    path.write_text("\n".join((*head, *rest, *lines)) + "\n")
    return path


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", DTYPES.values())
def test_every_layout_gives_the_same_cube_without_a_copy(
    tmp_path: Path, interleave: str, order: str, kind: str
) -> None:
    path = write(tmp_path, interleave=interleave, dtype=order + kind, before=b"12345678")
    cube = read_envi(path)
    np.testing.assert_array_equal(cube.data, TRUTH)
    assert isinstance(cube.data, np.memmap)
    assert not cube.data.flags.writeable
    np.testing.assert_array_equal(np.asarray(spectral.envi.open(path).load()), TRUTH)


@pytest.mark.parametrize(
    "name", ["x", "x.img", "x.dat", "x.raw", "x.bsq", "x.BIL", "x.bip", "x.CUB", "X.IMG"]
)
def test_header_and_image_find_each_other(tmp_path: Path, name: str) -> None:
    write(tmp_path, name=name)
    if name[0] == "X":
        (tmp_path / "X.hdr").rename(tmp_path / "x.HDR")
    for path in tmp_path.iterdir():
        assert find_pair(path)[1].name == name
        assert read_envi(path).shape == TRUTH.shape


def test_the_header_may_keep_the_ending_of_the_image(tmp_path: Path) -> None:
    write(tmp_path).rename(tmp_path / "x.img.hdr")
    assert read_envi(tmp_path / "x.img").shape == read_envi(tmp_path / "x.img.hdr").shape == TRUTH.shape


def test_the_header_tells_all_that_a_cube_can_hold(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "wavelength units = Micrometers",
        "wavelength = {0.4, 0.5, 0.6, 0.7, 0.8}",
        "fwhm = {0.01, 0.01, 0.01, 0.01, 0.01}",
        "bbl = {0, 1.0, 1, 1, 1}",
        "reflectance scale factor = 10000",
        "data ignore value = 7",
        "map info = {UTM, 1, 1, 1000, 2000, 18, 18, 11, North, WGS-84}",
    )
    cube = read_envi(path)
    block = next(iter(cube.blocks()))
    np.testing.assert_allclose(cube.wavelengths, [400, 500, 600, 700, 800])
    np.testing.assert_allclose(cube.fwhm, 10)
    assert cube.good_bands.tolist() == [False, True, True, True, True]
    assert cube.grid is not None
    assert cube.grid.authority == "EPSG:32611"
    assert block.data[0, 0].tolist() == pytest.approx([2e-4, 3e-4, 4e-4, 5e-4])
    assert not block.valid[0, 1]
    assert block.valid.sum() == ROWS * COLS - 1
    assert cube.notes == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("fwhm = None", ""),
        ("fwhm = {10, 10}", "2 FWHM for 5 bands"),
        ("bbl = {1, 0}", "list of 2 for 5 bands"),
        ("bbl = {good, bad}", "bbl is no list of numbers"),
        ("reflectance scale factor = 0", "scale factor"),
        ("reflectance scale factor =", ""),
        ("data ignore value = NaN", ""),
        ("map info = {UTM, a, b}", "map info"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_said(tmp_path: Path, line: str, says: str) -> None:
    axis = ("wavelength units = nm", "wavelength = {400, 500, 600, 700, 800}")
    cube = read_envi(write(tmp_path, *axis, line))
    assert cube.fwhm is None
    assert cube.good_bands.all()
    assert cube.scale == 1
    assert cube.fill == ()
    assert (says in " ".join(cube.notes)) if says else not cube.notes


def test_trailing_bytes_are_passed_over_and_said(tmp_path: Path) -> None:
    cube = read_envi(write(tmp_path, after=b"a table"))
    np.testing.assert_array_equal(cube.data, TRUTH)
    assert cube.notes == ("7 bytes after the image: passed over",)


@pytest.mark.parametrize(
    ("value", "dtype", "taken"),
    [
        (-9999, "<f4", True),
        (-9999, "<i2", True),
        (-0.005, "<f4", True),
        (-1, "<i2", False),
        (0.5, "<f4", False),
    ],
)
def test_an_undeclared_fill_shows_in_a_corner(tmp_path: Path, value: float, dtype: str, taken: bool) -> None:
    path = write(tmp_path, interleave="bip", dtype=dtype)
    image = TRUTH.astype(dtype)
    image = np.concatenate([image, image], axis=2)
    image[-1, 0] = value
    (tmp_path / "x.img").write_bytes(image.tobytes())
    path.write_text(path.read_text().replace(f"bands = {BANDS}", f"bands = {2 * BANDS}"))
    cube = read_envi(path)
    assert (len(cube.fill) == 1) == taken
    assert next(iter(cube.blocks())).valid[-1, 0] != taken
    assert any("no fill value is declared" in note for note in cube.notes) == taken


def test_a_crism_cube_without_wavelengths_is_known_by_its_bands_and_fill(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "x.img").write_bytes(np.ones((ROWS, COLS, 489), "<f4").tobytes())
    text = path.read_text().replace(f"bands = {BANDS}", "bands = 489")
    path.write_text(text)
    assert read_envi(path).wavelengths is None
    path.write_text(text + "data ignore value = 65535\n")
    cube = read_envi(path)
    assert cube.wavelengths is not None
    assert cube.wavelengths[[0, -1]].tolist() == [436.13, 3896.76]
    assert "built in" in cube.notes[-1]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: (f / "x.img").unlink(), r"no image beside it \(x, x.img"),
        (
            lambda f: (f / "x.img").write_bytes(b"123"),
            r"holds 3 bytes, its header asks for 240 \(3 × 4 × 5 × 4 \+ 0\)",
        ),
        (lambda f: (f / "x.hdr").write_text("hello\n"), "is no ENVI header"),
        (lambda f: (f / "x.hdr").unlink(), "there is no such file"),
    ],
)
def test_a_broken_pair_is_refused_by_name(tmp_path: Path, spoil, says: str) -> None:
    path = write(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=says):
        read_envi(path)


def test_an_image_without_a_header_says_which_it_looked_for(tmp_path: Path) -> None:
    write(tmp_path).unlink()
    with pytest.raises(InputError, match=re.escape("(x.hdr or x.img.hdr)")):
        read_envi(tmp_path / "x.img")


@pytest.mark.parametrize(
    ("kind", "says", "hint"),
    [("ENVI Spectral Library", "library, not", "--library"), ("ENVI Classification", "class map", "--truth")],
)
def test_what_is_no_cube_is_refused_with_a_hint(tmp_path: Path, kind: str, says: str, hint: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_envi(write(tmp_path, f"file type = {kind}"))
    assert hint in caught.value.hint


ENVI_CUBES = [
    "benchmarks/cuprite-50x90/cuprite_50x90.hdr",
    "benchmarks/dlr-hysu/hysu_all_targets.hdr",
    "benchmarks/dlr-hysu/hysu_full.hdr",
    "benchmarks/dlr-hysu/hysu_large_targets.hdr",
    "benchmarks/dlr-hysu/hysu_small_targets.hdr",
    "benchmarks/koirala-fe-al/fe_al_camera_mosaic.hdr",
    "benchmarks/koirala-fe-al/fe_al_camera_mosaic_abundance.hdr",
    "benchmarks/salinas-a/salinas_a.hdr",
    "benchmarks/samson/samson.hdr",
    "benchmarks/samson/samson_abundance.hdr",
    "crism/wavelengths/CDR410803692813_WA0000000L_3.HDR",
    "crism/wavelengths/CDR410803692813_WA0000000S_2.HDR",
    "other/ang20140912t192359_corr_v1c_img_400-410_10-20.hdr",
    "other/caltech_425_7_7_nm.hdr",
]


@pytest.mark.real
@pytest.mark.parametrize("name", ENVI_CUBES)
def test_real_cubes_hold_what_spectral_reads(data_dir: Path, name: str) -> None:
    cube = read_envi(data_dir / name)
    image = spectral.envi.open(data_dir / name, find_pair(data_dir / name)[1])
    reference = np.asarray(image.load(scale=True))
    np.testing.assert_allclose(
        np.asarray(cube.data, dtype=np.float32) * np.float32(cube.scale), reference, rtol=3e-7
    )
    if image.bands.centers is None:
        assert cube.wavelengths is None
    else:
        np.testing.assert_allclose(cube.wavelengths, image.bands.centers)
    if image.bands.bandwidths is not None:
        np.testing.assert_allclose(cube.fwhm, image.bands.bandwidths)


@pytest.mark.real
def test_a_real_rotated_image_lies_where_gdal_puts_it(data_dir: Path) -> None:
    import rasterio

    for name in ("ang20140912t192359_corr_v1c_img_400-410_10-20.img", "caltech_425_7_7_nm"):
        cube: Cube = read_envi(data_dir / "other" / name)
        assert cube.grid is not None
        with rasterio.open(data_dir / "other" / name) as image:
            np.testing.assert_allclose(cube.grid.transform, tuple(image.transform)[:6], rtol=1e-12)
            assert cube.grid.authority == ":".join(image.crs.to_authority())


@pytest.mark.real
def test_a_real_image_without_data_has_no_valid_pixel(data_dir: Path) -> None:
    cube = read_envi(data_dir / "other/ang20140912t192359_corr_v1c_img_400-410_10-20.img")
    assert cube.good_bands.sum() == 373
    assert not any(block.valid.any() for block in cube.blocks())
    assert any("no fill value is declared" in note for note in cube.notes)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "classes", "labelled"),
    [
        ("benchmarks/salinas-a/salinas_a_labels.hdr", 6, 5348),
        ("benchmarks/label-maps-only/indian_pines_labels.img", 16, 10249),
        ("benchmarks/label-maps-only/ksc_labels.hdr", 13, 5211),
        ("benchmarks/label-maps-only/pavia_u_labels.hdr", 9, 42776),
        ("benchmarks/label-maps-only/salinas_labels.hdr", 16, 54129),
        ("benchmarks/salinas-3pc/salinas_labels.hdr", 16, 54129),
        ("benchmarks/dlr-hysu/hysu_full_materials.hdr", 5, 176),
    ],
)
def test_real_class_maps_have_their_published_counts(
    data_dir: Path, name: str, classes: int, labelled: int
) -> None:
    raster = read_classes(data_dir / name)
    assert len(raster.class_names) == classes
    assert raster.colours is not None
    assert raster.colours.shape == (classes, 3)
    assert np.count_nonzero(raster.data) == labelled
