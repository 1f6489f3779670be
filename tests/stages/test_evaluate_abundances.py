"""Abundances scored: by hand, in every unit, beside every baseline."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.algorithms.leastsquares import converted, fcls, fractions, nnls
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.products.abundances import Abundances
from hsicli.stages.evaluate_abundances import evaluate_abundances

AXIS = np.linspace(1000.0, 2000.0, 30)


@pytest.fixture
def scene(rng):
    """A cube of mixtures of three spectra of different heights, the truth and its library."""
    endmembers = rng.uniform(0.1, 1, (3, 30)) * [[1.0], [0.6], [0.3]]
    truth = rng.dirichlet(np.ones(3), (12, 10))
    spectra = (truth @ endmembers + rng.normal(0, 0.01, (12, 10, 30))).astype(np.float32)
    return Cube(spectra, wavelengths=AXIS), truth, Library(("a", "b", "c"), endmembers, AXIS)


def product(abundances, endmembers, **fields):
    rows, cols, p = abundances.shape
    image = np.full((rows, cols), 0.01, dtype=np.float32)
    known = {
        "convention": "raw",
        "method": "known",
        "mixing": "linear",
        "residual": image,
        "angle": 2 * image,
    }
    names = tuple(f"endmember {k}" for k in range(1, p + 1))
    return Abundances(
        abundances=abundances.astype(np.float32), names=names, endmembers=endmembers,
        **{"wavelengths": AXIS, **known, **fields},
    )  # fmt: skip


def test_the_truth_itself_has_no_error_in_whatever_order(scene):
    cube, truth, library = scene
    order = [2, 0, 1]
    scores = evaluate_abundances(
        product(truth[..., order], library.spectra[order]), truth, endmembers=library, cube=cube
    )
    assert scores.partners.tolist() == [2, 3, 1]
    assert scores.overall_rmse < 1e-6
    assert scores.mean_angle < 1e-6
    assert scores.paired_by == "spectra"
    assert scores.truth_names == ("a", "b", "c")
    assert scores.pixels == 120
    np.testing.assert_allclose(scores.residual, 0.01, rtol=1e-6)
    np.testing.assert_allclose(scores.residual_angle, 0.02, rtol=1e-6)


def test_errors_by_hand(scene):
    _, truth, library = scene
    found = np.clip(truth + 0.1 * np.array([1, -1, 0]), 0, None)
    scores = evaluate_abundances(product(found, library.spectra), truth, endmembers=library)
    errors = ((found - truth) ** 2).mean(axis=(0, 1))
    np.testing.assert_allclose(scores.rmse, np.sqrt(errors), atol=1e-7)
    assert scores.overall_rmse == pytest.approx(np.sqrt(errors.mean()), rel=1e-5)


def test_baselines_stand_beside(scene):
    cube, truth, library = scene
    scores = evaluate_abundances(product(truth, library.spectra), truth, endmembers=library, cube=cube)
    flat, x = truth.reshape(-1, 3), cube.data.reshape(-1, 30)
    assert scores.baselines == ("constant", "fcls", "nnls")
    expected = [
        flat.mean(axis=0) - flat,
        fcls(x, library.spectra) - flat,
        fractions(nnls(x, library.spectra)) - flat,
    ]
    np.testing.assert_allclose(
        scores.baseline_overall_rmse, [np.sqrt(np.mean(e**2)) for e in expected], rtol=1e-5
    )
    assert scores.baseline_rmse.shape == (3, 3)
    assert scores.blind_angle > 0.1


def test_units_are_converted_as_asked(scene):
    _, truth, library = scene
    heights = library.spectra.max(axis=1)
    in_max = converted(truth, heights)
    as_max = product(in_max, library.spectra, convention="max")
    as_raw = product(truth, library.spectra)

    def error(made, units):
        return evaluate_abundances(made, truth, endmembers=library, units=units).overall_rmse

    assert error(as_max, "raw") < 1e-6
    assert error(as_raw, "max") < 1e-6
    assert error(as_max, "max") < 1e-6
    assert error(as_max, "free") < 1e-4
    assert error(as_max, "given") > 0.1


def test_a_truth_in_units_of_one_high_endmembers_is_met_by_max(scene):
    _, truth, library = scene
    heights = library.spectra.max(axis=1)
    normal = replace(library, spectra=library.spectra / heights[:, None])
    scores = evaluate_abundances(
        product(truth, library.spectra), converted(truth, heights), endmembers=normal, units="max"
    )
    assert scores.overall_rmse < 1e-6


def test_pixels_that_the_fit_was_given_are_left_out(scene):
    _, truth, library = scene
    wrong = truth.copy()
    wrong[:6] = wrong[:6, :, ::-1]
    used = np.zeros((12, 10), dtype=np.uint8)
    used[:6] = 1
    scores = evaluate_abundances(product(wrong, library.spectra, used=used), truth, endmembers=library)
    assert (scores.pixels, scores.left_out) == (60, 60)
    assert scores.overall_rmse < 1e-6


def test_pixels_without_truth_or_abundances_do_not_count(scene):
    _, truth, library = scene
    found, right = truth.copy(), truth.copy()
    found[0], right[1], right[2] = np.nan, np.nan, 0
    scores = evaluate_abundances(product(found, library.spectra), right, endmembers=library)
    assert scores.pixels == 90
    assert scores.overall_rmse < 1e-6


def test_fewer_and_more_endmembers_than_true_ones(scene):
    _, truth, library = scene
    fewer = evaluate_abundances(
        product(fractions(truth[..., :2]), library.spectra[:2]), truth, endmembers=library
    )
    assert fewer.partners.tolist() == [1, 2, 0]
    assert np.isnan(fewer.angles[2])
    assert fewer.mean_angle < 1e-6
    assert fewer.rmse[2] == pytest.approx(np.sqrt(np.mean(truth[..., 2] ** 2)), rel=1e-5)
    extra = np.concatenate([0.8 * truth, np.full((12, 10, 1), 0.2)], axis=2)
    more = evaluate_abundances(
        product(extra, np.vstack([library.spectra, np.linspace(1, 0.1, 30)])), truth, endmembers=library
    )
    assert more.partners.tolist() == [1, 2, 3]
    assert more.left_share == pytest.approx(0.2)


def test_without_true_spectra_abundances_pair(scene):
    _, truth, library = scene
    scores = evaluate_abundances(product(truth[..., [1, 2, 0]], library.spectra[[1, 2, 0]]), truth)
    assert scores.paired_by == "abundances"
    assert scores.partners.tolist() == [3, 1, 2]
    assert scores.angles is None
    assert scores.baselines == ("constant",)


def test_intervals_are_scored_where_there_are_deviations(scene, rng):
    _, _, library = scene
    alpha = rng.uniform(1, 5, (40, 50, 3))
    draws = rng.standard_gamma(alpha)
    truth = draws / draws.sum(axis=2, keepdims=True)
    total = alpha.sum(axis=2, keepdims=True)
    mean = alpha / total
    made = product(mean, library.spectra, deviations=np.sqrt(mean * (1 - mean) / (total + 1)))
    scores = evaluate_abundances(made, truth, endmembers=library)
    np.testing.assert_allclose(scores.coverage, scores.levels, atol=0.03)
    assert evaluate_abundances(made, truth, endmembers=library, units="max").coverage is None


def test_a_library_on_another_axis_is_resampled(scene):
    _, truth, library = scene
    fine = np.linspace(990.0, 2010.0, 400)
    made = Library(library.names, np.stack([np.interp(fine, AXIS, row) for row in library.spectra]), fine)
    scores = evaluate_abundances(product(truth, library.spectra), truth, endmembers=made)
    assert scores.mean_angle < 0.02


def test_sums_that_are_not_one_are_said(scene, caplog):
    _, truth, library = scene
    evaluate_abundances(product(truth, library.spectra), 1.02 * truth, endmembers=library)
    assert "do not sum to one" in caplog.text
    with pytest.raises(InputError, match="sum to 100 "):
        evaluate_abundances(product(truth, library.spectra), 100 * truth, endmembers=library)


def test_what_does_not_fit_is_refused(scene):
    cube, truth, library = scene
    made = product(truth, library.spectra)
    with pytest.raises(InputError, match="11×10"):
        evaluate_abundances(made, truth[:11])
    with pytest.raises(InputError, match="2 true endmembers for a truth of 3"):
        evaluate_abundances(made, truth, endmembers=library.members(("a", "b")))
    with pytest.raises(InputError, match="do not cover"):
        beyond = replace(library, wavelengths=AXIS + 500)
        evaluate_abundances(made, truth, endmembers=beyond)
    with pytest.raises(InputError, match="no pixel"):
        evaluate_abundances(made, np.zeros_like(truth))
    with pytest.raises(InputError, match="the cube has 11×10"):
        small = Cube(cube.data[:11], wavelengths=AXIS)
        evaluate_abundances(made, truth, endmembers=library, cube=small)
