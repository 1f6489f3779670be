"""Browse products: three summary parameters as red, green and blue, each on its published stretch."""

from typing import NamedTuple

import numpy as np

FULL, IGNORED = 254, 255
"""Bytes: the most that a channel shows; what marks a pixel without data in all three, as delivered."""

LOWEST, HIGHEST = 0.1, 99.9
"""Percentiles between which a parameter without limits of its own is stretched."""


class Browse(NamedTuple):
    """A composite that has a name."""

    title: str
    parameters: tuple[str, str, str]
    """Red, green, blue."""


BROWSE = {
    "TRU": Browse("visible colour", ("R600", "R530", "R440")),
    "VNA": Browse("albedo at 770 nm", ("R770", "R770", "R770")),
    "FEM": Browse("iron minerals", ("BD530_2", "SH600_2", "BDI1000VIS")),
    "FM2": Browse("iron minerals, second", ("BD530_2", "BD920_2", "BDI1000VIS")),
    "TAN": Browse("visible and infrared colour", ("R2529", "R1330", "R770")),
    "FAL": Browse("infrared colour", ("R2529", "R1506", "R1080")),
    "IRA": Browse("albedo at 1330 nm", ("R1330", "R1330", "R1330")),
    "MAF": Browse("mafic minerals", ("OLINDEX3", "LCPINDEX2", "HCPINDEX2")),
    "HYD": Browse("hydrated minerals", ("SINDEX2", "BD2100_2", "BD1900_2")),
    "PHY": Browse("phyllosilicates", ("D2300", "D2200", "BD1900R2")),
    "PFM": Browse("phyllosilicates with Fe and Mg", ("BD2355", "D2300", "BD2290")),
    "PAL": Browse("phyllosilicates with Al", ("BD2210_2", "BD2190", "BD2165")),
    "HYS": Browse("hydrated silica", ("MIN2250", "BD2250", "BD1900R2")),
    "ICE": Browse("ices", ("BD1900_2", "BD1500_2", "BD1435")),
    "IC2": Browse("ices, second", ("R3920", "BD1500_2", "BD1435")),
    "CHL": Browse("chlorides", ("ISLOPE1", "BD3000", "IRR2")),
    "CAR": Browse("carbonates", ("D2300", "BD2500_2", "BD1900_2")),
    "CR2": Browse("carbonates, second", ("MIN2295_2480", "MIN2345_2537", "CINDEX2")),
}
"""Viviano-Beck et al., JGR Planets 119, 2014, table 3."""

STRETCHES = {
    # parameter: black, and the least value that may be full
    "BD530_2": (0.0, 0.2828),
    "BD920_2": (0.0, 0.0219),
    "BDI1000VIS": (0.0, 0.0349),
    "OLINDEX3": (0.0, 0.26),
    "LCPINDEX2": (0.0, 0.0203),
    "HCPINDEX2": (0.0, 0.0258),
    "BD1435": (0.0, 0.01557),
    "BD1500_2": (0.0, 0.04187),
    "BD1900_2": (0.0, 0.04713),
    "BD1900R2": (0.0, 0.04994),
    "BD2100_2": (0.0, 0.01958),
    "BD2165": (0.0, 0.01),
    "BD2190": (0.0, 0.01),
    "BD2210_2": (0.005, 0.009436),
    "D2200": (0.0025, 0.020),
    "BD2250": (0.0, 0.009232),
    "MIN2250": (0.0, 0.01),
    "BD2290": (0.0, 0.01),
    "D2300": (0.0, 0.03406),
    "BD2355": (0.005, 0.0132),
    "SINDEX2": (0.005, 0.02948),
    "MIN2295_2480": (0.0, 0.000613),
    "MIN2345_2537": (0.0, 0.006026),
    "BD2500_2": (0.0, 0.004054),
    "BD3000": (0.0, 0.8739),
    "CINDEX2": (0.0, 0.01),
}
"""Fixed limits, as the team's code has them; every other parameter is stretched between percentiles."""


def browse_limits(name: str, values: np.ndarray) -> tuple[float, float]:
    """What a browse product shows as black and as full colour.

    Black is fixed and full is the 99.9th percentile of the scene, but at least a fixed value, so that a scene
    without the mineral stays dark; parameters without such limits go from the 0.1th to the 99.9th percentile.

    Parameters
    ----------
    name : str
        A summary parameter.
    values : array of float
        Its values in the scene; NaN is passed over.

    Returns
    -------
    low, high : float
        NaN for a scene without values.
    """
    low, high = percentile_limits(values, LOWEST, HIGHEST)
    if name not in STRETCHES or np.isnan(high):
        return low, high
    black, floor = STRETCHES[name]
    return black, max(high, floor)


def percentile_limits(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Two percentiles of the finite values.

    Parameters
    ----------
    values : array of float
    low, high : float
        Percent.

    Returns
    -------
    low, high : float
        NaN where no value is finite.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.nan, np.nan
    found = np.percentile(finite, [low, high], overwrite_input=True)
    return float(found[0]), float(found[1])


def stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values as bytes: `low` and below 0, `high` and above 254, 255 for NaN.

    Parameters
    ----------
    values : array of float
    low, high : float
        Where they are equal, or NaN, everything is 0.

    Returns
    -------
    array of uint8
        Of the same shape.
    """
    missing = ~np.isfinite(values)
    share = (values - low) / (high - low) if high > low else np.zeros_like(values)
    share[missing] = 0
    out: np.ndarray = np.rint(np.clip(share, 0, 1) * FULL).astype(np.uint8)
    out[missing] = IGNORED
    return out


def blended(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """Three channels as one picture; a pixel that lacks one of them lacks all.

    Parameters
    ----------
    red, green, blue : (rows, cols) uint8
        As `stretched` returns them.

    Returns
    -------
    (3, rows, cols) uint8
    """
    picture = np.stack([red, green, blue])
    picture[:, (picture == IGNORED).any(axis=0)] = IGNORED
    return picture
