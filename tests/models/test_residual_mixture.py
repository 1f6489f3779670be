import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from hsicli.models.residual_mixture import ResidualMixture

INPUTS, BANDS, COMPONENTS, CORRELATED = 3, 7, 4, 5


@pytest.fixture
def model() -> ResidualMixture:
    torch.manual_seed(0)
    network = ResidualMixture(
        INPUTS, BANDS, COMPONENTS, CORRELATED, hidden=(16,), dropout=0.0, noise_floor=0.01
    )
    for value in network.parameters():
        torch.nn.init.normal_(value, std=0.4)
    return network.eval().double()


def some_pairs() -> torch.Tensor:
    return torch.randn(6, INPUTS + BANDS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_loss_is_the_likelihood_that_torch_has_of_the_mixture(model):
    pairs = some_pairs()
    log_weights, apart, log_scales = model(pairs[:, :INPUTS])
    factor = torch.eye(BANDS, dtype=torch.float64).repeat(COMPONENTS, 1, 1)
    factor[:, :CORRELATED, :CORRELATED] = model.factors()
    whole = log_scales.exp()[..., None] * factor
    centres = torch.cat([apart, apart.new_zeros(6, COMPONENTS, BANDS - CORRELATED)], dim=2)
    mixture = MixtureSameFamily(
        Categorical(logits=log_weights), MultivariateNormal(centres, precision_matrix=whole @ whole.mT)
    )
    by_torch = -mixture.log_prob(pairs[:, INPUTS:]).mean().item()
    assert model.loss(pairs).item() == pytest.approx(by_torch, rel=1e-6)


def test_the_mean_of_the_mixture_is_the_mean_that_it_is_about(model):
    log_weights, apart, _ = model(some_pairs()[:, :INPUTS])
    assert apart.abs().max() > 0.1
    assert (log_weights.exp()[..., None] * apart).sum(dim=1).abs().max() < 1e-12


def test_no_coordinate_is_more_certain_than_the_floor(model):
    model.levels.data.fill_(100.0)
    _, _, log_scales = model(some_pairs()[:, :INPUTS])
    assert log_scales.exp().max().item() <= 100 * (1 + 1e-6)


def test_beyond_the_correlated_coordinates_x_moves_all_deviations_by_one_factor(model):
    model.noise_floor = 1e-30  # far from the floor the factor is exact
    _, _, free = model(some_pairs()[:, :INPUTS])
    change = (free - free[:1])[..., CORRELATED:]
    assert change.detach().numpy() == pytest.approx(
        change[:, :1, :1].expand_as(change).detach().numpy(), abs=1e-9
    )
