"""Which map a cell is taken from, and which classes are the same."""

import itertools

import numpy as np
import pytest

from hsicli.algorithms.compositing import composite, merge_legends

NAN = float("nan")


@pytest.mark.parametrize(
    ("labels", "confidence", "scores", "taken"),
    [
        ([3, 5], [2, 1], [0.96, 0.99], 1),  # an identification before a guess, whatever the score
        ([3, 5], [1, 2], [0.94, 0.95], 2),
        ([3, 5], [2, 2], [0.96, 0.97], 2),  # then the higher score
        ([3, 5], [1, 1], [0.91, 0.90], 1),
        ([3, 5], [2, 2], [0.96, 0.96], 1),  # then the order
        ([0, 5], [2, 1], [0.99, 0.86], 2),  # no class is less than a guess
        ([3, 5], [2, 2], [NAN, 0.10], 2),  # no score is less than any
        ([3, 5], [2, 2], [NAN, NAN], 1),
        ([0, 5], [0, 0], [NAN, NAN], 2),  # a class that is drawn is a guess at least
        ([0, 0], [0, 0], [NAN, NAN], 0),
        ([0, 0], [2, 2], [0.99, 0.99], 0),
    ],
)
def test_the_surest_map_is_taken(labels, confidence, scores, taken):
    found = composite(np.array(labels), np.array(confidence, np.uint8), np.array(scores))
    assert found.source == taken
    assert found.labels == (labels[taken - 1] if taken else 0)
    assert (found.confidence > 0) == bool(taken)
    expected = scores[taken - 1] if taken else NAN
    np.testing.assert_allclose(found.score, np.float32(expected))


def test_maps_that_say_only_classes_give_way_in_order():
    labels = np.array([[[0, 2, 0]], [[1, 1, 0]], [[3, 2, 0]]])
    found = composite(labels)
    assert found.labels.tolist() == [[1, 2, 0]]
    assert found.source.tolist() == [[2, 1, 0]]
    assert found.labeled.tolist() == [[2, 3, 0]]
    assert found.agreeing.tolist() == [[1, 2, 0]]
    assert np.isnan(found.score).all()


def test_the_best_of_any_order_is_the_best_where_no_two_are_equal(rng):
    labels = rng.integers(0, 4, (4, 200))
    confidence = rng.integers(1, 3, labels.shape).astype(np.uint8)
    scores = rng.permutation(labels.size).reshape(labels.shape) / labels.size
    first = composite(labels, confidence, scores)
    for order in itertools.permutations(range(4)):
        other = composite(labels[list(order)], confidence[list(order)], scores[list(order)])
        np.testing.assert_array_equal(other.labels, first.labels)
        np.testing.assert_array_equal(other.agreeing, first.agreeing)
        np.testing.assert_array_equal(np.array([0, *(k + 1 for k in order)])[other.source], first.source)


def test_layers_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        composite(np.zeros((2, 3), int), scores=np.zeros((2, 4)))


def test_the_same_name_is_the_same_class_and_keeps_the_first_colour():
    red, green, blue, other = (200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 0)
    legend = merge_legends(
        [("Olivine", "Jarosite"), ("gypsum", "olivine ", "Opal")],
        [np.array([red, green], np.uint8), np.array([blue, other, other], np.uint8)],
    )
    assert legend.names == ("Olivine", "Jarosite", "gypsum", "Opal")
    assert legend.colours.tolist() == [list(c) for c in (red, green, blue, other)]
    assert [table.tolist() for table in legend.tables] == [[0, 1, 2], [0, 3, 1, 4]]


def test_two_classes_never_share_a_colour():
    red = np.array([[200, 0, 0]], np.uint8)
    legend = merge_legends([("a",), ("b",), ("c", "d")], [red, red, None])
    assert legend.colours[0].tolist() == [200, 0, 0]
    assert len({tuple(colour) for colour in legend.colours.tolist()}) == 4


def test_names_and_colours_go_together():
    with pytest.raises(ValueError, match="2 names and 1 colours"):
        merge_legends([("a", "b")], [np.zeros((1, 3), np.uint8)])
    assert merge_legends([()], [None]).colours.shape == (0, 3)
