from dataclasses import replace

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.figures.cubes import draw_cube
from hsicli.stages.report import ReportConfig, overview


@pytest.fixture
def seen(rng):
    data = rng.random((30, 20, 40)).astype(np.float32)
    data[3, 4] = np.nan
    axis = np.concatenate([np.linspace(1000, 1300, 20), np.linspace(1900, 2200, 20)])
    return overview(Cube(data, wavelengths=axis), ReportConfig())


def test_the_median_and_percentiles_are_those_of_the_spectra_and_leave_gaps_open(seen):
    _, plot = draw_cube(seen).axes
    x, y = plot.lines[0].get_xydata().T
    assert np.isnan(x[20])
    assert np.isnan(y[20])
    spectra = seen.spectra[seen.shown]
    np.testing.assert_allclose(np.delete(y, 20), np.median(spectra, axis=0), rtol=1e-6)
    np.testing.assert_allclose(np.delete(x, 20), seen.axis / 1000)
    assert plot.get_title(loc="left") == "599 of the spectra, band by band"
    top = max(path.vertices[:, 1].max() for path in plot.collections[0].get_paths())
    assert top == pytest.approx(np.percentile(spectra, 98, axis=0).max())


def test_fill_is_grey_and_data_have_their_colour(seen):
    image = draw_cube(seen).axes[0].images[0].get_array()
    assert tuple(image[3, 4]) == (236, 236, 236)
    np.testing.assert_array_equal(image[0, 0], seen.picture[0, 0])


@pytest.mark.parametrize("shape", [(1, 1, 3), (900, 4, 5), (4, 900, 5), (40, 50, 300)])
def test_odd_shapes_are_drawn_whole(rng, shape):
    figure = draw_cube(overview(Cube(rng.random(shape).astype(np.float32)), ReportConfig()))
    for axes in figure.axes:
        box = axes.get_position()
        assert -1e-9 <= box.x0 < box.x1 <= 1 + 1e-9
        assert -1e-9 <= box.y0 < box.y1 <= 1 + 1e-9
    assert max(figure.get_size_inches()) < 30


def test_no_whole_spectrum_is_no_reason_to_fail(seen):
    empty = replace(seen, spectra=np.full_like(seen.spectra, np.nan))
    assert draw_cube(empty).axes[1].get_xlabel() == "wavelength, µm"
