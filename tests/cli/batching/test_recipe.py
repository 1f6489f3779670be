from pathlib import Path

import pytest

from hsicli.cli.batching.recipe import read_recipe, recipe_names
from hsicli.errors import ConfigError, InputError


@pytest.mark.parametrize("name", ["gypsum", "gan-map", "unmix", "diffuse"])
def test_the_recipes_that_come_along_are_whole(name):
    recipe = read_recipe(name)
    assert recipe.stages[-1].command == "report"
    assert recipe.wanted() <= {"weights", "library"}


def test_every_recipe_that_is_there_is_known():
    assert recipe_names() == ["diffuse", "gan-map", "gypsum", "unmix"]


def test_a_recipe_of_ones_own_names_stages_in_their_order(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[stages.clean]\ncommand = "preprocess"\nsettings = { window_nm = [1050, 2550] }\nconfig = "c.toml"\n'
        '[stages.cluster]\ninputs = ["clean"]\nseed = 3\n'
    )
    clean, cluster = read_recipe(str(path)).stages
    assert (clean.command, clean.output, clean.folder) == ("preprocess", "clean.h5", tmp_path)
    assert clean.table.settings == {"window_nm": [1050, 2550]}
    assert (cluster.command, cluster.table.seed) == ("cluster", 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[stages.a", "is not TOML"),
        ("x = 1", "expected tables"),
        ("[stages.a]\ninput = ['image']", "there is no setting input"),
        ("[stages.a]\nthreads = 0", "threads must be 1 or more"),
        ("[stages.a]\ninputs = []", "has no inputs"),
        ("[stages.a]\ninputs = ['b']\n[stages.b]", "takes b, which is not made before it"),
        ("[stages.a]\ninputs = ['a']", "takes a, which is not made before it"),
        ("[stages.a]\noutput = 'x.h5'\n[stages.x]", "same output"),
        ("mosaic = 'b'\n[stages.a]", "is no stage"),
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path, text, words):
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_recipe(str(path))


def test_an_unknown_name_is_answered_with_those_known():
    with pytest.raises(InputError, match="neither a recipe nor a TOML file") as caught:
        read_recipe("gypsun")
    assert "gypsum" in caught.value.hint
    with pytest.raises(InputError, match="no such file"):
        read_recipe("none.toml")
