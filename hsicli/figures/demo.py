"""The page of the demonstration: what was planted, what was found, and what to look at."""

import numpy as np

from hsicli.figures.companions import draw
from hsicli.figures.maps import draw_two_maps
from hsicli.figures.page import Section, Table, page, picture
from hsicli.figures.report import explorer_of
from hsicli.figures.viewer import Viewer
from hsicli.products.labels import Labels
from hsicli.products.minerals import Minerals
from hsicli.products.overview import Overview
from hsicli.products.rasters import Raster, class_raster
from hsicli.products.scores import SCORE_TITLES, Scores
from hsicli.products.subspace import Subspace
from hsicli.products.weights import Weights

RARE = 0.01
"""Share of the pixels below which a class is called rare."""


def demo_page(
    *,
    truth: Raster,
    endmembers: int,
    subspace: Subspace,
    classes: Labels,
    scores: Scores,
    weights: Weights,
    minerals: Minerals,
    mineral_scores: Scores,
    commands: list[str],
    scene: Overview,
) -> str:
    """HTML: expected against obtained, class by class, with the pictures of the chain.

    Parameters
    ----------
    truth : Raster
        The planted classes, in the colours of the classes found.
    endmembers : int
        Of the scene.
    subspace, classes, scores, weights, minerals, mineral_scores : products
        What the chain found.
    commands : list of str
        The command lines, in order.
    scene : Overview
        Of the preprocessed cube.
    """
    pictures = draw(classes)
    maps = draw_two_maps(truth, class_raster(classes), ("planted", "found"))
    return page(
        "hsicli demo",
        [
            Section("The chain", ("Each line can be typed as it stands, on your own cube too.", *commands)),
            Section("Expected and obtained", tables=(_summary(endmembers, subspace, scores),)),
            Section(
                "The maps",
                ("The same colour means the largest overlap.",),
                pictures=(picture(maps, "Planted classes, and the classes found without them."),),
            ),
            Section("Class by class", tables=(_by_class(scores),)),
            Section(
                "What the classes look like",
                pictures=(
                    picture(pictures["-spectra.png"], "Mean spectrum of each class, ± one deviation."),
                ),
            ),
            Section(
                "Signal and noise",
                pictures=(
                    picture(
                        draw(subspace)[".png"], "Noise of each band; power of each direction against it."
                    ),
                ),
            ),
            Section(
                "Minerals by name",
                (_said_of(weights),),
                (_by_class(mineral_scores),),
                (
                    picture(draw(minerals)[".png"], "Minerals; guesses in lighter colours."),
                    picture(draw(weights)[".png"], "What the network makes of noise, beside real spectra."),
                ),
            ),
        ],
        lead="A scene with planted minerals, clustered without its labels; the labels only score the result.",
        explorer=explorer_of(Viewer(scene, {"classes.h5": classes}, {}, "m")),
    )


def _said_of(weights: Weights) -> str:
    steps = 0 if weights.history is None else int(weights.history[-1, 0])
    return (
        "The same scene, each pixel named after the planted spectrum that it resembles most, by features of "
        f"a network that has learnt for {steps} steps. That is to show how it goes: the default is 10,000, "
        "on many scenes."
    )


def _summary(endmembers: int, subspace: Subspace, scores: Scores) -> Table:
    found = dict(zip(scores.metrics, _mean(scores.values), strict=True))
    blind = dict(zip(scores.metrics, _mean(scores.blind_labeled), strict=True))
    rows: list[tuple[object, ...]] = [
        ("classes", len(scores.truth_names), len(scores.names), "–"),
        ("dimension of the signal", endmembers, subspace.dimension, "–"),
    ]
    rows += [(SCORE_TITLES[name], 1.0, found[name], blind[name]) for name in scores.metrics]
    caption = (
        f"Scores on the {scores.pixels} pixels that the truth labels. Blind: k-means on row and column, "
        "which sees no spectrum; what it reaches is no merit."
    )
    return Table(("", "planted or perfect", "obtained", "blind"), tuple(rows), caption)


def _by_class(scores: Scores) -> Table:
    if scores.shares is None or scores.recalls is None or scores.precisions is None or scores.best_f1 is None:
        raise ValueError("scores without a truth have no classes to list")
    rows = tuple(
        (
            name + (" (rare)" if share < RARE else ""),
            f"{share:.2%}",
            float(scores.recalls[0, number]),
            float(scores.precisions[0, number]),
            float(scores.best_f1[0, number]),
        )
        for number, (name, share) in enumerate(zip(scores.truth_names, scores.shares, strict=True))
    )
    columns = ("planted class", "share", "recall", "precision", "best F1")
    return Table(columns, rows, "Recall and precision of the one class assigned to it; best F1 of any class.")


def _mean(values: np.ndarray | None) -> list[float]:
    return [] if values is None else [float(value) for value in np.atleast_2d(values).mean(axis=0)]
