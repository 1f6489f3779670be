"""Command line before file before default; mistakes are named with a suggestion."""

import json
from dataclasses import dataclass
from typing import ClassVar, Literal

import pytest

from hsicli.cli.config import flat, read_config, settings_of
from hsicli.errors import ConfigError, InputError


@dataclass(frozen=True)
class TrainingConfig:
    epochs: int = 200
    rate: float = 1e-3


@dataclass(frozen=True)
class StageConfig:
    VERSION: ClassVar[int] = 1
    method: Literal["one", "two"] = "one"
    window: tuple[float, float] | None = None
    training: TrainingConfig = TrainingConfig()


def test_defaults_stand_alone():
    assert read_config(StageConfig) == StageConfig()


def test_the_command_line_wins_over_the_file_and_the_file_over_the_default(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("method = 'two'\n[training]\nepochs = 5\nrate = 0.5\n")
    config = read_config(StageConfig, file, ["training.epochs=7"], training__rate=0.25)
    assert config == StageConfig(method="two", training=TrainingConfig(epochs=7, rate=0.25))
    assert settings_of(config).sources == {
        "method": "file",
        "training.epochs": "command line",
        "training.rate": "command line",
    }


def test_lists_become_tuples():
    assert read_config(StageConfig, None, ["window=[1050, 2550]"]).window == (1050.0, 2550.0)


def test_a_bare_word_is_a_text():
    assert read_config(StageConfig, None, ["method=two"]).method == "two"


def test_settings_are_flat():
    assert settings_of(StageConfig()).values == {
        "method": "one",
        "window": None,
        "training.epochs": 200,
        "training.rate": 1e-3,
    }
    assert flat({"a": {"b": (1, 2)}}) == {"a.b": [1, 2]}


def test_flat_settings_survive_json():
    settings = flat({"units": (("basalt", 0.5), ("olivine", 0.1)), "snr": float("inf")})
    assert settings == json.loads(json.dumps(settings, allow_nan=False))


@pytest.mark.parametrize(
    ("override", "problem", "hint"),
    [
        ("training.epoch=5", "--set: there is no setting training.epoch", "did you mean training.epochs?"),
        ("zzz=5", "there is no setting zzz", "choose among method"),
        ("training.epochs=many", "training.epochs: input should be a valid integer.*'many'", ""),
        ("method=three", "method: input should be 'one' or 'two'", ""),
        ("training=5", "training is a table of settings", ""),
        ("method.x=5", "method is one value", ""),
        ("epochs", "expected key=value", "write, for example"),
        ("a b=5", "is not TOML", "write, for example"),
    ],
)
def test_a_mistake_is_named(override, problem, hint):
    with pytest.raises(ConfigError, match=problem) as caught:
        read_config(StageConfig, None, [override])
    assert hint in caught.value.hint


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_config(StageConfig, tmp_path / "c.toml")
    (tmp_path / "c.toml").write_text("= =")
    with pytest.raises(ConfigError, match="is not TOML"):
        read_config(StageConfig, tmp_path / "c.toml")


def test_an_unknown_key_in_a_file_names_the_file(tmp_path):
    (tmp_path / "c.toml").write_text("methd = 'two'")
    with pytest.raises(ConfigError, match=r"c\.toml: there is no setting methd"):
        read_config(StageConfig, tmp_path / "c.toml")


def test_a_value_that_does_not_fit_names_where_it_came_from_and_what_to_do(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("")
    with pytest.raises(ConfigError) as caught:
        read_config(StageConfig, file, ["training.epochs=abc"], method="one")
    assert caught.value.problem.startswith("--set: training.epochs: input should be a valid integer")
    assert caught.value.hint == "give training.epochs a value that fits"
    with pytest.raises(ConfigError) as caught:
        read_config(StageConfig, file, method="three")
    assert caught.value.problem.startswith("--method: input should be 'one'")
