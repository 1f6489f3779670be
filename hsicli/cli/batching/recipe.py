"""A recipe: which stages an image goes through, with which inputs and settings."""

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from hsicli.cli.config import read_table
from hsicli.errors import ConfigError, InputError

GIVEN = ("image", "name")
"""What every image has without being told: its file, and what it is called."""


@dataclass(frozen=True)
class StageTable:
    """One stage, as a recipe describes it."""

    command: str = ""  # of hsicli; the name of the stage unless given
    inputs: tuple[str, ...] = ("image",)  # its arguments: the image, a stage before, a column of the list
    options: dict[str, str] = field(default_factory=dict)  # option = the same; left out where there is none
    settings: dict[str, Any] = field(default_factory=dict)  # what --set would set
    config: str | None = None  # a TOML file of settings, seen from the recipe
    output: str = ""  # file name; NAME.h5 unless given
    seed: int | None = None
    threads: int = 1
    memory_mb: int = 1000
    minutes: int = 120  # on a cluster: the time asked for
    gpu: bool = False  # on a cluster, or where several run at once: one at a time a GPU

    def __post_init__(self) -> None:
        for name in ("threads", "memory_mb", "minutes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, it is {getattr(self, name)}")


@dataclass(frozen=True)
class Stage:
    """One stage, its names settled."""

    name: str
    table: StageTable
    folder: Path
    """Of the recipe."""

    @property
    def command(self) -> str:
        """Of hsicli, as ``superres apply``."""
        return self.table.command or self.name

    @property
    def output(self) -> str:
        """Name of its file."""
        return self.table.output or f"{self.name}.h5"


@dataclass(frozen=True)
class Recipe:
    """What every image of a list goes through, and what is made of all of them in the end."""

    stages: tuple[Stage, ...]
    mosaic: str | None = None
    """Stage whose maps become one map."""

    def wanted(self) -> set[str]:
        """Names of the arguments that are neither given nor made: files for all images, or columns."""
        made = {stage.name for stage in self.stages} | set(GIVEN)
        return {name for stage in self.stages for name in stage.table.inputs} - made


def recipe_names() -> list[str]:
    """Those that come with hsicli."""
    folder = files("hsicli.workflow").joinpath("recipes")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir())


def read_recipe(word: str) -> Recipe:
    """A recipe by its name, or from a TOML file.

    Raises
    ------
    InputError
        If there is none.
    ConfigError
        If it is not one.
    """
    path = Path(word)
    if path.suffix.casefold() == ".toml" or path.is_file():
        if not path.is_file():
            raise InputError(
                f"{path}: there is no such file", hint="check the spelling and the current folder"
            )
        return _recipe(path.read_bytes(), str(path), path.parent)
    if word not in recipe_names():
        raise InputError(
            f"{word}: is neither a recipe nor a TOML file", hint=f"choose among {', '.join(recipe_names())}"
        )
    text = files("hsicli.workflow").joinpath("recipes", f"{word}.toml").read_bytes()
    return _recipe(text, word, Path())


def _recipe(text: bytes, origin: str, folder: Path) -> Recipe:
    try:
        values = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{origin}: is not TOML: {error}", hint="write a table [stages.NAME] a stage"
        ) from error
    tables = values.pop("stages", None)
    mosaic = values.pop("mosaic", None)
    if values or not isinstance(tables, dict) or not tables:
        found = ", ".join(values) or "nothing else"
        raise ConfigError(
            f"{origin}: expected tables [stages.NAME], and mosaic = NAME if need be; found {found}",
            hint="docs/batch.md shows a recipe",
        )
    stages = tuple(
        Stage(name, read_table(StageTable, table, f"{origin}: stages.{name}"), folder)
        for name, table in tables.items()
    )
    _check(origin, stages, mosaic)
    return Recipe(stages, mosaic)


def _check(origin: str, stages: tuple[Stage, ...], mosaic: str | None) -> None:
    """Refuse a stage that takes what is made after it, two of one output, and a mosaic of nothing."""
    names = [stage.name for stage in stages]
    for place, stage in enumerate(stages):
        for word in (*stage.table.inputs, *stage.table.options.values()):
            if word in names[place:]:
                raise ConfigError(
                    f"{origin}: stage {stage.name} takes {word}, which is not made before it",
                    hint="write stages in the order in which they run",
                )
        if not stage.table.inputs:
            raise ConfigError(
                f"{origin}: stage {stage.name} has no inputs", hint='give it inputs = ["image"]'
            )
    outputs = [stage.output for stage in stages]
    if len(set(outputs)) < len(outputs):
        raise ConfigError(f"{origin}: two stages have the same output", hint="give each an output of its own")
    if mosaic is not None and mosaic not in names:
        raise ConfigError(
            f"{origin}: mosaic = {mosaic!r} is no stage", hint=f"choose among {', '.join(names)}"
        )
