"""The program `hsicli`: its commands, and the one edge where errors become lines and exit codes."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import hsicli
from hsicli.cli.batch import batch
from hsicli.cli.browse import browse
from hsicli.cli.cluster import cluster
from hsicli.cli.console import console, print_any_name
from hsicli.cli.demo import demo
from hsicli.cli.diffuse import diffuse
from hsicli.cli.evaluate import evaluate
from hsicli.cli.exemplar import exemplar
from hsicli.cli.export import export
from hsicli.cli.gan_map import gan_map
from hsicli.cli.gan_train import gan_train
from hsicli.cli.hysime import hysime
from hsicli.cli.info import info
from hsicli.cli.interrupts import Interrupted, interrupts
from hsicli.cli.job import machine
from hsicli.cli.mosaic import mosaic
from hsicli.cli.options import Command, bare_flags
from hsicli.cli.preprocess import preprocess
from hsicli.cli.report import report
from hsicli.cli.superres import superres
from hsicli.cli.synth import synth
from hsicli.cli.unmix import unmix
from hsicli.errors import ConfigError, HsiError, InputError
from hsicli.io.files import is_out_of_room, no_room

UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer has its own, and gives it no name

NO_MEMORY = ("can't allocate memory", "out of memory")  # torch's words, on a processor and on a GPU

EPILOG = (
    "Exit codes: 0 done or already done · 1 the computation failed · 2 usage or configuration · "
    "3 an input is missing or invalid · 4 the output exists and was made otherwise · "
    "5 some images of a batch failed · 130 interrupted · 143 terminated after a checkpoint."
)


class Commands(TyperGroup):
    """The group of all commands: the one place where an error becomes two lines and an exit code."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options of the program itself."""
        return bare_flags(super().get_params(ctx))

    def main(  # type: ignore[override]
        self, args: Any = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Read the command line and run it; what is wrong with it is said as any other error is."""
        words = sys.argv[1:] if args is None else list(args)
        if not words:
            return super().main(args=words, standalone_mode=standalone_mode, **extra)
        try:
            code = super().main(args=words, standalone_mode=False, **extra)
        except UsageError as error:
            known = _misused(error)
            console.as_json = "--json" in words
            console.error(known)
            code = known.exit_code
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see `hsicli.errors` for what its failures mean."""
        console.verbosity, console.as_json, machine.subject, machine.files = 0, False, None, []
        try:
            return super().invoke(ctx)
        except HsiError as error:
            _report(error)
            raise typer.Exit(error.exit_code) from error
        except (OSError, MemoryError, RuntimeError) as error:
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
    if isinstance(error, InputError) and machine.subject and not _names_a_file(error.problem):
        error.problem = f"{machine.subject}: {error.problem}"
    if console.verbosity >= 2:
        import traceback

        traceback.print_exc()
    console.error(error)


def _names_a_file(problem: str) -> bool:
    """Whether a problem begins with a file: one of this run's, or another that is there."""
    head = problem.partition(": ")[0]
    with suppress(OSError, ValueError):  # too long for a name
        return any(head in {str(path), path.name} for path in machine.files) or Path(head).exists()
    return False


def _misused(error: Any) -> HsiError:
    """What the parser of the command line has to say, in our words."""
    words = getattr(error, "message" if getattr(error, "possibilities", None) else "format_message")
    text = (words if isinstance(words, str) else words()).rstrip(".")
    command = error.ctx.command_path.partition(" ")[2] if error.ctx else ""
    problem = f"{command}: {text[:1].lower()}{text[1:]}" if command else text[:1].lower() + text[1:]
    if text.endswith("is not readable"):  # of a file that is there
        return InputError(problem, hint="check its permissions")
    return ConfigError(problem, hint=_remedy(error, text, command))


def _remedy(error: Any, text: str, command: str) -> str:
    """What to write instead: a name that is near, or how the command is called."""
    close = sorted(getattr(error, "possibilities", None) or ())
    if close:
        return f"did you mean {' or '.join(close)}?"
    if not command:
        return "hsicli --help lists the commands"
    if text.endswith("option: -o"):
        return f"the output has no option, it comes last: {_usage(error)}"
    return f"{_usage(error)}; see hsicli {command} --help"


def _usage(error: Any) -> str:
    """The arguments of the command, without its options."""
    words = " ".join(["hsicli", *error.ctx.get_usage().split()[2:]]).replace(" [OPTIONS]", "")
    return re.sub(r"\{([^}]*)\}(\.\.\.)?", r"\1", words)


def _as_known(error: Exception) -> HsiError | None:
    """The world's own errors: no room on the disk or in memory, or a file's; None for what may be a bug."""
    if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
        return HsiError("there is not enough memory", hint="free some, or work on fewer pixels or bands")
    if not isinstance(error, OSError):
        return None
    if is_out_of_room(error):
        return no_room(Path(error.filename) if error.filename else next(iter(machine.files), Path()))
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

# A command is imported above and named here. Look: info. Stages: preprocess, hysime, cluster, unmix, diffuse,
# evaluate. Scenes: synth, demo.
PANELS: dict[str, tuple[Any, ...]] = {
    "Look": (info, report, exemplar, export),
    "Stages": (preprocess, hysime, cluster, unmix, diffuse, gan_train, gan_map, browse, mosaic, evaluate),
    "Many images": (batch,),
    "Scenes": (synth, demo),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=Command, rich_help_panel=panel)(command)
app.add_typer(superres, name="superres", rich_help_panel="Stages")


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
    print_any_name()
    app(prog_name="hsicli")
