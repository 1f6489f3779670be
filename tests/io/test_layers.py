"""Images of named planes: each by its name, read when it is asked for, fill gone."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.layers import layer_names, open_layers, read_geometry

PLANES = np.arange(24, dtype="<f4").reshape(4, 2, 3)
NAMES = ("IR Sample", "IR Line", "BD1900_2", "BD1900R2")


def envi(folder: Path, name: str = "frt0000932c_07_in164j_mtr3", names: tuple[str, ...] = NAMES) -> Path:
    PLANES.tofile(folder / f"{name}.img")
    named = f"band names = {{{', '.join(names)}}}\n" if names else ""
    (folder / f"{name}.hdr").write_text(
        "ENVI\nsamples = 3\nlines = 2\nbands = 4\ndata type = 4\ninterleave = bsq\nbyte order = 0\n"
        f"data ignore value = 7\n{named}"
    )
    return folder / f"{name}.img"


def pds3(folder: Path, names: str) -> Path:
    (folder / "d.img").write_bytes(PLANES.tobytes())
    (folder / "D.LBL").write_text(
        'PDS_VERSION_ID = PDS3\nINSTRUMENT_ID = CRISM\n^IMAGE = "d.img"\nOBJECT = IMAGE\nLINES = 2\n'
        "LINE_SAMPLES = 3\nBANDS = 4\nSAMPLE_TYPE = PC_REAL\nSAMPLE_BITS = 32\n"
        f"BAND_STORAGE_TYPE = BAND_SEQUENTIAL\nBAND_NAME = {names}\nEND_OBJECT = IMAGE\nEND\n"
    )
    return folder / "D.LBL"


def test_a_plane_is_found_by_name_start_or_number(tmp_path: Path) -> None:
    layers = open_layers(envi(tmp_path))
    assert layers.names == NAMES
    expected = PLANES[1].copy()
    expected[0, 1] = np.nan  # 7, which the header calls no data
    for name in ("IR Line", "ir_line", "ir l", 1):
        np.testing.assert_array_equal(layers.plane(name), expected)
    np.testing.assert_array_equal(layers.plane("BD1900_2"), PLANES[2])


def test_a_name_that_fits_none_or_two_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    layers = open_layers(envi(tmp_path))
    for name in ("VNIR Sample", "BD1900"):
        with pytest.raises(InputError, match=r"no single plane is named .* there are IR Sample, IR Line"):
            layers.plane(name)


def test_names_come_from_the_label_too(tmp_path: Path) -> None:
    path = pds3(tmp_path, '("A", "Latitude, areocentric, deg N", "Longitude, areocentric, deg E", "D")')
    assert layer_names(path) == ("A", "Latitude, areocentric, deg N", "Longitude, areocentric, deg E", "D")
    np.testing.assert_array_equal(open_layers(path).plane("D"), PLANES[3])
    planes = read_geometry(path)
    np.testing.assert_array_equal(planes["latitude"], PLANES[1])
    np.testing.assert_array_equal(planes["longitude"], PLANES[2])


def test_bands_without_names_are_no_layers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its bands have no names"):
        open_layers(envi(tmp_path, names=()))
    with pytest.raises(InputError, match="2 names for 4 bands"):
        open_layers(envi(tmp_path, names=("a", "b")))


@pytest.mark.real
def test_a_real_map_tile_of_geometry_names_its_planes(data_dir: Path) -> None:
    names = layer_names(data_dir / "crism/fixtures/t1865_mrrde_70n185_0256_1_cropped.lbl")
    assert len(names) == 24
    assert names[13] == "Latitude, areocentric, deg N"
