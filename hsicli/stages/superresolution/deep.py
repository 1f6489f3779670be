"""The models that are one network: DCGM, its rival by squared error, and the variational encoder."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from hsicli.models.dcgm import Dcgm, DcgmConfig
from hsicli.models.expectation import Expectation, VariationalEncoder
from hsicli.stages.superresolution.density import Density
from hsicli.stages.superresolution.fitting import Run, learnt
from hsicli.stages.superresolution.linear import Arrays, error_arrays, error_density
from hsicli.stages.superresolution.settings import ModelConfig

Say = Callable[[np.ndarray], Density]
"""What a fitted method says of scaled spectra."""

SECOND_STAGE = 0.3
"""Learning rate of DCGM with C₂ unfrozen, a share of that before."""


def standardised(low: np.ndarray, high: np.ndarray) -> Arrays:
    """What spectra are centred on and divided by: x band by band, y by one number.

    Parameters
    ----------
    low, high : (n, m) and (n, b) float
    """
    spread = low.std(axis=0)
    return {
        "x.centre": low.mean(axis=0),
        "x.spread": np.where(spread > 0, spread, 1.0),
        "y.centre": high.mean(axis=0),
        "y.spread": np.array(max(float((high - high.mean(axis=0)).std()), 1e-6)),
    }


def inputs(arrays: Arrays, low: np.ndarray, device: torch.device) -> Tensor:
    """(n, m) float32 Tensor: standardised."""
    return torch.from_numpy(((low - arrays["x.centre"]) / arrays["x.spread"]).astype(np.float32)).to(device)


def targets(arrays: Arrays, high: np.ndarray, device: torch.device) -> Tensor:
    """(n, b) float32 Tensor: standardised."""
    return torch.from_numpy(((high - arrays["y.centre"]) / arrays["y.spread"]).astype(np.float32)).to(device)


def state_arrays(network: nn.Module, prefix: str) -> Arrays:
    """The weights of a network, their names after a prefix."""
    state = network.state_dict()
    return {f"{prefix}.{name}": value.detach().cpu().numpy() for name, value in state.items()}


def load_arrays(network: nn.Module, arrays: Arrays, prefix: str, device: torch.device) -> None:
    """Give a network the weights that `state_arrays` made, on a device, at rest."""
    start = f"{prefix}."
    state = {
        name.removeprefix(start): torch.from_numpy(np.asarray(value, dtype=np.float32))
        for name, value in arrays.items()
        if name.startswith(start)
    }
    network.load_state_dict(state)
    network.to(device).eval()


def fit_dcgm(
    low: np.ndarray, high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray, *, config: ModelConfig,
    run: Run,
) -> Arrays:  # fmt: skip
    """DCGM: first with C₂ held at zero; if the covariance is full, then all of it.

    Parameters
    ----------
    low, high, held_low, held_high
        Pairs and held-out pairs, scaled.
    config : ModelConfig
    run : Run
    """
    known = standardised(low, high)
    pairs = torch.from_numpy(np.hstack([low, high]).astype(np.float32)).to(run.device)
    held = torch.from_numpy(np.hstack([held_low, held_high]).astype(np.float32)).to(run.device)

    def fresh() -> Dcgm:
        network = _dcgm(low.shape[1], high.shape[1], config)
        network.centre.copy_(torch.from_numpy(known["x.centre"]))
        network.spread.copy_(torch.from_numpy(known["x.spread"]))
        network.level.copy_(torch.from_numpy(known["y.centre"]))
        return network

    training = config.network.training
    first = learnt(fresh, pairs, held, training, label="diagonal", run=run)
    if config.covariance != "full":
        return state_arrays(first, "dcgm")

    def unfrozen() -> Dcgm:
        network = fresh()
        network.load_state_dict(first.state_dict())
        network.correlated = True
        return network

    slower = replace(training, learning_rate=SECOND_STAGE * training.learning_rate)
    return state_arrays(learnt(unfrozen, pairs, held, slower, label="unfrozen", run=run), "dcgm")


def dcgm_says(arrays: Arrays, config: ModelConfig, m: int, b: int, device: torch.device) -> Say:
    """DCGM in use; its factors are of each pixel if the covariance is full.

    Parameters
    ----------
    arrays : dict
        From `fit_dcgm`.
    config : ModelConfig
    m, b : int
        Bands of x and y.
    device : torch.device
    """
    network = _dcgm(m, b, config)
    network.correlated = config.covariance == "full"
    load_arrays(network, arrays, "dcgm", device)

    def say(low: np.ndarray) -> Density:
        with torch.no_grad():
            found = network.outputs(torch.from_numpy(low.astype(np.float32)).to(device))
        mean, diagonal = (part[:, None].double().cpu().numpy() for part in found[:2])
        if found[2] is None:
            return Density(np.zeros((len(low), 1)), mean, diagonal, np.ones((1, 1, 1)))
        factors = found[2][:, None].double().cpu().numpy() / diagonal[..., None] + np.eye(b)
        return Density(np.zeros((len(low), 1)), mean, diagonal, factors)

    return say


def fit_expectation(
    low: np.ndarray, high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray, *, config: ModelConfig,
    run: Run,
) -> Arrays:  # fmt: skip
    """A network by squared error (mlp) or through a drawn code (encoder), and the covariance of its errors.

    Parameters
    ----------
    low, high, held_low, held_high
        Pairs and held-out pairs, scaled.
    config : ModelConfig
    run : Run
    """
    arrays = standardised(low, high)
    pairs = joined(arrays, low, high, run.device)

    def fresh() -> Expectation | VariationalEncoder:
        network = _expectation(low.shape[1], high.shape[1], config).to(run.device)
        if isinstance(network, Expectation):
            network.start_at_line(pairs[:, : low.shape[1]], pairs[:, low.shape[1] :])
        return network

    network = learnt(
        fresh,
        pairs,
        joined(arrays, held_low, held_high, run.device),
        config.network.training,
        label=config.method,
        run=run,
        weight_decay=config.network.weight_decay,
    )
    arrays |= state_arrays(network, "network")
    errors = held_high - expected(arrays, network, held_low, run.device)
    kind = config.covariance if config.method == "mlp" else "full"
    return arrays | error_arrays(errors, kind, config.noise_floor)


def expectation_says(arrays: Arrays, config: ModelConfig, m: int, b: int, device: torch.device) -> Say:
    """Such a network in use, with one covariance for all.

    Parameters
    ----------
    arrays : dict
        From `fit_expectation`.
    config : ModelConfig
    m, b : int
        Bands of x and y.
    device : torch.device
    """
    network = _expectation(m, b, config)
    load_arrays(network, arrays, "network", device)
    return lambda low: error_density(arrays, expected(arrays, network, low, device))


def joined(arrays: Arrays, low: np.ndarray, high: np.ndarray, device: torch.device) -> Tensor:
    """(n, m + b) float32 Tensor: standardised pairs, as the losses take them."""
    return torch.cat([inputs(arrays, low, device), targets(arrays, high, device)], dim=1)


def expected(arrays: Arrays, network: nn.Module, low: np.ndarray, device: torch.device) -> np.ndarray:
    """(n, b) float64: what a network of standardised spectra says, in the unit of y."""
    with torch.no_grad():
        found = network(inputs(arrays, low, device)).double().cpu().numpy()
    spectra: np.ndarray = found * arrays["y.spread"] + arrays["y.centre"]
    return spectra


def _dcgm(m: int, b: int, config: ModelConfig) -> Dcgm:
    network, floor = config.network, config.noise_floor
    kind = config.covariance
    return Dcgm(m, b, DcgmConfig(network.hidden, network.dropout, kind, network.mean, noise_floor=floor))


def _expectation(m: int, b: int, config: ModelConfig) -> Expectation | VariationalEncoder:
    hidden, dropout = config.network.hidden, config.network.dropout
    if config.method == "encoder":
        return VariationalEncoder(m, b, hidden, dropout, config.covariance)
    return Expectation(m, b, hidden, dropout)
