import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from hsicli.models.dcgm import Dcgm, DcgmConfig, capped

BANDS, INPUTS = 11, 3


def a_model(**settings) -> Dcgm:
    torch.manual_seed(0)
    return Dcgm(INPUTS, BANDS, DcgmConfig(hidden=(16, 16), **settings)).eval()


def some_pairs(n: int = 5) -> torch.Tensor:
    return torch.rand(n, INPUTS + BANDS, generator=torch.Generator().manual_seed(1))


def test_loss_is_the_likelihood_that_torch_has_of_the_precision():
    model = a_model().double()
    model.correlated = True
    torch.nn.init.normal_(model.lower.weight, std=0.5)
    pairs = some_pairs().double()
    mean, diagonal, lower = model.outputs(pairs[:, :INPUTS])
    factor = torch.diag_embed(diagonal) + lower
    torchs = MultivariateNormal(mean, precision_matrix=factor @ factor.mT).log_prob(pairs[:, INPUTS:])
    assert model.loss(pairs).item() == pytest.approx(-torchs.mean().item(), rel=1e-5)


def test_without_c2_it_is_the_diagonal_model():
    model, pairs = a_model(), some_pairs()
    mean, diagonal, lower = model.outputs(pairs[:, :INPUTS])
    torchs = Normal(mean, 1 / diagonal).log_prob(pairs[:, INPUTS:]).sum(dim=1)
    assert lower is None
    assert model.loss(pairs).item() == pytest.approx(-torchs.mean().item(), rel=1e-5)


def test_the_second_stage_begins_where_the_first_ended():
    model, pairs = a_model(), some_pairs()
    first = model.loss(pairs).item()
    model.correlated = True
    assert model.loss(pairs).item() == pytest.approx(first, rel=1e-6)


def test_an_unlearnt_model_says_a_twentieth():
    _, diagonal, _ = a_model().outputs(some_pairs(200)[:, :INPUTS])
    assert (1 / diagonal).median().item() == pytest.approx(0.05, rel=0.3)


def test_spherical_says_one_deviation_a_spectrum():
    _, diagonal, _ = a_model(covariance="spherical").outputs(some_pairs()[:, :INPUTS])
    assert (diagonal == diagonal[:, :1]).all()


def test_a_sigmoid_mean_stays_within_the_scaled_spectra_and_a_linear_one_starts_at_their_level():
    x = 100 * some_pairs()[:, :INPUTS]
    mean, _, _ = a_model(mean="sigmoid").outputs(x)
    assert (mean >= 0).all()
    assert (mean <= 1).all()
    model = a_model(mean="linear")
    before = model.outputs(x)[0]
    model.level.fill_(7.0)
    assert (model.outputs(x)[0] - before - 7).abs().max() < 1e-4


def test_no_band_is_more_certain_than_the_floor():
    wide = capped(torch.tensor([-5.0, 0.0, 50.0]), 0.01)
    assert wide.exp().max() <= 100 * (1 + 1e-6)
    assert wide[0].item() == pytest.approx(-5.0, abs=1e-3)
    # and so the likelihood of b bands is bounded: a truth on the mean earns no more than this
    bound = BANDS * (math.log(1 / 0.002) - math.log(2 * math.pi) / 2)
    model = a_model(noise_floor=0.002)
    torch.nn.init.constant_(model.diagonal[1].bias, 1e6)
    pairs = some_pairs()
    pairs[:, INPUTS:] = model.outputs(pairs[:, :INPUTS])[0].detach()
    assert -model.loss(pairs).item() <= bound + 1e-3
