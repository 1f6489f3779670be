"""PDS3 images: numbers where the label says they lie, and nothing lost of what it says of them."""

import numpy as np
import pytest
import rasterio

from hsicli.cube import CRISM_FILL
from hsicli.errors import InputError
from hsicli.io.layers import read_geometry
from hsicli.io.pds3 import read_pds3

ROWS, COLS, BANDS = 3, 4, 5
VALUES = np.arange(ROWS * COLS * BANDS, dtype=float).reshape(ROWS, COLS, BANDS)

ORDERS = {"BAND_SEQUENTIAL": (2, 0, 1), "LINE_INTERLEAVED": (0, 2, 1), "SAMPLE_INTERLEAVED": (0, 1, 2)}


def write(
    folder, *, storage="LINE_INTERLEAVED", kind="PC_REAL", dtype="<f4", before=b"", after=b"", **changes
):
    """An image and its label; keys in `changes` stand in for those of the label."""
    raw = VALUES.astype(dtype).transpose(ORDERS[storage]).tobytes()
    (folder / "A.IMG").write_bytes(before + raw + after)
    keys = {
        "LINES": ROWS,
        "LINE_SAMPLES": COLS,
        "BANDS": BANDS,
        "SAMPLE_TYPE": kind,
        "SAMPLE_BITS": np.dtype(dtype).itemsize * 8,
        "BAND_STORAGE_TYPE": storage,
        "^IMAGE": '"a.img"',
        "RECORD_BYTES": 10,
        "OUTSIDE": "",
        **changes,
    }
    inside = "\n".join(
        f"{key} = {keys[key]}" for key in keys if key[0] != "^" and key not in {"RECORD_BYTES", "OUTSIDE"}
    )
    label = folder / "a.lbl"
    label.write_text(
        f"PDS_VERSION_ID = PDS3\n{keys['OUTSIDE']}\nOBJECT = FILE\n^IMAGE = {keys['^IMAGE']}\n"
        f"RECORD_BYTES = {keys['RECORD_BYTES']}\nOBJECT = IMAGE\n{inside}\nEND_OBJECT = IMAGE\n"
        "END_OBJECT = FILE\nEND\n"
    )
    return label


@pytest.mark.parametrize("storage", ORDERS)
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("PC_REAL", "<f4"),
        ("IEEE_REAL", ">f8"),
        ("MSB_INTEGER", ">i2"),
        ("LSB_UNSIGNED_INTEGER", "<u2"),
        ("UNSIGNED_INTEGER", "u1"),
    ],
)
def test_every_order_and_type_gives_the_same_pixels(tmp_path, storage, kind, dtype):
    cube = read_pds3(write(tmp_path, storage=storage, kind=kind, dtype=dtype, after=b"table"))
    np.testing.assert_array_equal(cube.data, VALUES)
    assert isinstance(cube.data, np.memmap)
    assert not cube.data.flags.writeable


@pytest.mark.parametrize(
    ("pointer", "before"),
    [('("A.IMG", 3)', 20), ('("A.IMG", 21 <BYTES>)', 20), ("A.IMG", 0), ('"elsewhere/a.img"', 0)],
)
def test_the_pointer_gives_the_offset(tmp_path, pointer, before):
    cube = read_pds3(write(tmp_path, before=b"x" * before, **{"^IMAGE": pointer}))
    np.testing.assert_array_equal(cube.data, VALUES)


def test_an_attached_label_is_read(tmp_path):
    text = (
        "PDS_VERSION_ID = PDS3\nRECORD_BYTES = 400\n^IMAGE = 2\nOBJECT = IMAGE\nLINES = 3\nLINE_SAMPLES = 4\n"
        "BANDS = 5\nSAMPLE_TYPE = PC_REAL\nSAMPLE_BITS = 32\nBAND_STORAGE_TYPE = SAMPLE_INTERLEAVED\n"
        "END_OBJECT = IMAGE\nEND\n"
    )
    file = tmp_path / "a.img"
    file.write_bytes(text.encode().ljust(400) + VALUES.astype("<f4").tobytes())
    np.testing.assert_array_equal(read_pds3(file).data, VALUES)


def test_the_image_leads_to_its_label_in_any_case(tmp_path):
    write(tmp_path)
    np.testing.assert_array_equal(read_pds3(tmp_path / "A.IMG").data, VALUES)


def test_an_image_without_a_label_is_refused_with_the_name_it_should_have(tmp_path):
    write(tmp_path).unlink()
    with pytest.raises(InputError, match=r"A\.lbl was expected"):
        read_pds3(tmp_path / "A.IMG")


