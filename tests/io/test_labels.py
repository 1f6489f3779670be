"""Class maps and masks of every format: the same classes, by the same names."""

import numpy as np
import pytest
import rasterio
import scipy.io
from rasterio.crs import CRS

from hsicli.cube import Cube, Grid
from hsicli.errors import InputError
from hsicli.io.envi_writing import write_envi_raster
from hsicli.io.hdf5 import write_product
from hsicli.io.labels import read_labels, read_mask
from hsicli.io.maps import write_geotiff
from hsicli.products.labels import Labels
from hsicli.products.rasters import Raster
from hsicli.provenance import Provenance

LABELS = np.array([[0, 1, 2], [3, 3, 0]], dtype=np.int32)
NAMES = ("Olivine", "Mg-carbonate", "Clay")
COLOURS = np.array([[230, 25, 75], [60, 180, 75], [255, 225, 25]], dtype=np.uint8)
GRID = Grid(
    (18.0, 0.0, 100.0, 0.0, -18.0, 200.0), CRS.from_epsg(32611).to_wkt(version="WKT2_2019"), "EPSG:32611"
)
RASTER = Raster(LABELS.astype(np.uint8)[None], ("class",), 0, NAMES, COLOURS, None, GRID)

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def picture(path, bands, **profile):
    count, rows, cols = bands.shape
    with rasterio.open(
        path, "w", height=rows, width=cols, count=count, dtype=bands.dtype, **profile
    ) as dataset:
        dataset.write(bands)
    return path


def product(path):
    labels = Labels(LABELS, NAMES, COLOURS, np.array([1, 1, 2]), np.ones((3, 4)), np.ones((3, 4)), grid=GRID)
    write_product(path, labels, Provenance("cluster", "1.1", {}))
    return path


def test_a_geotiff_comes_back_with_names_colours_and_grid(tmp_path):
    write_geotiff(tmp_path / "a.tif", RASTER)
    found = read_labels(tmp_path / "a.tif")
    np.testing.assert_array_equal(found.labels, LABELS)
    assert found.labels.dtype == np.int32
    assert found.names == NAMES
    np.testing.assert_array_equal(found.colours, COLOURS)
    assert found.grid == GRID


def test_without_its_sidecar_a_geotiff_keeps_its_names(tmp_path):
    write_geotiff(tmp_path / "a.tif", RASTER)
    (tmp_path / "a.tif.aux.xml").unlink()
    assert read_labels(tmp_path / "a.tif").names == NAMES
    (tmp_path / "a.tif.aux.xml").write_text("<PAMDataset>")
    assert read_labels(tmp_path / "a.tif").names == NAMES


def test_an_envi_classification_comes_back_with_names_and_colours(tmp_path):
    write_envi_raster(tmp_path / "a.img", RASTER)
    found = read_labels(tmp_path / "a.img")
    np.testing.assert_array_equal(found.labels, LABELS)
    assert found.names == NAMES
    np.testing.assert_array_equal(found.colours, COLOURS)


def test_a_product_comes_back(tmp_path):
    found = read_labels(product(tmp_path / "a.h5"))
    np.testing.assert_array_equal(found.labels, LABELS)
    assert (found.names, found.grid) == (NAMES, GRID)


def test_a_picture_holds_numbers_and_its_classes_get_numbers_for_names(tmp_path):
    found = read_labels(picture(tmp_path / "a.png", LABELS.astype(np.uint8)[None], driver="PNG"))
    np.testing.assert_array_equal(found.labels, LABELS)
    assert found.names == ("class 1", "class 2", "class 3")
    assert found.colours is None
    assert found.grid is None


def test_a_matrix_in_a_mat_is_a_map(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"gt": LABELS.astype(float), "n": 3})
    np.testing.assert_array_equal(read_labels(tmp_path / "a.mat").labels, LABELS)
    scipy.io.savemat(tmp_path / "b.mat", {"one": LABELS, "two": LABELS})
    with pytest.raises(InputError, match=r"one \(2 × 3\), two \(2 × 3\)"):
        read_labels(tmp_path / "b.mat")
    np.testing.assert_array_equal(read_labels(tmp_path / "b.mat", "two").labels, LABELS)


def test_no_data_is_unlabeled(tmp_path):
    values = np.where(LABELS == 0, 255, LABELS).astype(np.uint8)
    path = picture(tmp_path / "a.tif", values[None], driver="GTiff", nodata=255)
    np.testing.assert_array_equal(read_labels(path).labels, LABELS)
    floats = np.where(LABELS == 0, np.nan, LABELS).astype(np.float32)
    path = picture(tmp_path / "b.tif", floats[None], driver="GTiff")
    np.testing.assert_array_equal(read_labels(path).labels, LABELS)


