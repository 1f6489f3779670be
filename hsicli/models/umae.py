"""The masked autoencoder of one image: a pixel and its neighbours, some of their bands hidden, made whole."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


@dataclass(frozen=True)
class UmaeConfig:
    """The network and what it hides."""

    patch: int = 7
    """Rows and cols about a pixel that it sees, odd."""
    group: int = 5
    """Neighbouring bands of one token, odd; the last bands and the first are neighbours."""
    step: int = 4
    """Bands from a token to the next; 1: a token a band, as published, at eight times the cost."""
    width: int = 48
    """Numbers of a token, and of a code."""
    depth: int = 6
    """Blocks of the encoder."""
    heads: int = 6
    """Of its attention."""
    decoder_depth: int = 4
    decoder_heads: int = 4
    hidden: int = 192
    """Units of each block's hidden layer."""
    dropout: float = 0.1
    masked: float = 0.5
    """m, share of the tokens that are hidden while it learns."""
    masks: Literal["fixed", "random"] = "random"
    """Which: the same ones of a pixel in every epoch, as published, or others each time."""

    def __post_init__(self) -> None:
        for name in ("patch", "group"):
            if getattr(self, name) < 1 or getattr(self, name) % 2 == 0:
                raise ValueError(f"{name} must be odd, it is {getattr(self, name)}")
        for name in ("step", "width", "depth", "heads", "decoder_depth", "decoder_heads", "hidden"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, it is {getattr(self, name)}")
        for name in ("heads", "decoder_heads"):
            if self.width % getattr(self, name):
                raise ValueError(
                    f"width must be a multiple of {name}, {getattr(self, name)}; it is {self.width}"
                )
        if not 0 < self.masked < 1:
            raise ValueError(f"masked must be between 0 and 1, it is {self.masked}")


class MaskedAutoencoder(nn.Module):
    """The code of a pixel is the mean of its tokens after the encoder, none of them hidden.

    A token is a group of neighbouring bands of a patch about the pixel, seen through one linear map: along
    the spectrum that is a convolution, so tokens are never laid out. While it learns, a decoder is shown the
    tokens that are not hidden and says what the hidden ones were.

    Parameters
    ----------
    bands : int
    config : UmaeConfig

    References
    ----------
    arXiv:2604.13307 (DS2DL), §2 and Algorithm 1; Ibañez et al., "Masked auto-encoding spectral-spatial
    transformer for hyperspectral image classification", IEEE TGRS, 2022.
    """

    sinusoids: Tensor

    def __init__(self, bands: int, config: UmaeConfig) -> None:
        super().__init__()
        self.config, width, cells = config, config.width, config.patch**2
        self.tokens = -(-bands // config.step)
        self.embedding = nn.Conv1d(cells, width, config.group, stride=config.step)
        self.cls = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, self.tokens + 1, width))
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = nn.Sequential(*(Block(config, config.heads) for _ in range(config.depth)))
        self.narrow = nn.Linear(width, width, bias=False)
        self.unseen = nn.Parameter(torch.zeros(width))
        self.decoder = nn.Sequential(
            *(Block(config, config.decoder_heads) for _ in range(config.decoder_depth))
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, config.group * cells))
        self.register_buffer("sinusoids", _sinusoids(self.tokens, width))

    def encode(self, patches: Tensor) -> Tensor:
        """(n, width) codes of (n, patch², bands) patches."""
        return self._encoded(self._embedded(patches)).mean(dim=1)

    def loss(self, batch: Tensor) -> Tensor:
        """Mean square of what the hidden tokens are off by.

        A batch is (n, patch² + 1, bands): patches, and beside each a number a band; the tokens of the lowest
        are hidden, where they are fixed or the weights at rest. Otherwise they are drawn anew.
        """
        patches, keys = batch[:, :-1], batch[:, -1, :: self.config.step]
        if self.training and self.config.masks == "random":
            keys = torch.rand_like(keys)
        hidden = max(1, int(self.config.masked * self.tokens))
        order = keys.argsort(dim=1)
        shown, gone = order[:, hidden:].sort(dim=1).values, order[:, :hidden].sort(dim=1).values
        rows = torch.arange(len(batch), device=batch.device)[:, None]
        seen = self.narrow(self._encoded(self._embedded(patches)[rows, shown], shown)) + self.sinusoids[shown]
        guessed = self.decoder(torch.cat([seen, self.unseen + self.sinusoids[gone]], dim=1))
        truth = self._around(patches).unfold(2, self.config.group, self.config.step).transpose(1, 2)
        off = self.head(guessed[:, shown.shape[1] :]) - truth[rows, gone].flatten(2)
        return off.square().mean()

    def _around(self, patches: Tensor) -> Tensor:
        """The spectrum goes on at its other end."""
        return nn.functional.pad(patches, (self.config.group // 2,) * 2, mode="circular")

    def _embedded(self, patches: Tensor) -> Tensor:
        """(n, tokens, width)."""
        embedded: Tensor = self.embedding(self._around(patches)).transpose(1, 2)
        return embedded

    def _encoded(self, tokens: Tensor, places: Tensor | None = None) -> Tensor:
        """Tokens after the encoder; `places` (n, tokens) says which they are, unless they are all."""
        positions = self.positions[:, 1:] if places is None else self.positions[0, 1:][places]
        first = (self.cls + self.positions[:, :1]).expand(len(tokens), -1, -1)
        encoded: Tensor = self.encoder(self.dropout(torch.cat([first, tokens + positions], dim=1)))
        return encoded[:, 1:]


class Block(nn.Module):
    """Tokens look at each other, then each at itself: x + A(LN(x)), x + M(LN(x)).

    Parameters
    ----------
    config : UmaeConfig
    heads : int
    """

    def __init__(self, config: UmaeConfig, heads: int) -> None:
        super().__init__()
        width, self.heads = config.width, heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Sequential(nn.Linear(width, width), nn.Dropout(config.dropout))
        self.layers = nn.Sequential(
            nn.Linear(width, config.hidden), nn.GELU(), nn.Dropout(config.dropout),
            nn.Linear(config.hidden, width), nn.Dropout(config.dropout),
        )  # fmt: skip

    def forward(self, tokens: Tensor) -> Tensor:
        """(n, tokens, width) to the same."""
        n, count, width = tokens.shape
        parts = self.attention(self.before(tokens)).view(n, count, 3, self.heads, width // self.heads)
        seen = scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4))
        tokens = tokens + self.out(seen.transpose(1, 2).reshape(n, count, width))
        deeper: Tensor = tokens + self.layers(self.between(tokens))
        return deeper


def _sinusoids(places: int, width: int) -> Tensor:
    """(places, width): sin and cos of p / 10000^(2⌊j/2⌋/width), by turns."""
    columns = torch.arange(width)
    angles = torch.arange(places)[:, None] * torch.exp(-math.log(1e4) * 2 * (columns // 2) / width)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())
