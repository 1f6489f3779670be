"""A library: named reference spectra on one wavelength axis."""

from dataclasses import dataclass

import numpy as np

from hsicli.errors import InputError


@dataclass(frozen=True, eq=False)
class Library:
    """Reference spectra.

    Attributes
    ----------
    names : tuple of str
        One a spectrum.
    spectra : (m, bands) float64
        Reflectance; NaN where a channel was deleted.
    wavelengths : (bands,) float64
        Band centres, nm, ascending.
    fwhm : (bands,) float64, optional
        Full width at half maximum of each band, nm.
    """

    names: tuple[str, ...]
    spectra: np.ndarray
    wavelengths: np.ndarray
    fwhm: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.spectra.shape != (len(self.names), len(self.wavelengths)):
            raise ValueError(
                f"{len(self.names)} names and {len(self.wavelengths)} wavelengths for spectra of shape "
                f"{self.spectra.shape}"
            )

    def members(self, names: tuple[str, ...]) -> "Library":
        """The named spectra, in that order; a name may be the start of one that is unique, case ignored.

        Raises
        ------
        InputError
            If a name fits no spectrum, or several.
        """
        rows = [self._find(name) for name in names]
        return Library(
            tuple(self.names[row] for row in rows), self.spectra[rows], self.wavelengths, self.fwhm
        )

    def _find(self, name: str) -> int:
        wanted = name.casefold()
        exact = [row for row, known in enumerate(self.names) if known.casefold() == wanted]
        close = exact or [row for row, known in enumerate(self.names) if known.casefold().startswith(wanted)]
        if len(close) != 1:
            found = ", ".join(self.names[row] for row in close[:5]) or "none"
            raise InputError(
                f"the library has no single spectrum named {name!r} (found: {found})",
                hint="give the whole name; hsicli info LIBRARY lists them",
            )
        return close[0]

    def resampled(self, wavelengths: np.ndarray, fwhm: np.ndarray | None = None) -> "Library":
        """The same spectra as another instrument would see them.

        With `fwhm`, each new band is the mean of the old ones weighted by a Gaussian of that width, less what
        the old band's own width (if known) has blurred already; where the old axis is too coarse for that,
        and without `fwhm`, linear interpolation. NaN outside the old axis and next to deleted channels.

        Parameters
        ----------
        wavelengths : (n,) float
            New band centres, nm.
        fwhm : (n,) float, optional
            New widths, nm.

        Returns
        -------
        Library
            Spectra of shape (m, n), float64.
        """
        weights = _resampling_weights(self.wavelengths, self.fwhm, wavelengths, fwhm)
        present = np.isfinite(self.spectra)
        filled = np.where(present, self.spectra, 0.0)
        mass = present.astype(float) @ weights.T
        with np.errstate(invalid="ignore", divide="ignore"):
            spectra = np.where(mass > 0.5, (filled @ weights.T) / mass, np.nan)
        return Library(self.names, spectra, np.asarray(wavelengths, dtype=float), fwhm)


def _resampling_weights(
    old: np.ndarray, old_fwhm: np.ndarray | None, new: np.ndarray, new_fwhm: np.ndarray | None
) -> np.ndarray:
    """(n, bands): row i makes new band i of the old ones; its sum is one, or zero off the old axis."""
    spacing = np.gradient(old) if len(old) > 1 else np.ones(1)
    weights = np.zeros((len(new), len(old)))
    for i, centre in enumerate(new):
        if not old[0] - spacing[0] / 2 <= centre <= old[-1] + spacing[-1] / 2:
            continue
        nearest = int(np.abs(old - centre).argmin())
        width = 0.0
        if new_fwhm is not None:
            own = spacing[nearest] if old_fwhm is None else old_fwhm[nearest]
            width = np.sqrt(max(new_fwhm[i] ** 2 - own**2, 0.0))
        if width > spacing[nearest]:
            sigma = width / np.sqrt(8 * np.log(2))
            weights[i] = spacing * np.exp(-0.5 * ((old - centre) / sigma) ** 2)
        else:
            right = int(np.clip(np.searchsorted(old, centre), 1, len(old) - 1)) if len(old) > 1 else 0
            left = max(right - 1, 0)
            share = np.clip((centre - old[left]) / (old[right] - old[left]), 0, 1) if right > left else 0.0
            weights[i, left] += 1 - share
            weights[i, right] += share
        weights[i] /= weights[i].sum()
    return weights
