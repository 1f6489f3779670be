"""The latent Dirichlet autoencoder in use: fitted, calibrated, packed into a product and taken out again."""

import json
import logging
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hsicli.errors import InputError
from hsicli.models.ldvae import LatentDirichlet, LdvaeConfig
from hsicli.models.training import TrainingConfig, fit, start_training
from hsicli.products.abundances import Abundances
from hsicli.runtime import Checkpoint, Track
from hsicli.stages.unmixing.inversion import Brightness, Invert, Inverted, linear_inversion
from hsicli.stages.unmixing.supervision import Inference

log = logging.getLogger(__name__)

LEVEL, WIDTH = 0.9, 1.6449
"""Share of the errors that so many deviations should hold."""

HELD_OUT = 20
"""One spectrum in so many is only looked at."""

TEMPERATURES = (1e-4, 1e4)


@dataclass(frozen=True, eq=False)
class Network:
    """A fitted network with what its numbers are relative to.

    Attributes
    ----------
    model : LatentDirichlet
    scale : float
        What the decoder makes, times this, is as bright as the spectra. Those of fixed brightness are divided
        by it, those of free brightness by their length.
    temperature : float
        Factor on the total of α̂ that makes its intervals hold what they should.
    device : torch.device
    inference : {"encoder", "least-squares"}
        Abundances are the posterior mean, or least squares on the endmembers of the network.
    """

    model: LatentDirichlet
    scale: float
    temperature: float
    device: torch.device
    inference: Inference = "encoder"

    def prepared(self, spectra: np.ndarray) -> Tensor:
        """(n, bands) float32 on the device, as the network sees them."""
        return prepared(spectra, self.model.brightness, self.scale).to(self.device)

    def posterior(self, spectra: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, p) means of α̂ and (n,) totals after the temperature, float64."""
        self.model.eval()
        with torch.no_grad():
            found = self.model.concentrations(self.prepared(spectra)).double().cpu().numpy()
        total = found.sum(axis=1)
        return found / total[:, None], total * self.temperature

    def vertices(self) -> np.ndarray:
        """(p, bands) float64: the endmembers by one-hot decoding."""
        return self.decoded(np.eye(self.model.endmembers))

    def decoded(self, abundances: np.ndarray) -> np.ndarray:
        """(n, bands) float64: the mean spectra of (n, p) abundances, of brightness one."""
        with torch.no_grad():
            found = self.model.decode(torch.from_numpy(abundances).to(self.device, torch.float32))
        return found.double().cpu().numpy() * self.scale

    def inversion(self) -> Invert:
        """Abundances by its inference, with deviations of the posterior's width about them."""
        if self.inference == "least-squares":
            return with_deviations(linear_inversion(self.vertices(), brightness=self.model.brightness), self)

        def invert(spectra: np.ndarray) -> Inverted:
            means, totals = self.posterior(spectra)
            modelled = self.decoded(means)
            bright = None
            if self.model.brightness == "free":
                norms = (modelled**2).sum(axis=1)
                bright = np.maximum((spectra * modelled).sum(axis=1) / np.maximum(norms, 1e-30), 0)
                modelled = bright[:, None] * modelled
            return Inverted(means, modelled, bright, posterior_deviations(means, totals))

        return invert


def with_deviations(invert: Invert, network: Network) -> Invert:
    """The same abundances, with the deviations that the network's posterior has about them."""

    def sure(spectra: np.ndarray) -> Inverted:
        found = invert(spectra)
        _, totals = network.posterior(spectra)
        return found._replace(deviations=posterior_deviations(found.abundances, totals))

    return sure


def prepared(spectra: np.ndarray, brightness: Brightness, scale: float) -> Tensor:
    """(n, bands) float32 Tensor: of unit length, or divided by a scale."""
    divisor = np.linalg.norm(spectra, axis=1, keepdims=True) if brightness == "free" else scale
    return torch.from_numpy((spectra / np.maximum(divisor, 1e-30)).astype(np.float32))


def scale_of(spectra: np.ndarray, brightness: Brightness) -> float:
    """The unit of (n, bands) spectra: their largest number if brightness is fixed, else their mean length."""
    if brightness == "fixed":
        return float(np.abs(spectra).max())
    return float(np.linalg.norm(spectra, axis=1).mean())


