"""Every product survives a round trip; what is not whole, or not ours, is refused by name."""

import subprocess
import sys
from dataclasses import dataclass, field, fields, replace

import h5py
import numpy as np
import pytest
import rasterio

from hsicli.cube import Cube, Grid, Stream
from hsicli.errors import InputError
from hsicli.io.hdf5 import read_header, read_product, write_product
from hsicli.products.labels import Labels
from hsicli.products.subspace import Subspace
from hsicli.provenance import Provenance

ORIGIN = Provenance(command="test", method="1.1", config={"a.b": 1.5, "c": [1, 2]}, seed=3)
GRID = Grid((18.0, 0.0, 100.0, 0.0, -18.0, 200.0), 'PROJCRS["made up"]', "IAU_2015:49910")


def make_labels(rng) -> Labels:
    return Labels(
        labels=rng.integers(0, 3, (5, 4)).astype(np.int32),
        names=("Mg-Karbonat – weiß", "b"),
        colours=np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8),
        counts=np.array([7, 9]),
        means=rng.random((2, 6)),
        deviations=rng.random((2, 6)),
        wavelengths=np.arange(6.0),
        max_angle=0.05,
        grid=GRID,
    )


def make_subspace(rng) -> Subspace:
    return Subspace(
        dimension=3,
        dimension_regression=5,
        dimension_difference=3,
        pixels=100,
        wavelengths=None,
        mean=rng.random(6),
        noise=rng.random(6),
        noise_difference=rng.random(6),
        eigenvectors=rng.random((6, 6)),
        power=rng.random(6),
        noise_power=rng.random(6),
    )


def make_cube(rng) -> Cube:
    return Cube(
        data=rng.random((5, 4, 6)).astype(np.float32),
        wavelengths=np.arange(6.0),
        fwhm=np.full(6, 0.5),
        good_bands=np.arange(6) != 2,
        valid=rng.random((5, 4)) > 0.5,
        columns=np.tile(np.arange(4, dtype=np.int32), (5, 1)),
        grid=GRID,
    )


def assert_same(first, second) -> None:
    for item in fields(first):
        left, right = getattr(first, item.name), getattr(second, item.name)
        if isinstance(left, np.ndarray):
            np.testing.assert_array_equal(left, right, err_msg=item.name)
            assert left.dtype == right.dtype, item.name
        else:
            assert left == right, item.name


@pytest.mark.parametrize("make", [make_labels, make_subspace, make_cube])
@pytest.mark.parametrize("compress", [False, True])
def test_a_product_survives_the_round_trip(tmp_path, rng, make, compress):
    product = make(rng)
    write_product(tmp_path / "a.h5", product, ORIGIN, compress=compress)
    assert_same(product, read_product(tmp_path / "a.h5", type(product)))
    assert read_header(tmp_path / "a.h5") == (product.KIND, product.SCHEMA, ORIGIN)


@pytest.mark.parametrize("compress", [False, True])
def test_a_large_cube_is_not_read_until_it_is_walked(tmp_path, rng, compress):
    data = rng.random((64, 64, 100)).astype(np.float32)
    write_product(tmp_path / "a.h5", Cube(data), ORIGIN, compress=compress)
    cube = read_product(tmp_path / "a.h5", Cube)
    assert type(cube.data) is not np.ndarray
    walked = np.concatenate([block.data for block in cube.blocks(10)])
    np.testing.assert_array_equal(walked, data)


def test_the_same_product_is_the_same_bytes(tmp_path, rng):
    product = make_labels(rng)
    for name in ("a.h5", "b.h5"):
        write_product(tmp_path / name, product, ORIGIN)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_stream_is_written_before_the_arrays_it_fills(tmp_path):
    valid = np.ones((4, 3), dtype=bool)

    def blocks():
        for row in range(4):
            valid[row] = row % 2
            yield slice(row, row + 1), np.full((1, 3, 2), row, dtype=np.float32)

    write_product(tmp_path / "a.h5", Cube(Stream((4, 3, 2), blocks), valid=valid), ORIGIN)
    cube = read_product(tmp_path / "a.h5", Cube)
    np.testing.assert_array_equal(cube.valid[:, 0], [False, True, False, True])
    np.testing.assert_array_equal(cube.data[:, 0, 0], range(4))


