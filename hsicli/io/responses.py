"""What the bands of a broad-band instrument see: response functions, and spectra seen through them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.tables import read_table, unit_in
from hsicli.library import Library

LEAST_SEEN = 0.99
"""Share of a band's response that must fall on known channels of a spectrum."""


@dataclass(frozen=True, eq=False)
class Responses:
    """Spectral response functions, linear between their samples and zero beyond them.

    Attributes
    ----------
    names : tuple of str
        One a band.
    wavelengths : (n,) float64
        nm, ascending.
    weights : (bands, n) float64
        Response of each band, in any unit.
    """

    names: tuple[str, ...]
    wavelengths: np.ndarray
    weights: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        """(bands,) float64: mean wavelength of each band, weighted by its response, nm."""
        parts = np.gradient(self.wavelengths) * self.weights
        centres: np.ndarray = parts @ self.wavelengths / parts.sum(axis=1)
        return centres

    @property
    def widths(self) -> np.ndarray:
        """(bands,) float64: full width at half of the maximum, nm."""
        fine = np.linspace(self.wavelengths[0], self.wavelengths[-1], 20 * len(self.wavelengths))
        above = [fine[np.interp(fine, self.wavelengths, band) >= band.max() / 2] for band in self.weights]
        return np.array([part[-1] - part[0] for part in above])


def read_responses(path: Path) -> Responses:
    """Response functions from a table in text: a column that begins with ``wavelength``, and a column a band.

    Raises
    ------
    InputError
        If there is no such table, or a band has no response.
    """
    table = read_table(path)
    names = [name.casefold() for name in table.names]
    centre = next((k for k, name in enumerate(names) if name.startswith("wavelength")), None)
    if centre is None or len(names) < 2:
        raise InputError(
            f"{path}: is no table of response functions",
            hint="name its columns wavelength_nm (or _um) and then one a band",
        )
    axis = normalise_axis(
        len(table.values), str(path), wavelengths=table.values[:, centre], unit=unit_in(table.names[centre])
    )
    columns = [k for k in range(len(names)) if k != centre]
    if axis.wavelengths is None:
        raise InputError(f"{path}: has no wavelengths in its column", hint="give a table of responses")
    order = np.argsort(axis.wavelengths)
    weights = np.nan_to_num(table.values[order][:, columns].T)
    dark = [table.names[k] for k, band in zip(columns, weights, strict=True) if not band.max() > 0]
    if dark:
        raise InputError(
            f"{path}: no response above zero in {', '.join(dark)}", hint="remove the column, or mend it"
        )
    return Responses(tuple(table.names[k] for k in columns), axis.wavelengths[order], weights)


def gaussian_responses(names: tuple[str, ...], centres: np.ndarray, widths: np.ndarray) -> Responses:
    """Gaussians of these centres and full widths at half maximum, nm, out to one and a half widths."""
    step = min(1.0, float(widths.min()) / 8)
    first, last = (centres - 1.5 * widths).min(), (centres + 1.5 * widths).max()
    axis = np.arange(first, last + step, step)
    apart = (axis - centres[:, None]) / widths[:, None]
    weights = np.where(np.abs(apart) <= 1.5, np.exp(-4 * np.log(2) * apart**2), 0.0)
    return Responses(names, axis, weights)


def seen_through(library: Library, responses: Responses) -> Library:
    """The spectra as the bands of an instrument see them: their means, weighted by each band's response.

    Both are taken as linear between their samples, so the mean is exact for any two axes.

    Parameters
    ----------
    library : Library
    responses : Responses

    Returns
    -------
    Library
        (m, bands), by ascending centre; NaN in a band of whose response less than `LEAST_SEEN` falls on known
        channels.
    """
    order = np.argsort(responses.centres)
    weights = np.stack([_band_weights(library.wavelengths, responses, band) for band in order])
    present = np.isfinite(library.spectra)
    seen = present.astype(float) @ weights.T
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(present, library.spectra, 0.0) @ weights.T / seen
    values[seen < LEAST_SEEN] = np.nan
    return Library(library.names, values, responses.centres[order], responses.widths[order])


def _band_weights(axis: np.ndarray, responses: Responses, band: int) -> np.ndarray:
    """(channels,): what each channel adds to the mean over a band; the sum is the share of it on the axis.

    On the union of both axes spectrum and response are straight lines, and Simpson's rule is exact for their
    product.
    """
    own, response = responses.wavelengths, responses.weights[band]
    nodes = np.union1d(axis, own)
    middles = (nodes[1:] + nodes[:-1]) / 2
    points = np.concatenate([nodes[:-1], middles, nodes[1:]])
    parts = np.tile(np.diff(nodes), 3) * np.repeat([1 / 6, 4 / 6, 1 / 6], len(middles))
    parts = parts * np.interp(points, own, response, left=0.0, right=0.0)
    parts /= parts.sum()
    inside = (np.concatenate([nodes[:-1]] * 3) >= axis[0]) & (np.concatenate([nodes[1:]] * 3) <= axis[-1])
    parts, points = parts[inside], points[inside]
    right = np.clip(np.searchsorted(axis, points), 1, len(axis) - 1)
    share = (points - axis[right - 1]) / np.maximum(axis[right] - axis[right - 1], 1e-12)
    weights = np.bincount(right, parts * share, minlength=len(axis))
    return weights + np.bincount(right - 1, parts * (1 - share), minlength=len(axis))
