"""What a model has learnt, to be used on other cubes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Weights:
    """A model that has been fitted: all that its use on another cube depends on.

    Its arrays are stored one after another, so that one layout serves every model; `packed` and `arrays`
    turn a mapping of arrays into these fields and back.
    """

    KIND = "weights"
    SCHEMA = 1

    method: str = field(metadata={"unit": "word"})
    """Which model: setting `method` of the command that fitted it."""
    settings: str = field(metadata={"unit": "JSON"})
    """What the model is built from, and how spectra are prepared for it."""
    wavelengths: np.ndarray = field(metadata={"axes": "bands", "unit": "nm"})
    """Of the spectra that it takes."""
    array_names: tuple[str, ...] = field(metadata={"axes": "arrays"})
    """Of its arrays: name, then the sizes of its axes."""
    numbers: np.ndarray = field(metadata={"axes": "numbers", "unit": "1"})
    """Its arrays one after another, float64 (which holds float32 exactly)."""
    fwhm: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    target_wavelengths: np.ndarray | None = field(default=None, metadata={"axes": "targets", "unit": "nm"})
    """Of the spectra that it makes, where it makes others than it takes."""
    target_fwhm: np.ndarray | None = field(default=None, metadata={"axes": "targets", "unit": "nm"})
    history_names: tuple[str, ...] = field(default=(), metadata={"axes": "columns"})
    """Of what was looked at while it learnt: the first counts, epochs or iterations."""
    history: np.ndarray | None = field(default=None, metadata={"axes": "looks columns", "unit": "as named"})

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, float64."""
        found, first = {}, 0
        for line in self.array_names:
            name, *sizes = line.split()
            shape = tuple(int(size) for size in sizes)
            count = int(np.prod(shape))
            found[name] = np.array(self.numbers[first : first + count], dtype=np.float64).reshape(shape)
            first += count
        return found


def packed(arrays: Mapping[str, np.ndarray]) -> tuple[tuple[str, ...], np.ndarray]:
    """Fields `array_names` and `numbers` of named arrays.

    Parameters
    ----------
    arrays : mapping of str to array
        Of float32, float64, or of integers below 2⁵³; names without blanks.
    """
    names = tuple(" ".join([name, *map(str, array.shape)]) for name, array in arrays.items())
    numbers = [np.asarray(array, dtype=np.float64).ravel() for array in arrays.values()]
    return names, np.concatenate(numbers) if numbers else np.zeros(0)
