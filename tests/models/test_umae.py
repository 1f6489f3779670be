"""The masked autoencoder: as torch's own layers, of the published size, blind to what it is not shown."""

import numpy as np
import pytest
import torch
from torch import nn

from hsicli.models.training import TrainingConfig, fit, start_training
from hsicli.models.umae import Block, MaskedAutoencoder, UmaeConfig

SMALL = UmaeConfig(
    patch=3,
    group=3,
    step=1,
    width=12,
    depth=2,
    heads=2,
    decoder_depth=1,
    decoder_heads=3,
    hidden=16,
    dropout=0.0,
)


def small(bands: int = 10, **changes) -> MaskedAutoencoder:
    torch.manual_seed(0)
    return MaskedAutoencoder(bands, UmaeConfig(**{**vars(SMALL), **changes}))


def batch(n: int = 5, bands: int = 10, cells: int = 9) -> torch.Tensor:
    return torch.rand(n, cells + 1, bands, generator=torch.Generator().manual_seed(1))


def test_a_block_is_that_of_torch():
    config = UmaeConfig(width=24, heads=4, hidden=40, dropout=0.0)
    torch.manual_seed(0)
    block = Block(config, 4)
    other = nn.TransformerEncoderLayer(
        24, 4, 40, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    pairs = [
        (other.self_attn.in_proj_weight, block.attention.weight), (other.self_attn.out_proj, block.out[0]),
        (other.linear1, block.layers[0]), (other.linear2, block.layers[3]),
        (other.norm1, block.before), (other.norm2, block.between),
    ]  # fmt: skip
    with torch.no_grad():
        other.self_attn.in_proj_bias.zero_()
        pairs[0][0].copy_(pairs[0][1])
        for theirs, ours in pairs[1:]:
            theirs.load_state_dict(ours.state_dict())
        tokens = torch.rand(3, 7, 24)
        torch.testing.assert_close(block(tokens), other(tokens), rtol=1e-5, atol=1e-6)


def test_the_published_network_has_the_published_size():
    model = MaskedAutoencoder(176, UmaeConfig(step=1))
    parts = (model.embedding, model.encoder)
    size = sum(p.numel() for part in parts for p in part.parameters())
    assert size + model.cls.numel() + model.positions.numel() == 189_120
    assert 310_000 < sum(p.numel() for p in model.parameters()) < 320_000


@pytest.mark.parametrize("step", [1, 3])
def test_the_embedding_is_one_linear_map_of_groups_that_wrap_around(step):
    model, patches = small(step=step), batch()[:, :-1]
    found = model._embedded(patches)
    assert found.shape == (5, -(-10 // step), 12)
    weight = model.embedding.weight  # (width, cells, group)
    for token in range(found.shape[1]):
        group = torch.stack([patches[:, :, (token * step + shift) % 10] for shift in (-1, 0, 1)], dim=2)
        expected = group.flatten(1) @ weight.flatten(1).T + model.embedding.bias
        torch.testing.assert_close(found[:, token], expected, rtol=1e-4, atol=1e-5)


def test_positions_of_the_decoder_are_waves():
    waves = small(width=12).sinusoids
    for place, column in ((0, 0), (3, 4), (7, 5), (9, 11)):
        angle = place / 10000 ** (2 * (column // 2) / 12)
        expected = np.sin(angle) if column % 2 == 0 else np.cos(angle)
        assert float(waves[place, column]) == pytest.approx(expected, abs=1e-5)


def test_what_is_hidden_is_not_seen():
    """The loss is a square: its second difference along hidden bands is that of the truth alone."""
    model = small(group=1).double().eval()
    here = batch().double()
    hidden = torch.zeros_like(here)
    gone = here[:, -1].argsort(dim=1)[:, :5]
    hidden.scatter_(2, gone[:, None].expand(-1, 9, -1), 0.3)
    hidden[:, -1] = 0
    model.requires_grad_(False)
    bent = model.loss(here + hidden) + model.loss(here - hidden) - 2 * model.loss(here)
    assert float(bent) == pytest.approx(2 * 0.3**2, rel=1e-9)
    shown = torch.full_like(here, 0.3) - hidden
    shown[:, -1] = 0
    assert float(model.loss(here + shown)) != pytest.approx(float(model.loss(here)), rel=1e-6)


def test_masks_are_drawn_anew_only_while_it_learns_and_only_if_asked():
    for masks, same in (("fixed", True), ("random", False)):
        model = small(masks=masks)
        model.train()
        assert (model.loss(batch()).item() == model.loss(batch()).item()) is same
        model.eval()
        assert model.loss(batch()).item() == model.loss(batch()).item()


def test_the_code_of_a_pixel_does_not_depend_on_the_others():
    model, patches = small().eval(), batch()[:, :-1]
    torch.testing.assert_close(model.encode(patches)[2:3], model.encode(patches[2:3]), rtol=1e-5, atol=1e-6)
    assert model.encode(patches).shape == (5, 12)


def test_it_learns_to_say_what_is_hidden(rng):
    levels = rng.random((64, 1, 1)) * np.ones((1, 10, 10))
    data = torch.from_numpy(levels.astype(np.float32))
    data[:, -1] = torch.from_numpy(rng.random((64, 10), dtype=np.float32))
    model = small()
    training = start_training(model, TrainingConfig(40, 16, 5e-3, 1e-4, 40), torch.Generator().manual_seed(0))
    losses = [step.held_out for step in fit(training, data, data)]
    assert losses[-1] < 0.1 * float(data[:, :-1].var())


@pytest.mark.parametrize(
    "wrong", [{"patch": 4}, {"group": 2}, {"step": 0}, {"heads": 5}, {"masked": 0.0}, {"masked": 1.0}]
)
def test_networks_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        UmaeConfig(**wrong)
