"""The methods of unmix: each makes of a sample endmembers, and a way from spectra to abundances."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from hsicli.algorithms.angles import spectral_angle
from hsicli.cube import Cube, pixels
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.models.ldvae import LdvaeConfig
from hsicli.models.training import TrainingConfig
from hsicli.products.abundances import Abundances
from hsicli.products.subspace import Subspace
from hsicli.runtime import nowhere, quiet
from hsicli.stages.identify import Compare
from hsicli.stages.unmixing.extraction import SearchConfig, count_endmembers, search_endmembers
from hsicli.stages.unmixing.inversion import (
    Brightness,
    Invert,
    Light,
    Units,
    coefficient_inversion,
    linear_inversion,
    natural_brightness,
)
from hsicli.stages.unmixing.latent import Network, unpacked, with_deviations
from hsicli.stages.unmixing.learning import (
    Fitting,
    blind_network,
    calibrated,
    linear_endmembers,
    supervised_network,
    transfer_network,
)
from hsicli.stages.unmixing.members import SparseConfig, check_count, sparse_members, subset_solver
from hsicli.stages.unmixing.planted import TransferConfig
from hsicli.stages.unmixing.supervision import SupervisedConfig, checked_truth, told_pixels

Method = Literal[
    "blind", "supervised", "transfer", "known", "vca", "nfindr", "ppi", "sivm", "smacc", "archetypes", "nmf",
    "autoencoder", "sunsal", "collaborative", "mesma",
]  # fmt: skip
OF_MEMBERS = ("transfer", "known", "sunsal", "collaborative", "mesma")

UNSEEN: dict[str, Any] = {"track": quiet, "checkpoint": nowhere, "saved": {}}

SAME_BAND = 1.0
"""nm: as far apart may band centres be that are the same."""


@dataclass(frozen=True)
class UnmixConfig:
    """Settings of `hsicli unmix`."""

    VERSION: ClassVar[int] = 1

    method: Method = "blind"
    endmembers: int | None = None  # p; HySime's dimension, up to search.most, unless given
    brightness: Literal["auto", "free", "fixed"] = "auto"  # of a pixel; auto: fixed for known members, hapke
    units: Units = "raw"  # one part of an endmember: the spectrum as it is, or divided by its largest band
    mixing: Literal["linear", "hapke"] = "linear"  # of reflectance, or of single-scattering albedo
    incidence: float = 0.5236  # radians; of hapke
    emergence: float = 0.0  # radians; of hapke
    compare: Compare = "band-depth"  # what of endmembers and library the angles are of, when they are named
    max_pixels: int = 20_000  # spectra drawn to find endmembers and to learn from
    search: SearchConfig = field(default_factory=SearchConfig)
    network: LdvaeConfig = field(default_factory=lambda: LdvaeConfig(anchor=1e4))
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(epochs=60, learning_rate=3e-3, patience=60)
    )
    supervised: SupervisedConfig = field(default_factory=SupervisedConfig)
    transfer: TransferConfig = field(default_factory=TransferConfig)
    sparse: SparseConfig = field(default_factory=SparseConfig)

    def __post_init__(self) -> None:
        if self.endmembers is not None and self.endmembers < 2:
            raise ValueError(f"endmembers must be 2 or more, it is {self.endmembers}")
        if self.max_pixels < 2:
            raise ValueError(f"max_pixels must be 2 or more, it is {self.max_pixels}")
        if self.mixing == "hapke" and self.brightness == "free":
            raise ValueError("mixing hapke takes the brightness of a pixel for its own: brightness is fixed")


class Unmixer(NamedTuple):
    """What a method hands on."""

    endmembers: np.ndarray
    """(p, bands), of what mixes linearly."""
    invert: Invert
    names: tuple[str, ...] = ()
    network: Network | None = None
    convention: str | None = None
    used: np.ndarray | None = None


def brightness_of(config: UnmixConfig) -> Brightness:
    """What `auto` means: fixed where the brightness of the endmembers is known, or albedo mixes."""
    if config.brightness != "auto":
        return config.brightness
    return "fixed" if config.method in {"known"} or config.mixing == "hapke" else "free"


def make_unmixer(
    cube: Cube,
    valid: np.ndarray,
    config: UnmixConfig,
    fitting: Fitting,
    *,
    light: Light,
    subspace: Subspace | None,
    members: Library | None,
    truth: np.ndarray | None,
) -> Unmixer:
    """What the method makes of the sample; each branch is one call."""

    def p() -> int:
        return count_endmembers(cube, config.endmembers, subspace, config.search.most, fitting.track)

    match config.method:
        case "blind":
            return _blind(p(), config, fitting)
        case "supervised":
            return _supervised(cube, valid, config, fitting, light=light, truth=truth)
        case "transfer" if members is not None:
            network = transfer_network(fitting, members.spectra, config.transfer)
            return _network(network, members.names, "raw")
        case "known" if members is not None:
            check_count(members)
            return _linear(members.spectra, config, fitting, members.names)
        case "sunsal" | "collaborative" if members is not None:
            kept, solve = sparse_members(config.method, fitting.spectra, members, config.sparse)
            return Unmixer(kept.spectra, coefficient_inversion(solve, kept.spectra, config.units), kept.names)
        case "mesma" if members is not None:
            solve = subset_solver(members, config.sparse)
            return Unmixer(
                members.spectra, coefficient_inversion(solve, members.spectra, config.units), members.names
            )
        case "autoencoder":
            start = search_endmembers(
                "vca", fitting.spectra, p(), config.search, fitting.seed, **fitting.frame
            )
            return _linear(linear_endmembers(fitting, start), config, fitting)
        case "vca" | "nfindr" | "ppi" | "sivm" | "smacc" | "archetypes" | "nmf" as search:
            ends = search_endmembers(
                search, fitting.spectra, p(), config.search, fitting.seed, **fitting.frame
            )
            return _linear(ends, config, fitting)
    raise ConfigError(f"--method {config.method} is not known", hint="see hsicli unmix --help")


def _linear(
    endmembers: np.ndarray, config: UnmixConfig, fitting: Fitting, names: tuple[str, ...] = ()
) -> Unmixer:
    invert = linear_inversion(endmembers, brightness=fitting.brightness, units=config.units)
    return Unmixer(endmembers, invert, names)


def _network(
    network: Network,
    names: tuple[str, ...],
    convention: str,
    used: np.ndarray | None = None,
) -> Unmixer:
    """A network's own endmembers and posterior means."""
    return Unmixer(network.vertices(), network.inversion(), names, network, convention, used)


