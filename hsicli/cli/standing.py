"""What stands under an output's name: whose it is, how it was made, and whether it may be replaced."""

import json
from collections.abc import Mapping
from pathlib import Path

from hsicli.errors import ConfigError, StaleError
from hsicli.provenance import Provenance, differences


def product_header(path: Path) -> Provenance | None:
    """Provenance of an input that is a product of ours; None for any other file."""
    if path.suffix.lower() not in {".h5", ".hdf5"} or not path.is_file():
        return None
    from hsicli.errors import InputError
    from hsicli.io.hdf5 import read_header

    try:
        return read_header(path).provenance
    except InputError:  # the reader of the stage says what is wrong with it
        return None


def sealed(output: Path) -> Path:
    """Where the provenance of an output that is no product lies."""
    return output.with_name(output.name + ".provenance.json")


def log_beside(output: Path) -> Path:
    """Where what varies from run to run is kept."""
    return output.with_name(output.name + ".log.json")


def found_at(output: Path, product: type | None) -> tuple[Provenance | None, bool]:
    """How what is there was made, and whether every file of it is there."""
    if product is not None:
        return product_header(output), True
    try:
        seal = json.loads(sealed(output).read_text())
        whole = bool(seal["files"]) and all((output.parent / name).exists() for name in seal["files"])
        return Provenance.from_json(seal["provenance"]), whole
    except (OSError, ValueError, TypeError, KeyError):
        return None, False


def keep_inputs(files: list[Path], given: Mapping[str, Path]) -> None:
    """Refuse to write over what is read."""
    for path in files:
        for role, source in given.items():
            if path.exists() and source.exists() and path.samefile(source):
                raise ConfigError(
                    f"{path}: would be written, and is the input ({role}) too",
                    hint="give the output another name",
                )


def keep_others(output: Path, companions: list[Path], found: Provenance | None, wanted: Provenance) -> None:
    """Refuse to replace an output of other making, or files beside it that are not hsicli's."""
    from hsicli.cli.companions import is_ours

    hint = "give --overwrite to replace it, or another output"
    if output.exists():
        what = "; ".join(differences(found, wanted)) if found else "its provenance cannot be read"
        raise StaleError(f"{output}: was made otherwise: {what}", hint=hint)
    for path in companions:
        if path.exists() and not is_ours(path):
            raise StaleError(f"{path}: would be replaced, and was not made with {output.name}", hint=hint)
