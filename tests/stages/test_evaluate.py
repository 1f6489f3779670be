import logging
from dataclasses import fields, replace

import numpy as np
import pytest
from sklearn import metrics as sk

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.products.labels import ClassMap, Labels
from hsicli.stages.evaluate import EvaluateConfig, evaluate_labels, matched_raster

ROWS, COLS, BANDS, K = 24, 20, 48, 3
WAVELENGTHS = np.linspace(1050, 2550, BANDS)


def dip(centre, depth=0.3):
    return 0.5 * (1 - depth * np.exp(-0.5 * ((WAVELENGTHS - centre) / 40) ** 2))


MINERALS = np.stack([dip(1400), dip(1900), dip(2200)])


@pytest.fixture
def scene(rng):
    """A cube of three minerals in vertical stripes, the map of a perfect classifier, and the truth."""
    truth = np.tile(np.repeat([1, 2, 3, 1, 2], 4), (ROWS, 1)).astype(np.int32)
    spectra = MINERALS[truth - 1] + 0.005 * rng.normal(size=(ROWS, COLS, BANDS))
    spectra[:2] = np.nan
    labels = truth.copy()
    labels[:2] = 0
    codes = spectra[..., ::6].astype(np.float32)
    product = Labels(
        labels,
        ("one", "two", "three"),
        np.zeros((K, 3), dtype=np.uint8),
        np.bincount(labels.ravel())[1:],
        np.stack([spectra[labels == k].mean(axis=0) for k in (1, 2, 3)]),
        np.full((K, BANDS), 0.005),
        WAVELENGTHS,
        codes=codes,
    )
    return product, Cube(spectra.astype(np.float32), wavelengths=WAVELENGTHS), truth


QUICK = EvaluateConfig(blind_seeds=2)


def evaluate(product, config=QUICK, **kwargs):
    return evaluate_labels([product], config, seed=0, **kwargs)


def value(scores, name, run=0):
    return scores.values[run, scores.metrics.index(name)]


def test_a_perfect_map_scores_one_on_the_pixels_that_count(scene):
    product, _, truth = scene
    known = truth.copy()
    known[:2] = 0
    scores = evaluate(product, truth=ClassMap(known, ("a", "b", "c")))
    assert scores.pixels == (ROWS - 2) * COLS
    assert scores.unlabeled[0] == 0
    for name in ("overall_accuracy", "nmi", "ari", "f1_one_to_one", "kappa"):
        assert value(scores, name) == pytest.approx(1)
    np.testing.assert_array_equal(scores.partners, [1, 2, 3])
    assert scores.confusion.sum() == scores.pixels


def test_true_pixels_that_the_map_leaves_out_are_errors_and_are_told(scene, caplog):
    product, _, truth = scene
    with caplog.at_level(logging.INFO, "hsicli"):
        scores = evaluate(product, truth=ClassMap(truth, ("a", "b", "c")))
    assert scores.unlabeled[0] == 2 * COLS
    assert value(scores, "overall_accuracy") == pytest.approx((ROWS - 2) / ROWS)
    assert f"{2 * COLS} of the {ROWS * COLS} pixels" in caplog.text


def test_unclassified_pixels_of_the_truth_are_in_no_statistic(scene, rng):
    product, _, truth = scene
    known = np.where(rng.random(truth.shape) < 0.3, truth, 0)
    scores = evaluate(product, truth=ClassMap(known, ("a", "b", "c")))
    spoiled = replace(product, labels=np.where(known > 0, product.labels, rng.integers(0, 4, truth.shape)))
    again = evaluate(spoiled, truth=ClassMap(known, ("a", "b", "c")))
    np.testing.assert_array_equal(scores.values, again.values)
    np.testing.assert_array_equal(scores.confusion, again.confusion)


