"""report: what a page shows of a cube, in one walk over it."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.products.labels import Labels
from hsicli.products.overview import Match, Overview
from hsicli.runtime import Track, quiet
from hsicli.stages.identify import Compare, nearest_spectra

TRIPLES = (
    (2530.0, 1330.0, 770.0),  # CRISM's joined detectors
    (640.0, 550.0, 460.0),  # as the eye sees
    (2530.0, 1510.0, 1080.0),  # CRISM's infrared detector
    (2200.0, 1650.0, 1080.0),
)
"""nm of red, green and blue: the first that a cube covers."""

NEAR = 20.0
"""nm: a band this close to a wavelength stands for it."""


@dataclass(frozen=True)
class ReportConfig:
    """Settings of `hsicli report`."""

    VERSION: ClassVar[int] = 2

    title: str | None = None  # of the page; the name of the scene unless given
    rgb: tuple[float, float, float] | None = None  # nm of red, green, blue; by what the cube covers if None
    stretch: tuple[float, float] = (2.0, 98.0)  # percentiles of a colour that become black and full
    max_pixels: int = 1_500_000  # of a picture; every so manieth of a larger cube
    max_numbers: int = 1_200_000  # of the spectra inside the page, two bytes each before packing
    compare: Compare = "band-depth"
    ranks: int = 3  # spectra of the library to name for a class
    least_overlap: float = 0.5  # share of the map's bands that a spectrum of the library must have

    def __post_init__(self) -> None:
        if not 0 <= self.stretch[0] < self.stretch[1] <= 100:
            raise ValueError(f"stretch must be two percentiles, the lower first; it is {self.stretch}")
        for name in ("max_pixels", "max_numbers", "ranks"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, it is {getattr(self, name)}")


def overview(cube: Cube, config: ReportConfig, *, track: Track = quiet) -> Overview:
    """A picture of a cube in three colours, and as many of its spectra as a page can hold.

    Parameters
    ----------
    cube : Cube
    config : ReportConfig
    track : Track

    Raises
    ------
    ConfigError
        If a wavelength asked for lies outside the cube.
    InputError
        If the cube has no valid pixel.
    """
    rows, cols, _ = cube.shape
    bands = len(cube.order)
    step = max(1, math.ceil(math.sqrt(rows * cols / config.max_pixels)))
    band_step = max(1, math.ceil(bands / 256))
    kept_bands = -(-bands // band_step)
    apart = math.sqrt(rows * cols * kept_bands / config.max_numbers)
    spectra_step = step * max(1, math.ceil(apart / step))  # of the pixels in the picture: no other is read
    shown, colours = _colour_bands(cube, config.rgb)
    picture = np.full((-(-rows // step), -(-cols // step), 3), np.nan, dtype=np.float32)
    spectra = np.full((-(-rows // spectra_step), -(-cols // spectra_step), kept_bands), np.nan, np.float32)
    for block in track(cube.blocks(step=step), "overview"):
        data = np.where(block.valid[..., None], block.data, np.nan)
        for size, target, chosen in (
            (step, picture, shown),
            (spectra_step, spectra, slice(0, None, band_step)),
        ):
            first = -block.rows.start % size
            place = (block.rows.start + first) // size
            part = data[first // step :: size // step, ::size][..., chosen]
            target[place : place + len(part)] = part
    valid = np.asarray(~np.isnan(picture).any(axis=2))
    if not valid.any():
        raise InputError("the cube has no valid pixel to show", hint="look at its fill with hsicli info")
    named = cube.wavelengths is not None
    axis = cube.axis if named else np.arange(1.0, bands + 1)
    return Overview(
        shape=(rows, cols),
        picture=_stretched(picture, valid, config.stretch),
        shown=valid,
        step=step,
        colours=f"{colours}, {config.stretch[0]:g} to {config.stretch[1]:g} % of each",
        spectra=spectra,
        spectra_step=spectra_step,
        band_step=band_step,
        axis=axis[::band_step],
        in_nm=named,
        grid=cube.grid,
    )


def resembling(
    product: Labels, library: Library, config: ReportConfig, *, without_continuum: bool
) -> list[list[Match]]:
    """The library spectra nearest to each class mean, the nearest first, to be drawn beside it.

    Parameters
    ----------
    product : Labels
    library : Library
    config : ReportConfig
    without_continuum : bool
        Whether the cube had its continuum removed: the library spectra then lose theirs.

    Raises
    ------
    InputError
        If the map has no wavelengths.
    """
    found = nearest_spectra(
        product, library, compare=config.compare, ranks=config.ranks, least_overlap=config.least_overlap
    )
    wavelengths = np.asarray(product.wavelengths)

    def drawn(row: int) -> np.ndarray:
        spectrum = library.resampled(wavelengths).spectra[row]
        known = np.isfinite(spectrum)
        if without_continuum:
            spectrum[known] = remove_continuum(spectrum[known][None], wavelengths[known])[0]
        return spectrum

    return [
        [
            Match(library.names[row - 1], float(angle), drawn(row - 1))
            for row, angle in zip(rows, angles, strict=True)
            if row
        ]
        for rows, angles in zip(found["matches"], found["match_angles"], strict=True)
    ]


def _colour_bands(cube: Cube, wanted: tuple[float, float, float] | None) -> tuple[list[int], str]:
    """Places of red, green and blue among the good bands, and what they are in words."""
    bands = len(cube.order)
    if cube.wavelengths is None:
        if wanted:
            raise ConfigError("--rgb names wavelengths, and the cube has none", hint="leave --rgb out")
        places = [bands * part // 6 for part in (5, 3, 1)]
        return places, "red, green, blue: bands " + ", ".join(str(cube.order[k] + 1) for k in places)
    axis = cube.axis
    for triple in (wanted,) if wanted else TRIPLES:
        places = [int(np.abs(axis - nm).argmin()) for nm in triple]
        if all(abs(axis[place] - nm) <= NEAR for place, nm in zip(places, triple, strict=True)):
            break
        if wanted:
            raise ConfigError(
                f"--rgb {', '.join(f'{nm:g}' for nm in wanted)}: the cube has bands from {axis[0]:.0f} to "
                f"{axis[-1]:.0f} nm, and none within {NEAR:g} nm of one of these",
                hint="name wavelengths of the cube, in nm",
            )
    else:
        places = [bands * part // 6 for part in (5, 3, 1)]
    return places, "red, green, blue: " + ", ".join(f"{axis[place]:.0f}" for place in places) + " nm"


def _stretched(picture: np.ndarray, valid: np.ndarray, percentiles: tuple[float, float]) -> np.ndarray:
    """Each colour from its low percentile (black) to its high one (full); 0 where not valid."""
    out = np.zeros(picture.shape, dtype=np.uint8)
    for channel in range(3):
        values = picture[..., channel][valid]
        low, high = np.percentile(values, percentiles)
        out[..., channel][valid] = np.clip((values - low) / max(high - low, 1e-12) * 255, 0, 255).round()
    return out
