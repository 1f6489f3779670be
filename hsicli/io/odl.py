"""A PDS3 label: statements ``KEY = value`` in the Object Description Language, in groups within groups."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from hsicli.errors import InputError

ABSENT = ("NULL", "N/A", "UNK", "")
"""Words that say that a value is not known."""

METRES = {"M": 1.0, "METER": 1.0, "METERS": 1.0, "KM": 1e3, "KILOMETER": 1e3, "KILOMETERS": 1e3}
"""Metres in the units that labels give lengths in."""

_TOKEN = re.compile(
    r"""
      (?P<space>   \s+ | /\*(?:(?!/\*)[\s\S])*?\*/ | /\*.* )
    | (?P<text>    "[^"]*" )
    | (?P<symbol>  '[^'\n]*' )
    | (?P<based>   [+-]?\d+\#[+-]?[0-9A-Za-z]+\# )
    | (?P<unit>    <[^>\n]*> )
    | (?P<mark>    [=(){},] )
    | (?P<word>    (?:(?!/\*)[^\s=(){},<>"'])+ )
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?")


@dataclass(frozen=True)
class Quantity:
    """A value with its unit, as the label has it."""

    value: object
    unit: str


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass
class Group:
    """An OBJECT or GROUP of a label, or the label itself.

    Attributes
    ----------
    name : str
        In capitals; the file's name for the label itself.
    values : dict
        Keys in capitals, pointers with their ``^``; the last one holds where a key comes twice.
    groups : list of Group
        In the order of the label.
    """

    name: str
    values: dict[str, object] = field(default_factory=dict)
    groups: "list[Group]" = field(default_factory=list)

    def find(self, name: str) -> "Group | None":
        """The first group of this name, at any depth."""
        for group in self.groups:
            found = group if group.name == name else group.find(name)
            if found is not None:
                return found
        return None

    def text(self, key: str) -> str:
        """The value as text; empty if it is absent or not known."""
        value = plain(self.values.get(key, ""))
        return "" if isinstance(value, str) and value.upper() in ABSENT else str(value)

    def number(self, key: str) -> float | None:
        """The value as a number, its unit dropped; None if it is absent or not known."""
        value = plain(self.values.get(key))
        return float(value) if isinstance(value, int | float) else None

    def metres(self, key: str) -> float | None:
        """The value as a length in metres; kilometres where the label has no unit, as PDS3 prescribes."""
        number, value = self.number(key), self.values.get(key)
        unit = value.unit if isinstance(value, Quantity) else "KM"
        return None if number is None or unit not in METRES else number * METRES[unit]


def plain(value: object) -> object:
    """A value without its unit."""
    return value.value if isinstance(value, Quantity) else value


def parse_label(text: str, where: str) -> Group:
    """The statements of a label.

    Comments are dropped; a text keeps its words, lines joined by one space; what follows END is not read.

    Parameters
    ----------
    text : str
        The label; binary data may follow its END.
    where : str
        The file, for messages.

    Raises
    ------
    InputError
        With the line, if the text is not a label.
    """
    label = Group(where)
    open_groups = [label]
    tokens = _Tokens(text, where)
    while (token := tokens.next()) is not None:
        key = token.text.upper()
        if token.kind != "word":
            raise tokens.error(f"expected a keyword, found {token.text!r}", token.line)
        if key == "END":
            break
        assigned = tokens.next_if("=")
        value = _value(tokens) if assigned else ""
        if key in {"END_OBJECT", "END_GROUP"}:
            if len(open_groups) == 1:
                raise tokens.error(f"{key} without a beginning", token.line)
            open_groups.pop()
        elif not assigned:
            raise tokens.error(f"expected '=' after {token.text}", token.line)
        elif key in {"OBJECT", "GROUP"}:
            group = Group(str(value).upper())
            open_groups[-1].groups.append(group)
            open_groups.append(group)
        else:
            open_groups[-1].values[key] = value
    if len(open_groups) > 1:
        raise tokens.error(f"the label ends inside of {open_groups[-1].name}", tokens.line)
    return label


def beside(path: Path) -> Path | None:
    """The file of this name, in any case of letters; the exact one first."""
    if path.is_file():
        return path
    if not path.parent.is_dir():
        return None
    found = sorted(other for other in path.parent.iterdir() if other.name.lower() == path.name.lower())
    return found[0] if found else None


def target(pointer: object, scope: Group, label: Group, label_file: Path) -> tuple[Path, int]:
    """File and byte offset of a pointer: "F", ("F", record), ("F", byte <BYTES>), or a bare place here.

    Records count in the RECORD_BYTES of `scope`, else of the label; a file is looked for beside the label.

    Raises
    ------
    InputError
        If the pointer is written otherwise, or its file is not there.
    """
    parts = pointer if isinstance(pointer, tuple) else (pointer,)
    name = next((part for part in parts if isinstance(part, str)), None)
    place = next((part for part in parts if not isinstance(part, str)), 1)
    count = plain(place)
    if not isinstance(count, int) or count < 1 or len(parts) > 2:
        raise InputError(
            f"{label_file}: cannot follow ^IMAGE = {pointer}", hint='write it as "FILE" or ("FILE", record)'
        )
    if isinstance(place, Quantity) and place.unit.startswith("BYTE"):
        offset = count - 1
    else:
        record = scope.number("RECORD_BYTES") or label.number("RECORD_BYTES")
        if count > 1 and record is None:
            raise InputError(
                f"{label_file}: ^IMAGE counts in records, but RECORD_BYTES is missing",
                hint="add RECORD_BYTES to the label",
            )
        offset = (count - 1) * int(record or 0)
    if name is None:
        return label_file, offset
    stem = label_file.with_name(label_file.stem + ".img")
    file = beside(label_file.with_name(Path(name).name)) or beside(stem)
    if file is None:
        raise InputError(
            f"{label_file}: its image {name} is not in {label_file.parent}",
            hint="put the image beside its label",
        )
    return file, offset


class _Tokens:
    """The words of a label one by one, each with its line; nothing is read beyond what is asked for."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where, self.line = text, where, 1
        self._walk = self._split()
        self._waiting: _Token | None = None

    def next(self) -> _Token | None:
        token = self._waiting or next(self._walk, None)
        self._waiting = None
        return token

    def next_if(self, mark: str, kind: str = "mark") -> _Token | None:
        """The next token if it is of this kind (and this very mark), else nothing is taken."""
        token = self.next()
        if token is not None and token.kind == kind and mark in {token.text, ""}:
            return token
        self._waiting = token
        return None

    def error(self, problem: str, line: int) -> InputError:
        return InputError(
            f"{self.where}: line {line}: {problem}",
            hint="check that this is a PDS3 label, and whole",
        )

    def _split(self) -> Iterator[_Token]:
        place = 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise self.error(f"cannot read {self.text[place : place + 20]!r}", self.line)
            kind = match.lastgroup or ""
            if kind != "space":
                yield _Token(kind, match.group(), self.line)
            self.line += match.group().count("\n")
            place = match.end()


def _value(tokens: _Tokens) -> object:
    """One value, a sequence ( ) or a set { }, and the unit that may follow it."""
    token = tokens.next()
    if token is None:
        raise tokens.error("a value is missing at the end of the file", tokens.line)
    value: object
    match token.kind, token.text:
        case "mark", "(" | "{":
            value = _list(tokens, ")" if token.text == "(" else "}")
        case "mark" | "unit", _:
            raise tokens.error(f"expected a value, found {token.text!r}", token.line)
        case "text", _:
            value = re.sub(
                r"-\s*\n\s*", "", token.text[1:-1]
            )  # ODL: a hyphen that ends a line joins the word
            value = " ".join(value.split())
        case "symbol", _:
            value = token.text[1:-1]
        case "based", _:
            base, digits, _ = token.text.split("#")
            value = int(digits, int(base))
        case _:
            value = _scalar(token.text)
    unit = tokens.next_if("", kind="unit")
    return value if unit is None else Quantity(value, unit.text[1:-1].strip().upper())


def _list(tokens: _Tokens, closing: str) -> tuple[object, ...]:
    values: list[object] = []
    while tokens.next_if(closing) is None:
        if tokens.next_if(",") is None:
            values.append(_value(tokens))
    return tuple(values)


def _scalar(word: str) -> str | int | float:
    """A number, where all of the word is one; dates, versions and names stay text."""
    if not _NUMBER.fullmatch(word):
        return word
    return int(word) if re.fullmatch(r"[+-]?\d+", word) else float(re.sub("[dD]", "e", word))
