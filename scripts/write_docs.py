"""Write the generated pages: docs/cli.md from every --help, the tables of docs/formats.md from the products.

    python scripts/write_docs.py [--check]

With --check nothing is written; exit 1 if a page is stale.
"""

import dataclasses
import re
import sys
from pathlib import Path

import typer
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.products.kinds import KINDS

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- generated: fields -->", "<!-- end -->"


def cli_page() -> str:
    """The reference of the command line: what --help prints, command by command."""
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})
    group = typer.main.get_command(app)
    lines = ["# Command line", "", "Written by `make docs` from what `--help` prints.", ""]
    parts = {
        name: [f"{name} {part}" for part in getattr(command, "commands", ())]
        for name, command in group.commands.items()
    }
    for name in ("", *(line for command, below in parts.items() for line in (command, *below))):
        command = name.split()
        result = runner.invoke(app, [*command, "--help"], prog_name="hsicli")
        if result.exit_code:
            raise SystemExit(result.output)
        text = "\n".join(line.rstrip() for line in result.output.strip().splitlines())
        lines += [f"## hsicli {name}".rstrip(), "", "```text", text, "```", ""]
    return "\n".join(lines)


def fields_of(kind: type) -> str:
    """A table of one kind's fields: name, axes, unit."""
    rows = [f"### `{kind.KIND}`, layout {kind.SCHEMA}", "", "| dataset | axes | unit |", "|---|---|---|"]
    for item in dataclasses.fields(kind):
        if item.metadata.get("transient") or item.name == "grid":
            continue
        axes, unit = item.metadata.get("axes", "scalar"), item.metadata.get("unit", "")
        rows.append(f"| `/{item.name}` | {axes} | {unit} |")
    return "\n".join(rows)


def formats_page(text: str) -> str:
    """docs/formats.md with its tables made anew."""
    tables = "\n\n".join(fields_of(kind) for kind in KINDS)
    return re.sub(f"{BEGIN}.*{END}", f"{BEGIN}\n{tables}\n{END}", text, flags=re.S)


def main() -> None:
    formats = DOCS / "formats.md"
    pages = {DOCS / "cli.md": cli_page(), formats: formats_page(formats.read_text())}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        sys.exit("\n".join(f"{path.name} is stale: make docs" for path in stale) or 0)
    for path in stale:
        path.write_text(pages[path])
        print(f"wrote docs/{path.name}")


if __name__ == "__main__":
    main()
