import io

import numpy as np

from hsicli.cube import Cube
from hsicli.figures.companions import draw
from hsicli.products.labels import Labels


def png(figure):
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": "hsicli", "Source": "abc"})
    return out.getvalue()


def labels():
    return Labels(
        np.array([[1, 2], [0, 2]], dtype=np.int32),
        ("opal", "gypsum"),
        np.array([[200, 30, 30], [30, 30, 200]], dtype=np.uint8),
        np.array([1, 2]),
        np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]),
        np.full((2, 3), 0.01),
        np.array([1000.0, 1500, 2000]),
    )


def test_labels_have_a_map_and_spectra_and_the_same_bytes_twice():
    first, second = draw(labels()), draw(labels())
    assert sorted(first) == ["-spectra.png", ".png"]
    for suffix in first:
        assert png(first[suffix]) == png(second[suffix])


def test_a_kind_without_a_picture_has_none():
    assert draw(Cube(np.zeros((2, 2, 2), dtype=np.float32))) == {}
