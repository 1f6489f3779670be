"""hsicli export."""

import glob
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, ConfigFile, DryRun, Overrides, Overwrite, Variable, WavelengthTable
from hsicli.cli.projecting import Geometry, PixelSize, Project, geometry_of, laid
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    from hsicli.cube import Cube
    from hsicli.io.content import Content
    from hsicli.stages.projection import ProjectConfig

ENVI = (".img", ".hdr", ".dat", ".bil", ".bip", ".bsq")
TIFF = (".tif", ".tiff")
SPECTRA = (".csv", ".sli")
OUTLINES = (".gpkg", ".geojson")
CATALOGUE = (".json",)
ALIKE = (*ENVI[1:], ".tiff")
"""Suffixes that are another word for one that stands before them."""

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A product, cube, class map or spectral library.")
]
ExportOut = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="Cubes, maps: .img (ENVI; or .bil, .bip, .bsq) or .tif. Spectra (of a library, of classes or end"
        "members, what a cube was divided by): .csv or .sli (ENVI). Outlines of classes: .gpkg or .geojson. "
        "A STAC item: .json.",
    ),
]

Cog = Annotated[
    bool,
    typer.Option("--cog", help="A map as .tif: cloud-optimised, with overviews.", rich_help_panel=COMPUTE),
]


