"""hsicli info."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from hsicli.cli.console import console, track
from hsicli.cli.options import Variable
from hsicli.cli.pixels import Pixels
from hsicli.errors import ConfigError

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A cube, library, map or product.")]
Check = Annotated[bool, typer.Option("--check", help="Name what is wrong with the file, or was guessed.")]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Walk the cube: valid pixels, and the range of every band.")
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="PICTURE", help="Draw it: the scene and its spectra, the map, the library."
    ),
]
Match = Annotated[
    Path | None,
    typer.Option(
        "--match",
        metavar="CUBE-OR-SPECTRUM",
        help="Rank a library by its angle to a pixel of a cube (--pixel), or to a spectrum.",
    ),
]


def info(
    file: FileArgument,
    check: Check = False,
    statistics: Statistics = False,
    plot: Plot = None,
    match: Match = None,
    pixel: Pixels = None,
    variable: Variable = None,
) -> None:
    """Say what a file is: size, bands, place, classes, and how it was made."""
    if match is not None:
        from hsicli.cli.matching import print_matches

        print_matches(file, match, pixel, variable)
        return
    if pixel:
        raise ConfigError("--pixel is of the cube that --match names", hint="give --match CUBE too")
    if plot is not None:
        from hsicli.cli.plotting import write_plot

        write_plot(file, plot, variable)
        return
    if check:
        _check(file, variable)
        return
    from hsicli.io.description import describe

    facts = describe(file, variable=variable)
    if statistics:
        facts["statistics"] = _statistics(file, variable)
    if console.as_json:
        console.result("", _plain(facts))
        return
    rows = _rows(facts)
    width = max(len(name) for name, _ in rows) + 2
    console.text("\n".join(f"{name:<{width}}{value}" for name, value in rows))
    for key, columns in (
        ("fields", ("name", "shape", "axes", "unit", "value")),
        ("classes", ("class", "name", "colour", "pixels", "share")),
        ("statistics", ("band", "wavelength", "least", "mean", "deviation", "greatest", "missing")),
    ):
        entries = facts[key]["bands"] if key == "statistics" and key in facts else facts.get(key)
        if entries:
            console.table("", columns, [[_cell(entry.get(name)) for name in columns] for entry in entries])


def _check(file: Path, variable: str | None) -> None:
    from hsicli.io.inspection import ERROR, check

    findings = check(file, variable=variable)
    if console.as_json:
        console.result("", {"file": str(file), "findings": [finding._asdict() for finding in findings]})
    elif findings:
        console.table("", ("severity", "finding"), findings)
    else:
        console.text(f"{file}: nothing to remark")
    if any(finding.severity == ERROR for finding in findings):
        raise typer.Exit(3)


def _statistics(file: Path, variable: str | None) -> dict[str, Any]:
    from hsicli.io.reading import open_cube
    from hsicli.stages.statistics import band_statistics

    cube = open_cube(file, variable)
    found = band_statistics(cube, track=track)
    waves = cube.wavelengths
    columns = zip(
        found.bands, found.least, found.mean, found.deviation, found.greatest, found.missing, strict=True
    )
    return {
        "valid_pixels": found.pixels,
        "valid_share": found.share,
        "bands": [
            {
                "band": int(band) + 1,
                "wavelength": None if waves is None else float(waves[band]),
                "least": float(least),
                "mean": float(mean),
                "deviation": float(deviation),
                "greatest": float(greatest),
                "missing": float(missing),
            }
            for band, least, mean, deviation, greatest, missing in columns
        ],
    }


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The facts as lines: what, and its value."""
    rows: list[tuple[str, Any]] = [(key, facts[key]) for key in ("file", "format", "kind")]
    if "rows" in facts:
        size = f"{facts['rows']} rows × {facts['cols']} cols"
        rows.append(("size", size + (f" × {facts['bands']} bands" if "bands" in facts else "")))
    elif "spectra" in facts:
        rows.append(("size", f"{facts['spectra']} spectra × {facts['bands']} bands"))
    rows.append(("numbers", ", ".join(str(facts[key]) for key in ("type", "interleave") if key in facts)))
    rows += list(facts.get("name", {}).items())
    rows += _axis_rows(facts)
    if facts.get("fill"):
        rows.append(("fill", ", ".join(f"{value:g}" for value in facts["fill"])))
    if facts.get("scale", 1.0) != 1.0:
        rows.append(("scale", f"value = number × {facts['scale']:.6g}"))
    if "divided_by" in facts:
        low, high = facts["divided_by"]
        rows.append(
            (
                "divided by",
                f"a spectrum of {low:.4g} to {high:.4g} (hsicli export {Path(facts['file']).name} OUT.csv)",
            )
        )
    rows += _grid_rows(facts.get("grid"))
    if "statistics" in facts:
        found = facts["statistics"]
        rows.append(("valid", f"{found['valid_pixels']} pixels, {found['valid_share']:.1%}"))
    rows += [("description", facts.get("description"))]
    rows += [("assumed", note) for note in facts.get("assumed", ())]
    rows += [("names", ", ".join(facts["names"]))] if facts.get("names") else []
    rows += [("layer", f"{number} {name}") for number, name in enumerate(facts.get("layers", ()), start=1)]
    rows += _provenance_rows(facts.get("provenance"))
    return [(name, str(value)) for name, value in rows if value]


