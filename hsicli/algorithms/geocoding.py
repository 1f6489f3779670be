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


OVERLAP = 8
"""Pixels looked at where the nearest does not reach: a line of a scan may lie between two others."""

NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Rows down and columns to the right of half the neighbours of a pixel; the rest are their mirror images."""


class Ground(NamedTuple):
    """The pixels of an image on the ground.

    Attributes
    ----------
    tree : cKDTree
        Of the directions of the pixels that have a place.
    pixels : (n,) int64
        Each one's index into the flat image.
    reach : (n,) float64
        Half the distance to each one's farthest neighbour, aslant too, radians: places between pixels are
        nearer than that to one of them.
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
        If the planes differ in shape, or no two neighbouring pixels have a place.
    """
    if latitude.shape != longitude.shape or latitude.ndim != 2:
        raise ValueError(f"latitudes of shape {latitude.shape}, longitudes of shape {longitude.shape}")
    points = _directions(latitude, longitude)
    known = np.flatnonzero(np.isfinite(points).all(axis=-1))
    farthest = np.full(latitude.shape, np.nan)
    usual = {shift: _fill_farthest(farthest, points, shift) for shift in NEIGHBOURS}
    median = float(np.nanmedian(farthest)) if np.isfinite(farthest).any() else np.nan
    if np.isnan(median):
        raise ValueError("no two neighbouring pixels have a place")
    farthest[~np.isfinite(farthest)] = median  # of a pixel without neighbours
    reach = 0.5 * np.minimum(farthest, WILD * median).ravel()
    along, across = usual[0, 1], usual[1, 0]
    steps = (along if np.isfinite(along) else across, across if np.isfinite(across) else along)
    return Ground(cKDTree(points.reshape(-1, 3)[known]), known, reach[known], steps)


def pixels_at(ground: Ground, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """The pixel that saw each place: the nearest centre that reaches so far.

    Parameters
    ----------
    ground : Ground
    latitude, longitude : (…) float
        Places, degrees; NaN is a place that no pixel saw.

    Returns
    -------
    (…) int64
        Index into the flat image; −1 where no pixel reaches. As reach is half a diagonal, a pixel at the edge
        of the image is taken for places outside of it, too: up to a fifth of its side, where it is square.
    """
    points = _directions(latitude, longitude).reshape(-1, 3)
    asked = np.flatnonzero(np.isfinite(points).all(axis=1))
    found = np.full(len(points), -1, dtype=np.int64)
    bound = ground.reach.max() * (1 + 1e-9)
    reach = np.append(ground.reach, -np.inf)  # a neighbour that is missing has the index n
    for candidates in (1, OVERLAP):  # most places need one
        distance, nearest = ground.tree.query(points[asked], k=[*range(1, candidates + 1)],
                                              distance_upper_bound=bound)  # fmt: skip
        reached = distance <= reach[nearest]
        best = reached.argmax(axis=1)[:, None]
        hit = np.take_along_axis(reached, best, axis=1)[:, 0]
        found[asked[hit]] = ground.pixels[np.take_along_axis(nearest, best, axis=1)[hit, 0]]
        asked = asked[~hit & np.isfinite(distance[:, 0])]
    return found.reshape(latitude.shape)


def _directions(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """(…, 3) float64: unit vectors from the centre of the body."""
    phi, lam = np.radians(np.asarray([latitude, longitude], dtype=np.float64))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def _fill_farthest(farthest: np.ndarray, points: np.ndarray, shift: tuple[int, int]) -> float:
    """Raise the distance of each pixel to its farthest neighbour by those one shift away; their median."""
    rows, cols = farthest.shape
    down, right = shift
    first = (slice(0, rows - down), slice(max(0, -right), cols - max(0, right)))
    second = (slice(down, rows), slice(max(0, right), cols - max(0, -right)))
    distance = np.linalg.norm(points[second] - points[first], axis=-1)
    for part in (first, second):
        farthest[part] = np.fmax(farthest[part], distance)
    return float(np.nanmedian(distance)) if np.isfinite(distance).any() else np.nan
