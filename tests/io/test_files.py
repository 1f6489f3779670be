"""Files appear whole or not at all, are locked while they are made, and are known by their digest."""

import hashlib
import os
import subprocess
import sys

import pytest

from hsicli.errors import HsiError, InputError
from hsicli.io import files
from hsicli.io.files import Lock, check_folder, clear_leftovers, digest, folder_digest, replacing


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def test_a_file_takes_its_place_only_if_all_goes_well(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), replacing(target) as partial:
        partial.write_text("ne")
        raise RuntimeError("halfway")
    assert target.read_text() == "old"
    with replacing(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_leftovers_of_a_killed_run_are_cleared_and_nothing_else(tmp_path):
    (tmp_path / ".a.h5.tmp-123").write_text("half")
    (tmp_path / ".b.h5.tmp-123").write_text("half")
    clear_leftovers(tmp_path / "a.h5")
    assert os.listdir(tmp_path) == [".b.h5.tmp-123"]


def test_a_second_run_is_kept_out_until_the_first_is_done(tmp_path):
    output = tmp_path / "a.h5"
    lock = Lock(output)
    with pytest.raises(HsiError, match=f"is being made by process {os.getpid()}"):
        Lock(output)
    lock.release()
    Lock(output).release()
    assert os.listdir(tmp_path) == []


def test_a_lock_goes_with_its_process(tmp_path):
    code = "import os, pathlib; from hsicli.io.files import Lock; Lock(pathlib.Path('a.h5')); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    Lock(tmp_path / "a.h5").release()


@pytest.mark.parametrize(
    ("name", "problem"),
    [("missing/a.h5", "does not exist"), ("folder", "is a folder")],
)
def test_a_place_that_cannot_be_written_is_named(tmp_path, name, problem):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=problem):
        check_folder(tmp_path / name)


def test_a_digest_is_the_hash_of_the_content(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"abc")
    assert digest(path) == hashlib.sha256(b"abc").hexdigest()


def test_header_and_numbers_are_one_input(tmp_path):
    (tmp_path / "a.hdr").write_text("samples = 1")
    (tmp_path / "a.img").write_bytes(b"abc")
    (tmp_path / "ab.img").write_bytes(b"other")
    first = digest(tmp_path / "a.img")
    assert digest(tmp_path / "a.hdr") == first
    (tmp_path / "a.hdr").write_text("samples = 2")
    assert digest(tmp_path / "a.img") != first


def test_a_header_that_keeps_the_suffix_of_the_numbers_belongs_to_them(tmp_path):
    (tmp_path / "a.img.hdr").write_text("samples = 1")
    (tmp_path / "a.img").write_bytes(b"abc")
    first = digest(tmp_path / "a.img")
    (tmp_path / "a.img.hdr").write_text("samples = 2")
    assert digest(tmp_path / "a.img") != first


def test_a_change_of_content_changes_the_digest_even_within_one_clock_tick(tmp_path):
    path = tmp_path / "a.tif"
    seen = set()
    for content in (b"abc", b"abd", b"abe"):
        path.write_bytes(content)
        seen.add(digest(path))
    assert len(seen) == 3


def test_a_file_that_has_rested_is_hashed_once(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    path.write_bytes(b"abc")
    os.utime(path, (1e9, 1e9))
    first = digest(path)
    monkeypatch.setattr(files.hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert digest(path) == first


def test_a_damaged_cache_is_no_matter(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"abc")
    os.utime(path, (1e9, 1e9))
    first = digest(path)
    files._cache_path().write_text("{ not json")
    assert digest(path) == first


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        digest(tmp_path / "nothing.img")


def test_what_a_crism_image_is_read_with_belongs_to_it(tmp_path):
    for name in ("frt0000abcd_07_if164j_mtr3.img", "frt0000abcd_07_if164j_mtr3.lbl"):
        (tmp_path / name).write_text("numbers")
    first = digest(tmp_path / "frt0000abcd_07_if164j_mtr3.img")
    (tmp_path / "frt0000abcd_07_wv164j_mtr3.tab").write_text("1, 436.13")
    assert digest(tmp_path / "frt0000abcd_07_if164j_mtr3.img") != first


def test_a_folder_of_spectra_is_known_by_names_and_contents(tmp_path):
    (tmp_path / "a.txt").write_text("1")
    seen = {folder_digest(tmp_path)}
    (tmp_path / "a.txt").write_text("2")
    seen.add(folder_digest(tmp_path))
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    seen.add(folder_digest(tmp_path))
    assert len(seen) == 3
