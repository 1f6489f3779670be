"""Fields and bodies of planted geology: their law, and that they do not depend on how they are asked for."""

import numpy as np
import pytest

from hsicli.algorithms.synthesis import (
    Deposit,
    Sheet,
    deposits,
    distance_to_zero,
    generator,
    inside,
    smooth_field,
    soft_step,
    turned,
    warped,
)


def in_blocks(function, rows: int, cols: int, step: int) -> np.ndarray:
    return np.concatenate(
        [function(Sheet(slice(r, min(r + step, rows)), cols)) for r in range(0, rows, step)]
    )


def field_of(sheet: Sheet) -> np.ndarray:
    return smooth_field(*warped(sheet, 40.0, 9.0, 7, 3), (20.0, 31.0), 7, 1)


def veins_of(sheet: Sheet) -> np.ndarray:
    return distance_to_zero(*turned(*sheet.coordinates, 0.4), (20.0, 60.0), 7, 2)


@pytest.mark.parametrize("function", [field_of, veins_of])
@pytest.mark.parametrize("step", [1, 7, 64])
def test_a_field_does_not_depend_on_the_blocks(function, step: int) -> None:
    whole = function(Sheet(slice(0, 90), 37))
    np.testing.assert_array_equal(in_blocks(function, 90, 37, step), whole)


def test_a_wider_sheet_shows_the_same_field() -> None:
    np.testing.assert_array_equal(field_of(Sheet(slice(0, 9), 60))[:, :37], field_of(Sheet(slice(0, 9), 37)))


def test_a_field_has_mean_zero_and_variance_one_at_every_point() -> None:
    y, x = np.array([[0.0], [3.3]]), np.array([[-5.0, 0.25, 7.9]])
    draws = np.stack([smooth_field(y + far, x, (9.0, 5.0), s, 1) for far in (0.0, 1e7) for s in range(1000)])
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.09)
    np.testing.assert_allclose(draws.var(axis=0), 1, atol=0.13)


def test_a_field_is_smooth_on_its_scale_and_forgets_beyond_it() -> None:
    y = np.arange(0.0, 40_000.0)[:, None]
    field = smooth_field(y, np.zeros((1, 1)), (40.0, 40.0), 3, 1, octaves=1)[:, 0]
    assert np.abs(np.diff(field)).max() < 0.2
    assert np.corrcoef(field[:-4], field[4:])[0, 1] > 0.95
    assert abs(np.corrcoef(field[:-200], field[200:])[0, 1]) < 0.1


def test_seeds_and_streams_give_unrelated_fields() -> None:
    y = np.arange(0.0, 20_000.0)[:, None]
    x = np.zeros((1, 1))
    one, seed, stream = (smooth_field(y, x, (5.0, 5.0), *key)[:, 0] for key in [(1, 1), (2, 1), (1, 2)])
    assert abs(np.corrcoef(one, seed)[0, 1]) < 0.06
    assert abs(np.corrcoef(one, stream)[0, 1]) < 0.06
    np.testing.assert_array_equal(one, smooth_field(y, x, (5.0, 5.0), 1, 1)[:, 0])


def test_the_distance_to_a_zero_is_in_pixels() -> None:
    """Where the field changes its sign between two pixels, the zero is less than about a pixel away."""
    y = np.arange(0.0, 3000.0)[:, None]
    x = np.zeros((1, 1))
    field = smooth_field(y, x, (30.0, 1e9), 5, 1, octaves=2)[:, 0]
    distance = distance_to_zero(y, x, (30.0, 1e9), 5, 1)[:, 0]
    crossing = np.flatnonzero(field[:-1] * field[1:] < 0)
    assert len(crossing) > 20
    assert np.minimum(distance[crossing], distance[crossing + 1]).max() < 0.7


def test_a_soft_step_is_one_half_at_zero_and_symmetric() -> None:
    d = np.linspace(-2, 2, 41)
    np.testing.assert_allclose(soft_step(d) + soft_step(-d), 1)
    np.testing.assert_array_equal(soft_step(np.array([-0.5, 0.0, 0.5])), [0, 0.5, 1])


def test_deposits_of_every_kind_lie_in_every_cell_and_have_their_share() -> None:
    shares, sizes = (0.009, 0.004, 0.001), (8.0, 5.0, 4.0)
    for cell in range(6):
        kinds = deposits(shares, sizes, cell, (256, 320), 20, seed=1, stream=9)
        for share, bodies in zip(shares, kinds, strict=True):
            area = sum(np.pi * body.half_length * body.half_width for body in bodies)
            assert area == pytest.approx(share * 256 * 320)
            assert all(256 * cell < body.row < 256 * (cell + 1) for body in bodies)
            assert all(20 < body.col < 300 for body in bodies)


def test_a_round_body_covers_its_disc() -> None:
    within = inside(Sheet(slice(0, 41), 41), [Deposit(20, 20, 10, 10, 0)], 1.0, np.zeros((41, 41)))
    assert within[20, 20] == 1
    assert within[20, 30] == pytest.approx(0.5)
    assert within[20, 32] == 0
    assert within.sum() == pytest.approx(np.pi * 100, rel=0.03)


def test_generators_of_places_differ_and_repeat() -> None:
    draws = {(s, t, p): generator(s, t, p).standard_normal() for s in (0, 1) for t in (5, 6) for p in (0, 1)}
    assert len(set(draws.values())) == 8
    assert generator(1, 6, 1).standard_normal() == draws[1, 6, 1]
