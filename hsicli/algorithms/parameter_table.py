"""Summary parameters of CRISM spectra, as data: name → formula, over channels named by their wavelength."""

from typing import NamedTuple


class Channel(NamedTuple):
    """The band nearest a wavelength, with its neighbours: R is their median."""

    wavelength: float
    """nm."""
    kernel: int = 5
    """Channels in the median, k; an even k takes one more."""


class Reflectance(NamedTuple):
    """R."""

    at: Channel


class Quotient(NamedTuple):
    """R of one channel over R of another."""

    over: Channel
    under: Channel


class Depth(NamedTuple):
    """BD = 1 − Rc / (a·Rs + b·Rl), b = (Wc − Ws) / (Wl − Ws), a = 1 − b."""

    short: Channel
    centre: Channel
    long: Channel


class Shoulder(NamedTuple):
    """SH = 1 − (a·Rs + b·Rl) / Rc, a and b as in `Depth`."""

    short: Channel
    centre: Channel
    long: Channel


class Mean(NamedTuple):
    """Mean of band depths."""

    depths: tuple[Depth, ...]


class Least(NamedTuple):
    """The least of band depths: both absorptions must be there."""

    depths: tuple[Depth, ...]


class Residual(NamedTuple):
    """Σ weight · (RC − R) / |RC|; RC is the line through `short` and `long`."""

    short: Channel
    long: Channel
    terms: tuple[tuple[float, Channel], ...]


class Drop(NamedTuple):
    """1 − mean RR(inner) / mean RR(outer), RR = R / RC; RC is the line through `short` and `long`."""

    short: Channel
    long: Channel
    inner: tuple[Channel, ...]
    outer: tuple[Channel, ...]


class Slope(NamedTuple):
    """(R short − R long) / (W long − W short), per µm: positive where the spectrum falls."""

    short: Channel
    long: Channel


class Remainder(NamedTuple):
    """1 − (1 − first) / (1 − second): what one depth has beyond another."""

    first: Depth
    second: Depth


class Extrapolated(NamedTuple):
    """1 − R(at) · R(far) / R(near)²: the continuum goes on as it went from `far` to `near`."""

    at: Channel
    near: Channel
    far: Channel


class Peak(NamedTuple):
    """Wavelength of the visible maximum, µm, of a polynomial through the VNIR bands."""

    degree: int


class PeakArea(NamedTuple):
    """∫ (1 − R / R of the visible maximum) dλ, µm."""

    degree: int
    low: float
    high: float


class Area(NamedTuple):
    """∫ (1 − R / line) dλ, µm.

    The line goes through the median wavelength and 75th percentile of `shoulder`, and the median wavelength
    and median of `end`.
    """

    low: float
    high: float
    shoulder: tuple[float, float]
    end: tuple[float, float]


class Scatter(NamedTuple):
    """Σ (line through `short` and `long` − R)² over the bands from `low` to `high`, nm."""

    short: Channel
    long: Channel
    low: float
    high: float


Form = (
    Reflectance
    | Quotient
    | Depth
    | Shoulder
    | Mean
    | Least
    | Residual
    | Drop
    | Slope
    | Remainder
    | Extrapolated
    | Peak
    | PeakArea
    | Area
    | Scatter
)


def _depth(wavelengths: tuple[float, float, float], kernels: tuple[int, int, int] = (5, 5, 5)) -> Depth:
    return Depth(*(Channel(*pair) for pair in zip(wavelengths, kernels, strict=True)))


def _shoulder(wavelengths: tuple[float, float, float], kernels: tuple[int, int, int] = (5, 5, 5)) -> Shoulder:
    return Shoulder(*_depth(wavelengths, kernels))


def _channels(kernel: int, *wavelengths: float) -> tuple[Channel, ...]:
    return tuple(Channel(wavelength, kernel) for wavelength in wavelengths)


def _residual(kernel: int, short: float, long: float, **weights: float) -> Residual:
    """The line's ends, and its terms as ``R1690=0.2``."""
    terms = tuple((weight, Channel(float(name[1:]), kernel)) for name, weight in weights.items())
    return Residual(Channel(short, kernel), Channel(long, kernel), terms)


_HCP = _residual(7, 1690, 2530, R2120=0.1, R2140=0.1, R2230=0.15, R2250=0.3, R2430=0.2, R2460=0.15)
_SHOULDER, _END = (1330, 1875), (2430, 2600)