def export(
    file: FileArgument,
    output: ExportOut,
    project: Project = False,
    pixel_size: PixelSize = None,
    geometry: Geometry = None,
    cog: Cog = False,
    variable: Variable = None,
    wavelengths: WavelengthTable = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Write a cube, a map, spectra or outlines for other programs; the suffix of OUT says in which format."""
    from hsicli.io.content import read_content
    from hsicli.stages.export import ExportConfig

    config = read_config(
        ExportConfig, config_file, overrides,
        layout="cloud" if cog else None,
        project__method="nearest" if project else None, project__pixel_size=pixel_size,
    )  # fmt: skip
    content = read_content(file, variable=variable, wavelengths=wavelengths)
    _check_form(content, output)
    if config.layout == "cloud" and (content.raster is None or output.suffix.casefold() not in TIFF):
        raise ConfigError("--cog is for maps as GeoTIFF", hint="leave it out, or give a map and a .tif")
    geometry = geometry_of(file, lambda: content.grid, geometry, config.project)
    files = _files(content, output)
    _check_header(files)
    job = plan(
        "export",
        reads={
            "library" if file.is_dir() else f"file {variable}" if variable else "file": file,
            "wavelengths": wavelengths, "geometry": geometry,
        },
        writes=files[0], beside=files[1:], config=config, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    if geometry is not None:
        content = _projected(content, file, geometry, config.project)
    says = f"hsicli export of {file.name}, {job.provenance.fingerprint}"
    tags = {"HSICLI_FINGERPRINT": job.provenance.fingerprint}
    if output.suffix.casefold() in CATALOGUE:
        from hsicli.cli.cataloguing import describe_item

        job.commit_files(lambda path: describe_item(path, content, file, config.acquired))
        return
    job.commit_files(lambda _: _write(content, files, says, tags, config.layout))


def _forms(content: "Content") -> tuple[str, ...]:
    """Suffixes under which this can be written."""
    image = (*ENVI, *TIFF) if content.shape is not None else ()
    spectra = SPECTRA if content.spectra is not None else ()
    classes = OUTLINES if content.raster is not None and content.raster.class_names else ()
    return (*image, *spectra, *classes, *(CATALOGUE if content.shape is not None else ()))


def _check_form(content: "Content", output: Path) -> None:
    """Refuse a suffix that is not known, or not for this."""
    suffix, forms = output.suffix.casefold(), _forms(content)
    if suffix in forms:
        return
    problem = f"{output}: {content.kind} is not written as {suffix or 'a file without a suffix'}"
    shown = [form for form in forms if form not in ALIKE]
    hint = f"name it {output.stem}{', '.join(shown[:-1])} or {shown[-1]}" if shown else "give a cube or a map"
    if suffix == ".shp" and ".gpkg" in forms:
        hint = f"write {output.stem}.gpkg, and convert it: ogr2ogr {output.name} {output.stem}.gpkg"
    raise ConfigError(problem, hint=hint)


def _check_header(files: list[Path]) -> None:
    """Refuse to take the header of another image: two of one stem would share it."""
    output, *beside = files
    if all(path.suffix.casefold() != ".hdr" for path in beside):
        return
    numbers = (*(suffix for suffix in ENVI if suffix != ".hdr"), ".sli", "")
    for other in sorted(output.parent.glob(f"{glob.escape(output.stem)}.*")):
        if other.suffix.casefold() in numbers and other != output:
            raise ConfigError(
                f"{beside[0]}: would be taken for the header of {other.name} too",
                hint="give the output another name before its suffix",
            )


def _files(content: "Content", output: Path) -> list[Path]:
    """All files that are written, the one that holds the numbers first."""
    from hsicli.io.maps import legend_path

    suffix = output.suffix.casefold()
    if suffix == ".hdr":
        return [output.with_suffix(".img"), output]
    if suffix in ENVI or suffix == ".sli":
        return [output, output.with_suffix(".hdr")]
    if suffix in TIFF and content.raster is not None and content.raster.class_names:
        return [output, legend_path(output)]
    return [output]


def _projected(content: "Content", file: Path, geometry: Path, config: "ProjectConfig") -> "Content":
    """The same on the grid that holds it."""
    from hsicli.stages.export import project_layers
    from hsicli.stages.projection import project_cube

    if content.shape is None:
        raise ConfigError(f"{file}: {content.kind} has no pixels to project", hint="leave out --project")
    index, grid = laid(file, content.shape, geometry, config)
    if content.cube is not None:
        return replace(content, cube=project_cube(content.cube, index, grid))
    raster = content.raster
    if raster is None:
        return content
    layers = project_layers(raster.data, index, raster.nodata)
    return replace(content, raster=replace(raster, data=layers, grid=grid, counts=None))


def _write(content: "Content", files: list[Path], says: str, tags: dict[str, str], layout: str) -> list[Path]:
    """Write it, by its suffix."""
    from hsicli.io.cube_geotiff import write_cube_geotiff
    from hsicli.io.envi_writing import write_envi_cube, write_envi_library, write_envi_raster
    from hsicli.io.maps import write_cloud_geotiff, write_geotiff
    from hsicli.io.speclib_writing import write_table
    from hsicli.io.vector_files import write_geojson, write_geopackage

    output, suffix = files[0], files[0].suffix.casefold()
    cube, raster, spectra = content.cube, content.raster, content.spectra
    match suffix:
        case ".csv" if spectra is not None:
            write_table(output, spectra, [says])
        case ".sli" if spectra is not None:
            write_envi_library(output, spectra, description=says)
        case ".gpkg" if raster is not None:
            write_geopackage(output, raster)
        case ".geojson" if raster is not None:
            write_geojson(output, raster)
        case ".tif" | ".tiff" if cube is not None:
            write_cube_geotiff(output, _shown(cube), band_names=content.band_names, tags=tags)
        case ".tif" | ".tiff" if raster is not None:
            write = write_cloud_geotiff if layout == "cloud" else write_geotiff
            write(output, replace(raster, tags={**raster.tags, **tags}))
        case _ if cube is not None:
            interleave = suffix[1:] if suffix in (".bil", ".bip", ".bsq") else "bil"
            write_envi_cube(
                output, _shown(cube), interleave=interleave, description=says, band_names=content.band_names
            )
        case _ if raster is not None:
            write_envi_raster(output, raster, description=says)
    return files


def _shown(cube: "Cube") -> "Cube":
    """The cube, its progress shown while it is written."""
    from hsicli.cube import BLOCK_BYTES, Stream
    from hsicli.io.envi_writing import float_blocks

    rows, cols, bands = cube.shape
    blocks = -(-rows // max(1, BLOCK_BYTES // (4 * cols * bands)))
    stream = Stream(cube.shape, lambda: iter(track(float_blocks(cube), "export", blocks)))
    return replace(cube, data=stream)
