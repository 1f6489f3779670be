"""Products that give pixels a class, read as such: what scores and compares classes need not know more."""

from pathlib import Path

from hsicli.io.hdf5 import read_header, read_product
from hsicli.products.labels import Labels
from hsicli.products.minerals import Minerals, mineral_labels


def read_classes(path: Path) -> Labels:
    """The classes of a clustering, or the minerals of a map, identified and guessed alike.

    Raises
    ------
    InputError
        If the file is missing, damaged, or of another kind.
    """
    if read_header(path).kind == Minerals.KIND:
        return mineral_labels(read_product(path, Minerals))
    return read_product(path, Labels)
