"""Minerals as a few numbers: a continuum and the absorptions that publications report."""

from typing import NamedTuple

import numpy as np

from hsicli.errors import ConfigError

FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))


class Absorption(NamedTuple):
    """One Gaussian absorption: where it lies, how wide it is at half its depth, and how deep."""

    centre: float
    """nm"""
    width: float
    """Full width at half depth, nm."""
    depth: float
    """Share of the continuum that is absorbed at the centre, 0…1."""


def reflectance(
    wavelengths: np.ndarray, continuum: tuple[tuple[float, float], ...], absorptions: tuple[Absorption, ...]
) -> np.ndarray:
    """Reflectance of a continuum with absorptions.

    R(λ) = C(λ) Π (1 − dⱼ exp(−½ ((λ − cⱼ)/σⱼ)²)), with C monotone between its nodes and constant beyond them.

    Parameters
    ----------
    wavelengths : (bands,) float
        nm, in any order.
    continuum : tuple of (nm, reflectance)
        Nodes by ascending wavelength.
    absorptions : tuple of Absorption

    Returns
    -------
    (bands,) float64
    """
    from scipy.interpolate import PchipInterpolator

    nodes, levels = np.array(continuum, dtype=float).T
    inside = np.clip(wavelengths, nodes[0], nodes[-1])
    spectrum: np.ndarray = PchipInterpolator(nodes, levels)(inside)
    for centre, width, depth in absorptions:
        sigma = width / FWHM_PER_SIGMA
        spectrum = spectrum * (1 - depth * np.exp(-0.5 * ((wavelengths - centre) / sigma) ** 2))
    return spectrum


class Mineral(NamedTuple):
    """What a spectrometer sees of a mineral."""

    continuum: tuple[tuple[float, float], ...]
    """Nodes (nm, reflectance), ascending."""
    absorptions: tuple[Absorption, ...]


_FLAT = (400.0, 800.0, 1300.0, 2000.0, 2600.0, 3900.0)
"""Where every continuum below has its nodes, nm."""


def _mineral(levels: tuple[float, ...], *absorptions: tuple[float, float, float]) -> Mineral:
    return Mineral(
        tuple(zip(_FLAT, levels, strict=True)), tuple(Absorption(*item) for item in sorted(absorptions))
    )


_WATER = (3000.0, 520.0, 0.55)
"""The O–H stretches of bound water, one broad band."""

