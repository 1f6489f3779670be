"""hsicli synth: a scene with planted truth, from a recipe."""

import logging
from dataclasses import replace

import numpy as np

from hsicli.algorithms.air import Air, column_air, optical_depth
from hsicli.algorithms.colours import distinct_colours
from hsicli.algorithms.defects import instrument
from hsicli.algorithms.geology import Geology, calibrated
from hsicli.algorithms.minerals import spectra
from hsicli.algorithms.mixing import noise_deviation
from hsicli.algorithms.synthesis import CELL
from hsicli.cube import BLOCK_BYTES, CRISM_FILL, Grid
from hsicli.errors import ConfigError
from hsicli.instruments import axis
from hsicli.library import Library
from hsicli.products.scenes import Scene
from hsicli.stages.blending import mixable, stated
from hsicli.stages.planting import REFERENCE_ROWS, Plan, SynthConfig, power, scene_blocks, sheets

log = logging.getLogger(__name__)

LEAST_WIDTH = 8
"""Columns that a swath or a core stick must have left."""

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


def synthesise(
    config: SynthConfig,
    *,
    seed: int,
    library: Library | None = None,
    transmission: Library | None = None,
    block_rows: int | None = None,
) -> Scene:
    """Plan a scene; its rows are made when its blocks are walked.

    Parameters
    ----------
    config : SynthConfig
    seed : int
        The same seed gives the same numbers, whatever the blocks. With more rows, the first ones stay alike
        beyond the first 512, but for the fill beside a swath.
    library : Library, optional
        Where the endmembers are looked up, instead of the built-in minerals.
    transmission : Library, optional
        Of the atmosphere, where `config.defects.air` wants one, instead of the built-in one.
    block_rows : int, optional
        Rows a block; as many as a block may hold unless given.

    Raises
    ------
    ConfigError
        If the recipe contradicts itself or names an unknown endmember.
    """
    _check(config)
    names, member_of = _members(config)
    wavelengths, fwhm, endmembers = _spectra(config, names, library)
    plan = Plan(config, seed, mixable(config.blend, endmembers), _geology(config, names, member_of, seed))
    nodes, strengths = np.array(config.noise_profile).T
    noise = noise_deviation(power(plan), config.snr, np.interp(wavelengths, nodes, strengths))
    through = instrument(config.defects, wavelengths, noise, config.cols, seed)
    air = _atmosphere(config, wavelengths, fwhm, transmission)
    if config.defects.air:
        through = replace(through, air=_air(config, wavelengths, air, seed))
    step = block_rows or max(1, BLOCK_BYTES // (4 * config.cols * (len(wavelengths) + len(names))))

    return Scene(
        shape=(config.rows, config.cols, len(wavelengths)),
        blocks=lambda: scene_blocks(plan, through, step, names),
        wavelengths=wavelengths,
        fwhm=fwhm,
        endmembers=Library(names, endmembers, wavelengths, fwhm),
        colours=distinct_colours(len(names)),
        noise=noise,
        masked=config.frame != "none",
        fill=CRISM_FILL if config.frame in {"swath", "detector"} else float("nan"),
        description=(
            f"planted scene, seed {seed}, {len(names)} endmembers, "
            f"{stated(config.blend, None if config.units else config.concentration)}; SNR {config.snr:g} dB: "
            "mean square of the signal over pixels and bands to that of the noise"
        ),
        grid=MARS if config.on_mars == "grid" else None,
        sensor="L" if config.product == "trdr" else None,
        transmission=Library(("scan_transmission",), np.exp(-air)[None], wavelengths, fwhm),
    )


def _atmosphere(
    config: SynthConfig, wavelengths: np.ndarray, fwhm: np.ndarray, transmission: Library | None
) -> np.ndarray:
    """(bands,): optical depth at path 1, 0 without an atmosphere."""
    if not config.defects.air:
        return np.zeros(len(wavelengths))
    if transmission is None:
        return optical_depth(wavelengths)
    mean = transmission.resampled(wavelengths, fwhm).spectra.mean(axis=0)
    return -np.log(np.where(mean > 0, np.minimum(mean, 1), 1))


def _air(config: SynthConfig, wavelengths: np.ndarray, depth: np.ndarray, seed: int) -> Air:
    defects = config.defects
    columns = column_air(
        depth, wavelengths, config.cols, smile=defects.smile, error=defects.air_error, seed=seed
    )
    return Air(columns, defects.air, defects.air_spread, seed)


def _members(config: SynthConfig) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of the endmembers, each once, and the place of each unit's among them."""
    wanted = [unit.mineral for unit in config.units]
    names = tuple(dict.fromkeys([config.background, *wanted] if config.units else config.members))
    return names, tuple(names.index(mineral) for mineral in wanted)


def _spectra(
    config: SynthConfig, names: tuple[str, ...], library: Library | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wavelengths and widths, ascending, and the endmembers (p, bands) there."""
    if config.bands is None:
        wavelengths, fwhm = axis(config.instrument)
    else:
        first, last, step = config.bands
        wavelengths = np.arange(first, last + step / 2, step)
        fwhm = np.full(len(wavelengths), step)
    low, high = config.window or (-np.inf, np.inf)
    keep = np.flatnonzero((wavelengths >= low) & (wavelengths <= high))  # a row without light has NaN
    keep = keep[np.argsort(wavelengths[keep], kind="stable")]
    if not len(keep):
        raise ConfigError(f"window: no band lies in {low:g} to {high:g} nm", hint="set a wider window, in nm")
    wavelengths, fwhm = wavelengths[keep], fwhm[keep]
    if library is None:
        # An absorption is several times wider than a band: the band sees the reflectance at its centre.
        return wavelengths, fwhm, spectra(names, wavelengths)
    found = library.members(names).resampled(wavelengths, fwhm).spectra
    present = np.isfinite(found).all(axis=0)
    if not present.any():
        raise ConfigError(
            "the library has no band in common with the instrument", hint="set another instrument"
        )
    if not present.all():
        log.info(
            "bands left out, where the library has no reflectance: %d of %d", (~present).sum(), len(present)
        )
    return wavelengths[present], fwhm[present], found[:, present]


def _geology(
    config: SynthConfig, names: tuple[str, ...], members: tuple[int, ...], seed: int
) -> Geology | None:
    if not config.units:
        return None
    geology = Geology(
        units=config.units,
        members=members,
        endmembers=len(names),
        background=names.index(config.background),
        seed=seed,
        bend=config.bend,
        margin=config.border if config.frame == "swath" else 0,
        cell=min(CELL, config.rows),
    )
    rows = min(config.rows, REFERENCE_ROWS)
    return calibrated(geology, [sheet for _, sheet in sheets(config, slice(0, rows))])


def _check(config: SynthConfig) -> None:
    """Refuse what contradicts itself."""
    if config.rows < 1 or config.cols < 1:
        raise ConfigError(
            f"a scene of {config.rows} × {config.cols} pixels is empty",
            hint="give --rows and --cols, both 1 or more",
        )
    if config.product == "trdr" and (config.instrument != "crism-trdr-l" or config.window or config.bands):
        raise ConfigError(
            "product: a TRDR has all bands of crism-trdr-l, and no others",
            hint="leave instrument, window and bands as --as trdr sets them",
        )
    if config.sticks < 1:
        raise ConfigError(f"sticks: {config.sticks} core sticks make no tray", hint="set sticks to 1 or more")
    taken = sum(config.blind) if config.frame == "detector" else 2 * config.border
    room = config.cols // (config.sticks if config.frame == "tray" else 1) - taken
    if config.frame != "none" and room < LEAST_WIDTH:
        raise ConfigError(
            f"border: {config.border} pixels on both sides leave no room in {config.cols} columns",
            hint="give --cols more, or set border lower",
        )
    if not config.units and len(config.members) < 2:
        raise ConfigError("members: a mixture needs two or more", hint="give --members A,B,…")
    if config.concentration <= 0 or config.scatter < 0:
        raise ConfigError(
            "concentration must be positive, and scatter not negative", hint="see configs/synth.toml"
        )
    if not config.noise_profile or min(strength for _, strength in config.noise_profile) <= 0:
        raise ConfigError(
            "noise_profile: expected pairs of nm and a positive strength",
            hint="use [[1000.0, 1.0]] for white noise",
        )
    if config.bands is not None and (config.bands[2] <= 0 or config.bands[1] < config.bands[0]):
        raise ConfigError(
            f"bands: {list(config.bands)} is no axis", hint="give first, last and step in nm, ascending"
        )
    for unit in config.units:
        if not 0 < unit.share <= 1 or unit.size <= 0 or unit.stretch <= 0 or not 0 < unit.abundance <= 1:
            raise ConfigError(
                f"units: {unit.mineral}: share and abundance lie in 0…1, size and stretch are positive",
                hint="see configs/synth.toml",
            )
