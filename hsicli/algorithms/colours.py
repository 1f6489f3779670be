"""Colours of classes: numbers that stand beside each other on a map must not look alike."""

import numpy as np

from hsicli.algorithms.scores import best_assignment, contingency

LIGHTNESS = (0.42, 0.86)
"""OKLab lightness of class colours: away from the black and the white of paper, text and nodata."""

CHROMA = (0.06, 0.235)
"""OKLab chroma: greys are for what has no class, and neon outshines its neighbours."""

_STEPS = np.array([0, 24, 48, 72, 96, 120, 144, 168, 192, 216, 240, 255])
_FIRST = np.array([0, 96, 216])  # a blue that every eye tells from all that follow


def distinct_colours(k: int) -> np.ndarray:
    """Colours for k classes, each as far as can be from those before it.

    Farthest-first choice in OKLab, where distance is what an eye sees. The first j of k colours are the j
    colours, so a class keeps its colour when classes are added behind it.

    Parameters
    ----------
    k : int
        Number of classes, 0 or more. Above the thousand or so candidates the colours repeat.

    Returns
    -------
    (k, 3) uint8
        Red, green, blue; never near white, black or grey.

    Raises
    ------
    ValueError
        If k is negative.

    References
    ----------
    Ottosson, "A perceptual color space for image processing", 2020 (OKLab).
    """
    if k < 0:
        raise ValueError(f"there is no palette of {k} colours")
    return _extended(_FIRST[None], k) if k else np.empty((0, 3), dtype=np.uint8)


def matched_colours(
    labels: np.ndarray, colours: np.ndarray, other: np.ndarray, other_classes: int
) -> np.ndarray:
    """Colours for a second map of a scene that has been coloured already.

    Classes are paired one to one so that the most pixels keep their colour; a class that has no partner, or
    none that it shares a pixel with, gets a colour that the first map does not use.

    Parameters
    ----------
    labels, other : (rows, cols) int
        The first map and the second; 0 = unlabeled.
    colours : (k, 3) uint8
        Of the classes of the first.
    other_classes : int
        Classes of the second.

    Returns
    -------
    (other_classes, 3) uint8

    Raises
    ------
    ValueError
        If the maps differ in shape.
    """
    both = contingency(labels, other, len(colours), other_classes)
    partner = best_assignment(both[1:])
    out = np.zeros((other_classes, 3), dtype=np.uint8)
    matched = np.zeros(other_classes, dtype=bool)
    for first, second in enumerate(partner):
        if second >= 0 and both[first + 1, second]:
            out[second], matched[second] = colours[first], True
    lonely = int((~matched).sum())
    if lonely:
        used = colours if len(colours) else _FIRST[None]
        out[~matched] = _extended(used, len(used) + lonely)[len(used) :]
    return out


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Lightness and the two opponent colours, in which distance is what an eye sees.

    Parameters
    ----------
    rgb : (n, 3) float or uint8
        sRGB, 0…255.

    Returns
    -------
    (n, 3) float64
        OKLab: lightness 0…1, green to red, blue to yellow.
    """
    srgb = np.asarray(rgb, dtype=float) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(
        linear
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return cones @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


def _extended(used: np.ndarray, k: int) -> np.ndarray:
    """(k, 3) uint8: the used colours, and behind them the farthest-first choice among the candidates."""
    candidates = _candidates()
    places = oklab(candidates)
    out = [np.asarray(colour, dtype=np.uint8) for colour in used[:k]]
    seen = oklab(used)
    nearest = np.full(len(places), np.inf)
    for place in seen:
        nearest = np.minimum(nearest, np.linalg.norm(places - place, axis=1))
    while len(out) < k:
        best = int(nearest.argmax())
        if nearest[best] == 0:  # every candidate is taken: begin again
            out.append(out[len(out) % len(candidates)])
            continue
        out.append(candidates[best])
        nearest = np.minimum(nearest, np.linalg.norm(places - places[best], axis=1))
    return np.stack(out)


def _candidates() -> np.ndarray:
    """(n, 3) uint8: a lattice of the colours that a class may have."""
    lattice = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness, a, b = oklab(lattice).T
    chroma = np.hypot(a, b)
    usable = (lightness >= LIGHTNESS[0]) & (lightness <= LIGHTNESS[1])
    usable &= (chroma >= CHROMA[0]) & (chroma <= CHROMA[1])
    return lattice[usable].astype(np.uint8)
