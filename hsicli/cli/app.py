"""The program `hsicli`: its commands, and the one edge where errors become lines and exit codes."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import hsicli
from hsicli.cli.browse import browse
from hsicli.cli.cluster import cluster
from hsicli.cli.console import console
from hsicli.cli.demo import demo
from hsicli.cli.evaluate import evaluate
from hsicli.cli.hysime import hysime
from hsicli.cli.info import info
from hsicli.cli.interrupts import Interrupted, interrupts
from hsicli.cli.job import machine
from hsicli.cli.mosaic import mosaic
from hsicli.cli.options import Command
from hsicli.cli.preprocess import preprocess
from hsicli.cli.synth import synth
from hsicli.errors import HsiError, InputError

EPILOG = (
    "Exit codes: 0 done or already done · 1 the computation failed · 2 usage or configuration · "
    "3 an input is missing or invalid · 4 the output exists and was made otherwise · "
    "130 interrupted · 143 terminated after a checkpoint."
)


class Commands(TyperGroup):
    """The group of all commands: the one place where an error becomes two lines and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see `hsicli.errors` for what its failures mean."""
        console.verbosity, console.as_json, machine.subject = 0, False, None
        try:
            return super().invoke(ctx)
        except HsiError as error:
            _report(error)
            raise typer.Exit(error.exit_code) from error
        except OSError as error:
            known = _as_known(error)
            if known is None:
                raise
            _report(known)
            raise typer.Exit(known.exit_code) from error
        except Interrupted as stop:
            sys.stderr.write("hsicli: interrupted; the same command goes on from what it saved\n")
            raise typer.Exit(stop.exit_code) from stop
        finally:
            machine.release()
            interrupts.release()


def _report(error: HsiError) -> None:
    """Say it, and of which file: what a stage finds wrong with its values names none."""
    if isinstance(error, InputError) and machine.subject and machine.subject.name not in error.problem:
        error.problem = f"{machine.subject}: {error.problem}"
    if console.verbosity >= 2:
        import traceback

        traceback.print_exc()
    console.error(error)


def _as_known(error: OSError) -> HsiError | None:
    """The world's own errors that name a file or say that the disk is full; None for what may be a bug."""
    import errno

    if error.errno == errno.ENOSPC:
        return HsiError(
            f"{error.filename or 'the output'}: the disk is full",
            hint="free some space; the same command begins again",
        )
    if error.filename and error.strerror:
        failure = HsiError(f"{error.filename}: {error.strerror}", hint="check the path and its permissions")
        failure.exit_code = 3
        return failure
    return None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
    help="Spectral geology from the shell: hyperspectral cubes to class maps, and how far to trust them.",
)

# A command is imported above and named here. Look: info. Stages: preprocess, hysime, cluster, evaluate.
# Scenes: synth, demo.
PANELS: dict[str, tuple[Any, ...]] = {
    "Look": (info,),
    "Stages": (preprocess, hysime, cluster, browse, mosaic, evaluate),
    "Scenes": (synth, demo),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=Command, rich_help_panel=panel)(command)


def _version(wanted: bool) -> None:
    if not wanted:
        return
    lines = [f"hsicli {hsicli.__version__}"]
    if {"-v", "--verbose"} & set(sys.argv):
        from hsicli.cli.versions import versions

        lines += [f"{name} {number}" for name, number in versions().items()]
    console.text("\n".join(lines))
    raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, help="Print the version; with -v, what it stands on."),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", hidden=True)] = False,
) -> None:
    """Start to listen."""


def main() -> None:
    """Run the program."""
    app(prog_name="hsicli")