def test_the_blind_baseline_stands_beside_a_map_that_beats_it(scene):
    product, _, truth = scene
    scores = evaluate(product, truth=ClassMap(truth, ("a", "b", "c")))
    assert scores.blind_labeled.shape == (2, len(scores.metrics))
    assert scores.blind_image is None  # the truth labels the whole image
    oa = scores.metrics.index("overall_accuracy")
    assert scores.blind_labeled[:, oa].max() < value(scores, "overall_accuracy")


def test_a_truth_of_compact_patches_is_found_by_location_alone(scene):
    product, _, _ = scene
    truth = np.zeros((ROWS, COLS), dtype=np.int32)
    truth[2:6, :4], truth[18:22, 14:18], truth[4:8, 14:18] = 1, 2, 3
    scores = evaluate(product, truth=ClassMap(truth, ("a", "b", "c")))
    oa = scores.metrics.index("overall_accuracy")
    assert scores.blind_labeled[:, oa].mean() == 1
    assert scores.blind_image[:, oa].mean() < 1


def test_several_maps_give_a_row_each(scene):
    product, _, truth = scene
    worse = replace(product, labels=np.where(product.labels == 3, 1, product.labels))
    scores = evaluate_labels(
        [product, worse], EvaluateConfig(blind_seeds=0), truth=ClassMap(truth, ("a", "b", "c")), seed=0
    )
    assert scores.values.shape[0] == scores.recalls.shape[0] == scores.separation.shape[0] == scores.runs == 2
    assert value(scores, "ari", 1) < value(scores, "ari", 0)
    assert scores.blind_labeled is None


def test_separation_equals_scikit_learn_on_codes_and_spectra(scene):
    product, cube, _ = scene
    scores = evaluate(product, cube=cube)
    known = product.labels > 0
    for name, index, values in (
        ("calinski_harabasz_codes", sk.calinski_harabasz_score, product.codes),
        ("davies_bouldin_codes", sk.davies_bouldin_score, product.codes),
        ("calinski_harabasz_spectra", sk.calinski_harabasz_score, cube.data),
        ("davies_bouldin_spectra", sk.davies_bouldin_score, cube.data),
    ):
        wanted = index(values[known].astype(float), product.labels[known])
        assert scores.separation[0, scores.separations.index(name)] == pytest.approx(wanted, rel=1e-9)


def test_pixels_that_are_fill_in_the_cube_are_in_no_statistic(scene):
    product, cube, _ = scene
    spoiled = cube.data.copy()
    spoiled[10] = np.nan
    scores = evaluate(replace(product, codes=None), cube=Cube(spoiled))
    known = (product.labels > 0) & np.isfinite(spoiled).all(axis=2)
    assert scores.separation_pixels.tolist() == [[known.sum(), known.sum()]]
    wanted = sk.calinski_harabasz_score(spoiled[known].astype(float), product.labels[known])
    assert scores.separation[0, 0] == pytest.approx(wanted, rel=1e-9)


def test_regions_count_their_classes_have_a_mean_and_may_overlap(scene):
    product, cube, _ = scene
    west, every, fill = (np.zeros((ROWS, COLS), dtype=bool) for _ in range(3))
    west[:, :4], every[:], fill[:2] = True, True, True
    regions = {"west": west, "all": every, "fill": fill}
    scores = evaluate(product, cube=cube, regions=regions)
    assert scores.region_names == ("west", "all", "fill")
    np.testing.assert_array_equal(scores.region_counts[0], [8, 4 * (ROWS - 2), 0, 0])
    assert scores.region_counts[1].sum() == ROWS * COLS
    np.testing.assert_allclose(scores.region_means[0], cube.data[2:, :4].mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(scores.region_means[1], cube.data[2:].mean(axis=(0, 1)), rtol=1e-5)
    assert np.isnan(scores.region_means[2]).all()
    assert evaluate(product, regions=regions).region_means is None


def test_a_map_of_the_same_scene_takes_the_colours_of_the_first(scene):
    product, _, truth = scene
    product = replace(product, colours=np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], dtype=np.uint8))
    raster = matched_raster(
        product, ClassMap(np.array([0, 3, 1, 2])[truth].astype(np.int32), ("b", "c", "a"))
    )
    np.testing.assert_array_equal(raster.colours, product.colours[[1, 2, 0]])
    assert raster.class_names == ("b", "c", "a")
    with pytest.raises(InputError, match="the map to match has 20×24"):
        matched_raster(product, ClassMap(truth.T, ("a", "b", "c")))