def _blind(p: int, config: UnmixConfig, fitting: Fitting) -> Unmixer:
    """Archetypes, a network anchored to them, and least squares on the endmembers that it ends with."""
    start = fitting.saved.get("endmembers")
    if start is None:
        ends = search_endmembers(
            "archetypes", fitting.spectra, p, config.search, fitting.seed, **fitting.frame
        )
    else:
        ends = start.numpy()
    network = blind_network(fitting, ends)
    if config.network.decoder != "linear":
        return _network(network, (), "raw")
    moved = network.vertices()
    if fitting.brightness == "free":
        moved = natural_brightness(fitting.spectra, moved)
        with torch.no_grad():  # the decoder too, so that it makes what the endmembers say
            network.model.spectra.copy_(torch.from_numpy(moved / network.scale))
    invert = linear_inversion(moved, brightness=fitting.brightness, units=config.units)

    def again(spectra: np.ndarray) -> Invert:
        found = search_endmembers("archetypes", spectra, p, config.search, fitting.seed, **UNSEEN)
        place = linear_sum_assignment(spectral_angle(moved, found))[1]
        return linear_inversion(found[place], brightness=fitting.brightness, units=config.units)

    network = calibrated(network, invert, fitting.spectra, fitting.seed, again)
    return Unmixer(moved, with_deviations(invert, network), (), network)


def _supervised(
    cube: Cube, valid: np.ndarray, config: UnmixConfig, fitting: Fitting, *, light: Light,
    truth: np.ndarray | None,
) -> Unmixer:  # fmt: skip
    """A network that is told some abundances, in their units."""
    if truth is None:
        raise InputError("--method supervised learns from abundances", hint="give them with --truth")
    known = checked_truth(truth, valid)
    rng = np.random.default_rng([fitting.seed, 4])
    told = told_pixels(known, config.supervised, rng)
    others = valid & ~told
    chosen = np.zeros_like(valid)
    for part, most in ((told, config.max_pixels), (others, config.max_pixels)):
        places = rng.permutation(np.flatnonzero(part))[:most]
        chosen.flat[places] = True
    spectra = np.concatenate([pixels(block.data, chosen[block.rows]) for block in cube.blocks()])
    given = np.where(told[..., None], known, np.nan)[chosen]
    order = rng.permutation(len(spectra))
    network = supervised_network(
        fitting, light.inward(spectra[order].astype(np.float64)), given[order], config.supervised.inference
    )
    return _network(network, (), "given", told.astype(np.uint8))


def known_unmixer(cube: Cube, product: Abundances, config: UnmixConfig, fitting: Fitting) -> Unmixer:
    """What an earlier run found in another cube, taken as it is.

    Raises
    ------
    InputError
        If the cube has other bands, or the product mixed otherwise than asked.
    """
    bands = product.endmembers.shape[1]
    same = len(cube.order) == bands
    if same and cube.wavelengths is not None and product.wavelengths is not None:
        same = bool(np.allclose(cube.axis, product.wavelengths, atol=SAME_BAND))
    if not same:
        raise InputError(
            f"the cube's {len(cube.order)} bands are not the {bands} that the weights were made for",
            hint="preprocess both cubes alike, or learn anew",
        )
    if (product.mixing == "hapke") != (config.mixing == "hapke"):
        raise InputError(
            f"the weights were made with mixing = {product.mixing}, this asks for {config.mixing}",
            hint="give --set mixing=... as then",
        )
    network = unpacked(product, fitting.device) if product.model else None
    if network is not None and (product.method != "blind" or product.mixing == "bilinear"):
        return _network(network, product.names, product.convention)
    if config.mixing == "hapke":
        light = Light(config.mixing, config.incidence, config.emergence)
        found = _linear(light.inward(product.endmembers), config, fitting, product.names)
    else:
        found = _linear(product.endmembers, config, fitting, product.names)
    if network is None:
        return found
    return found._replace(invert=with_deviations(found.invert, network), network=network)
