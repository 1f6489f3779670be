"""Representations that gan-map compares by: who finds planted minerals, and who tells real spectra apart.

    python scripts/compare_representations.py scenes [--weights W.h5 ...] [--library MICA.csv] [--seeds 201 …]
    python scripts/compare_representations.py openset FOLDER MICA.csv [--weights W.h5 ...]
    python scripts/compare_representations.py robustness EXEMPLARS.sli [--weights W.h5 ...]

`scenes` plants the recipe `mars` and maps it with the scene's own minerals for exemplars, or with those of
CRISM's type spectra. A detection is right if the mineral makes up `PRESENT` of the pixel; a pixel is to be
found if the mineral is its largest part. `openset` asks, of real CRISM spectra in groups, whether those of
one group are nearer each other than to others. `robustness` disturbs real spectra and compares them with
themselves. Figures of `gan…` are means over the weights; deviations are over weights and scenes. With several
weights the thresholds that false alarms choose are looked at for the first only.
"""

import argparse
import itertools
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import minimum_filter

from hsicli.cli.config import read_config
from hsicli.cube import Cube
from hsicli.io.hdf5 import read_product
from hsicli.io.speclib import read_library
from hsicli.library import Library
from hsicli.products.minerals import Minerals
from hsicli.products.weights import Weights
from hsicli.runtime import quiet, use_threads
from hsicli.stages.gan_map import CalibrationConfig, GanMapConfig, map_minerals
from hsicli.stages.gan_weights import gan_of
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from hsicli.stages.mapping.references import exemplars_of
from hsicli.stages.mapping.scoring import scorer_of
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise

RECIPE = Path(__file__).resolve().parents[1] / "hsicli" / "recipes" / "mars.toml"
CPU = torch.device("cpu")
PRESENT = 0.1
"""Share of a pixel from which a mineral is there."""

FEWEST = 10
"""A mineral of fewer pixels in a scene is not scored there."""

FREE = (
    "angle", "continuum-removed", "correlation", "band-depth", "derivative", "blend", "parameters", "random",
    "autoencoder", "demud", "fatt", "dafatt",
)  # fmt: skip
LEARNT = ("gan", "gan-depth", "gan-blend")

ROCKS = ("basalt", "dust")
"""What of the recipe is no mineral to be looked for."""

MICA = {
    "nontronite": "fe_smectite", "saponite": "mg_smectite", "montmorillonite": "al_smectite",
    "polyhydrated sulfate": "poly_hyd_sulf", "low-Ca pyroxene": "lcp", "olivine": "fe_olivine",
    "opal": "hydrated_silica", "magnesite": "mg_carbonate", "kaolinite": "kaolinite", "jarosite": "jarosite",
    "alunite": "alunite", "serpentine": "serpentine",
}  # fmt: skip
"""CRISM's type spectra of the recipe's minerals."""

ALIKE = (("kaolinite", "al_smectite"), ("fe_smectite", "serpentine"), ("mg_smectite", "serpentine"),
         ("fe_smectite", "al_smectite"))  # fmt: skip
"""Type spectra that the paper tells apart: kaolinite and smectites, smectites and serpentine."""

PAIRS = (("kaolinite", "montmorillonite"), ("nontronite", "serpentine"), ("saponite", "serpentine"))


def plant(seed: int, rows: int, cols: int) -> tuple[Cube, np.ndarray, Library]:
    """A scene, the abundances in it, and its minerals."""
    config = read_config(
        SynthConfig, RECIPE, rows=rows, cols=cols, border=0, frame="none", window=[1024, 2650]
    )
    made = synthesise(config, seed=seed)
    blocks = list(made.blocks())
    data, shares = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in ("data", "abundances")
    )
    return Cube(data, made.wavelengths, made.fwhm), shares, made.endmembers


def renamed(library: Library, names: dict[str, str]) -> Library:
    """The spectra of a library that have another name here, under that."""
    found = library.members(tuple(names.values()))
    return Library(tuple(names), found.spectra, found.wavelengths, found.fwhm)


def score(product: Minerals, shares: np.ndarray, names: tuple[str, ...], tier: int) -> dict[str, np.ndarray]:
    """(k,) precision, recall and F1 of each mineral; NaN where the scene has too little of it."""
    largest = shares.argmax(axis=2)
    found = product.confidence >= tier
    out = np.full((3, len(product.names)), np.nan)
    for k, name in enumerate(product.names):
        member = names.index(name)
        wanted, called = largest == member, found & (product.labels == k + 1)
        if wanted.sum() < FEWEST:
            continue
        precision = (shares[..., member][called] >= PRESENT).mean() if called.any() else 0.0
        recall = called[wanted].mean()
        out[:, k] = precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)
    return dict(zip(("precision", "recall", "f1"), out, strict=True))


