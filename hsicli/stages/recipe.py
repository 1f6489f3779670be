"""A recipe: what `synth` plants, and on what grid."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hsicli.algorithms.defects import Defects
from hsicli.algorithms.geology import Unit
from hsicli.cube import Grid
from hsicli.errors import ConfigError

MARS = Grid(
    (18.0, 0.0, 4_270_000.0, 0.0, -18.0, 1_130_000.0),
    'PROJCRS["Mars Equirectangular [0N 0E]",BASEGEOGCRS["Mars sphere",DATUM["Mars sphere",'
    'ELLIPSOID["Mars sphere",3396190.0,0,LENGTHUNIT["metre",1]]],PRIMEM["Reference Meridian",0,'
    'ANGLEUNIT["degree",0.0174532925199433]]],CONVERSION["Equidistant Cylindrical",'
    'METHOD["Equidistant Cylindrical (Spherical)",ID["EPSG",1029]],'
    'PARAMETER["Latitude of 1st standard parallel",0.0,ANGLEUNIT["degree",0.0174532925199433]],'
    'PARAMETER["Longitude of natural origin",0.0,ANGLEUNIT["degree",0.0174532925199433]],'
    'PARAMETER["False easting",0,LENGTHUNIT["metre",1]],PARAMETER["False northing",0,LENGTHUNIT["metre",1]]],'
    'CS[Cartesian,2],AXIS["easting (X)",east,ORDER[1],LENGTHUNIT["metre",1]],'
    'AXIS["northing (Y)",north,ORDER[2],LENGTHUNIT["metre",1]]]',
    "IAU_2015:49910",
)
"""Equirectangular, sphere of 3 396 190 m, 18 m pixels, near 19° N 72° E."""


@dataclass(frozen=True)
class SynthConfig:
    """A recipe. The defaults are the recipe `mixtures`."""

    VERSION: ClassVar[int] = 1

    rows: int = 128
    cols: int = 128
    instrument: str = "aviris-1995"
    """Band centres and widths."""
    bands: tuple[float, float, float] | None = None
    """First and last centre and step, nm, of a regular axis instead; the width is the step."""
    window: tuple[float, float] | None = None
    """Bands to keep, nm."""
    members: tuple[str, ...] = (
        "feldspar",
        "jarosite",
        "natrojarosite",
        "plagioclase",
        "calcite",
        "alunite",
        "gypsum",
        "corrensite",
        "high-Ca pyroxene",
    )
    """Endmembers of a scene without units: every pixel is a mixture of its own."""
    concentration: float = 1.0
    """Dirichlet parameter of those mixtures: 1 = uniform on the simplex, below 1 prefers its corners."""
    units: tuple[Unit, ...] = ()
    """Rock units, if the scene is a place."""
    background: str = "basalt"
    """Endmember of what no unit covers."""
    bend: float = 0.3
    """Folding of the units, as a share of their size."""
    scatter: float = 0.0
    """Dirichlet concentration with which each pixel varies about the mixture of its place; 0 = not at all."""
    frame: Literal["none", "swath", "tray"] = "none"
    """What surrounds the pixels: nothing; fill beside a swath; a tray with core sticks."""
    border: int = 0
    """Widest fill at either side of a swath, pixels; space beside a core stick."""
    sticks: int = 1
    """Core sticks side by side."""
    snr: float = 30.0
    """Signal-to-noise ratio, dB: mean square of the signal, over pixels and bands, to that of the noise."""
    noise_profile: tuple[tuple[float, float], ...] = ((1000.0, 1.0),)
    """Relative strength of the noise by wavelength: (nm, strength) nodes, linear between, constant beyond."""
    brightness: float = 0.0
    """Standard deviation of the logarithm of the illumination, clipped to 0.5…1.6."""
    relief: float = 0.0
    """Strength of slopes that face or shun the light."""
    defects: Defects = field(default_factory=Defects)
    on_mars: Literal["grid", "nowhere"] = "nowhere"
    """Whether the pixels lie on a grid of Mars."""


def check_recipe(config: SynthConfig) -> None:
    """Refuse what contradicts itself.

    Raises
    ------
    ConfigError
        If the scene has no pixels, no room within its frame, or fewer than two endmembers.
    """
    if config.rows < 1 or config.cols < 1:
        raise ConfigError(
            f"a scene of {config.rows} × {config.cols} pixels is empty",
            hint="give --rows and --cols, both 1 or more",
        )
    stick = config.cols // config.sticks
    if config.frame != "none" and 2 * config.border + 8 > (stick if config.frame == "tray" else config.cols):
        raise ConfigError(
            f"a border of {config.border} on both sides leaves no room in {config.cols} columns",
            hint="give --cols more, or set border lower",
        )
    if not config.units and len(config.members) < 2:
        raise ConfigError("a mixture needs two members or more", hint="give --members A,B,…")
