import numpy as np
import torch

from hsicli.algorithms.whitening import whitened


def test_whitened_codes_are_uncorrelated_with_unit_variance(rng):
    codes = torch.from_numpy(rng.normal(size=(3000, 4)) @ rng.normal(size=(4, 4)))
    codes = torch.cat([codes * 100 + 7, codes[:, :1]], 1).float()  # the last column repeats the first
    white = whitened(codes)
    covariance = np.cov(white.double().T, ddof=0)
    np.testing.assert_allclose(covariance, np.diag([1, 1, 1, 1, 0]), atol=1e-4)


def test_codes_that_are_all_alike_become_zeros():
    assert not whitened(torch.full((20, 3), 7.0)).any()
