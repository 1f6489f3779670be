"""The sparse model: its optimum is a linear programme's, and outliers do not move it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.optimize import linprog

from hsicli.preprocessing.absorptions import Dictionary, background_matrix
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.preprocessing.denoise import Effort, fit_spectra
from hsicli.preprocessing.sparse_model import SparseModel

WAVELENGTHS = np.linspace(1050, 2550, 60)
CPU = torch.device("cpu")
EXACT = Effort(iterations=3000, tolerance=1e-7)


def dictionary(free=None, wavelengths=WAVELENGTHS, depth=0.1):
    centres, widths = (grid.ravel() for grid in np.meshgrid(np.linspace(1150, 2450, 14), [40.0, 80.0]))
    columns = -depth * np.exp(-0.5 * ((wavelengths[:, None] - centres) / widths) ** 2)
    free = np.zeros((len(wavelengths), 0)) if free is None else free
    return Dictionary(
        tuple(f"{centre:.0f}" for centre in centres), columns, free, background_matrix(wavelengths)
    )


def spectra(rng, n=12, noise=0.004):
    """Logarithms of curved backgrounds with two absorptions each, with noise and without."""
    parts = dictionary()
    amounts = np.zeros((n, 28))
    amounts[np.arange(n), rng.integers(14, size=n)] = rng.uniform(0.5, 3, n)
    amounts[np.arange(n), 14 + rng.integers(14, size=n)] = rng.uniform(0.5, 3, n)
    level = np.log(rng.uniform(0.1, 0.4, (n, 1)))
    background = level - 0.3 * ((WAVELENGTHS - 1900) / 900) ** 2
    clean = background + amounts @ parts.absorptions.T
    return (clean + noise * rng.standard_normal(clean.shape)).astype(np.float32), clean


def fitted(y, weights=None, parts=None, effort=EXACT):
    model = SparseModel(parts or dictionary(), CPU)
    weights = np.ones_like(y) if weights is None else weights.astype(np.float32)
    found = fit_spectra(model, torch.from_numpy(y), torch.from_numpy(weights), effort)
    return model, found, model.spectra(found.coefficients).numpy()


def optimum(y, weights, parts, sparsity):
    """The least cost, by HiGHS: unknowns x, p, z, and the two signs of the residual."""
    n_x, n_p, bands = parts.absorptions.shape[1], parts.free.shape[1], len(y)
    matrix = np.hstack([parts.absorptions, parts.free, parts.background, np.eye(bands), -np.eye(bands)])
    share = weights / np.linalg.norm(y)
    cost = np.r_[np.full(n_x, sparsity), np.zeros(n_p + bands), share, share]
    limits = [(0, None)] * n_x + [(None, None)] * (n_p + 1) + [(0, None)] * (bands - 2) + [(None, None)]
    found = linprog(cost, A_eq=matrix, b_eq=y, bounds=limits + [(0, None)] * (2 * bands))
    return found.fun, matrix[:, : n_x + n_p + bands] @ found.x[: n_x + n_p + bands]


def least_depth(log_spectra, wavelengths):
    return remove_continuum(np.exp(log_spectra).astype(np.float32), wavelengths).min(axis=1)


def cost(model, found, y, weights, fit, sparsity):
    amounts = found.coefficients[:, : model.absorbers].numpy()
    return (weights * abs(y - fit)).sum(axis=1) / np.linalg.norm(y, axis=1) + sparsity * amounts.sum(axis=1)


@pytest.mark.parametrize("sparsity", [0.002, 0.01])
def test_the_cost_falls_to_that_of_the_linear_programme(rng, sparsity):
    y, _ = spectra(rng)
    weights = (rng.random(y.shape) > 0.1).astype(float)
    gas = np.exp(-0.5 * ((WAVELENGTHS[:, None] - 2010) / 20) ** 2)
    parts = dictionary(gas)

    model, found, fit = fitted(y, weights, parts, Effort(sparsity, 3000, 1e-7))

    reached = cost(model, found, y, weights, fit, sparsity)
    least = np.array(
        [optimum(*each, parts, sparsity)[0] for each in zip(y.astype(float), weights, strict=True)]
    )
    assert (reached >= least * (1 - 1e-6)).all()  # no cost is less than the least
    assert_allclose(reached, least, rtol=3e-3)
    # What is missing is time: the excess falls as the iterations rise.
    _, begun, farther = fitted(y, weights, parts, Effort(sparsity, 1000, 1e-7))
    before = cost(model, begun, y, weights, farther, sparsity)
    assert (reached - least).mean() < 0.6 * (before - least).mean()


def test_the_signs_are_those_of_the_model(rng):
    y, _ = spectra(rng)

    model, found, _ = fitted(y)
    coefficients = found.coefficients.numpy()

    assert (coefficients[:, : model.absorbers] >= 0).all()
    assert (coefficients[:, model.linear + 1 : -1] >= 0).all()
    steps = np.diff(model.background(found.coefficients).numpy(), axis=1)
    assert (np.diff(steps, axis=1) <= 1e-5).all()  # concave, on an even axis


def test_outliers_and_gaps_do_not_move_the_model(rng):
    y, clean = spectra(rng, n=40)
    _, _, before = fitted(y)
    hit = rng.random(y.shape) < 0.02
    spiked = np.where(hit, y + 0.2 * rng.choice([-1, 1], y.shape), y).astype(np.float32)
    gaps = (rng.random(y.shape) > 0.05).astype(np.float32)

    _, _, after = fitted(spiked)
    _, _, gapped = fitted(np.where(gaps > 0, spiked, 0).astype(np.float32), gaps)

    assert np.sqrt(np.mean((before - clean) ** 2)) < 0.004
    # 2 % of outliers of 0.2 alone are 0.028, root mean square
    assert np.sqrt(np.mean((after - clean) ** 2)) < 0.008
    assert np.sqrt(np.mean((gapped - clean) ** 2)) < 0.008


def test_a_flat_spectrum_has_a_model_as_flat_as_the_optimum(rng):
    wavelengths = np.linspace(1050, 2550, 228)  # as many as CRISM has: the cost is set for them
    flat = (np.log(0.2) + 0.006 * rng.standard_normal((30, 228))).astype(np.float32)

    parts = dictionary(wavelengths=wavelengths, depth=0.04)  # the median of a mineral library, so scaled
    model, found, _ = fitted(flat, parts=parts, effort=Effort())

    depths = least_depth(model.surface(found.coefficients).numpy(), wavelengths)
    exact = least_depth(
        np.stack([optimum(one, np.ones(228), parts, 0.01)[1] for one in flat.astype(float)]), wavelengths
    )
    # The optimum itself has absorptions of noise, the deepest of 0.0024: the solver adds none of its own.
    assert exact.min() < 0.998
    assert_allclose(depths.min(), exact.min(), atol=5e-4)
    assert (depths < 0.999).mean() <= (exact < 0.999).mean()
    assert depths.min() > 0.99  # the flat test


def test_a_free_shape_takes_either_sign_and_is_not_of_the_surface(rng):
    y, _ = spectra(rng, noise=0.0005)
    gas = np.exp(-0.5 * ((WAVELENGTHS - 2010) / 20) ** 2)[:, None]
    amount = np.linspace(-0.05, 0.05, len(y)).astype(np.float32)

    model, found, fit = fitted(y + amount[:, None] * gas[:, 0].astype(np.float32), parts=dictionary(gas))

    assert_allclose(found.coefficients[:, model.absorbers].numpy(), amount, atol=0.012)
    surface = model.surface(found.coefficients).numpy()
    assert_allclose(fit - surface, found.coefficients[:, [model.absorbers]].numpy() * gas.T, atol=1e-5)


def test_chunks_do_not_change_the_result_and_it_repeats(rng, monkeypatch):
    y, _ = spectra(rng, n=50)
    _, first, _ = fitted(y, effort=Effort())
    _, again, _ = fitted(y, effort=Effort())
    monkeypatch.setattr("hsicli.preprocessing.denoise.CHUNK", {"cpu": 7})
    _, _, cut = fitted(y, effort=Effort())
    _, _, whole = fitted(y, effort=Effort(iterations=1500, tolerance=1e-6))

    assert torch.equal(first.coefficients, again.coefficients)
    assert np.sqrt(np.mean((cut - whole) ** 2)) < 0.002


def test_shapes_that_do_not_agree_are_refused(rng):
    y, _ = spectra(rng)
    with pytest.raises(ValueError, match="59"):
        fit_spectra(
            SparseModel(dictionary(), CPU), torch.from_numpy(y[:, 1:].copy()), torch.ones(12, 59), EXACT
        )
