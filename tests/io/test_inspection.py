"""What `info --check` says of headers as they are found."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.cube import Cube, Grid
from hsicli.io.envi_writing import write_envi_cube, write_envi_library
from hsicli.io.hdf5 import write_product
from hsicli.io.inspection import check, check_cube
from hsicli.library import Library
from hsicli.provenance import Provenance

GRID = Grid((18.0, 0.0, 0.0, 0.0, -18.0, 0.0), authority="IAU_2015:49910")
AXIS = np.array([400.0, 500, 600])


@pytest.fixture
def header(tmp_path: Path) -> Path:
    cube = Cube(np.full((2, 2, 3), 0.5, np.float32), wavelengths=AXIS, fwhm=np.full(3, 9.0), grid=GRID)
    return write_envi_cube(tmp_path / "x.img", cube)[1]


def said(path: Path) -> list[tuple[str, str]]:
    return [tuple(finding) for finding in check(path)]  # type: ignore[misc]


def test_what_we_write_ourselves_is_without_findings(header: Path) -> None:
    assert said(header) == []


@pytest.mark.parametrize(
    ("line", "severity", "says"),
    [
        ("wavelength unts = Nanometers", "", ""),  # the right key is there too
        ("reflectance scale facter = 100", "warning", "is 'reflectance scale factor' meant"),
        ("bands = 3", "warning", "'bands' occurs twice"),
        ("data gain values = {0.5, 0.5, 0.5}", "warning", "'data gain values' are not applied"),
        ("data type = 6", "error", "complex numbers"),
        ("wavelength units = um", "error", "declared in µm"),
        ("samples = 99", "error", "holds 48 bytes"),
        ("map info = {Nowhere, 1, 1, 0, 0, 1, 1}", "warning", "twice"),
        ("bbl = {1}", "note", "a bad-band list of 1 for 3 bands"),
        ("reflectance scale factor = 0.001", "note", "counts or radiance"),
    ],
)
def test_each_defect_of_a_header_is_named(header: Path, line: str, severity: str, says: str) -> None:
    with header.open("a") as file:
        file.write(line + "\n")
    found = said(header)
    if severity:
        assert any(severity == kind and says in what for kind, what in found), found
    else:
        assert found == []


def test_a_misspelt_unit_is_noticed(header: Path) -> None:
    header.write_text(header.read_text().replace("wavelength units", "wavelength_unts"))
    assert [kind for kind, _ in said(header)] == ["warning", "note"]
    assert "is 'wavelength units' meant" in said(header)[0][1]
    assert "taken as nm" in said(header)[1][1]


def test_an_error_ends_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "x.hdr").write_text("ENVI\nlines = 3\nbands = 1\ndata type = 1\n")
    (tmp_path / "x").write_bytes(b"123")
    assert said(tmp_path / "x.hdr") == [
        (
            "error",
            f"{tmp_path / 'x.hdr'}: the key 'samples' is missing — add a line 'samples = …' to the header",
        )
    ]


@pytest.mark.parametrize(
    ("cube", "severity", "says"),
    [
        (Cube(np.ones((1, 1, 3), np.float32), grid=GRID), "warning", "no wavelengths"),
        (Cube(np.ones((1, 1, 3), np.float32), wavelengths=AXIS), "note", "no georeferencing"),
        (Cube(np.ones((1, 1, 3), np.float32), wavelengths=AXIS), "note", "no FWHM"),
        (Cube(np.ones((1, 1, 3), np.float32), wavelengths=AXIS[[1, 0, 2]]), "note", "turn back 1 times"),
        (Cube(np.ones((1, 1, 3), np.float32), wavelengths=AXIS[[0, 0, 2]]), "warning", "same wavelength"),
        (Cube(np.full((1, 1, 3), np.nan, np.float32)), "warning", "holds no data"),
        (
            Cube(np.ones((1, 1, 3), np.float32), grid=Grid(GRID.transform)),
            "note",
            "without a coordinate system",
        ),
    ],
)
def test_what_a_cube_lacks_is_named(cube: Cube, severity: str, says: str) -> None:
    assert any(finding.severity == severity and says in finding.what for finding in check_cube(cube))


def test_libraries_and_products_can_be_checked(tmp_path: Path) -> None:
    library = Library(("a", "b"), np.array([[1.0, np.nan], [1, 2]]), np.array([400.0, 500]))
    write_envi_library(tmp_path / "lib.sli", library)
    assert said(tmp_path / "lib.hdr") == [("note", "1 of 2 spectra have deleted channels")]
    cube = Cube(np.full((2, 2, 3), 0.5, np.float32), wavelengths=AXIS, fwhm=np.full(3, 9.0), grid=GRID)
    write_product(tmp_path / "x.h5", cube, Provenance("preprocess", "1.1", {}))
    assert said(tmp_path / "x.h5") == []


@pytest.mark.real
def test_no_real_file_is_called_unreadable(data_dir: Path) -> None:
    for path in [*data_dir.rglob("*.hdr"), *data_dir.rglob("*.HDR")]:
        errors = [finding for finding in check(path) if finding.severity == "error"]
        assert not errors, errors