MINERALS: dict[str, Mineral] = {
    # Rock and dust: what most of a scene is made of.
    "basalt": _mineral((0.06, 0.15, 0.160, 0.160, 0.155, 0.14), (990, 320, 0.06), (2150, 620, 0.05)),
    "dust": _mineral(
        (0.05, 0.26, 0.290, 0.295, 0.290, 0.22),
        (530, 110, 0.12), (860, 160, 0.04), (3000, 560, 0.4),
    ),
    "feldspar": _mineral(
        (0.42, 0.58, 0.620, 0.620, 0.580, 0.50),
        (1415, 45, 0.04), (1915, 80, 0.06), (2205, 60, 0.05),
    ),
    "chalcedony": _mineral(
        (0.35, 0.50, 0.540, 0.530, 0.480, 0.35),
        (1420, 60, 0.06), (1915, 90, 0.12), (2250, 150, 0.08),
    ),
    # Mafic silicates: crystal-field bands of Fe²⁺.
    "olivine": _mineral(
        (0.10, 0.24, 0.300, 0.320, 0.320, 0.30),
        (860, 180, 0.10), (1050, 290, 0.34), (1260, 300, 0.22),
    ),
    "low-Ca pyroxene": _mineral(
        (0.10, 0.24, 0.270, 0.280, 0.280, 0.25),
        (915, 200, 0.32), (1870, 420, 0.22),
    ),
    "high-Ca pyroxene": _mineral(
        (0.09, 0.21, 0.240, 0.250, 0.250, 0.22),
        (1020, 240, 0.28), (2250, 520, 0.22),
    ),
    "plagioclase": _mineral((0.26, 0.42, 0.480, 0.500, 0.490, 0.45), (1300, 380, 0.14)),
    "andradite": _mineral(
        (0.10, 0.28, 0.340, 0.400, 0.400, 0.30),
        (445, 60, 0.12), (600, 90, 0.08), (860, 170, 0.16), (2950, 420, 0.3),
    ),
    "pyrope": _mineral(
        (0.16, 0.30, 0.260, 0.300, 0.340, 0.32),
        (505, 60, 0.10), (575, 70, 0.10), (690, 60, 0.06), (1280, 420, 0.26), (1680, 420, 0.20),
        (2310, 420, 0.18),
    ),
    "sphene": _mineral(
        (0.06, 0.34, 0.460, 0.500, 0.500, 0.44),
        (590, 60, 0.05), (1100, 380, 0.05), (2350, 60, 0.04),
    ),
    # Iron oxides: charge transfer below 600 nm, crystal field near 0.9 µm.
    "hematite": _mineral((0.03, 0.26, 0.310, 0.330, 0.320, 0.28), (530, 120, 0.35), (865, 150, 0.26)),
    "goethite": _mineral(
        (0.05, 0.30, 0.380, 0.370, 0.320, 0.20),
        (480, 90, 0.25), (930, 200, 0.30), (1920, 130, 0.08),
    ),
    # Clays and other sheet silicates: O–H overtones near 1.4, water at 1.9, metal–OH at 2.2 to 2.35 µm.
    "kaolinite": _mineral(
        (0.40, 0.58, 0.640, 0.620, 0.520, 0.28),
        (1395, 17, 0.18), (1415, 17, 0.24), (2165, 40, 0.18), (2207, 38, 0.34), (2385, 40, 0.08),
        (2750, 160, 0.6),
    ),
    "disordered kaolinite": _mineral(
        (0.34, 0.54, 0.600, 0.580, 0.490, 0.26),
        (1397, 22, 0.10), (1414, 22, 0.18), (1912, 80, 0.12), (2172, 52, 0.10), (2207, 46, 0.24),
        (2385, 44, 0.05), (2760, 170, 0.6),
    ),
    "dumortierite": _mineral(
        (0.30, 0.40, 0.560, 0.580, 0.500, 0.30),
        (560, 170, 0.12), (1485, 60, 0.16), (2190, 90, 0.16), (2345, 70, 0.08), (2800, 220, 0.5),
    ),
    "montmorillonite": _mineral(
        (0.36, 0.52, 0.560, 0.540, 0.480, 0.22),
        (1412, 50, 0.18), (1910, 85, 0.30), (2208, 60, 0.22), _WATER,
    ),
    "muscovite": _mineral(
        (0.34, 0.48, 0.520, 0.520, 0.470, 0.26),
        (1410, 40, 0.14), (2200, 50, 0.30), (2348, 50, 0.16), (2440, 60, 0.10), (2760, 200, 0.5),
    ),
    "nontronite": _mineral(
        (0.10, 0.36, 0.440, 0.450, 0.410, 0.18),
        (650, 110, 0.12), (950, 210, 0.22), (1430, 50, 0.14), (1910, 85, 0.28), (2287, 52, 0.24),
        (2400, 50, 0.10), _WATER,
    ),
    "saponite": _mineral(
        (0.20, 0.38, 0.440, 0.450, 0.410, 0.18),
        (1392, 42, 0.12), (1912, 85, 0.30), (2312, 55, 0.24), (2390, 50, 0.12), _WATER,
    ),
    "corrensite": _mineral(
        (0.18, 0.32, 0.380, 0.390, 0.350, 0.18),
        (1392, 45, 0.10), (1912, 90, 0.16), (2320, 70, 0.26), (2385, 60, 0.12), _WATER,
    ),
    "chlorite": _mineral(
        (0.12, 0.22, 0.270, 0.300, 0.270, 0.14),
        (1000, 300, 0.14), (1395, 45, 0.08), (2255, 55, 0.18), (2345, 65, 0.28), (2750, 200, 0.5),
    ),
    "serpentine": _mineral(
        (0.18, 0.34, 0.400, 0.420, 0.380, 0.20),
        (1392, 32, 0.18), (2118, 70, 0.06), (2325, 55, 0.28), (2510, 60, 0.14), (2720, 160, 0.5),
    ),
    "prehnite": _mineral(
        (0.26, 0.40, 0.450, 0.460, 0.410, 0.22),
        (1478, 50, 0.14), (2235, 45, 0.14), (2352, 65, 0.26), (2830, 300, 0.5),
    ),
    # Silica and ammonium.
    "opal": _mineral(
        (0.40, 0.54, 0.580, 0.560, 0.480, 0.18),
        (1405, 70, 0.14), (1912, 100, 0.26), (2218, 150, 0.20), _WATER,
    ),
    "buddingtonite": _mineral(
        (0.30, 0.46, 0.520, 0.520, 0.460, 0.26),
        (1562, 110, 0.08), (2020, 110, 0.14), (2118, 90, 0.24), (3050, 500, 0.5),
    ),
    # Carbonates: two overtones of CO₃.
    "calcite": _mineral(
        (0.45, 0.62, 0.680, 0.680, 0.640, 0.40),
        (1878, 45, 0.04), (1998, 55, 0.08), (2340, 75, 0.30), (2537, 80, 0.34), (3400, 220, 0.5),
    ),
    "magnesite": _mineral(
        (0.36, 0.54, 0.600, 0.610, 0.570, 0.34),
        (1910, 80, 0.06), (2305, 75, 0.28), (2503, 80, 0.32), (3400, 220, 0.5),
    ),
    # Sulfates: S–O overtones near 1.75 and 2.4, water, metal–OH.
    "gypsum": _mineral(
        (0.46, 0.60, 0.640, 0.560, 0.420, 0.14),
        (1445, 40, 0.26), (1490, 34, 0.14), (1537, 36, 0.14), (1750, 42, 0.18), (1943, 80, 0.45),
        (2215, 50, 0.18), (2268, 40, 0.08), (2485, 90, 0.26), _WATER,
    ),
    "kieserite": _mineral(
        (0.36, 0.50, 0.540, 0.480, 0.400, 0.16),
        (1610, 220, 0.10), (1975, 110, 0.14), (2130, 140, 0.26), (2403, 50, 0.20), _WATER,
    ),
    "polyhydrated sulfate": _mineral(
        (0.38, 0.52, 0.560, 0.500, 0.380, 0.12),
        (1435, 120, 0.20), (1935, 130, 0.38), (2430, 110, 0.20), _WATER,
    ),
    "alunite": _mineral(
        (0.40, 0.56, 0.620, 0.600, 0.520, 0.28),
        (1430, 36, 0.16), (1480, 36, 0.18), (1762, 44, 0.14), (2168, 70, 0.34), (2320, 55, 0.18),
        (2880, 260, 0.6),
    ),
    "jarosite": _mineral(
        (0.10, 0.36, 0.460, 0.480, 0.440, 0.22),
        (435, 60, 0.20), (915, 170, 0.30), (1468, 46, 0.10), (1852, 60, 0.12), (2268, 50, 0.28),
        (2512, 70, 0.14), (2950, 300, 0.5),
    ),
    "natrojarosite": _mineral(
        (0.09, 0.34, 0.440, 0.470, 0.430, 0.22),
        (433, 60, 0.20), (910, 170, 0.32), (1478, 46, 0.12), (1848, 60, 0.14), (2262, 48, 0.26),
        (2512, 70, 0.14), (2960, 300, 0.5),
    ),
}  # fmt: skip
"""Minerals by name.

Band centres and widths are those that laboratories and orbiters report, rounded to a few nanometres; depths
and continua are roughly those of fine powders. The table makes planted scenes, where its own
numbers are the truth. It is no reference to identify minerals with.

References
----------
Clark et al., "High spectral resolution reflectance spectroscopy of minerals", JGR 95, 1990 (clays, sulfates,
carbonates); Burns, *Mineralogical Applications of Crystal Field Theory*, 1993 (olivine, pyroxene); Bishop and
Murad, American Mineralogist 90, 2005 (jarosite, alunite); Viviano-Beck et al., JGR Planets 119, 2014 (all as
CRISM sees them).
"""


def spectra(names: tuple[str, ...], wavelengths: np.ndarray) -> np.ndarray:
    """The reflectance of minerals of the table.

    Parameters
    ----------
    names : tuple of str
    wavelengths : (bands,) float
        nm.

    Returns
    -------
    (m, bands) float64

    Raises
    ------
    ConfigError
        If a name is not in the table.
    """
    missing = [name for name in names if name not in MINERALS]
    if missing:
        raise ConfigError(
            f"there is no mineral {missing[0]!r} in the built-in table",
            hint=f"choose among {', '.join(MINERALS)}, or give --library",
        )
    return np.stack([reflectance(wavelengths, *MINERALS[name]) for name in names])
