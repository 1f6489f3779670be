"""What a file holds is told by itself, not by its suffix: classes, spectra, or a cube."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.content import read_content
from hsicli.io.description import KIND_NAMED
from hsicli.io.envi_writing import write_envi_cube, write_envi_library, write_envi_raster
from hsicli.io.hdf5 import write_product
from hsicli.library import Library
from hsicli.products.rasters import Raster
from hsicli.products.subspace import Subspace
from hsicli.provenance import Provenance
from tests.io.test_map_layers import COLOURS, GRID, LABELS, NAMES, write_ddr, write_labels, write_map

MADE = Provenance("test", "1.1", {})
WAVELENGTHS = np.array([1000.0, 1100.0, 1200.0])
LIBRARY = Library(("a", "b"), np.array([[0.1, 0.2, np.nan], [0.4, 0.5, 0.6]]), WAVELENGTHS)


def test_class_maps_in_every_form_are_the_same_raster(tmp_path):
    raster = Raster(LABELS.astype(np.uint8)[None], ("class",), 0, NAMES, COLOURS, grid=GRID)
    files = [
        write_map(tmp_path / "a.tif", LABELS),
        write_labels(tmp_path / "b.h5", LABELS, grid=GRID),
        write_envi_raster(tmp_path / "c.img", raster)[1],
    ]
    for file in files:
        content = read_content(file)
        assert content.cube is None
        assert_array_equal(content.raster.data[0], LABELS)
        assert content.raster.data.dtype == np.uint8
        assert content.raster.class_names == NAMES
        assert_array_equal(content.raster.colours, COLOURS)
        assert content.shape == LABELS.shape
        assert content.grid.transform == GRID.transform


def test_cubes_are_cubes_and_planes_keep_their_names(tmp_path, rng):
    data = rng.random((4, 5, 3)).astype(np.float32)
    image, _ = write_envi_cube(tmp_path / "a.img", Cube(data, wavelengths=WAVELENGTHS))
    content = read_content(image)
    assert content.raster is None
    assert content.spectra is None
    assert_array_equal(content.cube.data, data)
    assert content.band_names == ()
    planes = read_content(write_ddr(tmp_path / "d.lbl", *rng.random((2, 4, 5))))
    assert planes.band_names == ("Latitude, areocentric, deg N", "Longitude, areocentric, deg E")


def test_a_picture_of_whole_numbers_without_names_is_no_class_map(tmp_path):
    from hsicli.io.maps import write_geotiff

    write_geotiff(tmp_path / "a.tif", Raster(LABELS.astype(np.uint8)[None], ("counts",), 0, grid=GRID))
    assert read_content(tmp_path / "a.tif").cube is not None


def test_libraries_are_spectra_in_text_and_in_envi(tmp_path):
    write_envi_library(tmp_path / "a.sli", LIBRARY)
    (tmp_path / "b.csv").write_text("wavelength_nm,a,b\n1000,.1,.4\n1100,.2,.5\n1200,nan,.6\n")
    for name in ("a.sli", "a.hdr", "b.csv"):
        content = read_content(tmp_path / name)
        assert content.shape is None
        assert content.spectra.names == ("a", "b")
        np.testing.assert_allclose(content.spectra.spectra, LIBRARY.spectra, rtol=1e-6)


def test_products_keep_spectra_of_their_classes_or_directions(tmp_path):
    subspace = Subspace(
        1, 1, 2, 90, WAVELENGTHS, *np.arange(9.0).reshape(3, 3), np.eye(3)[:2], np.ones(2), np.ones(2)
    )
    write_product(tmp_path / "s.h5", subspace, MADE)
    content = read_content(tmp_path / "s.h5")
    names = ("mean", "noise", "noise by differences", "direction 1", "direction 2")
    assert content.spectra.names == names
    assert_array_equal(content.spectra.spectra[0], subspace.mean)
    assert_array_equal(content.spectra.spectra[3:], subspace.eigenvectors)
    assert content.raster is None


def test_abundances_are_a_raster_of_quantities_with_the_spectra_of_their_endmembers(
    tmp_path, rng, monkeypatch
):
    from hsicli.products.abundances import Abundances

    monkeypatch.setitem(KIND_NAMED, "abundances", Abundances)

    shares = rng.dirichlet(np.ones(2), (4, 5)).astype(np.float32)
    plane = np.zeros((4, 5), np.float32)
    product = Abundances(
        shares, ("a", "b"), np.nan_to_num(LIBRARY.spectra), "raw", "fcls", "linear", plane, plane,
        wavelengths=WAVELENGTHS,
    )  # fmt: skip
    write_product(tmp_path / "a.h5", product, MADE)
    content = read_content(tmp_path / "a.h5")
    assert content.raster.layer_names == ("a", "b")
    assert content.raster.class_names == ()
    assert_array_equal(np.moveaxis(content.raster.data, 0, 2), shares)
    assert content.spectra.names == ("a", "b")


def test_what_is_nothing_of_this_is_refused(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no")
    with pytest.raises(InputError):
        read_content(tmp_path / "a.h5")
    with pytest.raises(InputError, match="no such file"):
        read_content(tmp_path / "b.tif")
