import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsicli.algorithms.albedo import powder_reflectance, single_scattering_albedo

angles = st.floats(0, 1.4)


@given(st.floats(0, 1), angles, angles)
def test_there_and_back_is_nothing(value, incidence, emergence):
    reflectance = powder_reflectance(np.array(value), incidence=incidence, emergence=emergence)
    back = single_scattering_albedo(reflectance, incidence=incidence, emergence=emergence)
    assert back == pytest.approx(value, abs=1e-12)


def test_black_and_white_are_themselves():
    for turn in (single_scattering_albedo, powder_reflectance):
        np.testing.assert_allclose(
            turn(np.array([0.0, 1.0, -0.2, 1.3]), incidence=0.5, emergence=0.0), [0, 1, 0, 1]
        )


def test_normal_light_by_hand():
    # w = 3/4: γ = 1/2, R = 3/4 / (1 + 1)²
    np.testing.assert_allclose(powder_reflectance(np.array(0.75), incidence=0, emergence=0), 0.1875)


def test_it_is_hapke_s_product_of_h_functions_over_that_of_white():
    w, mu0, mu = np.array([0.1, 0.5, 0.9]), np.cos(0.7), np.cos(0.2)

    def bidirectional(w):
        h = [(1 + 2 * x) / (1 + 2 * x * np.sqrt(1 - w)) for x in (mu0, mu)]
        return w / (4 * np.pi) * mu0 / (mu0 + mu) * h[0] * h[1]

    np.testing.assert_allclose(
        powder_reflectance(w, incidence=0.7, emergence=0.2), bidirectional(w) / bidirectional(np.array(1.0))
    )


def test_dark_grains_darken_a_powder_more_than_their_share():
    dark, bright = (single_scattering_albedo(np.array(r), incidence=0.5, emergence=0) for r in (0.05, 0.8))
    mixed = powder_reflectance((dark + bright) / 2, incidence=0.5, emergence=0)
    assert mixed < (0.05 + 0.8) / 2 - 0.1
