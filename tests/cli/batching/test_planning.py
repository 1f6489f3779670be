from pathlib import Path

import pytest

from hsicli.cli.batching.listing import Item
from hsicli.cli.batching.planning import tasks_of
from hsicli.cli.batching.recipe import read_recipe
from hsicli.errors import ConfigError


def item(**values: str) -> Item:
    return Item("a", {"image": "/data/a.img", "name": "a", **values})


def test_a_task_is_the_command_line_one_would_type():
    preprocess, hysime, cluster, report = tasks_of(
        read_recipe("gypsum"), [item(mask="/data/m.tif")], Path("/out"), 1
    )[0]
    assert preprocess.words == (
        "preprocess", "/data/a.img", "/out/a/preprocess.h5", "--mask", "/data/m.tif", "--threads", "1",
    )  # fmt: skip
    assert hysime.after == ("preprocess",)
    assert cluster.words[:5] == (
        "cluster", "/out/a/preprocess.h5", "/out/a/cluster.h5", "--subspace", "/out/a/hysime.h5",
    )  # fmt: skip
    assert cluster.after == ("preprocess", "hysime")
    assert report.output == Path("/out/a/report.html")
    assert report.log == Path("/out/a/report.log")


def test_settings_seed_and_config_stand_in_the_command_line(tmp_path):
    (tmp_path / "r.toml").write_text(
        '[stages.superres]\ncommand = "superres apply"\ninputs = ["image", "weights"]\nseed = 5\n'
        'threads = 8\nconfig = "c.toml"\n[stages.superres.settings]\nways.a = "b"\nlist = [1, 2.5]\n'
    )
    (task,) = tasks_of(read_recipe(str(tmp_path / "r.toml")), [item(weights="/w.h5")], Path("/out"), 2)[0]
    assert task.words == (
        "superres", "apply", "/data/a.img", "/w.h5", "/out/a/superres.h5",
        "--config", str(tmp_path / "c.toml"), "--set", 'ways.a="b"', "--set", "list=[1, 2.5]",
        "--seed", "5", "--threads", "2",
    )  # fmt: skip


def test_a_file_that_an_image_lacks_is_named():
    with pytest.raises(ConfigError, match=r"gan-map: there is no weights for /data/a.img") as caught:
        tasks_of(read_recipe("gan-map"), [item(library="/l.csv")], Path("/out"), 1)
    assert "--with weights=FILE" in caught.value.hint
