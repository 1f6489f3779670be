"""ldvae: what the network must be before it has learnt anything."""

import pytest
import torch
from torch.distributions import Normal

from hsicli.models.ldvae import LatentDirichlet, LdvaeConfig
from hsicli.models.linear_unmixing import LinearUnmixer


def network(brightness="free", **settings):
    torch.manual_seed(0)
    model = LatentDirichlet(12, 3, LdvaeConfig(hidden=(16, 8), **settings), brightness)
    if settings.get("decoder", "linear") != "mlp":
        model.start.copy_(model.spectra.detach())
    return model


def batch(n=50, told=0):
    torch.manual_seed(1)
    known = torch.full((n, 3), torch.nan)
    known[:told] = torch.softmax(torch.randn(told, 3), dim=1)
    return torch.cat([torch.rand(n, 12), known], dim=1)


@pytest.mark.parametrize("decoder", ["linear", "bilinear"])
def test_one_hot_decoding_gives_the_endmembers_exactly(decoder):
    model = network(decoder=decoder)
    if decoder == "bilinear":
        torch.nn.init.normal_(model.products)
    assert torch.equal(model.decode(torch.eye(3)), model.spectra)
    assert torch.equal(model.vertices(), model.spectra)


def test_the_bilinear_decoder_adds_the_products_of_pairs():
    model = network(decoder="bilinear")
    torch.nn.init.normal_(model.products)
    z = torch.tensor([[0.2, 0.3, 0.5]])
    added = 0.06 * model.products[0] + 0.10 * model.products[1] + 0.15 * model.products[2]
    torch.testing.assert_close(model.decode(z)[0], (z @ model.spectra)[0] + added)


@pytest.mark.parametrize("brightness", ["free", "fixed"])
def test_abundances_lie_on_the_simplex(brightness):
    found = network(brightness).abundances(1e3 * torch.rand(200, 12))
    assert (found >= 0).all()
    torch.testing.assert_close(found.sum(-1), torch.ones(200), atol=1e-6, rtol=0)


def test_the_likelihood_is_that_of_torch():
    model = network("fixed", beta=0.0)
    model.eval()
    spectra = batch()[:, :12]
    with torch.no_grad():
        model.log_deviation.normal_(-1.0, 0.3)
        mean = model.decode(model.abundances(spectra))
        expected = -Normal(mean, model.log_deviation.exp()).log_prob(spectra).mean()
        found = model.loss(batch()) + 0.5 * torch.log(torch.tensor(2 * torch.pi))
    torch.testing.assert_close(found, expected)


def test_free_brightness_is_the_one_that_fits_best():
    model = network(beta=0.0)
    model.eval()
    with torch.no_grad():
        model.log_deviation.normal_(-1.0, 0.3)
        spectra = batch()[:, :12]
        mean = model.decode(model.abundances(spectra))
        deviation = model.log_deviation.exp()
        losses = [-Normal(g * mean, deviation).log_prob(spectra).mean(-1) for g in torch.linspace(0, 3, 601)]
        found = model.loss(batch()) + 0.5 * torch.log(torch.tensor(2 * torch.pi))
    best = torch.stack(losses).amin(0).mean()
    assert best - 1e-3 <= found <= best + 1e-6 or found == pytest.approx(best.item(), abs=1e-4)


def test_only_abundances_that_are_told_count():
    quiet, loud = network(omega=0.0).eval(), network(omega=5.0).eval()
    with torch.no_grad():
        assert quiet.loss(batch()) == loud.loss(batch()), "none is told"
        data = batch(told=10)
        wrong = (loud.abundances(data[:10, :12]) - data[:10, 12:]).square().sum(-1).mean()
        torch.testing.assert_close(loud.loss(data) - quiet.loss(data), 5 * wrong)


def test_the_anchor_is_the_squared_distance_from_the_start():
    free, held = network(anchor=0.0).eval(), network(anchor=3.0).eval()
    with torch.no_grad():
        for model in (free, held):
            model.spectra += 0.1
        torch.testing.assert_close(held.loss(batch()) - free.loss(batch()), torch.tensor(3 * 12 * 0.01))


@pytest.mark.parametrize("sampler", ["implicit", "inverse-cdf"])
def test_every_weight_has_a_gradient_while_it_learns(sampler):
    model = network(decoder="bilinear", sampler=sampler, divergence="gamma", anchor=1.0)
    model.train()
    model.loss(batch(told=10)).backward()
    for name, value in model.named_parameters():
        assert torch.isfinite(value.grad).all(), name
        assert value.grad.any(), name


def test_a_weight_below_zero_is_refused():
    with pytest.raises(ValueError, match="omega must be positive"):
        LdvaeConfig(omega=-1.0)


def test_the_linear_autoencoder_is_on_the_simplex_and_does_not_see_brightness():
    torch.manual_seed(0)
    spectra = torch.rand(40, 12)
    model = LinearUnmixer(torch.rand(3, 12), spectra.mean(0), torch.tensor(0.3))
    found = model.abundances(spectra)
    torch.testing.assert_close(found.sum(-1), torch.ones(40))
    made = found @ model.spectra
    angle = torch.nn.functional.cosine_similarity(spectra, made).clamp(-1, 1).arccos().mean()
    torch.testing.assert_close(model.loss(spectra), angle, atol=1e-4, rtol=0)
