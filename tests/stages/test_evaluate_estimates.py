"""evaluate, for estimates: figures that can be checked by hand, on pixels that no model has seen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from hsicli.cli.estimate_tables import estimate_scores_as_json, estimate_tables
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.hdf5 import read_product, write_product
from hsicli.library import Library
from hsicli.products.estimate_scores import EstimateScores
from hsicli.products.estimates import Estimate
from hsicli.provenance import Provenance
from hsicli.stages import evaluate_estimates as stage
from hsicli.stages.evaluate_estimates import evaluate_estimates
from hsicli.stages.superres_apply import SuperresApplyConfig, apply_superres
from hsicli.stages.superres_train import SuperresTrainConfig
from hsicli.stages.superresolution import diagnostics
from hsicli.stages.superresolution.settings import ModelConfig
from tests.stages.test_superres_train import AXIS, BANDS, COLS, CPU, ROWS, scene, sensor, trained

MADE = Provenance("superres apply", "1.1", {})


@pytest.fixture(scope="module")
def estimates(tmp_path_factory) -> list[Estimate]:
    """By ridge regression, and by the mean alone (a Gaussian that keeps no covariance of x and y)."""
    folder, made = tmp_path_factory.mktemp("estimates"), []
    for name, model in (
        ("a", ModelConfig(method="ridge")),
        ("b", ModelConfig(method="gaussian", covariance="diagonal")),
    ):
        weights = trained(SuperresTrainConfig(model=model))
        product = apply_superres(
            scene(), weights, SuperresApplyConfig(), sensor=sensor(), same_scene=True, seed=0, device=CPU
        )
        write_product(folder / f"{name}.h5", product, MADE)
        made.append(read_product(folder / f"{name}.h5", Estimate))
    return made


def scored(products, truth=None, **options) -> EstimateScores:
    return evaluate_estimates(products, truth or scene(), device=torch.device("cpu"), **options)


def test_scores_are_those_of_the_pixels_that_were_not_seen(estimates):
    first = estimates[0]
    found = scored([first])
    unseen = np.isfinite(first.spread) & (first.used == 0)
    assert found.pixels == found.unseen == unseen.sum()
    assert found.left_out == (np.isfinite(first.spread) & (first.used == 1)).sum()
    away = first.mean[unseen] - scene().data[unseen]
    assert found.values[0, 0] == pytest.approx(np.sqrt(np.square(away).mean()), rel=1e-4)
    np.testing.assert_allclose(found.band_rmse[0], np.sqrt(np.square(away).mean(axis=0)), rtol=1e-3)
    inside = np.abs(away) <= first.interval_factors[1] * first.deviation[unseen]
    assert found.stated[0, 1] == pytest.approx(inside.mean(), abs=1e-3)


def test_the_likelihood_is_scipys_of_the_kept_covariance(estimates):
    """One pixel at a time: its density is rebuilt from what the product has."""
    row, col = estimates[0].pixels[0].tolist()
    product = replace(estimates[0], used=np.ones((ROWS, COLS), np.uint8))
    product.used[row, col] = 0
    expected = -stats.multivariate_normal(product.mean[row, col], product.covariances[0]).logpdf(
        scene().data[row, col]
    )
    assert scored([product]).values[0, 2] == pytest.approx(expected, abs=0.05)


def test_the_constant_and_the_lines_stand_beside(estimates):
    found = scored([estimates[0]])
    unseen = np.isfinite(estimates[0].spread) & (estimates[0].used == 0)
    right = scene().data[unseen]
    assert found.baselines == ("constant", "interpolation")
    assert found.baseline_values[0, 0] == pytest.approx(right.std(axis=0).mean(), rel=0.15)
    assert found.values[0, 0] < found.baseline_values[1, 0] < found.baseline_values[0, 0]
    assert np.isnan(found.baseline_values[:, 2:]).all()


def test_two_estimates_are_compared_in_pairs(estimates):
    found = scored(estimates)
    assert found.names == ("ridge", "gaussian")
    one, two = _both(estimates)
    apart = one.squared - two.squared
    assert found.differences[0, 0] == pytest.approx(apart.mean(), rel=1e-4)
    assert found.p_pixels[0, 0] == pytest.approx(stats.ttest_1samp(apart, 0).pvalue, rel=1e-3)
    assert (found.differences < 0).all(), "ridge is better"
    assert (found.p_blocks < 1e-3).all()
    assert (found.p_blocks > found.p_pixels).all(), "blocks are fewer than pixels"
    same = scored([estimates[0], estimates[0]])
    assert (same.differences == 0).all()
    assert np.isnan(same.p_pixels).all()


def _both(estimates):
    unseen = np.flatnonzero(np.isfinite(estimates[0].spread) & (estimates[0].used == 0))
    right = scene().data.reshape(-1, BANDS)[unseen].astype(float)
    return tuple(stage._pixel_scores(one, unseen, right, CPU) for one in estimates)


def test_pixels_are_sorted_by_how_strange_their_input_is(estimates):
    found = scored([estimates[0]])
    assert found.strange_counts.sum() == found.pixels
    assert found.strange_counts[0] / found.pixels == pytest.approx(0.5, abs=0.15)
    strange = replace(estimates[0], strangeness=np.full((ROWS, COLS), 1e6, dtype=np.float32))
    assert scored([strange]).strange_counts.tolist() == [0, 0, 0, 0, 0, found.pixels]


@pytest.fixture
def wide_absorptions(monkeypatch):
    """Those of the scene have few bands."""
    monkeypatch.setattr(diagnostics, "AROUND", 70.0)


@pytest.mark.usefixtures("wide_absorptions")
def test_the_truth_itself_has_no_error_and_its_own_absorptions(estimates):
    perfect = replace(estimates[0], mean=scene().data)
    found = scored([perfect])
    assert found.features.tolist() == [2170, 2200, 2250, 2330, 2350]
    known = found.feature_pixels > 0
    assert known.any()
    np.testing.assert_allclose(found.depth_error[0, known], 0, atol=1e-5)
    np.testing.assert_allclose(found.depth_bias[0, known], 0, atol=1e-5)


def test_estimate_and_truth_resemble_the_same_spectrum(estimates):
    ends = 0.5 - 0.3 * np.stack([np.exp(-(((AXIS - at) / 60) ** 2)) for at in (2080, 2200, 2330)])
    library = Library(("Alunite one", "Alunite two", "Calcite"), ends, AXIS)
    found = scored([replace(estimates[0], mean=scene().data)], library=library)
    assert found.agreement.tolist() == found.mineral_agreement.tolist() == [1.0]
    real = scored(estimates, library=library)
    assert 0.7 < real.agreement[0] < 1
    assert real.mineral_agreement[0] >= real.agreement[0] > real.agreement[1]


def test_many_pixels_are_thinned(estimates, monkeypatch):
    monkeypatch.setattr(stage, "MOST_PIXELS", 50)
    found = scored([estimates[0]])
    assert found.pixels <= 50 < found.unseen


@pytest.mark.usefixtures("wide_absorptions")
def test_every_score_is_on_the_screen_and_in_json(estimates):
    found = scored(estimates, library=Library(("a", "b"), np.stack([AXIS, AXIS[::-1]]), AXIS))
    titles = [table.title for table in estimate_tables(found)]
    assert len(titles) == 6
    for table in estimate_tables(found):
        assert all(len(row) == len(table.columns) for row in table.rows)
    assert "nll" in estimate_scores_as_json(found)


def test_what_does_not_fit_is_refused(estimates):
    with pytest.raises(InputError, match=r"truth has 39×36 pixels.*40×36"):
        scored([estimates[0]], Cube(scene().data[1:], wavelengths=AXIS))
    with pytest.raises(InputError, match="no band of the truth at"):
        scored([estimates[0]], Cube(scene().data, wavelengths=AXIS - 900))
    with pytest.raises(InputError, match="not of the same pixels and bands"):
        scored([estimates[0], replace(estimates[1], wavelengths=AXIS + 5)])
    seen = replace(estimates[0], used=np.ones((ROWS, COLS), np.uint8))
    with pytest.raises(InputError, match="no model has seen"):
        scored([seen])