def test_fill_and_scale_are_taken_from_the_label(tmp_path):
    cube = read_pds3(write(tmp_path, MISSING_CONSTANT=7, SCALING_FACTOR=0.5))
    assert cube.fill == (7.0,)
    (block,) = cube.blocks()
    expected = VALUES * 0.5
    expected[VALUES == 7] = np.nan
    np.testing.assert_array_equal(block.data, expected)
    assert not block.valid[0, 1]


def test_a_short_file_is_refused_with_both_sizes(tmp_path):
    label = write(tmp_path, LINES=30)
    with pytest.raises(InputError, match=r"need 2400 bytes from byte 0 on, found 240"):
        read_pds3(label)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LINES": "N/A"}, "LINES of the image is missing"),
        ({"LINE_SAMPLES": 0}, "LINE_SAMPLES of the image is 0"),
        ({"SAMPLE_TYPE": "VAX_REAL"}, "VAX_REAL"),
        ({"SAMPLE_BITS": 12}, "12 bits"),
        ({"BAND_STORAGE_TYPE": "DIAGONAL"}, "DIAGONAL"),
        ({"OFFSET": 3.0}, "OFFSET"),
        ({"LINE_PREFIX_BYTES": 8}, "LINE_PREFIX_BYTES"),
        ({"^IMAGE": '"other.img"'}, None),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, changes, message):
    label = write(tmp_path, **changes)
    if message is None:  # the image has the label's own name: found all the same
        np.testing.assert_array_equal(read_pds3(label).data, VALUES)
        return
    with pytest.raises(InputError, match=message):
        read_pds3(label)


def test_a_label_without_an_image_is_refused(tmp_path):
    label = tmp_path / "a.lbl"
    label.write_text("PDS_VERSION_ID = PDS3\nEND\n")
    with pytest.raises(InputError, match="describes no IMAGE"):
        read_pds3(label)
    with pytest.raises(InputError, match="no such file"):
        read_pds3(tmp_path / "b.lbl")


def test_wavelengths_come_from_the_table_beside_the_label(tmp_path):
    label = write(tmp_path, OUTSIDE="INSTRUMENT_ID = CRISM\nMRO:WAVELENGTH_FILE_NAME = W.TAB")
    assert "none found for its 5 bands" in read_pds3(label).notes[0]
    (tmp_path / "w.tab").write_text("".join(f"0,{i},{1000 + i}\n" for i in range(5)))
    cube = read_pds3(label)
    assert cube.wavelengths.tolist() == [1000, 1001, 1002, 1003, 1004]
    assert cube.notes == ("wavelengths: w.tab",)


def test_wavelengths_come_from_the_detector_rows_after_the_image(tmp_path):
    outside = "INSTRUMENT_ID = CRISM\nMRO:SENSOR_ID = L\nPRODUCT_TYPE = TARGETED_RDR"
    label = write(tmp_path, after=np.array([0, 3, 17, 28, 46], ">u2").tobytes(), OUTSIDE=outside)
    text = label.read_text().replace("OBJECT = IMAGE\nL", '^ROWNUM_TABLE = ("A.IMG", 25)\nOBJECT = IMAGE\nL')
    table = "OBJECT = ROWNUM_TABLE\nROWS = 5\nROW_BYTES = 2\nEND_OBJECT = ROWNUM_TABLE\nEND_OBJECT = FILE"
    label.write_text(text.replace("END_OBJECT = FILE", table))
    cube = read_pds3(label)
    np.testing.assert_allclose(cube.wavelengths, [np.nan, 3923.47, 3830.02, 3756.65, 3636.68])
    assert cube.good_bands.tolist() == [False, True, True, True, True]
    assert cube.columns[2].tolist() == [0, 1, 2, 3]
    (block,) = cube.blocks()
    np.testing.assert_array_equal(block.data, VALUES[:, :, 4:0:-1])  # ascending wavelength, the void band out


