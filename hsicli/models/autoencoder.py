"""The autoencoder of one image: a spectrum to a few numbers and back, by two hidden layers each way."""

import torch
from torch import Tensor, nn

from hsicli.models.losses import spectral_angle


class Autoencoder(nn.Module):
    """z = E(x), x̂ = D(z), trained so that the angle between x and x̂ is small.

    Two hidden layers of ReLU each way; codes and output are linear. The network sees (x − offset) / scale and
    gives back offset + scale · D(z); the paper's has offset 0 and scale 1.

    Parameters
    ----------
    bands : int
    codes : int
        d, length of a code.
    hidden : (int, int)
        Units of the encoder's hidden layers; the decoder mirrors them.

    References
    ----------
    GyPSUM, §3.1, §4.2 and eq. 7; the paper leaves the widths open.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, bands: int, codes: int, hidden: tuple[int, int] = (128, 64)) -> None:
        super().__init__()
        wide, narrow = hidden
        self.encoder = nn.Sequential(
            nn.Linear(bands, wide), nn.ReLU(), nn.Linear(wide, narrow), nn.ReLU(), nn.Linear(narrow, codes)
        )
        self.decoder = nn.Sequential(
            nn.Linear(codes, narrow), nn.ReLU(), nn.Linear(narrow, wide), nn.ReLU(), nn.Linear(wide, bands)
        )
        self.register_buffer("offset", torch.zeros(bands))
        self.register_buffer("scale", torch.ones(()))

    def encode(self, spectra: Tensor) -> Tensor:
        """(n, codes): z = E(x)."""
        codes: Tensor = self.encoder((spectra - self.offset) / self.scale)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """(n, bands): x̂ = D(z)."""
        return self.offset + self.scale * self.decoder(codes)

    def forward(self, spectra: Tensor) -> Tensor:
        """(n, bands): x̂ = D(E(x))."""
        return self.decode(self.encode(spectra))

    def loss(self, batch: Tensor) -> Tensor:
        """Mean spectral angle between (n, bands) spectra and what comes back of them."""
        return spectral_angle(batch, self(batch)).mean()


def start_at_random(model: Autoencoder, generator: torch.Generator) -> None:
    """He's start: normal weights of variance 2 / fan-in, no bias; the paper names no other.

    Parameters
    ----------
    model : Autoencoder
        Changed in place.
    generator : torch.Generator
        Of the device of the model.
    """
    with torch.no_grad():
        for layer in (*_linear_layers(model.encoder), *_linear_layers(model.decoder)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)


def start_as_pca(
    model: Autoencoder, mean: Tensor, directions: Tensor, scale: float, generator: torch.Generator
) -> None:
    """Write a linear projection into the network, exactly: before its first step it is as good as PCA.

    z = V (x − mean) / scale,  x̂ = mean + scale · Vᵀ z

    A number t passes a ReLU as the pair max(t, 0), max(−t, 0), so 2 d hidden units carry d codes on.
    The units left over start at random and are not listened to yet (their outgoing weights are 0): they are
    there for what the line cannot say.

    Parameters
    ----------
    model : Autoencoder
        Changed in place.
    mean : (bands,) Tensor
        Becomes `offset`.
    directions : (d, bands) Tensor
        V, orthonormal rows.
    scale : float
        Root mean square of the deviations of a band, so that the network sees numbers of the order of one.
    generator : torch.Generator
        Of the device of the model.

    Raises
    ------
    ValueError
        If a hidden layer has fewer than 2 d units.
    """
    d = len(directions)
    halves = _linear_layers(model.encoder), _linear_layers(model.decoder)
    units = min(layer.out_features for half in halves for layer in half[:2])
    if units < 2 * d:
        raise ValueError(f"{d} codes need hidden layers of {2 * d} units or more, not {units}")
    start_at_random(model, generator)
    eye = torch.eye(d).to(directions)
    pair = torch.cat([eye, -eye])  # (2d, d): t → (t, −t)
    with torch.no_grad():
        model.offset.copy_(mean)
        model.scale.fill_(scale)
        for (wide, narrow, last), enter, leave in zip(
            halves, (directions, eye), (eye, directions.T), strict=True
        ):
            wide.weight[: 2 * d] = pair @ enter
            narrow.weight[: 2 * d] = torch.eye(2 * d, narrow.in_features)
            last.weight.zero_()
            last.weight[:, : 2 * d] = leave @ pair.T  # max(t, 0) − max(−t, 0) = t


def _linear_layers(half: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in half if isinstance(layer, nn.Linear)]