def _axis_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    axis = facts.get("wavelengths")
    if axis is None:
        return [("wavelengths", "none")] if facts["kind"] == "cube" and facts["bands"] > 1 else []
    text = f"{axis['first']:g} to {axis['last']:g} nm"
    text += f", every {axis['spacing']:.3g} nm" if axis["spacing"] else ""
    text += "" if axis["source"] == "declared" else f" ({axis['source']})"
    text += "" if axis["ascending"] else ", not ascending in the file"
    rows = [("wavelengths", text)]
    if axis["fwhm"] is not None:
        low, high = axis["fwhm"]
        rows.append(("FWHM", f"{low:.4g} nm" if low == high else f"{low:.4g} to {high:.4g} nm"))
    if facts.get("bad_bands"):
        ranges = facts["bad_bands"]
        count = sum(last - first + 1 for first, last in ranges)
        shown = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in ranges[:12])
        rows.append(("bad bands", f"{count}: {shown}" + (", …" if len(ranges) > 12 else "")))
    return rows


def _grid_rows(grid: dict[str, Any] | None) -> list[tuple[str, str]]:
    if not grid:
        return []
    rows = []
    if "body" in grid:
        code = f" ({grid['authority']})" if grid["authority"] else ""
        rows.append(("place", f"{grid['body']}, {grid['projection']}{code}"))
    if "pixel" in grid:
        width, height = grid["pixel"]
        size = f"{width:.8g}" if math.isclose(width, height) else f"{width:.8g} × {height:.8g}"
        turn = f", rotated by {grid['rotation']:.4g}°" if abs(grid["rotation"]) > 1e-9 else ""
        rows.append(("pixel", f"{size} {grid['unit']}{turn}"))
    corners = ("upper left", "upper right", "lower right", "lower left")
    places = grid.get("corners_lonlat") or [None] * 4
    for name, (x, y), place in zip(corners, grid.get("corners", ()), places, strict=False):
        degrees = "" if place is None else f"  =  {_lonlat(*place, body=grid['body'])}"
        rows.append((name, f"{x:.10g}, {y:.10g}{degrees}"))
    return rows


def _lonlat(lon: float, lat: float, *, body: str) -> str:
    """Latitude and longitude; on other bodies than the Earth longitudes go east from 0 to 360."""
    east = f"{abs(lon):.5f}° {'EW'[lon < 0]}" if body == "Earth" else f"{lon % 360:.5f}° E"
    return f"{abs(lat):.5f}° {'NS'[lat < 0]} {east}"


def _provenance_rows(made: dict[str, Any] | None) -> list[tuple[str, str]]:
    if made is None:
        return []
    seed = "" if made["seed"] is None else f", seed {made['seed']}"
    device = "" if made["device"] is None else f", on {made['device']}"
    rows = [("made by", f"hsicli {made['command']} {made['method']}{seed}{device}")]
    rows += [
        ("setting", f"{key} = {value} ({made['sources'][key]})") for key, value in made["changed"].items()
    ]
    rows += [("input", f"{role}: {digest[:16]}…") for role, digest in made["inputs"].items()]
    rows += [("before", line) for line in _lineage(made["before"])]
    return [*rows, ("fingerprint", made["fingerprint"])]


def _lineage(before: dict[str, Any]) -> list[str]:
    """One line an input that hsicli made: its commands, the last first."""
    lines = []
    for role, parent in before.items():
        rest = _lineage(parent["before"])
        lines += [f"{role} ← {parent['command']}" + (f", {line}" if line else "") for line in rest or [""]]
    return lines


def _cell(value: Any) -> Any:
    return " × ".join(map(str, value)) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """The same for JSON, which knows no NaN."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