def library(names=("alunite", "calcite", "kaolinite", "quartz"), bands=WAVELENGTHS):
    spectra = np.stack([np.interp(bands, WAVELENGTHS, row) for row in (*MINERALS, np.full(BANDS, 0.4))])
    return Library(names, spectra, bands)


def test_each_class_finds_its_mineral_whatever_the_slope_of_the_light(scene):
    product, _, _ = scene
    tilted = replace(product, means=product.means * np.linspace(0.4, 1.6, BANDS))
    scores = evaluate(tilted, library=library())
    np.testing.assert_array_equal(scores.matches[:, 0], [1, 2, 3])
    assert scores.match_angles.shape == (3, 3)
    assert (np.diff(scores.match_angles, axis=1) >= 0).all()


def test_the_angle_of_spectra_is_the_one_between_them_as_they_are(scene):
    product, _, _ = scene
    scores = evaluate(product, EvaluateConfig(compare="spectrum", matches=1), library=library())
    first, second = product.means[0], MINERALS[0]
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert scores.match_angles[0, 0] == pytest.approx(np.arccos(cosine), abs=1e-6)


def test_a_diluted_mineral_is_found_by_band_depth(scene):
    # One part of mineral in five of a bland one: its band, now shallow, must still point to it and not to
    # the flat reference, which is nearer by the angle of continuum-removed spectra.
    product, _, _ = scene
    diluted = replace(product, means=MINERALS / 6 + 5 / 6 * 0.5)
    assert evaluate(diluted, library=library()).matches[:, 0].tolist() == [1, 2, 3]
    by_continuum = evaluate(diluted, EvaluateConfig(compare="continuum-removed"), library=library())
    assert by_continuum.matches[:, 0].tolist() == [4, 4, 4]


def test_deleted_channels_and_short_libraries_are_compared_over_what_they_share(scene):
    product, _, _ = scene
    full = library()
    full.spectra[0, 20:24] = np.nan
    scores = evaluate(product, library=full)
    assert scores.matches[0, 0] == 1
    short = library(bands=WAVELENGTHS[30:])
    assert (evaluate(product, library=short).matches == 0).all()


def test_an_empty_class_matches_nothing_and_harms_no_other(scene):
    product, _, _ = scene
    means = product.means.copy()
    means[1] = np.nan
    scores = evaluate(replace(product, means=means, counts=product.counts * [1, 0, 1]), library=library())
    np.testing.assert_array_equal(scores.matches[:, 0], [1, 0, 3])


def test_another_grid_is_refused_with_both_shapes(scene):
    product, _, truth = scene
    with pytest.raises(InputError, match=r"the truth has 20×24 pixels .*, the first map 24×20"):
        evaluate(product, truth=ClassMap(truth.T, ()))


def test_an_empty_truth_is_refused(scene):
    product, _, truth = scene
    with pytest.raises(InputError, match="labels no pixel"):
        evaluate(product, truth=ClassMap(np.zeros_like(truth), ("a",)))


def test_a_truth_with_fewer_names_than_classes_is_numbered(scene):
    product, _, truth = scene
    assert evaluate(product, truth=ClassMap(truth, ("a",))).truth_names == ("a", "class 2", "class 3")


def test_every_field_carries_its_axes_or_unit(scene):
    product, _, _ = scene
    for item in fields(evaluate(product)):
        assert item.metadata, item.name
