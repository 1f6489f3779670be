"""MATLAB files: which array, and which axis is which."""

import h5py
import numpy as np
import pytest
import scipy.io

from hsicli.errors import InputError
from hsicli.io.matlab import read_matlab

VALUES = np.arange(6 * 5 * 4, dtype=float).reshape(6, 5, 4)


def save(path, **arrays):
    """As MATLAB would: version 7.3 for .7.mat, else version 5."""
    if path.name.endswith(".7.mat"):
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, array in arrays.items():
                file[name] = np.asarray(array).T
    else:
        scipy.io.savemat(path, arrays, do_compression=True)
    return path


@pytest.fixture(params=["a.mat", "a.7.mat"])
def mat(request, tmp_path):
    return tmp_path / request.param


def test_the_only_array_with_three_axes_is_the_cube(mat):
    cube = read_matlab(save(mat, image=VALUES, labels=np.ones((6, 5)), p=3.0))
    np.testing.assert_array_equal(np.asarray(cube.data), VALUES)
    np.testing.assert_array_equal(cube.data[2:4], VALUES[2:4])
    assert cube.notes == ("variable: image", "wavelengths: none found for its 4 bands")
    (block,) = cube.blocks()
    np.testing.assert_array_equal(block.data, VALUES)


def test_number_types_are_kept(mat):
    assert read_matlab(save(mat, image=VALUES.astype(np.uint16))).data.dtype == np.uint16


def test_a_variable_is_chosen_by_name(mat):
    cube = read_matlab(save(mat, one=VALUES, two=VALUES + 1), "two")
    np.testing.assert_array_equal(np.asarray(cube.data), VALUES + 1)


def test_two_cubes_leave_a_choice_that_is_listed(mat):
    with pytest.raises(InputError, match=r"one \(6 × 5 × 4\), two \(6 × 5 × 4\)") as caught:
        read_matlab(save(mat, one=VALUES, two=VALUES))
    assert caught.value.hint == "name one with --variable, as --variable one"


def test_a_name_that_is_not_there_is_answered_with_those_that_are(mat):
    with pytest.raises(InputError, match=r"no variable cube; it holds image \(6 × 5 × 4\)"):
        read_matlab(save(mat, image=VALUES), "cube")


def test_a_matrix_of_an_unmixing_benchmark_is_refused_with_a_way_out(mat):
    with pytest.raises(InputError, match=r"Y \(4 × 30\)") as caught:
        read_matlab(save(mat, Y=VALUES.reshape(30, 4).T, L=4.0, p=3.0))
    assert "reshape Y" in caught.value.hint
    with pytest.raises(InputError, match="Y has 2 axes"):
        read_matlab(mat, "Y")


@pytest.mark.parametrize("name", ["wavelength", "Wavelengths", "lambda"])
def test_wavelengths_beside_the_cube_are_taken(mat, name):
    centres = np.array([0.4, 1.0, 2.0, 2.5])
    cube = read_matlab(save(mat, image=VALUES, **{name: centres.reshape(1, -1)}))
    np.testing.assert_allclose(cube.wavelengths, centres * 1000)


def test_wavelengths_of_another_number_are_not(mat):
    assert read_matlab(save(mat, image=VALUES, wavelength=np.ones((1, 5)))).wavelengths is None


def test_members_of_a_structure_have_a_path(tmp_path):
    path = tmp_path / "a.7.mat"
    save(path, **{"scene/cube": VALUES})
    np.testing.assert_array_equal(np.asarray(read_matlab(path, "scene/cube").data), VALUES)


def test_what_is_no_mat_is_refused(tmp_path):
    (tmp_path / "a.mat").write_text("no arrays in here, but some text that is long enough to be a header" * 9)
    with pytest.raises(InputError, match="is no MATLAB file"):
        read_matlab(tmp_path / "a.mat")
    (tmp_path / "b.mat").write_bytes(b"")
    with pytest.raises(InputError, match="is no MATLAB file"):
        read_matlab(tmp_path / "b.mat")
    with pytest.raises(InputError, match="no such file"):
        read_matlab(tmp_path / "c.mat")
    save(tmp_path / "d.mat", text="abc")
    with pytest.raises(InputError, match="no numbers"):
        read_matlab(tmp_path / "d.mat")


@pytest.mark.real
def test_a_real_file_is_read(data_dir):
    path = data_dir / "benchmarks/salinas-3pc/HSI-SaN-pca.mat"
    cube = read_matlab(path)
    assert cube.shape == (512, 217, 3)
    np.testing.assert_array_equal(cube.data, scipy.io.loadmat(path)["img_pca"])