def test_a_header_of_the_same_stem_does_not_make_a_geotiff_envi(tmp_path):
    write_geotiff(tmp_path / "a.tif", RASTER)
    (tmp_path / "a.hdr").write_text("ENVI\nsamples = 9\nlines = 9\nbands = 1\ndata type = 1\n")
    np.testing.assert_array_equal(read_labels(tmp_path / "a.tif").labels, LABELS)


def test_numbers_that_are_no_classes_are_refused(tmp_path):
    with pytest.raises(InputError, match="fractions"):
        read_labels(picture(tmp_path / "a.tif", LABELS[None] + np.float32(0.5), driver="GTiff"))
    with pytest.raises(InputError, match="from -1 to 2"):
        read_labels(picture(tmp_path / "b.tif", LABELS[None] - 1, driver="GTiff"))
    with pytest.raises(InputError, match="3 bands"):
        read_labels(picture(tmp_path / "c.png", np.zeros((3, 4, 5), np.uint8), driver="PNG"))
    with pytest.raises(InputError, match="no such file"):
        read_labels(tmp_path / "d.tif")


@pytest.mark.parametrize("driver", ["GTiff", "PNG", "ENVI"])
def test_a_mask_keeps_what_is_not_zero(tmp_path, driver):
    path = picture(tmp_path / "mask.img", LABELS.astype(np.uint8)[None], driver=driver)
    if driver != "ENVI":
        path = path.rename(tmp_path / f"mask.{'tif' if driver == 'GTiff' else 'png'}")
    np.testing.assert_array_equal(read_mask(path), LABELS > 0)


def test_fill_is_not_kept_by_a_mask(tmp_path):
    values = np.array([[np.nan, 0.5, -9999.0], [0.0, 1.0, 2.0]], np.float32)
    path = picture(tmp_path / "a.tif", values[None], driver="GTiff", nodata=-9999)
    np.testing.assert_array_equal(read_mask(path), [[False, True, False], [False, True, True]])


def test_any_colour_but_black_keeps(tmp_path):
    colours = np.zeros((4, 2, 3), np.uint8)
    colours[3] = 255  # opaque everywhere
    colours[1, 0, 2] = 9
    keep = read_mask(picture(tmp_path / "a.png", colours, driver="PNG"))
    assert np.argwhere(keep).tolist() == [[0, 2]]


def test_products_are_masks_too(tmp_path):
    np.testing.assert_array_equal(read_mask(product(tmp_path / "a.h5")), LABELS > 0)
    write_product(
        tmp_path / "b.h5", Cube(np.ones((2, 3, 4), np.float32), valid=LABELS > 1), Provenance("x", "1", {})
    )
    np.testing.assert_array_equal(read_mask(tmp_path / "b.h5"), LABELS > 1)


def test_classes_and_matrices_are_masks_too(tmp_path):
    write_envi_raster(tmp_path / "a.img", RASTER)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.img"), LABELS > 0)
    scipy.io.savemat(tmp_path / "a.mat", {"mask": LABELS > 1})
    np.testing.assert_array_equal(read_mask(tmp_path / "a.mat"), LABELS > 1)


def test_a_mask_has_one_band(tmp_path):
    with pytest.raises(InputError, match="5 bands"):
        read_mask(picture(tmp_path / "a.tif", np.zeros((5, 2, 3), np.float32), driver="GTiff"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "shape", "classes", "labelled"),
    [
        ("salinas-a/salinas_a_labels.hdr", (83, 86), 6, 5348),
        ("salinas-3pc/salinas_labels.img", (512, 217), 16, 54129),
        ("label-maps-only/pavia_u_labels.hdr", (610, 340), 9, 42776),
        ("label-maps-only/indian_pines_labels.hdr", (145, 145), 16, 10249),
    ],
)
def test_real_truths_have_their_published_numbers(data_dir, name, shape, classes, labelled):
    found = read_labels(data_dir / "benchmarks" / name)
    assert found.labels.shape == shape
    assert found.labels.max() == len(found.names) == classes
    assert (found.labels > 0).sum() == labelled


@pytest.mark.real
def test_a_real_segmentation_in_a_mat_is_read(data_dir):
    found = read_labels(data_dir / "superpixels/IP_sp_map_275.mat")
    assert found.labels.shape == (145, 145)
