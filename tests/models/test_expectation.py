import pytest
import torch

from hsicli.models.expectation import Expectation, VariationalEncoder


def some(n: int, m: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, m, generator=torch.Generator().manual_seed(seed))


def test_a_line_is_met_before_anything_is_learnt():
    x = some(200, 4)
    y = x @ some(4, 7, 1) + 3
    network = Expectation(4, 7, (8, 8), 0.0)
    network.start_at_line(x, y)
    assert network(x).detach().numpy() == pytest.approx(y.numpy(), abs=1e-3)
    assert network.loss(torch.cat([x, y], dim=1)).item() < 1e-8


def test_loss_is_the_mean_squared_error():
    network = Expectation(3, 5, (8,), 0.0).eval()
    x, y = some(9, 3), some(9, 5, 2)
    by_hand = ((network(x) - y) ** 2).mean().item()
    assert network.loss(torch.cat([x, y], dim=1)).item() == pytest.approx(by_hand)


@pytest.mark.parametrize("kind", ["spherical", "diagonal", "full"])
def test_an_encoder_draws_codes_of_its_covariance(kind):
    torch.manual_seed(0)
    network = VariationalEncoder(3, 5, (8,), 0.0, kind).eval()
    with torch.no_grad():
        _, root = network.posterior(some(4, 3))
    assert (root.diagonal(dim1=1, dim2=2) > 0).all()
    off = root - torch.diag_embed(root.diagonal(dim1=1, dim2=2))
    assert bool(off.any()) == (kind == "full")
    assert (root.mT - root.mT.tril()).allclose(off.mT)  # lower triangular
    if kind == "spherical":
        widths = root.diagonal(dim1=1, dim2=2)
        assert (widths == widths[:, :1]).all()


def test_an_encoder_is_looked_at_by_its_mean_and_learns_by_draws():
    torch.manual_seed(0)
    network = VariationalEncoder(3, 5, (8,), 0.0, "full")
    batch = some(6, 8)
    assert network.eval().loss(batch).item() == network.loss(batch).item()
    assert network.train().loss(batch).item() != network.loss(batch).item()