def posterior_deviations(means: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """(n, p): deviations of Dirichlet abundances of these means and total concentrations.

    Half a count more of each endmember keeps a mean of zero or one from being certain.

    Parameters
    ----------
    means : (n, p) float
    totals : (n,) float
    """
    p = means.shape[1]
    total = totals[:, None] + p / 2
    m = (means * totals[:, None] + 0.5) / total
    deviations: np.ndarray = np.sqrt(m * (1 - m) / (total + 1))
    return deviations


def new_network(
    spectra: np.ndarray, p: int, config: LdvaeConfig, brightness: Brightness, *,
    endmembers: np.ndarray | None, device: torch.device,
) -> Network:  # fmt: skip
    """A network that knows the mean and spread of these spectra; torch's global state draws its weights.

    Parameters
    ----------
    spectra : (n, bands) float
    p : int
    config : LdvaeConfig
    brightness : {"free", "fixed"}
    endmembers : (p, bands) float, optional
        Where the spectra of a linear decoder start, and what they are anchored to; in units of the spectra.
    device : torch.device
    """
    scale = scale_of(spectra, brightness)
    model = LatentDirichlet(spectra.shape[1], p, config, brightness)
    seen = prepared(spectra, brightness, scale)
    with torch.no_grad():
        model.offset.copy_(seen.mean(dim=0))
        model.scale.fill_(float((seen - seen.mean(dim=0)).square().mean().sqrt().clamp_min(1e-6)))
        if endmembers is not None and config.decoder != "mlp":
            model.start.copy_(torch.from_numpy((endmembers / scale).astype(np.float32)))
            model.spectra.copy_(model.start)
    return Network(model.to(device), scale, 1.0, device)


def fit_network(
    network: Network, spectra: np.ndarray, abundances: np.ndarray, training: TrainingConfig, label: str, *,
    generator: torch.Generator, track: Track, checkpoint: Checkpoint, saved: dict[str, Any],
    keep: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Fit a network, changed in place, to spectra and what is known of their abundances.

    Parameters
    ----------
    network : Network
    spectra : (n, bands) float
    abundances : (n, p) float
        NaN rows where they are not known.
    training : TrainingConfig
    label : str
        Of the progress, and of the state in the checkpoint.
    generator, track, checkpoint
        As of `fit_autoencoder`.
    saved : dict
        What the checkpoint had kept.
    keep : dict, optional
        What it is to keep beside the state of the fit.
    """
    told = torch.from_numpy(abundances.astype(np.float32)).to(network.device)
    data = torch.cat([network.prepared(spectra), told], dim=1)
    run = start_training(network.model, training, generator)
    if label in saved:
        run.restore(saved[label])
    held = data[::HELD_OUT]
    for step in track(fit(run, data, held), label, training.epochs):
        log.debug("%s, epoch %d: loss %.5f", label, step.epoch, step.loss)
        checkpoint.offer(lambda: {**(keep or {}), label: run.state()})
    network.model.eval()


def temperature(means: np.ndarray, totals: np.ndarray, truth: np.ndarray) -> float:
    """The factor on the totals with which 90 % of the errors lie within 1.645 deviations.

    Parameters
    ----------
    means : (n, p) float
    totals : (n,) float
        Before any temperature.
    truth : (n, p) float
    """
    errors = np.abs(means - truth)
    low, high = np.log(TEMPERATURES)
    for _ in range(40):
        middle = (low + high) / 2
        held = (errors <= WIDTH * posterior_deviations(means, totals * np.exp(middle))).mean()
        low, high = (middle, high) if held > LEVEL else (low, middle)  # hotter intervals are narrower
    return float(np.exp((low + high) / 2))


def packed(network: Network) -> dict[str, Any]:
    """The fields of `Abundances` about a network."""
    state = {name: value.detach().cpu().numpy() for name, value in network.model.state_dict().items()}
    settings = {
        "config": asdict(network.model.config),
        "brightness": network.model.brightness,
        "bands": network.model.bands,
        "endmembers": network.model.endmembers,
        "scale": network.scale,
        "temperature": network.temperature,
        "inference": network.inference,
    }
    return {
        "model": json.dumps(settings, sort_keys=True),
        "weight_names": tuple(" ".join([name, *map(str, value.shape)]) for name, value in state.items()),
        "weights": np.concatenate([value.ravel() for value in state.values()]).astype(np.float32),
    }


def unpacked(product: Abundances, device: torch.device) -> Network:
    """The network of a product.

    Raises
    ------
    InputError
        If it has none.
    """
    if product.model is None or product.weights is None:
        raise InputError(
            f"the product was made by {product.method}, which learns no network",
            hint="make one with --method blind, supervised or transfer",
        )
    settings = json.loads(product.model)
    config = LdvaeConfig(**settings["config"] | {"hidden": tuple(settings["config"]["hidden"])})
    model = LatentDirichlet(settings["bands"], settings["endmembers"], config, settings["brightness"])
    state, first = {}, 0
    for line in product.weight_names:
        name, *shape = line.split()
        sizes = [int(size) for size in shape]
        count = int(np.prod(sizes))
        values = np.array(product.weights[first : first + count], dtype=np.float32)
        state[name] = torch.from_numpy(values).reshape(sizes)
        first += count
    model.load_state_dict(state)
    return Network(
        model.to(device).eval(), settings["scale"], settings["temperature"], device, settings["inference"]
    )
