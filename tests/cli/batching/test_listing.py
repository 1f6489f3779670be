from pathlib import Path

import pytest

from hsicli.cli.batching.listing import read_list
from hsicli.errors import ConfigError, InputError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.img", "b.img", "deep/a.img", "deep/c d.img", "mask.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def images(folder: Path, text: str, name: str = "list.txt", **shared: Path) -> list:
    (folder / name).write_text(text)
    return read_list(folder / name, shared)


def test_lines_are_paths_or_patterns_and_remarks_are_passed_over(folder):
    found = images(folder, "# of Mars\nb.img\n\ndeep/c*.img\n")
    assert [item.name for item in found] == ["b", "c_d"]
    assert [item.values["image"] for item in found] == [str(folder / "b.img"), str(folder / "deep/c d.img")]


def test_paths_are_seen_from_here_and_else_from_the_list(folder, monkeypatch):
    (folder / "deep" / "list.txt").write_text("c d.img\nb.img\n")
    found = read_list(folder / "deep/list.txt", {})
    assert [item.values["image"] for item in found] == [str(folder / "deep/c d.img"), str(folder / "b.img")]
    monkeypatch.chdir(folder / "deep")
    assert read_list(Path("list.txt"), {})[0].values["image"] == str(folder / "deep/c d.img")


def test_an_image_that_is_not_there_stays_in_the_list_for_its_stage_to_say_so(folder):
    assert images(folder, "gone.img\n")[0].values["image"] == str(folder / "gone.img")


def test_images_called_alike_are_told_apart_by_their_folder(folder):
    assert [item.name for item in images(folder, "a.img\ndeep/a.img\nb.img")] == [
        f"{folder.name}_a", "deep_a", "b",
    ]  # fmt: skip


def test_a_table_has_a_column_a_file_and_words_stay_words(folder):
    text = "image, mask ,ratio,name\na.img,mask.tif,column,east\nb.img,,mask.tif,\n"
    first, second = images(folder, text, "list.csv", library=folder / "mask.tif")
    assert first.name == "east"
    assert first.values == {
        "image": str(folder / "a.img"), "mask": str(folder / "mask.tif"), "ratio": "column", "name": "east",
        "library": str(folder / "mask.tif"),
    }  # fmt: skip
    assert second.name == "b"
    assert "mask" not in second.values


@pytest.mark.parametrize(
    ("text", "name", "kind", "words"),
    [
        ("", "l.txt", InputError, "names no image"),
        ("# nothing\n", "l.txt", InputError, "names no image"),
        ("none*.img\n", "l.txt", InputError, "nothing matches none"),
        ("a.img\na.img\n", "l.txt", ConfigError, "are called"),
        ("picture\na.img\n", "l.csv", ConfigError, "none is image"),
        ("image,mask\n,mask.tif\n", "l.csv", InputError, "line 2 names no image"),
    ],
)
def test_what_is_no_list_is_refused(folder, text, name, kind, words):
    with pytest.raises(kind, match=words):
        images(folder, text, name)


def test_a_file_that_is_no_text_or_not_there_is_refused(folder):
    (folder / "l.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="not a list of images"):
        read_list(folder / "l.txt", {})
    with pytest.raises(InputError, match="no such file"):
        read_list(folder / "none.txt", {})
