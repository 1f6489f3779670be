"""Options and arguments that several commands share: each is written once."""

import functools
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand

from hsicli.cli.console import console

INPUTS, COMPUTE, RUN = "Input", "Method", "Run"

CubeArgument = Annotated[
    Path, typer.Argument(metavar="CUBE", help="ENVI, PDS3, GeoTIFF, EMIT NetCDF, MATLAB, or a cube product.")
]
Output = Annotated[Path, typer.Argument(metavar="OUT", help="The product to write, an .h5 file.")]
Mask = Annotated[
    Path | None,
    typer.Option(
        "--mask", help="Pixels to keep: nonzero in an ENVI, GeoTIFF or PNG image.", rich_help_panel=INPUTS
    ),
]
Variable = Annotated[
    str | None, typer.Option("--variable", help="Which array of a .mat file.", rich_help_panel=INPUTS)
]
WavelengthTable = Annotated[
    Path | None,
    typer.Option(
        "--wavelengths", help="A table of band centres, if the cube has none.", rich_help_panel=INPUTS
    ),
]
UseBadBands = Annotated[
    bool, typer.Option("--use-bad-bands", help="Use bands that the header marks bad.", rich_help_panel=INPUTS)
]
Compress = Annotated[
    bool,
    typer.Option("--compress", help="Write gzip; smaller, slower, not memory-mapped.", rich_help_panel=RUN),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings in TOML.", rich_help_panel=RUN)
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting, in TOML; repeatable.", rich_help_panel=RUN),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all randomness.", rich_help_panel=RUN)]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.", rich_help_panel=RUN)]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an output that was made otherwise.", rich_help_panel=RUN)
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", "-n", help="Say what would be done, and why; do nothing.", rich_help_panel=RUN),
]


def _set_threads(count: int | None) -> None:
    from hsicli.cli.job import machine

    machine.threads = count


def _set_json(wanted: bool) -> None:
    console.as_json = wanted


def _louder(times: int) -> None:
    console.verbosity += times


def _quieter(wanted: bool) -> None:
    console.verbosity -= int(wanted)


def _process(
    threads: Annotated[
        int | None,
        typer.Option(min=1, callback=_set_threads, help="Processors to use; all free ones unless given."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", callback=_set_json, help="Print the result as JSON.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option("--verbose", "-v", count=True, callback=_louder, help="Say more; -vv: with tracebacks."),
    ] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", callback=_quieter, help="Say warnings and errors only.")
    ] = False,
) -> None:
    """Options that speak to the screen and the machine: they act, and are not passed to the command."""


@functools.cache
def _process_options() -> list[Any]:
    """The parameters of `_process`, as typer makes them."""
    app = typer.Typer(add_completion=False)
    app.command()(_process)
    options = [option for option in typer.main.get_command(app).params if option.name != "help"]
    for option in options:
        option.expose_value = False
        option.rich_help_panel = RUN  # type: ignore[attr-defined]
    return options


def bare_flags(options: list[Any]) -> list[Any]:
    """The same options, with no type shown where none is to be given."""
    for option in options:
        if getattr(option, "is_flag", False) or getattr(option, "count", False):
            option.metavar, option.show_default = "", False
    return options


class Command(TyperCommand):
    """A command with the options that speak to the screen and the machine, not to the method."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The command's own parameters, then the shared ones, then --help."""
        *own, last = super().get_params(ctx)
        return bare_flags([*own, *_process_options(), last])

    def invoke(self, ctx: Any) -> Any:
        """Run, with the screen set up as the options ask."""
        console.start()
        return super().invoke(ctx)