PARAMETERS: dict[str, Form] = {
    "R770": Reflectance(Channel(770)),
    "RBR": Quotient(Channel(770), Channel(440)),
    "BD530_2": _depth((440, 530, 614)),
    "SH600_2": _shoulder((533, 600, 716), (5, 5, 3)),
    "SH770": _shoulder((716, 775, 860), (3, 5, 5)),
    "BD640_2": _depth((600, 624, 760), (5, 3, 5)),
    "BD860_2": _depth((755, 860, 977)),
    "BD920_2": _depth((807, 920, 984)),
    "RPEAK1": Peak(5),
    "BDI1000VIS": PeakArea(5, 833, 1023),
    "R440": Reflectance(Channel(440)),
    "IRR1": Quotient(Channel(800), Channel(997)),
    "BDI1000IR": Area(1020, 1255, _SHOULDER, _END),
    # As the team's code has computed it since 2013, and as delivered products hold it; the paper's table has
    # other weights and another line: OLINDEX3_TABLE.
    "OLINDEX3": _residual(7, 1750, 1862, R1210=0.1, R1250=0.1, R1263=0.2, R1276=0.2, R1330=0.4),
    "R1330": Reflectance(Channel(1330, 11)),
    "BD1300": _depth((1080, 1320, 1750), (5, 15, 5)),
    "LCPINDEX2": _residual(7, 1560, 2450, R1690=0.2, R1750=0.2, R1810=0.3, R1870=0.3),
    "HCPINDEX2": _HCP._replace(
        terms=tuple((weight, Channel(at, 5 if at == 2120 else 7)) for weight, (at, _) in _HCP.terms)
    ),
    "VAR": Scatter(Channel(1014), Channel(2287), 1021, 2253),
    "ISLOPE1": Slope(Channel(1815), Channel(2530)),
    "BD1400": _depth((1330, 1395, 1467), (5, 3, 5)),
    "BD1435": _depth((1370, 1435, 1470), (3, 1, 3)),
    "BD1500_2": _depth((1367, 1525, 1808), (5, 11, 5)),
    "ICER1_2": Remainder(
        _depth((1370, 1435, 1470), (3, 1, 3)), _depth((1367, 1525, 1808), (5, 11, 5))
    ),
    "BD1750_2": _depth((1690, 1750, 1815), (5, 3, 5)),
    "BD1900_2": Mean((_depth((1850, 1930, 2067)), _depth((1850, 1985, 2067)))),
    "BD1900R2": Drop(
        Channel(1850), Channel(2060),
        _channels(1, 1908, 1914, 1921, 1928, 1934, 1941), _channels(1, 1862, 1869, 1875, 2112, 2120, 2126),
    ),
    "BDI2000": Area(1660, 2390, _SHOULDER, _END),
    "BD2100_2": _depth((1930, 2132, 2250), (3, 5, 3)),
    "BD2165": _depth((2120, 2165, 2230), (5, 3, 3)),
    "BD2190": _depth((2120, 2185, 2250), (5, 3, 3)),
    "MIN2200": Least((_depth((2120, 2165, 2350), (5, 3, 5)), _depth((2120, 2210, 2350), (5, 3, 5)))),
    "BD2210_2": _depth((2165, 2210, 2250)),
    "D2200": Drop(Channel(1815, 7), Channel(2430, 7), _channels(7, 2210, 2230), _channels(5, 2165)),
    "BD2230": _depth((2210, 2235, 2252), (3, 3, 3)),
    "BD2250": _depth((2120, 2245, 2340), (5, 7, 3)),
    "MIN2250": Least((_depth((2165, 2210, 2350), (5, 3, 5)), _depth((2165, 2265, 2350), (5, 3, 5)))),
    "BD2265": _depth((2210, 2265, 2340), (5, 3, 5)),
    "BD2290": _depth((2250, 2290, 2350)),
    "D2300": Drop(
        Channel(1815), Channel(2530), _channels(3, 2290, 2320, 2330), _channels(5, 2120, 2170, 2210)
    ),
    "BD2355": _depth((2300, 2355, 2450)),
    "SINDEX2": _shoulder((2120, 2290, 2400), (5, 7, 3)),
    "ICER2_2": _residual(5, 2456, 2530, R2600=1.0),
    "MIN2295_2480": Least((_depth((2165, 2295, 2364)), _depth((2364, 2480, 2570)))),
    "MIN2345_2537": Least((_depth((2250, 2345, 2430)), _depth((2430, 2537, 2602)))),
    "BD2500_2": _depth((2364, 2480, 2570)),
    "BD3000": Extrapolated(Channel(3000), Channel(2530), Channel(2210)),
    "BD3100": _depth((3000, 3120, 3250)),
    "BD3200": _depth((3250, 3320, 3390)),
    "BD3400_2": _depth((3250, 3420, 3630), (10, 15, 10)),
    "CINDEX2": _shoulder((3450, 3610, 3875), (9, 11, 7)),
    "BD2600": _depth((2530, 2600, 2630)),
    "IRR2": Quotient(Channel(2530), Channel(2210)),
    "IRR3": Quotient(Channel(3500, 7), Channel(3390, 7)),
    "R530": Reflectance(Channel(530)),
    "R600": Reflectance(Channel(600)),
    "R1080": Reflectance(Channel(1080)),
    "R1506": Reflectance(Channel(1506)),
    "R2529": Reflectance(Channel(2529)),
    "R3920": Reflectance(Channel(3920)),
    "OLINDEX3_TABLE": _residual(
        7, 1750, 2400, R1080=0.03, R1152=0.03, R1210=0.03, R1250=0.03, R1263=0.07, R1276=0.07, R1330=0.12,
        R1368=0.12, R1395=0.14, R1427=0.18, R1470=0.18,
    ),
}  # fmt: skip
"""The sixty layers of the delivered products in their order, then the second OLINDEX3.

Viviano-Beck et al., "Revised CRISM spectral parameters and summary products based on the currently detected
mineral diversity on Mars", J. Geophys. Res. Planets 119, 2014, table 2. Where the paper and the team's later
code disagree (BD530_2 to 614 nm, not 716; OLINDEX3), the code is taken, as the delivered products are; for
BD1900_2 and BD1900R2, the paper.
"""

FAR = {"R3920": 25.0}
"""nm: parameters that take a band farther from its wavelength than others may; an MTRDR ends at 3897 nm."""
