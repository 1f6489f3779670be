"""unmix: which materials, and how much of each in every pixel (LDVAE, and what it is compared with)."""

import numpy as np
import torch

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.products.abundances import Abundances
from hsicli.products.subspace import Subspace
from hsicli.runtime import Checkpoint, Track, nowhere, numpy_rng, quiet
from hsicli.stages.encoding import valid_pixels
from hsicli.stages.unmixing.extraction import drawn_spectra
from hsicli.stages.unmixing.inversion import Images, Light, walk
from hsicli.stages.unmixing.latent import packed
from hsicli.stages.unmixing.learning import Fitting
from hsicli.stages.unmixing.members import members_on
from hsicli.stages.unmixing.methods import (
    OF_MEMBERS,
    UnmixConfig,
    Unmixer,
    brightness_of,
    known_unmixer,
    make_unmixer,
)
from hsicli.stages.unmixing.naming import endmember_names, match_endmembers


def unmix_cube(
    cube: Cube,
    config: UnmixConfig,
    *,
    subspace: Subspace | None = None,
    library: Library | None = None,
    truth: np.ndarray | None = None,
    weights: Abundances | None = None,
    seed: int,
    device: torch.device,
    track: Track = quiet,
    checkpoint: Checkpoint = nowhere,
) -> Abundances:
    """Find the endmembers of a cube, or take known ones, and what every pixel has of each.

    Parameters
    ----------
    cube : Cube
        Reflectance.
    config : UnmixConfig
    subspace : Subspace, optional
        What `hysime` found in the cube: the number of endmembers.
    library : Library, optional
        Members to take for endmembers, or to name endmembers after.
    truth : (rows, cols, p) float, optional
        Abundances to learn from, NaN or zero where they are not known; read by `supervised` alone.
    weights : Abundances, optional
        Of another cube, whose endmembers or network are taken as they are; nothing is learnt then.
    seed, device, track, checkpoint
        As of any stage.

    Returns
    -------
    Abundances

    Raises
    ------
    InputError
        If the cube has no valid spectra, or too few bands for the endmembers; if the library does not cover
        it; if the abundances to learn from are none.

    References
    ----------
    LDVAE: Mantripragada and Qureshi, IEEE TGRS 62, 2024.
    """
    if truth is not None and weights is None and config.method != "supervised":
        raise ConfigError(
            f"--truth is read by --method supervised alone, not {config.method}",
            hint="leave it out; hsicli evaluate compares with it",
        )
    members = None
    if config.method in OF_MEMBERS and weights is None:
        cube, members = members_on(cube, library, config.method)
    valid = valid_pixels(cube, track)
    if not valid.any():
        raise InputError(
            "the cube has no valid spectra", hint="look at the fill and the mask with hsicli info"
        )
    light = Light(config.mixing, config.incidence, config.emergence)
    sample = light.inward(drawn_spectra(cube, valid, config.max_pixels, numpy_rng(seed)))
    if members is not None:
        members = Library(members.names, light.inward(members.spectra), members.wavelengths)
    fitting = Fitting(
        sample, config.network, config.training, brightness_of(config), seed=seed, device=device, track=track,
        checkpoint=checkpoint, saved=checkpoint.load() or {},
    )  # fmt: skip
    if weights is None:
        found = make_unmixer(
            cube, valid, config, fitting, light=light, subspace=subspace, members=members, truth=truth
        )
    else:
        found = known_unmixer(cube, weights, config, fitting)
    images = walk(cube, valid, found.invert, light, track)
    named_after = library if members is None else None
    return _product(cube, config, found, images, light.outward(found.endmembers), library=named_after)


def _product(
    cube: Cube, config: UnmixConfig, found: Unmixer, images: Images, endmembers: np.ndarray, *,
    library: Library | None,
) -> Abundances:  # fmt: skip
    """All of it, with names: those of known endmembers, or after a library."""
    matches = None if library is None else match_endmembers(endmembers, cube.axis, library, config.compare)
    network = found.network
    bilinear = network is not None and network.model.config.decoder == "bilinear"
    return Abundances(
        abundances=images.abundances,
        names=found.names or endmember_names(len(endmembers), matches),
        endmembers=endmembers,
        convention=found.convention or config.units,
        method=config.method,
        mixing="bilinear" if bilinear else config.mixing,
        residual=images.residual,
        angle=images.angle,
        deviations=images.deviations,
        brightness=images.brightness,
        wavelengths=None if cube.wavelengths is None else cube.axis,
        used=found.used,
        latlon=cube.latlon,
        grid=cube.grid,
        **(matches._asdict() if matches else {}),
        **(packed(network) if network else {}),
    )