def confusions(product: Minerals, shares: np.ndarray, names: tuple[str, ...]) -> list[float]:
    """Of the pixels of a pair that are identified as one of them, the share that is as the other."""
    largest, out = shares.argmax(axis=2), []
    for pair in PAIRS:
        labels = [product.names.index(name) + 1 for name in pair]
        wrong = total = 0
        for name, own, other in zip(pair, labels, labels[::-1], strict=True):
            here = (largest == names.index(name)) & (product.confidence == 2)
            wrong += int((product.labels[here] == other).sum())
            total += int(np.isin(product.labels[here], (own, other)).sum())
        out.append(wrong / total if total else np.nan)
    return out


def _bland(shares: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(rows, cols) bool: pixels around which no box of five sees more than a thousandth of a mineral."""
    rock = shares[..., [names.index(name) for name in ROCKS]].sum(axis=2)
    found: np.ndarray = minimum_filter(rock, 5) > 0.999
    return found


def scenes(args: argparse.Namespace) -> None:
    """Print the tables of planted scenes."""
    networks = [read_product(path, Weights) for path in args.weights]
    methods = args.methods or (*FREE, *(LEARNT if networks else ()))
    rows: dict[tuple[str, str], list[dict]] = {}
    for seed in args.seeds:
        cube, shares, members = plant(seed, args.rows, args.cols)
        looked_for = [name for name in members.names if name not in ROCKS]
        library = members.members(tuple(looked_for))
        if args.library:
            library = renamed(read_library(args.library), {name: MICA[name] for name in looked_for})
        for method in methods:
            for training, weights in enumerate(networks if method in LEARNT else [None]):
                for thresholds in ("fixed", "calibrated"):
                    if thresholds == "calibrated" and (training or method in {"fatt", "dafatt"}):
                        continue
                    chosen = args.false_alarms if thresholds == "calibrated" else None
                    config = GanMapConfig(
                        method=method,
                        composite=args.composite,
                        calibration=CalibrationConfig(false_alarms=chosen, spectra=args.spectra),
                    )
                    product = map_minerals(cube, weights, [library], config, seed=training, device=CPU)
                    bland = _bland(shares, members.names)
                    rows.setdefault((method, thresholds), []).append({
                        "identified": score(product, shares, members.names, 2),
                        "guessed": score(product, shares, members.names, 1),
                        "confused": confusions(product, shares, members.names),
                        "bland": float((product.confidence == 2)[bland].mean()),
                        "names": product.names,
                    })  # fmt: skip
                    one = rows[method, thresholds][-1]["identified"]["f1"]
                    print(f"# {seed} {method} {training} {thresholds}: F1 {np.nanmean(one):.3f}", flush=True)
    _print_scenes(rows)


def _print_scenes(rows: dict[tuple[str, str], list[dict]]) -> None:
    heads = ("precision", "recall", "F1 identified", "F1 with guesses", "bland ground identified")
    table, minerals = {}, {}
    for (method, thresholds), runs in rows.items():
        identified = {
            key: [float(np.nanmean(run["identified"][key])) for run in runs]
            for key in ("precision", "recall", "f1")
        }
        guessed = [float(np.nanmean(run["guessed"]["f1"])) for run in runs]
        cells = [f"{np.mean(identified[key]):.3f}" for key in ("precision", "recall")]
        cells += [f"{np.mean(each):.3f} ± {np.std(each):.3f}" for each in (identified["f1"], guessed)]
        cells.append(f"{np.mean([run['bland'] for run in runs]):.4f}")
        confused = np.array([run["confused"] for run in runs]).T
        cells += [_mean(column, 3) for column in confused]
        table[f"{method}, {thresholds}"] = cells
        by_mineral = np.stack([run["identified"]["f1"] for run in runs]).T
        minerals[f"{method}, {thresholds}"] = [_mean(column, 2) for column in by_mineral]
    print_table("method, thresholds", [*heads, *("/".join(pair) for pair in PAIRS)], table)
    print("\nF1 of identifications by mineral")
    print_table("method, thresholds", next(iter(rows.values()))[0]["names"], minerals)


def _mean(values: np.ndarray, digits: int) -> str:
    return f"{np.nanmean(values):.{digits}f}" if np.isfinite(values).any() else "–"


def scorers(library: Library, networks: list[Weights], methods: tuple[str, ...]):
    """Of each method and training its name, how spectra are prepared, and scores by exemplars."""
    image = Cube(library.spectra[None].astype(np.float32), wavelengths=library.wavelengths)
    for method in methods:
        for training, weights in enumerate(networks if method in LEARNT else [None]):
            gan = gan_of(weights, CPU) if weights is not None else None
            preparing = preparing_for(image, None if gan is None else gan.wavelengths, 11, PrepareConfig())

            def against(exemplars: Library, method=method, gan=gan, preparing=preparing, training=training):
                found = exemplars_of([exemplars], preparing, None, "separate")
                scorer = scorer_of(
                    method, gan, preparing, found, precision="float32", seed=training, device=CPU, track=quiet
                )
                return found, scorer.score_spectra

            yield method, training, preparing, against


def prepared(preparing, library: Library) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance and scaled spectra of a library, every one of them."""
    spectra = library.resampled(preparing.wavelengths).spectra.astype(np.float32)
    return spectra, preparing.scaled(preparing.without_continuum(spectra))


POINTWISE = tuple(method for method in FREE if method not in {"demud", "fatt", "dafatt", "autoencoder"})


def openset(args: argparse.Namespace) -> None:
    """Print who is nearest to whom, whether groups hold together, and how often representations agree."""
    library = read_library(args.folder / "add_exemp_mica.sli")
    exemplars = read_library(args.folder / "exemplars_r1.sli")
    mica = read_library(args.library)
    keep = np.arange(18, len(library.names))
    own = Library(tuple(library.names[i] for i in keep), library.spectra[keep], library.wavelengths)
    groups = np.array(read_groups(args.folder / "add_exemp_mica.hdr"))[keep]
    many = np.array([(groups == each).sum() >= 2 for each in groups])
    print(
        f"{len(keep)} spectra; {many.sum()} of them in {len(set(groups[many]))} groups of two or more; "
        f"{(groups < 18).sum()} in the groups of the 18 exemplars"
    )
    networks = [read_product(path, Weights) for path in args.weights]
    methods = POINTWISE + (LEARNT if networks else ())
    table: dict[str, list[Held]] = {}
    pairs: dict[str, list[list[float]]] = {}
    nearest: dict[str, np.ndarray] = {}
    named: dict[str, np.ndarray] = {}
    for method, training, preparing, against in scorers(own, networks, methods):
        table.setdefault(method, []).append(hold_together(own, groups, exemplars, preparing, against))
        types, score = against(mica)
        pairs.setdefault(method, []).append(alike(mica, preparing, types, score))
        if training == 0:
            for found, asked in ((nearest, own), (named, exemplars)):
                scores = np.nan_to_num(score(*prepared(preparing, asked)), nan=-9)
                found[method] = np.array(types.names)[scores.argmax(axis=1)]
    heads = (
        "n",
        "nearest is of its group",
        "group above the median other",
        "nearest exemplar is its group's",
        "AUROC",
    )
    print_table("method", heads, {
        method: [f"{runs[0].n}", *(f"{mean:.3f}" for mean in np.mean([run[1:] for run in runs], axis=0))]
        for method, runs in table.items()
    })  # fmt: skip
    print("\nshare of the spectra for which two representations name the same type spectrum as the nearest")
    print_table("", nearest, {
        first: [f"{(named_so == other).mean():.2f}" for other in nearest.values()]
        for first, named_so in nearest.items()
    })  # fmt: skip
    print("\nnearest type spectrum of the exemplars")
    print_table("exemplar", named, {
        name.split("(")[0].strip() + f" {row}": [found[row] for found in named.values()]
        for row, name in enumerate(exemplars.names)
    })  # fmt: skip
    print("\nsimilarity of type spectra that the paper tells apart")
    print_table("method", ["/".join(pair) for pair in ALIKE], {
        method: [f"{value:.3f}" for value in np.mean(values, axis=0)] for method, values in pairs.items()
    })  # fmt: skip


def print_table(corner: str, heads: Iterable[str], rows: dict[str, list[str]]) -> None:
    """A table in Markdown."""
    heads = list(heads)
    print(f"\n| {corner} | {' | '.join(heads)} |\n|{'---|' * (1 + len(heads))}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


class Held(NamedTuple):
    """How groups hold together by one representation."""

    n: int
    nearest: float
    above: float
    exemplar: float
    auroc: float


def hold_together(own: Library, groups: np.ndarray, exemplars: Library, preparing, against) -> Held:
    """Leave-one-out among spectra that can be prepared, and those of two or more to a group."""
    found, score = against(own)
    here = np.array([own.names.index(name) for name in found.names])
    reflectance, scaled = (part[here] for part in prepared(preparing, own))
    scores = score(reflectance, scaled)
    np.fill_diagonal(scores, -np.inf)
    label = groups[here]
    same = (label[:, None] == label) & ~np.eye(len(label), dtype=bool)
    other = label[:, None] != label
    enough = np.flatnonzero(same.any(axis=1))
    types, by_exemplar = against(exemplars)
    order = np.array([exemplars.names.index(name) for name in types.names])
    guess = order[by_exemplar(reflectance, scaled).argmax(axis=1)]
    ranks = np.searchsorted(np.sort(scores[other]), scores[same]).mean() / other.sum()
    return Held(
        len(enough),
        float((label[scores.argmax(axis=1)] == label)[enough].mean()),
        float(np.mean([scores[i][same[i]].mean() > np.median(scores[i][other[i]]) for i in enough])),
        float((guess == label)[label < 18].mean()),
        float(ranks),
    )


def alike(mica: Library, preparing, types, score) -> list[float]:
    """Similarity of the type spectra of each pair."""
    scores = score(*prepared(preparing, mica))
    return [float(scores[mica.names.index(first), types.names.index(second)]) for first, second in ALIKE]


def read_groups(header: Path) -> list[int]:
    """The group of each spectrum, as the header has it."""
    text = header.read_text()
    return [int(word) for word in text.split("grp_label = {")[1].split("}")[0].split(",")]


def robustness(args: argparse.Namespace) -> None:
    """Print how like itself a disturbed spectrum stays, and how often it is still nearest to itself."""
    library = read_library(args.library)
    networks = [read_product(path, Weights) for path in args.weights]
    methods = POINTWISE + (LEARNT if networks else ())
    axis = (library.wavelengths - library.wavelengths.mean()) / np.ptp(library.wavelengths)
    rng = np.random.default_rng(0)
    draws = 40

    def noisy(sigma: float) -> np.ndarray:
        scale = library.spectra.mean(axis=1, keepdims=True)
        return library.spectra[:, None] + sigma * scale[:, None] * rng.standard_normal(
            (len(library.names), draws, len(axis))
        )

    bent = 1 - 0.05 * np.clip((library.wavelengths - 2500) / 100, 0, 1) ** 2
    cases = {f"noise {sigma:g}": noisy(sigma) for sigma in (0.002, 0.005, 0.01, 0.02)}
    cases |= {
        "slope 20 %": (library.spectra * (1 + 0.2 * axis))[:, None],
        "slope 50 %": (library.spectra * (1 + 0.5 * axis))[:, None],
        "bow 10 %": (library.spectra * (1 + 0.4 * (axis**2 - 1 / 12)))[:, None],
        "times 2": (2 * library.spectra)[:, None],
        "half depth": np.sqrt(library.spectra * library.spectra.max(axis=1, keepdims=True))[:, None],
        "end bent 5 %": (library.spectra * bent)[:, None],
    }
    print("similarity to itself / share still nearest to itself")
    rows: dict[str, list[str]] = {}
    for method, group in itertools.groupby(scorers(library, networks, methods), key=lambda item: item[0]):
        values = []
        for _, _, preparing, against in group:
            found, by = against(library)
            kept = [library.names.index(name) for name in found.names]
            line = []
            for spectra in cases.values():
                flat = spectra[kept].reshape(-1, len(axis))
                disturbed = Library(tuple(map(str, range(len(flat)))), flat, library.wavelengths)
                scores = np.nan_to_num(by(*prepared(preparing, disturbed)))
                own = np.repeat(np.arange(len(kept)), spectra.shape[1])
                line.append((scores[np.arange(len(own)), own].mean(), (scores.argmax(axis=1) == own).mean()))
            values.append(line)
        mean = np.mean(values, axis=0)
        rows[method] = [f"{near:.3f} / {first:.2f}" for near, first in mean]
    print_table("method", cases, rows)


def main() -> None:
    """Read the command line and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    one = parts.add_parser("scenes")
    one.add_argument("--library", type=Path)
    one.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203, 204, 205])
    one.add_argument("--rows", type=int, default=160)
    one.add_argument("--cols", type=int, default=160)
    one.add_argument("--methods", nargs="+")
    one.add_argument("--composite", default="least-smoothed")
    one.add_argument("--false-alarms", type=float, default=1e-3)
    one.add_argument("--spectra", type=int, default=20_000)
    two = parts.add_parser("openset")
    two.add_argument("folder", type=Path)
    two.add_argument("library", type=Path)
    three = parts.add_parser("robustness")
    three.add_argument("library", type=Path)
    for part in (one, two, three):
        part.add_argument("--weights", type=Path, nargs="+", default=[])
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    use_threads(1)
    {"scenes": scenes, "openset": openset, "robustness": robustness}[args.part](args)


if __name__ == "__main__":
    main()
