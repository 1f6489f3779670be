"""The page of `hsicli report`: what was found, how far to trust it, and how it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hsicli.figures.bearings import metres_per_pixel
from hsicli.figures.companions import draw
from hsicli.figures.minerals import MINERAL_CAPTIONS, mineral_table
from hsicli.figures.page import Explorer, Picture, Section, Table, page, picture
from hsicli.figures.steps import methods_paragraph, steps_of, steps_table, versions
from hsicli.figures.viewer import Viewer
from hsicli.products.abundances import Abundances
from hsicli.products.estimates import Estimate
from hsicli.products.labels import Labels
from hsicli.products.minerals import Minerals
from hsicli.products.overview import Match
from hsicli.products.scores import Scores
from hsicli.products.subspace import Subspace
from hsicli.products.weights import Weights
from hsicli.provenance import Provenance

TITLES = {
    "cube": "Cube",
    "subspace": "Signal and noise",
    "labels": "Classes",
    "minerals": "Minerals",
    "abundances": "Abundances",
    "scores": "Scores",
    "abundance-scores": "Scores of abundances",
    "weights": "Weights",
    "estimate": "Estimate",
    "estimate-scores": "Scores of estimates",
}
"""What the section of each kind of product is called."""

LISTED = 100
"""Classes of a table; the first ones are the largest."""

ABUNDANCE_CAPTIONS = {
    ".png": "How much of each endmember every pixel has.",
    "-endmembers.png": "The endmembers, with what they resemble.",
}
"""What each picture of abundances shows."""

ESTIMATE_CAPTIONS = {
    ".png": "Where the estimate is sure, and where spectra are unlike those it was learnt from.",
    "-pixels.png": "Chosen pixels: what was seen, what is inferred, and its covariance.",
}
"""What each picture of an estimate shows."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A product that a page is about.

    Attributes
    ----------
    name : str
        Of its file.
    product : dataclass with KIND
    provenance : Provenance, optional
        None of a raw image.
    facts : mapping
        What else is known of it, by its name: where it lies, how large it is.
    tables : sequence of Table
        Made elsewhere, such as those of scores.
    matches : sequence of sequence of Match
        For each class of a map, the library spectra nearest to it.
    """

    name: str
    product: Any
    provenance: Provenance | None
    facts: Mapping[str, object] = field(default_factory=dict)
    tables: Sequence[Table] = ()
    matches: Sequence[Sequence[Match]] = ()


def report_page(title: str, entries: Sequence[Entry], viewer: Viewer | None) -> str:
    """HTML of some products of one scene.

    Parameters
    ----------
    title : str
    entries : sequence of Entry
        In the order of the page.
    viewer : Viewer, optional
        Of the scene, if a cube is among the products.
    """
    sections = [_section(entry, explored=viewer is not None) for entry in entries]
    known = [entry for entry in entries if entry.provenance is not None]
    steps = steps_of(entry.provenance for entry in known if entry.provenance)
    outputs = {entry.provenance.fingerprint: entry.name for entry in known if entry.provenance}
    if steps:
        sections.append(
            Section(
                "How it was made",
                (methods_paragraph(steps), f"Versions: {versions(steps)}."),
                (steps_table(steps, outputs),),
            )
        )
    return page(title, sections, explorer=explorer_of(viewer) if viewer else None)


def explorer_of(viewer: Viewer) -> Explorer:
    """The scene as the part of a page that answers, with what it shows in words."""
    scene = viewer.scene
    said = f"{scene.shape[0]} rows × {scene.shape[1]} columns; {scene.colours}."
    if scene.step > 1:
        said += f" The picture shows every {_ordinal(scene.step)} pixel each way."
    if scene.spectra_step > 1:
        said += f" Spectra are kept of every {_ordinal(scene.spectra_step)} pixel each way"
        said += f" and every {_ordinal(scene.band_step)} band." if scene.band_step > 1 else "."
    return Explorer(viewer.to_json(), said)


def _section(entry: Entry, *, explored: bool) -> Section:
    """What there is to see of one product."""
    tables = list(entry.tables)
    pictures: list[Picture] = []
    match entry.product:
        case Labels() as product:
            tables.insert(0, _class_table(product, entry.matches))
            drawn = draw(product)
            if not explored:
                pictures.append(picture(drawn[".png"], "The map; light grey has no class."))
            pictures.append(picture(drawn["-spectra.png"], "Mean spectrum of each class, ± one deviation."))
            if "-times.png" in drawn:
                pictures.append(picture(drawn["-times.png"], "Eigenvalues of the walk, and the chosen time."))
        case Abundances() as product:
            tables.insert(0, _endmember_table(product))
            pictures += [
                picture(figure, ABUNDANCE_CAPTIONS[suffix]) for suffix, figure in draw(product).items()
            ]
        case Minerals() as product:
            tables.insert(0, mineral_table(product))
            pictures += [
                picture(figure, MINERAL_CAPTIONS[suffix]) for suffix, figure in draw(product).items()
            ]
        case Subspace():
            caption = "Noise of each band, and power of each direction against that of the noise."
            pictures.append(picture(draw(entry.product)[".png"], caption))
        case Estimate():
            pictures += [
                picture(figure, ESTIMATE_CAPTIONS[suffix]) for suffix, figure in draw(entry.product).items()
            ]
        case Scores() as product:
            pictures += [
                picture(figure, "Which class holds what of the truth; the scores beside a blind guess.")
                for figure in draw(product).values()
            ]
        case Weights() as product:
            pictures += [picture(figure, "How it learnt.") for figure in draw(product).values()]
    if entry.facts:
        tables.insert(0, Table(("", ""), tuple(entry.facts.items())))
    title = f"{TITLES[entry.product.KIND]}: {entry.name}"
    return Section(title, (), tuple(tables), tuple(pictures))


def _class_table(product: Labels, matches: Sequence[Sequence[Match]]) -> Table:
    """A class a row: its size, its area where the grid is in metres, and what it resembles."""
    metres = metres_per_pixel(product.grid)
    total = max(1, int(product.counts.sum()))
    columns = ["class", "pixels", "share"]
    columns += ["km²"] if metres else []
    columns += [f"nearest {rank + 1}" for rank in range(max((len(found) for found in matches), default=0))]
    rows = []
    for k, name in enumerate(product.names[:LISTED]):
        count = int(product.counts[k])
        row: list[object] = [name, count, f"{count / total:.2%}"]
        row += [_area(product, count)] if metres else []
        if matches:
            row += [f"{match.name} ({match.angle * 57.29578:.1f}°)" for match in matches[k]]
        rows.append(tuple(row))
    more = len(product.names) - len(rows)
    note = f"The {len(rows)} largest classes, {more} more are in the product. " if more else ""
    note += f"{total:,} pixels have a class, {int((product.labels == 0).sum()):,} have none."
    if matches:
        note += (
            " Nearest: spectral angle of class mean and library. It is no identification: look at the angle,"
            " and at whether the next ones are of its kind."
        )
    return Table(tuple(columns), tuple(rows), note)


def _endmember_table(product: Abundances) -> Table:
    """An endmember a row: its share of the scene, and what it resembles."""
    ranks = 0 if product.matches is None or product.match_angles is None else product.matches.shape[1]
    rows = []
    for k, name in enumerate(product.names):
        row: list[object] = [name, f"{float(np.nanmean(product.abundances[..., k])):.2%}"]
        for rank in range(ranks):
            match = int(product.matches[k, rank])  # type: ignore[index]
            angle = float(np.degrees(product.match_angles[k, rank]))  # type: ignore[index]
            row.append(f"{product.library_names[match - 1]} ({angle:.1f}°)" if match else "–")
        rows.append(tuple(row))
    columns = ("endmember", "mean abundance", *("nearest", "runner-up", *[""] * ranks)[:ranks])
    note = (
        f"Method {product.method}, {product.mixing} mixing; one part of an endmember: {product.convention}."
    )
    return Table(columns, tuple(rows), note)


def _area(product: Labels, pixels: int) -> float:
    """km² of so many pixels of a grid in metres."""
    a, b, _, d, e, _ = product.grid.transform  # type: ignore[union-attr,misc]
    return pixels * abs(a * e - b * d) / 1e6


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
