"""Blends: what a pixel is drawn as and mixed by is what the header states."""

import numpy as np
import pytest

from hsicli.algorithms.albedo import single_scattering_albedo
from hsicli.algorithms.leastsquares import fcls
from hsicli.algorithms.mixing import bilinear_excess
from hsicli.algorithms.synthesis import Sheet
from hsicli.errors import ConfigError
from hsicli.stages.blending import Blend, drawn, mixable, mixed, stated
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise

SHEET = Sheet(slice(0, 96), 96)


def draw(blend, concentration=1.0, sheet=SHEET, p=5, seed=3):
    return drawn(blend, concentration, sheet, p, seed)


@pytest.mark.parametrize("how", ["dirichlet", "even", "smooth"])
def test_abundances_lie_on_the_simplex_whatever_the_blocks(how):
    blend = Blend(draw=how)
    whole = draw(blend)
    assert whole.min() >= 0
    np.testing.assert_allclose(whole.sum(axis=-1), 1, atol=1e-12)
    parts = [draw(blend, sheet=Sheet(slice(start, start + 32), 96)) for start in (0, 32, 64)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert (draw(blend, seed=4) != whole).any()


def test_dirichlet_has_the_variance_of_dirichlet():
    found = draw(Blend(), concentration=0.4, p=4).reshape(-1, 4)
    np.testing.assert_allclose(found.mean(axis=0), 0.25, atol=0.02)
    np.testing.assert_allclose(found.var(axis=0), 0.25 * 0.75 / (1 + 4 * 0.4), rtol=0.05)


def test_even_abundances_are_nearer_the_middle():
    assert draw(Blend(draw="even")).std() < 0.7 * draw(Blend()).std()


@pytest.mark.parametrize("how", ["dirichlet", "even"])
def test_no_abundance_exceeds_the_cap(how):
    capped = draw(Blend(draw=how, most=0.6), concentration=0.2)
    assert 0.5 < capped.max() <= 0.6


def test_a_cap_that_cannot_be_met_is_refused():
    with pytest.raises(ConfigError, match="always exceed"):
        draw(Blend(most=0.21), sheet=Sheet(slice(0, 1), 500))


def test_smooth_abundances_are_alike_next_door_and_not_far_off():
    a = draw(Blend(draw="smooth", size=16.0))
    a = a - a.mean(axis=(0, 1))
    near, far = (np.mean(a[step:] * a[:-step]) / np.mean(a * a) for step in (1, 40))
    assert near > 0.9
    assert abs(far) < 0.4
    assert draw(Blend(draw="smooth", contrast=8.0)).max(axis=-1).mean() > 0.8


def test_linear_mixtures_are_sums(rng):
    a, e = rng.dirichlet(np.ones(3), 10), rng.random((3, 7))
    np.testing.assert_allclose(mixed(Blend(), a, mixable(Blend(), e)), a @ e, rtol=1e-5)


def test_bilinear_mixtures_add_every_pair(rng):
    a, e = rng.dirichlet(np.ones(3), 10), rng.random((3, 7))
    blend = Blend(law="bilinear", interaction=0.7)
    pairs = sum(a[:, i, None] * a[:, j, None] * e[i] * e[j] for i in range(3) for j in range(i + 1, 3))
    np.testing.assert_allclose(mixed(blend, a, mixable(blend, e)), a @ e + 0.7 * pairs, rtol=1e-5)
    assert bilinear_excess(e, e * e, 1.0) == pytest.approx(0)  # a pure pixel meets nobody


def test_intimate_mixtures_are_linear_in_albedo(rng):
    a, e = rng.dirichlet(np.ones(3), 10), rng.random((3, 7))
    blend = Blend(law="hapke", incidence=40.0, emergence=10.0)
    angles = {"incidence": np.radians(40.0), "emergence": np.radians(10.0)}
    spectra = mixed(blend, a, mixable(blend, e))
    np.testing.assert_allclose(
        single_scattering_albedo(spectra, **angles), a @ single_scattering_albedo(e, **angles), rtol=1e-4
    )


@pytest.mark.parametrize("law", ["linear", "bilinear", "hapke"])
def test_a_pure_pixel_is_its_endmember(law, rng):
    e = rng.random((4, 9))
    blend = Blend(law=law)
    np.testing.assert_allclose(mixed(blend, np.eye(4), mixable(blend, e)), e, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("law", ["linear", "hapke"])
def test_a_scene_without_noise_is_undone_by_its_own_law(law):
    blend = Blend(law=law, draw="smooth", contrast=1.0)
    scene = synthesise(SynthConfig(rows=8, cols=9, snr=float("inf"), blend=blend), seed=1)
    (block,) = scene.blocks()
    spectra, ends, truth = (
        block.data.reshape(72, -1),
        scene.endmembers.spectra,
        block.abundances.reshape(72, -1),
    )
    angles = {"incidence": np.radians(30.0), "emergence": 0.0}
    turned = (single_scattering_albedo(x, **angles) if law == "hapke" else x for x in (spectra, ends))
    np.testing.assert_allclose(fcls(*turned), truth, atol=2e-4)
    assert f"mixing: linear{' in single-scattering albedo' if law == 'hapke' else ''}" in scene.description
    wrong = (
        fcls(single_scattering_albedo(spectra, **angles), ends) if law == "linear" else fcls(spectra, ends)
    )
    assert np.sqrt(np.mean((wrong - truth) ** 2)) > 0.02


def test_the_header_states_every_definition():
    assert stated(Blend(most=0.8), 0.2) == (
        "abundances: each pixel Dirichlet(0.2, …), none above 0.8; mixing: linear"
    )
    assert "uniform numbers over their sum" in stated(Blend(draw="even"), 1.0)
    assert "Gaussian fields of 24 pixels" in stated(Blend(draw="smooth"), 1.0)
    assert "albedo (Hapke), incidence 30" in stated(Blend(law="hapke"), None)
    assert "bilinear, interaction 0.5" in stated(Blend(law="bilinear", interaction=0.5), None)


@pytest.mark.parametrize("wrong", [{"most": 0}, {"size": 0}, {"interaction": 2.0}, {"incidence": 90.0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="blend"):
        Blend(**wrong)
