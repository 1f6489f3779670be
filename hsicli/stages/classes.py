"""From a class of every pixel to a product: what the classes look like, their names and colours."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from hsicli.cube import Cube, pixels
from hsicli.runtime import Track


@dataclass(frozen=True, eq=False)
class ClassSums:
    """Sums over the spectra of each class; those of two classes add up to those of both.

    Attributes
    ----------
    counts : (k,) int64
    total : (k, bands) float64
        Σ (x − shift).
    squares : (k, bands) float64
        Σ (x − shift)².
    shift : (bands,) float64
        Near the mean of all, so that squares keep their digits.
    """

    counts: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    shift: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """(k, bands) float64; NaN for a class without pixels."""
        with np.errstate(invalid="ignore"):
            return self.shift + self.total / self.counts[:, None]

    @property
    def deviations(self) -> np.ndarray:
        """(k, bands) float64: standard deviation of the pixels of a class."""
        with np.errstate(invalid="ignore"):
            mean = self.total / self.counts[:, None]
            return np.sqrt(np.maximum(self.squares / self.counts[:, None] - mean**2, 0.0))

    def joined(self, classes: np.ndarray) -> "ClassSums":
        """The sums of new classes; `classes` (k,) gives for each old class its new one, from 0."""
        member = np.eye(int(classes.max()) + 1, dtype=np.int64)[:, classes]
        return ClassSums(member @ self.counts, member @ self.total, member @ self.squares, self.shift)


def class_sums(
    cube: Cube, valid: np.ndarray, labels: np.ndarray, k: int, *, shift: np.ndarray, track: Track
) -> ClassSums:
    """Walk the cube once and add up the spectra of each class.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    labels : (n,) int
        Class of each valid pixel, from 0, in row order.
    k : int
        Number of classes.
    shift : (bands,) float
        Near the mean of all spectra.
    track : Track
    """
    bands = len(cube.order)
    total, squares, done = np.zeros((k, bands)), np.zeros((k, bands)), 0
    for block in track(cube.blocks(), "class means"):
        spectra = pixels(block.data, valid[block.rows])
        for first in range(0, len(spectra), 8192):
            centred = spectra[first : first + 8192] - shift
            here = labels[done : done + len(centred)]
            member = csr_array((np.ones(len(here)), (here, np.arange(len(here)))), shape=(k, len(here)))
            total += member @ centred
            squares += member @ np.square(centred, out=centred)
            done += len(centred)
    return ClassSums(np.bincount(labels, minlength=k), total, squares, shift)
