import pytest

from hsicli.figures.layers import MOST, draw_layers
from hsicli.products.rasters import Raster


@pytest.mark.parametrize("count", [1, 3, 5, 30])
def test_a_layer_has_its_panel_and_name_up_to_a_dozen(rng, count):
    names = tuple(f"layer {number}" for number in range(count))
    figure = draw_layers(Raster(rng.random((count, 6, 9)), names, float("nan")))
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]
    assert titles == list(names[:MOST])
    said = figure.get_supxlabel()
    assert said == (f"the first {MOST} of 30 layers" if count == 30 else "")


@pytest.mark.parametrize("nodata", [float("nan"), -9999.0])
def test_nodata_is_in_no_range_and_an_empty_layer_is_drawn(rng, nodata):
    data = rng.uniform(5, 6, (2, 8, 8))
    data[0, :4] = nodata
    data[1] = nodata
    image = draw_layers(Raster(data, ("a", "b"), nodata)).axes[0].images[-1]
    low, high = image.get_clim()
    assert 5 <= low < high <= 6
    assert image.get_array().mask[:4].all()