def test_rows_that_were_never_written_are_fill_not_zero(tmp_path):
    stream = Stream((4, 3, 2), lambda: iter([(slice(0, 2), np.ones((2, 3, 2), dtype=np.float32))]))
    write_product(tmp_path / "a.h5", Cube(stream), ORIGIN)
    assert np.isnan(read_product(tmp_path / "a.h5", Cube).data[2:]).all()


def test_axes_units_and_wavelengths_are_attached(tmp_path, rng):
    write_product(tmp_path / "a.h5", make_cube(rng), ORIGIN)
    with h5py.File(tmp_path / "a.h5") as file:
        data = file["data"]
        assert [dim.label for dim in data.dims] == ["rows", "cols", "bands"]
        assert data.dims[2][0] == file["wavelengths"]
        assert file["wavelengths"].attrs["units"] == "nm"


def test_gdal_reads_a_cube(tmp_path, rng):
    cube = make_cube(rng)
    write_product(tmp_path / "a.h5", cube, ORIGIN, compress=True)
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(f'HDF5:"{tmp_path / "a.h5"}"://data') as image,
    ):
        found = image.read()
    assert set(found.shape) == {5, 4, 6}
    assert found.sum() == pytest.approx(cube.data.sum(), rel=1e-6)


def spoil(path, **attributes) -> None:
    with h5py.File(path, "a") as file:
        for key, value in attributes.items():
            if value is None:
                del file.attrs[key]
            else:
                file.attrs[key] = value


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"complete": 0}, "not written to its end"),
        ({"complete": None}, "not written to its end"),
        ({"kind": "subspace"}, "is a product of kind subspace, not labels"),
        ({"schema": 99}, "has layout 99 of a labels; this hsicli reads"),
        ({"kind": None}, "not a product of hsicli"),
    ],
)
def test_what_is_not_the_product_asked_for_is_refused(tmp_path, rng, attributes, problem):
    path = tmp_path / "a.h5"
    write_product(path, make_labels(rng), ORIGIN)
    spoil(path, **attributes)
    with pytest.raises(InputError, match=problem) as caught:
        read_product(path, Labels)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"text", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_a_file_that_hdf5_cannot_read_is_refused(tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.h5: is (not an HDF5 file|damaged)"):
        read_product(path, Labels)


def test_a_truncated_product_is_refused(tmp_path, rng):
    path = tmp_path / "a.h5"
    write_product(path, replace(make_cube(rng), data=rng.random((64, 4, 6), dtype=np.float32)[:5]), ORIGIN)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(InputError, match=r"a\.h5: is (not an HDF5 file|damaged)"):
        read_product(path, Cube)


FULL = """
import resource, sys
import numpy as np
from pathlib import Path
from hsicli.cube import Cube, Stream
from hsicli.io.hdf5 import write_product
from hsicli.provenance import Provenance
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
block = np.random.default_rng(0).random((32, 64, 50), dtype=np.float32)
cube = Cube(Stream((320, 64, 50), lambda: ((slice(r, r + 32), block) for r in range(0, 320, 32))))
try:
    write_product(Path("a.h5"), cube, Provenance("p", "1.1", {}), compress=sys.argv[1] == "compress")
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.parametrize("layout", ["plain", "compress"])
def test_a_full_disk_is_one_error_and_no_crash(tmp_path, layout):
    done = subprocess.run(
        [sys.executable, "-c", FULL, layout], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "File too large\n", "")


@dataclass(frozen=True, eq=False)
class Both:
    """Two images that one walk makes."""

    KIND = "both"
    SCHEMA = 1

    first: np.ndarray | Stream = field(metadata={"axes": "rows cols bands", "unit": "1"})
    second: np.ndarray | Stream = field(metadata={"axes": "rows cols targets", "unit": "1"})


def test_streams_that_share_their_blocks_are_made_in_one_walk(tmp_path, rng):
    image = rng.random((5, 4, 7)).astype(np.float32)
    walks = []

    def blocks():
        walks.append(1)
        yield slice(0, 3), image[:3]
        yield slice(3, 5), image[3:]

    write_product(tmp_path / "a.h5", Both(Stream((5, 4, 2), blocks), Stream((5, 4, 5), blocks)), ORIGIN)
    found = read_product(tmp_path / "a.h5", Both)
    np.testing.assert_array_equal(found.first, image[..., :2])
    np.testing.assert_array_equal(found.second, image[..., 2:])
    assert len(walks) == 1
