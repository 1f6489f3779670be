"""A clustering made again from what its provenance says, with other seeds."""

from pathlib import Path
from typing import TYPE_CHECKING

from hsicli.cli.config import restored
from hsicli.cli.console import track
from hsicli.errors import ConfigError, InputError
from hsicli.provenance import Provenance

if TYPE_CHECKING:
    from hsicli.cube import Cube
    from hsicli.products.labels import Labels
    from hsicli.products.subspace import Subspace


def repeat_clustering(maps: list[Path], cube: Path | None, times: int) -> "list[Labels]":
    """The clustering that made the one map, run again with the seeds after its own.

    Parameters
    ----------
    maps : list of Path
        One `labels` product of `hsicli cluster`.
    cube : Path, optional
        The cube that it was made from.
    times : int

    Raises
    ------
    ConfigError
        If there are several maps, or no cube.
    InputError
        If the map was made by another command, from another cube, or by another version of the method.
    """
    from hsicli.io.hdf5 import read_header
    from hsicli.io.reading import read_cube
    from hsicli.runtime import pick_device
    from hsicli.stages.cluster import ClusterConfig, cluster_cube

    if len(maps) != 1:
        raise ConfigError(f"--repeat: is for one map, not {len(maps)}", hint="give one map, or no --repeat")
    if cube is None:
        raise ConfigError("--repeat: needs the cube to cluster it again", hint="name it with --spectra CUBE")
    provenance = read_header(maps[0]).provenance
    _check(maps[0], provenance, cube, ClusterConfig.VERSION)
    config = restored(ClusterConfig, provenance.config)
    spectra = read_cube(cube)
    subspace = _subspace(provenance, spectra)
    first = (provenance.seed or 0) + 1
    return [
        cluster_cube(spectra, config, subspace=subspace, seed=seed, device=pick_device("auto"), track=track)
        for seed in range(first, first + times)
    ]


def _check(path: Path, provenance: Provenance, cube: Path, version: int) -> None:
    """Whether the command, its version and its cube are the ones that made the map."""
    if provenance.command != "cluster":
        raise InputError(
            f"{path}: was made by hsicli {provenance.command}, and --repeat repeats hsicli cluster",
            hint="make maps with other seeds, and give them all",
        )
    if provenance.method.split(".")[0] != str(version):
        raise InputError(
            f"{path}: was made by version {provenance.method} of the method, this is {version}",
            hint="cluster the cube again",
        )
    if provenance.inputs.get("cube") != _identity(cube):
        raise InputError(
            f"{cube}: is not the cube that {path} was made from", hint="give the very file that was clustered"
        )
    others = sorted(provenance.inputs.keys() - {"cube", "subspace"})
    if others:
        raise InputError(
            f"{path}: was made with {', '.join(others)} too, which --repeat cannot bring back",
            hint="make maps with other seeds, and give them all",
        )


def _identity(path: Path) -> str:
    """What a provenance says of an input: the fingerprint of a product, else the digest of the file."""
    from hsicli.io.files import digest
    from hsicli.io.hdf5 import is_hdf5, read_header

    if path.is_file() and path.suffix.lower() in {".h5", ".hdf5"} and is_hdf5(path):
        return read_header(path).provenance.fingerprint
    return digest(path)


def _subspace(provenance: Provenance, cube: "Cube") -> "Subspace | None":
    """The subspace that the clustering was given, made again; None if it found its own."""
    from hsicli.stages.hysime import HysimeConfig, estimate_subspace

    parent = provenance.parents.get("subspace")
    return None if parent is None else estimate_subspace(cube, restored(HysimeConfig, parent["config"]))
