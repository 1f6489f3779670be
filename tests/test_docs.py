"""What the pages say is what the code does."""

import ast
import dataclasses
import importlib
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from hsicli.cli.app import app
from hsicli.cli.config import flat, read_config

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = typer.main.get_command(app)
COMMANDS = sorted(PROGRAM.commands)
SUBCOMMANDS = [
    f"{name}-{part}"
    for name, command in PROGRAM.commands.items()
    for part in getattr(command, "commands", ())
]
README = (ROOT / "README.md").read_text()
CONFIGS = sorted((ROOT / "configs").glob("*.toml"))


def config_of(command: str) -> type:
    """The dataclass of a command's settings: XConfig, as the stage X knows it."""
    stage = importlib.import_module(f"hsicli.stages.{command.replace('-', '_')}")
    return getattr(stage, command.title().replace("-", "") + "Config")


def test_generated_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/write_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command):
    assert f"`{command}`" in README


def commands_in(text: str) -> list[list[str]]:
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", text, flags=re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith("hsicli ")]


@pytest.mark.parametrize(
    "page", ["README.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
)
def test_every_command_line_in_the_pages_parses(page):
    group = typer.main.get_command(app)
    for words in commands_in((ROOT / page).read_text()):
        if words[1].startswith("-"):
            continue
        assert words[1] in group.commands, f"{page}: hsicli {words[1]}"
        command = group.commands[words[1]]
        context = command.make_context(words[1], words[2:], resilient_parsing=False)
        context.close()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_configuration_file_fits_its_command(path):
    command = max((name for name in COMMANDS + SUBCOMMANDS if f"-{path.stem}".endswith(f"-{name}")), key=len)
    config = read_config(config_of(command), path)
    if not path.stem.startswith("paper-"):
        assert config == config_of(command)(), "configs/COMMAND.toml equals the defaults"


@pytest.mark.parametrize(
    "path", [p for p in CONFIGS if not p.stem.startswith("paper-")], ids=lambda path: path.name
)
def test_a_default_configuration_writes_every_setting_out(path):
    text = path.read_text()
    written = set(flat(tomllib.loads(text)))
    for key, value in flat(dataclasses.asdict(config_of(path.stem)())).items():
        assert key in written or (value is None and f"# {key.rpartition('.')[2]} =" in text), key


def test_every_command_with_settings_has_its_file():
    for command in COMMANDS + SUBCOMMANDS:
        try:
            config_of(command)
        except (ModuleNotFoundError, AttributeError):
            continue
        assert (ROOT / "configs" / f"{command}.toml").exists(), command


def public_kernels():
    for path in sorted((ROOT / "hsicli" / "algorithms").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield pytest.param(node, id=f"{path.stem}.{node.name}")


@pytest.mark.parametrize("node", list(public_kernels()))
def test_a_public_kernel_says_what_it_takes_and_gives(node):
    text = ast.get_docstring(node) or ""
    if len(node.body) <= 4 and "Parameters\n" not in text:
        assert "(" in text or not node.args.args, "a short kernel may say it in a line, with its shapes"
        return
    arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    assert text, "no docstring"
    assert not arguments or "Parameters\n" in text
    missing = [name for name in arguments if not re.search(rf"\b{name}\b", text.partition("Parameters\n")[2])]
    assert not missing, f"not described: {missing}"
    gives = node.returns is not None and ast.unparse(node.returns) != "None"
    assert not gives or "Returns\n" in text or "Yields\n" in text


def test_the_method_page_names_files_that_exist():
    page = (ROOT / "docs" / "methods.md").read_text()
    for name in re.findall(r"`((?:hsicli|configs|scripts)/[\w/.-]+\.\w+)`", page):
        assert (ROOT / name).exists(), name
