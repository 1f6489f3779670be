"""Settings: command line before file before default; for an unknown key, the known one is suggested."""

import difflib
import math
import tomllib
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from hsicli.errors import ConfigError, InputError

C = TypeVar("C")


class Settings(NamedTuple):
    """A configuration, flat, with the source of every setting that is not a default."""

    values: dict[str, Any]
    sources: dict[str, str]


def read_config(
    kind: type[C], file: Path | None = None, overrides: list[str] | None = None, **given: Any
) -> C:
    """A configuration from its three sources.

    Parameters
    ----------
    kind : type
        A frozen dataclass, of plain values or of such dataclasses.
    file : Path, optional
        TOML, the same shape as the dataclass.
    overrides : list of str, optional
        ``key=value``, TOML, dotted keys.
    **given
        Fields that have an option of their own; None means not given. A dot in a key is written ``__``.

    Raises
    ------
    ConfigError
        If a key is unknown or a value does not fit.
    InputError
        If the file cannot be read.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    layers = [(str(file), _read_file(file))] if file else []
    layers += [("--set", _parse(text)) for text in overrides or []]
    options = {key.replace("__", "."): value for key, value in given.items() if value is not None}
    layers += [(_option(key), _nested(key, value)) for key, value in options.items()]
    for origin, layer in layers:
        _check_keys(kind, layer, origin, known=_all_keys(kind))
        _merge(values, layer)
        sources |= dict.fromkeys(flat(layer), "file" if file and origin == str(file) else "command line")
    origins = {key: origin for origin, layer in layers for key in flat(layer)}
    config = _validated(kind, values, origins)
    object.__setattr__(
        config, "_sources", sources
    )  # rides along to the provenance; no field, no part of equality
    return config


def read_table(kind: type[C], values: dict[str, Any], origin: str) -> C:
    """A dataclass from one table of a TOML file; `origin` says of which file and table.

    Raises
    ------
    ConfigError
        If a key is unknown or a value does not fit.
    """
    _check_keys(kind, values, origin, known=_all_keys(kind))
    return _validated(kind, values, dict.fromkeys(flat(values), origin))


def restored(kind: type[C], values: dict[str, Any]) -> C:
    """The configuration that a provenance recorded, flat."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        _merge(nested, _nested(key, value))
    return _validated(kind, nested, dict.fromkeys(values, "the recorded settings"))


def settings_of(config: object) -> Settings:
    """What goes into the provenance."""
    return Settings(flat(asdict(config)), getattr(config, "_sources", {}))  # type: ignore[call-overload]


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; tuples as lists, as JSON has them."""
    out: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            out |= flat(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = _plain(value)
    return out


def _plain(value: Any) -> Any:
    """A value as JSON gives it back: tuples as lists, a number that is not finite by its name."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", hint="check the path of --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}", hint="look at the files in configs/") from error


def _parse(text: str) -> dict[str, Any]:
    """One ``key=value``; a value that is not TOML is a text without its quotes."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"--set {text}: expected key=value", hint="write, for example, --set training.epochs=50"
        )
    for attempt in (f"{key}={value}", f"{key}={_quoted(value)}"):
        try:
            return tomllib.loads(attempt)
        except tomllib.TOMLDecodeError:
            continue
    raise ConfigError(f"--set {text}: is not TOML", hint="write, for example, --set training.epochs=50")


def _quoted(text: str) -> str:
    return '"' + text.strip().replace("\\", "\\\\").replace('"', '\\"') + '"'


def _option(key: str) -> str:
    """The option of its own that a setting may have: merging.classes --classes, denoise.method --denoise."""
    group, _, name = key.rpartition(".")
    return f"--{(group if name == 'method' and group else name).replace('_', '-')}"


def _nested(key: str, value: Any) -> dict[str, Any]:
    first, _, rest = key.partition(".")
    return {first: _nested(rest, value) if rest else value}


def _merge(target: dict[str, Any], layer: dict[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


def _check_keys(
    kind: type, values: dict[str, Any], origin: str, *, known: list[str], prefix: str = ""
) -> None:
    hints = get_type_hints(kind)
    names = {item.name for item in fields(kind)}
    for key, value in values.items():
        if key not in names:
            close = difflib.get_close_matches(prefix + key, known, 1, 0.5)
            raise ConfigError(
                f"{origin}: there is no setting {prefix}{key}",
                hint=f"did you mean {close[0]}?" if close else f"choose among {', '.join(known)}",
            )
        inner = _dataclass_in(hints[key])
        if inner and isinstance(value, dict):
            _check_keys(inner, value, origin, known=known, prefix=f"{prefix}{key}.")
        elif inner or (isinstance(value, dict) and get_origin(hints[key]) is not dict):
            raise ConfigError(f"{origin}: {prefix}{key} is {'a table of settings' if inner else 'one value'}")


def _all_keys(kind: type, prefix: str = "") -> list[str]:
    hints = get_type_hints(kind)
    keys: list[str] = []
    for item in fields(kind):
        inner = _dataclass_in(hints[item.name])
        keys += _all_keys(inner, f"{prefix}{item.name}.") if inner else [prefix + item.name]
    return keys


def _dataclass_in(hint: Any) -> type | None:
    """The dataclass that a field holds, also where it may be None."""
    for candidate in (hint, *get_args(hint)):
        if isinstance(candidate, type) and is_dataclass(candidate):
            return candidate
    return None


def _validated(kind: type[C], values: dict[str, Any], origins: dict[str, str]) -> C:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        origin = next(
            (value for name, value in origins.items() if f"{key}.".startswith(f"{name}.")), "default"
        )
        where = origin if origin == _option(key) else f"{origin}: {key}"
        raise ConfigError(
            f"{where}: {first['msg'].lower()}, found {first['input']!r}",
            hint=f"mend all {error.error_count()} settings that do not fit"
            if error.error_count() > 1
            else f"give {key} a value that fits",
        ) from error
