"""A scene on disk: whole or not there."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.io.envi import read_classes
from hsicli.io.scene import scene_image, write_scene
from hsicli.library import Library
from hsicli.products.scenes import Scene, SceneBlock


def scene(rows: int = 4) -> Scene:
    """Two columns, three bands, two classes; one pixel holds nothing."""
    wavelengths = np.array([1000.0, 1100, 1200])
    spectra = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])

    def blocks():
        for row in range(rows):
            labels = np.array([[1, 2]], dtype=np.uint8) if row else np.array([[0, 2]], dtype=np.uint8)
            mixture = np.eye(2, dtype=np.float32)[None].copy()
            mixture[labels == 0] = np.nan
            yield SceneBlock(slice(row, row + 1), spectra[None].astype(np.float32), labels, mixture)

    return Scene(
        shape=(rows, 2, 3),
        blocks=blocks,
        wavelengths=wavelengths,
        fwhm=np.full(3, 10.0),
        endmembers=Library(("one", "two"), spectra, wavelengths),
        colours=np.array([[255, 0, 0], [0, 0, 255]], dtype=np.uint8),
        noise=np.full(3, 0.01),
        masked=True,
        fill=float("nan"),
        description="a toy",
    )


@pytest.mark.parametrize("name", ["s", "s.img", "s.hdr", "S.IMG"])
def test_a_scene_is_named_by_its_image_its_header_or_their_stem(name: str, tmp_path) -> None:
    assert scene_image(tmp_path / name).name.casefold() == "s.img"


def test_the_header_counts_the_classes(tmp_path) -> None:
    files = write_scene(tmp_path / "s", scene())
    assert files[:2] == [tmp_path / "s.img", tmp_path / "s.hdr"]
    assert all(file.exists() for file in files)
    assert "one 3 (42.857 %); two 4 (57.143 %)" in (tmp_path / "s.hdr").read_text()
    truth = read_classes(tmp_path / "s_labels.hdr")
    np.testing.assert_array_equal(truth.data[0], [[0, 2], [1, 2], [1, 2], [1, 2]])
    np.testing.assert_array_equal(truth.colours, [[255, 0, 0], [0, 0, 255]])


def test_a_scene_that_stops_half_way_leaves_nothing(tmp_path) -> None:
    def broken():
        yield from list(scene().blocks())[:2]
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        write_scene(tmp_path / "s", replace(scene(), blocks=broken))
    assert list(tmp_path.iterdir()) == []
