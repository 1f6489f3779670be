"""Where pixels in sensor space lie on the ground: from a place to the pixel that saw it.

Each pixel has a latitude and a longitude, and no two steps between them are alike: lines bunch where the
scanner dwells, and topography moves them. So the way back is a search, not a formula: a k-d tree over the
pixels' directions from the centre of the body. It is exact whatever the shape of the pixels, knows neither
poles nor a meridian of 180°, and fills no holes, since each place asks for its own pixel; scattering pixels
forward onto a grid would leave holes to fill where the image is coarser than the grid.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

WILD = 4.0
"""A pixel whose neighbours are this many times farther than usual stands alone: its reach ends here."""


class Ground(NamedTuple):
    """The pixels of an image on the ground.

    Attributes
    ----------
    tree : cKDTree
        Of the directions of the pixels that have a place.
    pixels : (n,) int64
        Each one's index into the flat image.
    reach : (n,) float64
        Half the diagonal of each pixel, radians: farther away it has seen nothing.
    steps : (float, float)
        Median distance of neighbours along a row and along a column, radians.
    """

    tree: cKDTree
    pixels: np.ndarray
    reach: np.ndarray
    steps: tuple[float, float]


def ground_of(latitude: np.ndarray, longitude: np.ndarray) -> Ground:
    """Prepare the search for the pixel that saw a place.

    Parameters
    ----------
    latitude, longitude : (rows, cols) float
        Centre of each pixel, degrees; NaN where it is not known. Latitudes are those of a sphere.

    Returns
    -------
    Ground

    Raises
    ------
    ValueError
        If the planes differ in shape, or fewer than two pixels have a place.
    """
    if latitude.shape != longitude.shape or latitude.ndim != 2:
        raise ValueError(f"latitudes of shape {latitude.shape}, longitudes of shape {longitude.shape}")
    points = _directions(latitude, longitude)
    known = np.flatnonzero(np.isfinite(points).all(axis=-1))
    if len(known) < 2:
        raise ValueError(f"{len(known)} pixels have a latitude and a longitude: two are needed")
    along, across = (_steps(points, axis) for axis in (1, 0))
    middle = [float(np.nanmedian(step)) if np.isfinite(step).any() else np.nan for step in (along, across)]
    middle = [other if np.isnan(one) else one for one, other in zip(middle, middle[::-1], strict=True)]
    for step, median in zip((along, across), middle, strict=True):
        step[~np.isfinite(step)] = median  # of a pixel without neighbours
    usual = float(np.hypot(middle[0], middle[1]))
    reach = 0.5 * np.minimum(np.hypot(along, across), WILD * usual).ravel()
    tree = cKDTree(points.reshape(-1, 3)[known])
    return Ground(tree, known, reach[known], (middle[0], middle[1]))


def pixels_at(ground: Ground, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """The pixel that saw each place: the one whose centre is nearest, if it reaches so far.

    Parameters
    ----------
    ground : Ground
    latitude, longitude : (…) float
        Places, degrees; NaN is a place that no pixel saw.

    Returns
    -------
    (…) int64
        Index into the flat image; −1 where no pixel reaches. At the edge of the image a pixel may be taken
        for a place up to 0.21 of its side outside of it (the corner of its own half diagonal).
    """
    points = _directions(latitude, longitude).reshape(-1, 3)
    known = np.isfinite(points).all(axis=1)
    found = np.full(len(points), -1, dtype=np.int64)
    distance, nearest = ground.tree.query(points[known], distance_upper_bound=ground.reach.max() * (1 + 1e-9))
    # A missing neighbour has the index n and an infinite distance.
    nearest = np.minimum(nearest, len(ground.pixels) - 1)
    found[known] = np.where(distance <= ground.reach[nearest], ground.pixels[nearest], -1)
    return found.reshape(latitude.shape)


def _directions(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """(…, 3) float64: unit vectors from the centre of the body."""
    phi, lam = np.radians(np.asarray([latitude, longitude], dtype=np.float64))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def _steps(points: np.ndarray, axis: int) -> np.ndarray:
    """(rows, cols) float64: distance to the farther of the two neighbours along an axis; NaN without one."""
    steps = np.linalg.norm(np.diff(points, axis=axis), axis=-1)
    edge = [(1, 1) if i == axis else (0, 0) for i in range(2)]
    padded = np.pad(steps, edge, constant_values=np.nan)
    before, after = (np.delete(padded, place, axis=axis) for place in (-1, 0))
    return np.fmax(before, after)
