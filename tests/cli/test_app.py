"""The edge of the program: what is wrong with a command line is two lines, as any other error is."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app

PROGRAM = (sys.executable, "-c", "from hsicli.cli.app import main; main()")


@pytest.mark.parametrize(
    ("words", "problem", "hint"),
    [
        (
            ["synth", "mars"],
            "synth: missing argument 'OUT'",
            "hsicli synth RECIPE OUT; see hsicli synth --help",
        ),
        (
            ["synth", "mars", "a", "b"],
            "synth: got unexpected extra argument",
            "hsicli synth RECIPE OUT; see hsicli synth --help",
        ),
        (["synth", "mars", "a", "--sead", "1"], "synth: no such option: --sead", "did you mean --seed"),
        (
            ["synth", "mars", "a", "--rows", "0"],
            "synth: invalid value for '--rows'",
            "hsicli synth RECIPE OUT; see",
        ),
        (["sinth", "mars", "a"], "no such command 'sinth'. Did you mean 'synth'?", "hsicli --help lists"),
        (["--nope"], "no such option: --nope", "hsicli --help lists"),
    ],
)
def test_a_mistake_on_the_command_line_is_two_lines(words, problem, hint):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first.startswith(f"hsicli: error: {problem}")
    assert second.startswith(f"hint: {hint}")
    assert result.stdout == ""


def test_with_json_it_is_json_too():
    result = CliRunner().invoke(app, ["synth", "mars", "--json"])
    assert json.loads(result.stdout)["exit_code"] == 2


def test_an_error_of_another_input_is_not_laid_on_the_cube(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["synth", "mixtures", "m", "--rows", "6", "--cols", "6"]).exit_code == 0
    for option, file in (("--mask", "none.png"), ("--ratio", "none.csv"), ("--bland", "m.hdr")):
        result = CliRunner().invoke(app, ["preprocess", "m.img", "out.h5", option, file])
        assert result.exit_code == 3
        assert result.stderr.splitlines()[-2].startswith(f"hsicli: error: {file}: "), result.stderr
    result = CliRunner().invoke(app, ["preprocess", "m.img", "nowhere/out.h5"])
    assert result.stderr.startswith("hsicli: error: nowhere/out.h5: the folder")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_file_name_can_be_printed_on_any_screen(tmp_path, encoding):
    name = os.fsencode("ü 日") + b"\xef.img"
    words = [*PROGRAM, "synth", "mixtures", name, "--rows", "5", "--cols", "6"]
    environment = os.environ | {"PYTHONIOENCODING": f"{encoding}:strict"}
    for tail in ([], ["--seed", "1"]):
        done = subprocess.run(
            [*words, *tail], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert b"Traceback" not in done.stderr
        assert done.returncode == (4 if tail else 0)
    if encoding == "utf-8":
        assert name in done.stderr
    done = subprocess.run(
        [*PROGRAM, "info", name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_nothing_of_a_binary_file_reaches_the_screen_raw(tmp_path):
    (tmp_path / "a.hdr").write_bytes(b"\x1b[2J\x07\x00\n")
    result = CliRunner().invoke(app, ["info", str(tmp_path / "a.hdr")])
    assert result.exit_code == 3
    assert "\x1b" not in result.stderr
    assert "\x07" not in result.stderr


def test_help_shows_no_type_of_a_flag():
    for words in (["--help"], ["synth", "--help"]):
        assert "<bool>" not in CliRunner().invoke(app, words).stdout


@pytest.mark.parametrize(
    "error",
    [MemoryError("Unable to allocate 8 TiB"), RuntimeError("DefaultCPUAllocator: can't allocate memory")],
)
def test_too_little_memory_is_two_lines(tmp_path, monkeypatch, error):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("hsicli.stages.synth.synthesise", fail)
    result = CliRunner().invoke(app, ["synth", "mixtures", str(tmp_path / "m")])
    assert result.exit_code == 1
    assert result.stderr.startswith("hsicli: error: there is not enough memory\nhint: free some")
    assert list(tmp_path.iterdir()) == []
