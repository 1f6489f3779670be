import numpy as np
import pytest

from hsicli.figures.agreement import draw_agreement
from hsicli.products.scores import Scores

METRICS = ("overall_accuracy", "nmi")


@pytest.fixture
def scores() -> Scores:
    confusion = np.array([[0, 5, 0], [0, 0, 30], [90, 5, 0], [10, 0, 0], [0, 0, 0]])
    return Scores(
        2, ("a", "b", "c", "d"), np.array([30, 95, 10, 0]), pixels=140, metrics=METRICS,
        values=np.array([[0.9, 0.8], [0.7, 0.8]]), blind_labeled=np.array([[0.3, 0.2]]),
        truth_names=("clay", "lava", "dust"), confusion=confusion,
    )  # fmt: skip


def test_a_column_is_a_truth_and_says_where_its_pixels_are(scores):
    left, _ = draw_agreement(scores).axes
    shares = left.images[0].get_array()
    truths = [label.get_text() for label in left.get_xticklabels()]
    classes = [label.get_text() for label in left.get_yticklabels()]
    assert truths == ["clay", "dust", "lava"]  # the largest first
    assert classes == [
        "b",
        "c",
        "a",
        "no class",
    ]  # where the truth stands that fills them; none without pixels
    np.testing.assert_allclose(shares, [[0.9, 0, 0.5], [0.1, 0, 0], [0, 1, 0], [0, 0, 0.5]])
    np.testing.assert_allclose(np.asarray(shares).sum(axis=0), 1)


def test_the_scores_stand_beside_the_blind_ones_with_their_spread(scores):
    _, right = draw_agreement(scores).axes
    widths = [patch.get_width() for patch in right.patches]
    assert widths == pytest.approx([0.8, 0.8, 0.3, 0.2])
    assert [text.get_text() for text in right.get_legend().get_texts()] == [
        "2 maps, mean and deviation", "k-means on row and column alone",
    ]  # fmt: skip


def test_without_a_truth_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="not against a truth"):
        draw_agreement(Scores(1, ("a",), np.array([3])))


def test_many_classes_are_drawn_in_part(scores, rng):
    many = 300
    product = Scores(
        1, tuple(map(str, range(many))), np.ones(many), pixels=9, metrics=METRICS, values=np.zeros((1, 2)),
        truth_names=tuple(f"t{k}" for k in range(60)), confusion=rng.integers(0, 5, (many + 1, 60)),
    )  # fmt: skip
    figure = draw_agreement(product)
    assert figure.axes[0].images[0].get_array().shape == (40, 40)
    assert max(figure.get_size_inches()) < 25