@pytest.mark.real
@pytest.mark.parametrize(
    "name",
    [
        "fixtures/CDR410000000000_AT0300020L_2.LBL",
        "fixtures/frt00003e25_01_de156l_ddr1.lbl",
        "wavelengths/CDR410803692813_WA0000000L_3.LBL",
        "wavelengths/CDR410803692813_WA0000000S_2.LBL",
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_real_images_equal_what_gdal_reads(data_dir, name):
    cube = read_pds3(data_dir / "crism" / name)
    with rasterio.open(data_dir / "crism" / name, driver="PDS") as dataset:
        expected = dataset.read().transpose(1, 2, 0)
    np.testing.assert_array_equal(cube.data, expected)
    (block,) = cube.blocks()
    assert not (block.data == CRISM_FILL).any()


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("T0897_MRRAL_05S113_0256_1_cropped.LBL", (10, 1279, 1)),
        ("T0897_MRRAL_05S113_0256_1_cropped_badwv.lbl", (10, 1279, 1)),
        ("frt0001e5c3_07_if124s_trr3_cropped.lbl", (1, 640, 107)),
        ("t1865_mrrde_70n185_0256_1_cropped.lbl", (10, 980, 1)),
        ("t1865_mrrde_70n185_0256_1_cropped_no_pid.lbl", (10, 980, 1)),
        ("t1865_mrrde_70n185_0256_1_cropped_no_prod_type.lbl", (10, 980, 1)),
    ],
)
def test_real_images_that_gdal_gives_up_on_are_read_too(data_dir, name, shape):
    cube = read_pds3(data_dir / "crism/fixtures" / name)
    rows, cols, bands = shape
    raw = np.fromfile(
        cube.data.filename, "<f4", rows * cols * bands
    )  # one band, or one row: no order to get wrong
    np.testing.assert_array_equal(cube.data, raw.reshape(rows, bands, cols).transpose(0, 2, 1))
    (block,) = cube.blocks()
    assert not (block.data == CRISM_FILL).any()


@pytest.mark.real
def test_a_wavelength_image_agrees_with_the_built_in_axis(data_dir):
    for name, columns, tolerance in [("L_3", slice(270, 370), 0.006), ("S_2", slice(260, 360), 0.05)]:
        cube = read_pds3(data_dir / "crism" / "wavelengths" / f"CDR410803692813_WA0000000{name}.IMG")
        measured = np.asarray(cube.data, dtype=float)[0, columns].mean(axis=0)
        good = cube.good_bands
        assert (measured[~good] == CRISM_FILL).all()
        np.testing.assert_allclose(cube.wavelengths[good], measured[good], atol=tolerance)


@pytest.mark.real
def test_an_albedo_tile_lies_where_its_label_says(data_dir):
    cube = read_pds3(data_dir / "crism/fixtures/T0897_MRRAL_05S113_0256_1_cropped.LBL")
    assert cube.grid.transform[0] == pytest.approx(231.528833585, abs=1e-6)
    assert cube.notes == ()


@pytest.mark.real
def test_a_tile_whose_bounds_contradict_its_offsets_gets_no_grid(data_dir):
    cube = read_pds3(data_dir / "crism/fixtures/t1865_mrrde_70n185_0256_1_cropped.lbl")
    assert cube.grid is None
    assert "contradict" in cube.notes[0]


@pytest.mark.real
def test_derived_geometry_comes_by_name(data_dir):
    planes = read_geometry(data_dir / "crism/fixtures/frt00003e25_01_de156l_ddr1.img")
    assert len(planes) == 13
    assert planes["latitude"].shape == (15, 64)
    np.testing.assert_allclose(np.nanmean(planes["latitude"]), 57.1, atol=0.1)
    np.testing.assert_allclose(np.nanmean(planes["longitude"]), -9.7, atol=0.2)
    assert np.isnan(planes["albedo"]).all()
    assert -7000 < np.nanmin(planes["elevation"]) < np.nanmax(planes["elevation"]) < -5000


def test_geometry_needs_latitude_and_longitude(tmp_path):
    label = write(tmp_path, BAND_NAME='("Phase angle, deg", "Latitude, areocentric, deg N")')
    with pytest.raises(InputError, match="no planes of latitude and longitude"):
        read_geometry(label)


@pytest.mark.real
def test_a_whole_mtrdr_is_mapped_with_axis_and_grid(data_dir, tmp_path):
    name = "frt0001fd76_07_if166j_mtr3"
    (tmp_path / f"{name}.lbl").write_bytes((data_dir / "crism/mtrdr" / f"{name}.lbl").read_bytes())
    rows, cols, bands = 746, 812, 489
    with (tmp_path / f"{name.upper()}.IMG").open("wb") as image:  # sparse: takes no room on the disk
        image.truncate(rows * cols * bands * 4)
        for row, col, band, value in [(0, 0, 0, 0.25), (745, 811, 488, 0.5)]:
            image.seek(((band * rows + row) * cols + col) * 4)
            image.write(np.array(value, "<f4").tobytes())
    cube = read_pds3(tmp_path / f"{name}.lbl")
    assert cube.shape == (rows, cols, bands)
    assert (cube.data[0, 0, 0], cube.data[745, 811, 488]) == (0.25, 0.5)
    np.testing.assert_allclose(cube.wavelengths[[0, 78, 488]], [436.13, 1047.20, 3896.76])
    assert cube.notes == ("wavelengths: the CRISM MTRDR axis, built in",)
    assert cube.grid.transform[0] == pytest.approx(18, abs=1e-6)
