"""diffuse: planted classes come back, whatever the mask; and what the product says of itself holds."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.algorithms.scores import METRICS, agreement, contingency
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.runtime import quiet
from hsicli.stages.diffuse import DiffuseConfig, SuperpixelConfig, cut_superpixels, diffuse_cube
from hsicli.stages.features import FeatureConfig
from hsicli.stages.walks import GraphConfig, GridConfig
from tests.disturbances import Memory, Stop
from tests.stages.test_masked import TINY

SMALL = DiffuseConfig(classes=4, superpixels=SuperpixelConfig(size=8))


@pytest.fixture(scope="module")
def product(planted):
    return diffuse_cube(planted.cube, SMALL)


def accuracy(found: np.ndarray, truth: np.ndarray) -> float:
    table = contingency(found, truth, int(found.max()), int(truth.max()))
    return float(agreement(table)[METRICS.index("overall_accuracy")])


def quarters(planted) -> np.ndarray:
    rows, cols = planted.labels.shape
    area = 1 + 2 * (np.arange(rows) >= rows // 2)[:, None] + (np.arange(cols) >= cols // 2)
    return np.where(planted.cube.valid, area, 0)


def test_four_quarters_come_back(planted, product):
    assert accuracy(product.labels, quarters(planted)) > 0.9


def test_the_number_of_classes_may_be_left_to_the_scores(planted):
    found = diffuse_cube(planted.cube, replace(SMALL, classes=None))
    assert 2 <= len(found.names) <= 8


def test_classes_are_of_whole_superpixels_and_the_chosen_time(product):
    row = product.time_labels[product.time_chosen]
    assert np.array_equal(product.labels, np.append(0, row)[product.superpixels])
    assert product.time_labels.shape == (len(product.times), product.superpixels.max())
    assert product.time_distances.argmin() == product.time_chosen


def test_classes_fall_in_size_and_fill_has_none(planted, product):
    assert (np.diff(product.counts) <= 0).all()
    assert (product.labels[~planted.cube.valid] == 0).all()
    assert (product.labels[planted.cube.valid] > 0).all()
    assert np.isnan(product.density[~planted.cube.valid]).all()
    np.testing.assert_allclose(np.nansum(product.density), 1, rtol=1e-5)


def test_class_means_are_those_of_their_pixels(planted, product):
    for number, mean in enumerate(product.means, 1):
        expected = planted.cube.data[product.labels == number].mean(axis=0, dtype=float)
        np.testing.assert_allclose(mean, expected, rtol=1e-5)


def test_modes_lie_in_their_classes_and_representatives_are_the_densest(product):
    rows, cols = product.modes.T
    assert (product.labels[rows, cols] == np.arange(1, len(product.names) + 1)).mean() >= 0.5
    rows, cols = product.representatives.T
    chosen = product.superpixels[rows, cols]
    for number in (1, int(product.superpixels.max())):
        inside = np.sort(product.density[product.superpixels == number])[::-1]
        here = np.sort(product.density[rows, cols][chosen == number])[::-1]
        np.testing.assert_allclose(here, inside[: len(here)])
    assert product.diffusion.shape == (len(rows), 9)


def test_the_same_again(planted, product):
    again = diffuse_cube(planted.cube, SMALL)
    for name in ("labels", "superpixels", "density", "diffusion", "time_labels"):
        assert np.array_equal(getattr(again, name), getattr(product, name), equal_nan=True), name


def test_a_run_that_was_stopped_anywhere_ends_the_same(planted, product):
    whole = Memory()
    diffuse_cube(planted.cube, SMALL, checkpoint=whole)
    assert whole.offers == 2, "superpixels, distances"
    for stop_at in (1, 2):
        stopped = Memory(stop_at)
        with pytest.raises(Stop):
            diffuse_cube(planted.cube, SMALL, checkpoint=stopped)
        again = Memory(state=stopped.state)
        found = diffuse_cube(planted.cube, SMALL, checkpoint=again)
        assert again.offers == 2 - stop_at, "nothing is done twice"
        for name in ("labels", "superpixels", "density", "diffusion", "time_labels"):
            assert np.array_equal(getattr(found, name), getattr(product, name), equal_nan=True), name


def test_a_grid_of_settings_is_each_of_them_and_the_middle_of_all_is_chosen(planted):
    grid = GridConfig(neighbours=(20, 40), percentile=(30.0, 70.0))
    found = diffuse_cube(planted.cube, replace(SMALL, grid=grid))
    assert sorted(set(found.time_settings)) == [
        "neighbours 20, percentile 30", "neighbours 20, percentile 70",
        "neighbours 40, percentile 30", "neighbours 40, percentile 70",
    ]  # fmt: skip
    assert len(found.time_settings) == len(found.times) == len(found.time_labels)
    assert found.time_distances.argmin() == found.time_chosen
    assert np.array_equal(found.labels, np.append(0, found.time_labels[found.time_chosen])[found.superpixels])
    alone = diffuse_cube(planted.cube, replace(SMALL, graph=GraphConfig(neighbours=20, percentile=70.0)))
    same = np.array(found.time_settings) == "neighbours 20, percentile 70"
    assert np.array_equal(found.time_labels[same], alone.time_labels)
    assert np.array_equal(found.superpixels, alone.superpixels)
    assert accuracy(found.labels, quarters(planted)) > 0.9


def test_a_grid_of_one_setting_is_that_setting(planted, product):
    one = diffuse_cube(planted.cube, replace(SMALL, grid=GridConfig(neighbours=(40,))))
    assert np.array_equal(one.labels, product.labels)
    assert one.time_settings == ()


def test_codes_of_the_masked_autoencoder_group_the_pixels_and_are_kept(planted):
    learnt = replace(SMALL, features=FeatureConfig("umae", umae=TINY))
    found = diffuse_cube(planted.cube, learnt, seed=1)
    assert found.codes.shape == (24, 20, 12)
    assert np.isnan(found.codes[~planted.cube.valid]).all()
    again = replace(SMALL, features=FeatureConfig("codes"))
    other = diffuse_cube(planted.cube, again, codes=found)
    for name in ("labels", "superpixels", "density", "time_labels"):
        assert np.array_equal(getattr(other, name), getattr(found, name), equal_nan=True), name
    assert other.codes is None, "they are in the other product"


def test_a_run_that_was_stopped_while_it_learns_or_later_ends_the_same(planted):
    learnt = replace(SMALL, features=FeatureConfig("umae", umae=TINY))
    whole = Memory()
    product = diffuse_cube(planted.cube, learnt, checkpoint=whole)
    for stop_at in (2, 4, 7, whole.offers - 1, whole.offers):
        stopped = Memory(stop_at)
        with pytest.raises(Stop):
            diffuse_cube(planted.cube, learnt, checkpoint=stopped)
        again = Memory(state=stopped.state)
        found = diffuse_cube(planted.cube, learnt, checkpoint=again)
        assert again.offers == whole.offers - stop_at, "nothing is done twice"
        for name in ("labels", "codes", "diffusion", "time_labels"):
            assert np.array_equal(getattr(found, name), getattr(product, name), equal_nan=True), name


def test_codes_of_another_image_are_refused(planted, product):
    by_codes = replace(SMALL, features=FeatureConfig("codes"))
    for codes in (None, product):
        with pytest.raises(InputError, match="there are no codes"):
            diffuse_cube(planted.cube, by_codes, codes=codes)
    with pytest.raises(InputError, match="24 × 21 pixels, the cube has 24 × 20"):
        diffuse_cube(planted.cube, by_codes, codes=replace(product, codes=np.zeros((24, 21, 3))))
    holes = np.where(np.arange(20)[:, None] < 3, np.nan, np.zeros((24, 20, 3)))
    with pytest.raises(InputError, match=r"\d+ valid pixels have no code"):
        diffuse_cube(planted.cube, by_codes, codes=replace(product, codes=holes))


@pytest.mark.parametrize("shape", [(2, 3), (1, 9), (5, 5)])
def test_an_image_smaller_than_a_patch_has_classes_too(rng, shape):
    cube = Cube(rng.random((*shape, 8)).astype(np.float32))
    wide = replace(TINY, network=replace(TINY.network, patch=7))
    config = DiffuseConfig(
        classes=2, features=FeatureConfig("umae", umae=wide), superpixels=SuperpixelConfig(count=4)
    )
    found = diffuse_cube(cube, config)
    assert 1 <= len(found.names) <= 2
    assert (found.labels > 0).all()


def test_superpixels_alone(planted, product):
    found = diffuse_cube(planted.cube, replace(SMALL, output="superpixels"))
    assert np.array_equal(found.superpixels, found.labels)
    assert np.array_equal(found.superpixels, product.superpixels)
    assert found.times is None
    assert found.names[0] == "superpixel 1"


def test_islands_of_a_mask_are_linked(planted, caplog):
    keep = planted.cube.valid.copy()
    keep[11:13], keep[:, 9:11] = False, False
    near = replace(SMALL, graph=GraphConfig(radius=2, neighbours=20, weights="one"))
    with caplog.at_level("INFO"):
        found = diffuse_cube(planted.cube.with_valid(keep), near)
    assert "pieces" in caplog.text
    assert accuracy(found.labels, np.where(keep, quarters(planted), 0)) > 0.8
    fewest = replace(near, superpixels=SuperpixelConfig(count=4), output="superpixels")
    assert len(diffuse_cube(planted.cube.with_valid(keep), fewest).names) == 4


def test_fewer_superpixels_than_classes_are_refused(planted):
    few = replace(SMALL, superpixels=SuperpixelConfig(count=3))
    with pytest.raises(InputError, match="3 superpixels cannot make 4 classes"):
        diffuse_cube(planted.cube, few)
    many = replace(SMALL, superpixels=SuperpixelConfig(count=10_000))
    with pytest.raises(InputError, match="too few for 10000 superpixels"):
        diffuse_cube(planted.cube, many)


def test_classes_that_win_no_superpixel_are_said(planted, caplog):
    greedy = replace(SMALL, classes=40, superpixels=SuperpixelConfig(count=45))
    with caplog.at_level("WARNING"):
        found = diffuse_cube(planted.cube, greedy)
    assert len(found.names) == 40 or "won no superpixel" in caplog.text


def test_an_image_of_noise_alone_ends_in_some_classes(rng):
    found = diffuse_cube(Cube(rng.random((12, 12, 5)).astype(np.float32)), DiffuseConfig())
    assert len(found.names) >= 2


def test_strips_are_cut_by_themselves(planted):
    values = np.stack([planted.cube.data[planted.cube.valid][:, band] for band in (3, 20, 30)], axis=1)
    config = DiffuseConfig(superpixels=SuperpixelConfig(count=24, strip_pixels=200))
    out = np.zeros(planted.labels.shape, int)
    out[planted.cube.valid] = cut_superpixels(values, planted.cube.valid, config, quiet)
    assert np.array_equal(np.unique(out[planted.cube.valid]), np.arange(1, out.max() + 1))
    assert 22 <= out.max() <= 26
    for edge in (8, 16):
        assert not set(out[:edge].ravel()) & set(out[edge:].ravel()) - {0}


def test_a_given_time_is_the_only_one(planted):
    found = diffuse_cube(planted.cube, replace(SMALL, time=8))
    assert found.times.tolist() == [8]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: DiffuseConfig(classes=1),
        lambda: DiffuseConfig(time=-1),
        lambda: SuperpixelConfig(count=0),
        lambda: GraphConfig(neighbours=1),
        lambda: GraphConfig(percentile=101),
        lambda: FeatureConfig(components=-1),
        lambda: DiffuseConfig(grid=GridConfig(neighbours=(1,))),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        wrong()
