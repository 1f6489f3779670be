"""The networks of unmix, each fitted its way: blind, supervised, on planted mixtures, and the linear one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch

from hsicli.algorithms.leastsquares import fractions, nnls
from hsicli.models.ldvae import LdvaeConfig
from hsicli.models.linear_unmixing import LinearUnmixer
from hsicli.models.training import TrainingConfig, fit, start_training
from hsicli.runtime import Checkpoint, Track, numpy_rng, seeded
from hsicli.stages.unmixing.inversion import Brightness, Invert, natural_brightness
from hsicli.stages.unmixing.latent import Network, fit_network, new_network, prepared, scale_of, temperature
from hsicli.stages.unmixing.planted import TransferConfig, planted_mixtures
from hsicli.stages.unmixing.supervision import Inference

log = logging.getLogger(__name__)

WARM_EPOCHS = 10
"""That the encoder learns the least-squares abundances of the first endmembers before these may move."""

PLANTED = 4000
"""Mixtures that a temperature is found on."""


@dataclass(frozen=True, eq=False)
class Fitting:
    """What every fit of one run shares.

    Attributes
    ----------
    spectra : (n, bands) float64
        The sample.
    network, training : configurations
    brightness : {"free", "fixed"}
    seed, device, track, checkpoint
        As of any stage.
    saved : dict
        What the checkpoint had kept.
    """

    spectra: np.ndarray
    network: LdvaeConfig
    training: TrainingConfig
    brightness: Brightness
    seed: int
    device: torch.device
    track: Track
    checkpoint: Checkpoint
    saved: dict[str, Any]

    @property
    def frame(self) -> dict[str, Any]:
        """The last keywords of every fit."""
        return {"track": self.track, "checkpoint": self.checkpoint, "saved": self.saved}


def blind_network(fitting: Fitting, endmembers: np.ndarray) -> Network:
    """A network that starts at these endmembers and knows no abundance.

    First the encoder alone learns what least squares say, then everything learns, the endmembers anchored.
    If brightness is free, they are at one length: brightness is no part of them.
    """
    spectra = fitting.spectra
    if fitting.brightness == "free":
        lengths = np.linalg.norm(endmembers, axis=1, keepdims=True)
        endmembers = endmembers / lengths * scale_of(spectra, "free")
    with seeded(fitting.seed, fitting.device) as generator:
        network = new_network(
            spectra, len(endmembers), fitting.network, fitting.brightness,
            endmembers=endmembers, device=fitting.device,
        )  # fmt: skip
        unit = network.model.start.double().cpu().numpy()
        told = fractions(nnls(prepared(spectra, fitting.brightness, network.scale).numpy(), unit))
        kept = {"endmembers": torch.from_numpy(endmembers)}
        if "joint" not in fitting.saved and fitting.network.decoder != "mlp":
            network.model.spectra.requires_grad = False
            warm = replace(fitting.training, epochs=WARM_EPOCHS, patience=WARM_EPOCHS)
            fit_network(
                network, spectra, told, warm, "encoder", generator=generator, keep=kept, **fitting.frame
            )
            network.model.spectra.requires_grad = True
        fit_network(
            network, spectra, np.full_like(told, np.nan), fitting.training, "joint",
            generator=generator, keep=kept, **fitting.frame,
        )  # fmt: skip
    return network


def calibrated(
    network: Network, invert: Invert, spectra: np.ndarray, seed: int, again: Callable[[np.ndarray], Invert]
) -> Network:
    """The same with the temperature that planted mixtures ask for.

    Spectra are modelled, given the noise that the model leaves in each band, and unmixed again from the
    beginning, endmembers and all: how far that moves their abundances is what the deviations should say.
    What no linear mixture can say is in the noise alone.

    Parameters
    ----------
    network : Network
    invert : callable
        Whose abundances the deviations are to be of.
    spectra : (n, bands) float
    seed : int
    again : callable
        From spectra to another such, its endmembers found anew, in the same order.
    """
    rng = np.random.default_rng([seed, 1])
    some = spectra[np.sort(rng.permutation(len(spectra))[:PLANTED])]
    first = invert(some)
    noise = np.sqrt(np.square(some - first.modelled).mean(axis=0))
    made = first.modelled + noise * rng.standard_normal(first.modelled.shape)
    made = np.where(made.any(axis=1, keepdims=True), made, some)
    _, totals = replace(network, temperature=1.0).posterior(made)
    found = temperature(again(made)(made).abundances, totals, first.abundances)
    return replace(network, temperature=found)


def supervised_network(
    fitting: Fitting,
    spectra: np.ndarray,
    abundances: np.ndarray,
    inference: Literal["auto", "encoder", "least-squares"],
) -> Network:
    """A network that is told some abundances, and sees the other spectra too.

    An encoder averages over what noise leaves open, which pays where there is much of it; where there is
    little, least squares on the endmembers that the network learnt are nearer.

    Parameters
    ----------
    fitting : Fitting
    spectra : (n, bands) float
    abundances : (n, p) float
        NaN rows where they are not told. One in ten of the others is kept back, to judge by.
    inference : {"auto", "encoder", "least-squares"}
        auto: whichever is nearer to the abundances kept back.
    """
    rng = np.random.default_rng([fitting.seed, 2])
    told = np.flatnonzero(np.isfinite(abundances[:, 0]))
    back = rng.permutation(told)[: len(told) // 10]
    learnt = abundances.copy()
    learnt[back] = np.nan
    bright = np.linalg.norm(spectra, axis=1, keepdims=True) if fitting.brightness == "free" else 1.0
    fitted = np.isfinite(learnt[:, 0])
    start = np.linalg.lstsq(learnt[fitted], (spectra / bright)[fitted], rcond=None)[0]
    start *= scale_of(spectra, "free") if fitting.brightness == "free" else 1.0
    with seeded(fitting.seed, fitting.device) as generator:
        network = new_network(
            spectra, abundances.shape[1], fitting.network, fitting.brightness,
            endmembers=np.maximum(start, 0), device=fitting.device,
        )  # fmt: skip
        fit_network(
            network, spectra, learnt, fitting.training, "supervised", generator=generator, **fitting.frame
        )
    if inference == "auto":
        inference = _nearer(network, spectra[back], abundances[back])
    network = replace(network, inference=inference)
    judged = back if len(back) else told
    found, (_, totals) = network.inversion()(spectra[judged]), network.posterior(spectra[judged])
    return replace(network, temperature=temperature(found.abundances, totals, abundances[judged]))


def _nearer(network: Network, spectra: np.ndarray, truth: np.ndarray) -> Inference:
    """Whether the encoder or least squares find these abundances (n, p) better; the encoder if n = 0."""
    if not len(truth) or network.model.config.decoder != "linear":
        return "encoder"
    errors: dict[Inference, float] = {}
    for way in get_args(Inference):
        found = replace(network, inference=way).inversion()(spectra).abundances
        errors[way] = float(np.sqrt(np.square(found - truth).mean()))
    best = min(errors, key=errors.__getitem__)
    log.info(
        "abundances by %s: on the pixels kept back the error is %.4f by the encoder, %.4f by least squares",
        "the encoder" if best == "encoder" else "least squares", errors["encoder"], errors["least-squares"],
    )  # fmt: skip
    return best


def transfer_network(fitting: Fitting, members: np.ndarray, config: TransferConfig) -> Network:
    """A network that learns from mixtures of library members, and sees spectra of the cube unlabelled.

    Parameters
    ----------
    fitting : Fitting
    members : (p, bands) float
    config : TransferConfig
    """
    rng = np.random.default_rng([fitting.seed, 3])
    spectra, abundances = planted_mixtures(members, config.mixtures, config, rng)
    image = fitting.spectra[np.sort(rng.permutation(len(fitting.spectra))[: config.image_pixels])]
    everything = np.concatenate([spectra, image])
    told = np.concatenate([abundances, np.full((len(image), len(members)), np.nan)])
    order = rng.permutation(len(everything))
    with seeded(fitting.seed, fitting.device) as generator:
        network = new_network(
            everything, len(members), fitting.network, fitting.brightness,
            endmembers=members, device=fitting.device,
        )  # fmt: skip
        fit_network(
            network, everything[order], told[order], fitting.training, "transfer",
            generator=generator, **fitting.frame,
        )  # fmt: skip
    fresh, truth = planted_mixtures(members, PLANTED, config, rng)
    means, totals = network.posterior(fresh)
    return replace(network, temperature=temperature(means, totals, truth))


def linear_endmembers(fitting: Fitting, start: np.ndarray) -> np.ndarray:
    """(p, bands): endmembers of a linear autoencoder that starts at these, as bright as the spectra."""
    rows = numpy_rng(fitting.seed).permutation(len(fitting.spectra))
    spectra = prepared(fitting.spectra[rows], "free", 1.0).to(fitting.device)
    with seeded(fitting.seed, fitting.device) as generator:
        spread = (spectra - spectra.mean(dim=0)).square().mean().sqrt().clamp_min(1e-6)
        model = LinearUnmixer(prepared(start, "free", 1.0), spectra.mean(dim=0).cpu(), spread.cpu())
        run = start_training(model.to(fitting.device), fitting.training, generator)
        if "autoencoder" in fitting.saved:
            run.restore(fitting.saved["autoencoder"])
        steps = fit(run, spectra, spectra[: max(1, len(spectra) // 20)])
        for _ in fitting.track(steps, "autoencoder", fitting.training.epochs):
            fitting.checkpoint.offer(lambda: {"autoencoder": run.state()})
    found = model.spectra.detach().clamp_min(0).double().cpu().numpy()
    return natural_brightness(fitting.spectra, found)
