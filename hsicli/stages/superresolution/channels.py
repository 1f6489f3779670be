"""Which bands of a cube a model means, and what of a scene it has seen."""

import numpy as np

from hsicli.errors import InputError
from hsicli.stages.superresolution.splitting import TEST

NEAR = 0.25
"""A band stands for another whose centre is within this share of its width, or of the usual spacing."""


def bands_of(axis: np.ndarray, wanted: np.ndarray, fwhm: np.ndarray | None, role: str) -> np.ndarray:
    """(m,) int: for each wanted wavelength the place of the band that stands for it.

    Parameters
    ----------
    axis : (bands,) float
        Of the cube, nm.
    wanted : (m,) float
        nm.
    fwhm : (m,) float, optional
        Widths of the wanted bands, nm; unless given, the spacing of the wanted bands.
    role : str
        What is compared, for the message.

    Raises
    ------
    InputError
        If a band is missing, or one stands for two.
    """
    if fwhm is not None:
        widths = fwhm
    else:
        widths = np.full(len(wanted), np.median(np.diff(wanted)) if len(wanted) > 1 else np.inf)
    apart = np.abs(axis[None, :] - wanted[:, None])
    found = apart.argmin(axis=1)
    near = apart[np.arange(len(wanted)), found] <= NEAR * widths
    if not near.all() or len(set(found.tolist())) < len(found):
        missing = wanted[~near] if not near.all() else wanted
        shown = ", ".join(f"{one:g}" for one in missing[:6]) + (", …" if len(missing) > 6 else "")
        raise InputError(
            f"no band of {role} at {shown} nm; the weights expect {len(wanted)} bands from {wanted[0]:g} to "
            f"{wanted[-1]:g} nm, found {len(axis)} from {axis[0]:g} to {axis[-1]:g} nm",
            hint="give a cube of the sensor that the weights were trained for, or name it with --sensor",
        )
    return np.asarray(found)


def seen_pixels(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """(rows, cols) bool: what of the scene of training was learnt or chosen from.

    Of a split by blocks whole blocks, drawn or not: a neighbour of what was learnt is not unseen.
    """
    if "roles" in arrays:
        roles, side = arrays["roles"], int(arrays["side"])
        row, col = (
            np.minimum(np.arange(size) // side, blocks - 1)
            for size, blocks in zip(shape, roles.shape, strict=True)
        )
        return np.asarray(roles[np.ix_(row, col)] != TEST)
    seen = np.zeros(shape, dtype=bool)
    row, col = arrays["places"].astype(int).T
    seen[row, col] = True
    return seen
