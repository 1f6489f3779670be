"""abundances: a panel an endmember, one scale; endmembers over wavelength with what they resemble."""

import io
from dataclasses import replace

import numpy as np
import pytest

from hsicli.cube import Grid
from hsicli.figures.abundances import draw_abundances, draw_endmembers
from hsicli.products.abundances import Abundances, abundance_raster


@pytest.fixture
def product(rng):
    shares = rng.dirichlet([0.5] * 3, (20, 30)).astype(np.float32)
    shares[:2, :3] = np.nan
    ends = rng.random((3, 12)) + 0.1
    return Abundances(
        abundances=shares,
        names=("alunite", "a very long name of a mineral that nobody can read", "gypsum"),
        endmembers=ends,
        convention="raw",
        method="blind",
        mixing="linear",
        residual=np.abs(shares[..., 0]) * 0.01,
        angle=shares[..., 0],
        wavelengths=np.linspace(1000, 2000, 12),
        library_names=("one", "two"),
        matches=np.array([[1, 2], [2, 1], [0, 0]]),
        match_angles=np.array([[0.1, 0.2], [0.1, 0.3], [np.nan, np.nan]]),
        matched=np.vstack([ends[:2], np.full((1, 12), np.nan)]),
        grid=Grid(transform=(18.0, 0, 0, 0, -18.0, 0), wkt='PROJCRS["x",LENGTHUNIT["metre",1]]'),
    )


def drawn(figure) -> int:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.tell()


def test_there_is_a_panel_an_endmember_and_one_of_the_residual(product):
    figure = draw_abundances(product)
    maps = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert len(maps) == 4
    assert "alunite" in maps[0].get_title(loc="left")
    assert maps[0].images[-1].get_clim() == maps[2].images[-1].get_clim() == (0, 1)
    assert maps[3].get_title(loc="left").startswith("residual")
    assert drawn(figure) > 1000


def test_the_share_in_a_heading_is_the_mean(product):
    heading = draw_abundances(product).axes[0].get_title(loc="left")
    assert heading.endswith(f"{np.nanmean(product.abundances[..., 0]):.0%}")


def test_a_curve_and_its_match_stand_in_each_panel(product):
    figure = draw_endmembers(product)
    counts = [len(axes.lines) for axes in figure.axes if axes.lines]
    assert counts == [2, 2, 1], "the third resembles nothing"
    assert "then two 11.5°" in figure.axes[0].get_title(loc="left")
    np.testing.assert_allclose(figure.axes[0].lines[1].get_ydata(), product.endmembers[0], rtol=1e-6)
    assert drawn(figure) > 1000


@pytest.mark.parametrize("shape", [(1, 200), (300, 2), (5, 5)])
def test_odd_shapes_and_no_wavelengths_are_drawn(product, shape):
    odd = replace(
        product,
        abundances=np.full((*shape, 3), 1 / 3, np.float32),
        residual=np.full(shape, np.nan, np.float32),
        wavelengths=None,
        matches=None,
        matched=None,
        grid=None,
    )
    assert drawn(draw_abundances(odd)) > 1000
    assert drawn(draw_endmembers(odd)) > 1000


def test_the_raster_has_a_named_layer_an_endmember(product):
    raster = abundance_raster(product)
    assert raster.layer_names == product.names
    assert raster.data.shape == (3, 20, 30)
    np.testing.assert_array_equal(raster.data[1], product.abundances[..., 1])
