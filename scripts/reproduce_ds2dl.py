"""S2DL, DS2DL and `diffuse` as it comes, on the two public scenes, beside maps that saw no spectra.

python scripts/reproduce_ds2dl.py FOLDER [--out FOLDER] [--seeds 3] [--scenes KSC Botswana] [--step 1]

FOLDER holds the public files KSC.mat, KSC_gt.mat, Botswana.mat and Botswana_gt.mat (docs/data.md says where
they are). Every run is a command of hsicli with its product in --out: what is done is not done again, and one
that was stopped goes on, so give the same line until it ends. The page is OUT/page.md, and is printed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from hsicli.algorithms.scores import METRICS, agreement, contingency
from hsicli.io.files import replacing
from hsicli.io.hdf5 import read_product, write_product
from hsicli.io.labels import read_labels
from hsicli.io.matlab import list_variables
from hsicli.products.labels import ClassMap, Labels
from hsicli.provenance import Provenance
from hsicli.stages.oracle import oracle_times

PROGRAM = (sys.executable, "-c", "from hsicli.cli.app import main; main()")
CONFIGS = Path(__file__).resolve().parents[1] / "configs"
COLUMNS = ("OA", "AA", "κ", "purity, K", "2 K", "3 K", "NMI")
BLIND_SEEDS = 10

EVERY = ((30, 40, 50), (30, 50, 70, 90))
"""Where the published list gives all neighbours and percentiles of its grid, not the best of them."""


class Setting(NamedTuple):
    """A line of the published list of best settings (best_hyperparameters.txt of vburan01/DS2DL)."""

    learnt: tuple[int, float] | None
    """Pixels that the autoencoder learns from, and share that is hidden; None for S2DL."""
    representatives: int
    superpixels: int
    radius: int
    neighbours: tuple[int, ...]
    percentiles: tuple[int, ...]


@dataclass(frozen=True)
class Scene:
    """A public scene, what must be true of its files, and what was published about it."""

    name: str
    shape: tuple[int, int, int]
    sizes: tuple[int, ...]
    """Labelled pixels of each class."""
    settings: dict[str, dict[str, Setting]]
    """By method, and by what they are the best for: accuracy, NMI, purity at K, 2 K and 3 K."""
    published: dict[str, tuple[float, ...]]
    """Of each method: COLUMNS, and seconds."""


def _settings(learnt: dict[str, tuple[int, float]] | None, **lines: tuple) -> dict[str, Setting]:
    """Settings of one method; what each is the best for is its keyword."""
    found = {}
    for name, (representatives, superpixels, radius, neighbours, percentiles) in lines.items():
        at = None if learnt is None else learnt[name]
        found[name] = Setting(at, representatives, superpixels, radius, neighbours, percentiles)
    return found


SCENES = (
    Scene(
        "KSC", (512, 614, 176), (761, 243, 256, 252, 161, 229, 105, 431, 520, 404, 419, 503, 927),
        {
            "S2DL": _settings(
                None, accuracy=(3, 1800, 26, *EVERY), nmi=(5, 1800, 28, (30,), (30,)),
                purity1=(3, 1800, 18, (50,), (30,)), purity2=(3, 1200, 22, (50,), (30,)),
                purity3=(3, 2200, 14, (30,), (30,)),
            ),
            "DS2DL": _settings(
                {"accuracy": (400, 0.5), "nmi": (600, 0.5), "purity1": (400, 0.5), "purity2": (600, 0.5),
                 "purity3": (600, 0.5)},
                accuracy=(5, 1800, 14, (50,), (50,)), nmi=(5, 1400, 26, (50,), (70,)),
                purity1=(3, 1800, 18, (30,), (70,)), purity2=(5, 1200, 18, (40,), (70,)),
                purity3=(5, 1200, 22, (50,), (70,)),
            ),
        },
        {"S2DL": (0.56688, 0.52220, 0.54115, 0.6279, 0.7192, 0.8035, 0.6766, 2805.71),
         "DS2DL": (0.6008, 0.6247, 0.5618, 0.6824, 0.7972, 0.8428, 0.7182, 934.03)},
    ),
    Scene(
        "Botswana", (1476, 256, 145), (270, 101, 251, 215, 269, 269, 259, 203, 314, 248, 305, 181, 268, 95),
        {
            "S2DL": _settings(
                None, accuracy=(3, 1400, 24, *EVERY), nmi=(3, 2200, 14, (30,), (70,)),
                purity1=(3, 2400, 12, (50,), (30,)), purity2=(5, 1400, 12, (40,), (30,)),
                purity3=(3, 2400, 22, (30,), (70,)),
            ),
            "DS2DL": _settings(
                {"accuracy": (600, 0.65), "nmi": (200, 0.5), "purity1": (600, 0.5), "purity2": (200, 0.5),
                 "purity3": (200, 0.5)},
                accuracy=(5, 1000, 30, *EVERY), nmi=(3, 2200, 22, (30,), (30,)),
                purity1=(5, 1000, 30, (30,), (70,)), purity2=(3, 2200, 26, (30,), (50,)),
                purity3=(5, 2400, 24, (30,), (50,)),
            ),
        },
        {"S2DL": (0.60037, 0.61575, 0.56781, 0.6176, 0.7087, 0.7657, 0.7083, 2782.62),
         "DS2DL": (0.64101, 0.66476, 0.61207, 0.6281, 0.7485, 0.8168, 0.7244, 947.83)},
    ),
)  # fmt: skip

CLASSES = {"accuracy": 1, "nmi": 1, "purity1": 1, "purity2": 2, "purity3": 3}
"""How many times K each is run with."""


@dataclass(frozen=True)
class Work:
    """One scene being worked on."""

    scene: Scene
    folder: Path
    out: Path
    truth: ClassMap
    options: tuple[str, ...]
    """Of every command."""
    step: int

    @property
    def cube(self) -> Path:
        """The scene's file."""
        return self.folder / f"{self.scene.name}.mat"

    @property
    def published_classes(self) -> int:
        """K of the published program: the background is a class."""
        return len(self.scene.sizes) + 1

    def diffuse(self, name: str, *words: object) -> Path:
        """Run hsicli diffuse, if it is not done, and where its product is."""
        output = self.out / f"{name}.h5"
        line = ["diffuse", str(self.cube), str(output), *map(str, words), *self.options]
        done = subprocess.run([*PROGRAM, *line], stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        return output


def check_scene(folder: Path, scene: Scene) -> ClassMap:
    """The truth of a scene whose files are what they should be; else the end of the program, in one line."""
    shapes = [v.shape for v in list_variables(folder / f"{scene.name}.mat") if len(v.shape) == 3]
    if shapes != [scene.shape]:
        sys.exit(f"{scene.name}.mat: holds arrays of {shapes or 'no shape'}, expected one of {scene.shape}")
    truth = read_labels(folder / f"{scene.name}_gt.mat")
    sizes = tuple(np.bincount(truth.labels.ravel())[1:].tolist())
    if truth.labels.shape != scene.shape[:2] or sizes != scene.sizes:
        sys.exit(f"{scene.name}_gt.mat: {truth.labels.shape} with classes of {sizes}, expected {scene.sizes}")
    return truth


def graph_words(setting: Setting) -> list[str]:
    """The settings of the graph, as words of the command line."""
    words = ["--superpixels", setting.superpixels, "--radius", setting.radius]
    changed = {"graph.representatives": setting.representatives, "grid.neighbours": list(setting.neighbours),
               "grid.percentile": list(setting.percentiles)}  # fmt: skip
    for key, value in changed.items():
        words += ["--set", f"{key}={value}"]
    return [str(word) for word in words]


def s2dl(work: Work, purpose: str) -> list[Path]:
    """S2DL as it was run for the table: distances of whole spectra of length 1."""
    k = work.published_classes * CLASSES[purpose]
    words = ["--config", CONFIGS / "paper-ds2dl-diffuse.toml", "--features", "components", "--components", 0]
    return [work.diffuse(f"s2dl-{purpose}", *words, "--classes", k,
                         *graph_words(work.scene.settings["S2DL"][purpose]))]  # fmt: skip


def learnt(work: Work, which: tuple[int, float], seed: int) -> Path:
    """The product with the codes of one autoencoder; its classes are not looked at."""
    graph = graph_words(work.scene.settings["DS2DL"]["accuracy"])
    pixels, masked = which
    return work.diffuse(
        f"codes-{pixels}-{masked}-seed{seed}",
        "--config", CONFIGS / "paper-ds2dl-diffuse.toml", "--seed", seed,
        "--set", f"features.umae.pixels={pixels}", "--set", f"features.umae.network.masked={masked}",
        "--set", f"features.umae.network.step={work.step}", "--classes", work.published_classes, *graph,
    )  # fmt: skip


def ds2dl(work: Work, purpose: str, seeds: int) -> list[Path]:
    """DS2DL, a product a seed."""
    setting = work.scene.settings["DS2DL"][purpose]
    return [grouped(work, f"ds2dl-{purpose}-seed{seed}", learnt(work, setting.learnt, seed), purpose)
            for seed in range(seeds)]  # fmt: skip


def grouped(work: Work, name: str, codes: Path, purpose: str) -> Path:
    """The clustering of DS2DL, of codes that are there."""
    k = work.published_classes * CLASSES[purpose]
    words = ["--config", CONFIGS / "paper-ds2dl-diffuse.toml", "--codes", codes, "--classes", k]
    return work.diffuse(name, *words, *graph_words(work.scene.settings["DS2DL"][purpose]))


def shuffled(work: Work, seeds: int) -> list[Path]:
    """DS2DL on codes that were dealt to other pixels: superpixels and graph are all that is left."""
    codes = learnt(work, work.scene.settings["DS2DL"]["accuracy"].learnt, 0)
    found = []
    for seed in range(seeds):
        dealt = work.out / f"shuffled-{seed}.h5"
        if not dealt.exists():
            product = read_product(codes, Labels)
            valid = np.isfinite(product.codes).all(axis=2)
            values = np.array(product.codes)
            values[valid] = values[valid][np.random.default_rng(seed).permutation(int(valid.sum()))]
            with replacing(dealt) as partial:
                write_product(partial, replace(product, codes=values), Provenance("shuffle", "1", {}, seed))
        found.append(grouped(work, f"blind-seed{seed}", dealt, "accuracy"))
    return found


def scores(labels: np.ndarray, truth: ClassMap) -> np.ndarray:
    """METRICS of a map, over labelled pixels; classes paired by a rectangular assignment."""
    return agreement(contingency(labels, truth.labels, int(labels.max()), len(truth.names)))


def oracle(path: Path, truth: ClassMap) -> np.ndarray:
    """METRICS at the time, and setting, that the labels would choose: as published."""
    return oracle_times([read_product(path, Labels)], truth)["oracle_values"][0]


def chosen(path: Path, truth: ClassMap) -> np.ndarray:
    """METRICS at the time that was chosen without labels."""
    return scores(read_product(path, Labels).labels, truth)


def by_column(of: dict[str, np.ndarray]) -> np.ndarray:
    """(len(COLUMNS),): each from the run that it belongs to, as in the published table."""
    at = METRICS.index
    accuracy = of["accuracy"][[at("overall_accuracy"), at("average_accuracy"), at("kappa")]]
    purities = [of[f"purity{times}"][at("purity")] for times in (1, 2, 3)]
    return np.array([*accuracy, *purities, of["nmi"][at("nmi")]])


def seconds_of(paths: list[Path]) -> float:
    """Mean of what the logs beside products say."""
    return float(np.mean([json.loads(Path(f"{path}.log.json").read_text())["seconds"] for path in paths]))


def coordinates(truth: ClassMap, k: int, everything: bool) -> Iterator[np.ndarray]:  # noqa: FBT001
    """COLUMNS of k-means on row and col, a seed each: of the labelled pixels, or of the whole image."""
    where = np.ones_like(truth.labels, dtype=bool) if everything else truth.labels > 0
    places = np.argwhere(where)
    for seed in range(BLIND_SEEDS):
        of = {}
        for purpose, times in CLASSES.items():
            if purpose == "nmi":
                of[purpose] = of["accuracy"]
                continue
            if times == 1 and "accuracy" in of:
                of[purpose] = of["accuracy"]
                continue
            labels = np.zeros(truth.labels.shape, dtype=np.int32)
            labels[where] = KMeans(k * times, n_init=1, random_state=seed).fit_predict(places) + 1
            of[purpose] = scores(labels, truth)
        yield by_column(of)


def row(name: str, values: list[np.ndarray], seconds: float | None = None) -> str:
    """A line of the table: mean, and spread where there are several."""
    mean, spread = np.mean(values, axis=0), np.std(values, axis=0)
    several = len(values) > 1
    cells = [f"{m:.3f}" + (f" ± {s:.3f}" if several else "") for m, s in zip(mean, spread, strict=True)]
    return f"| {name} | {' | '.join(cells)} | {'' if seconds is None else f'{seconds:.0f}'} |"


def table_of(work: Work, seeds: int) -> list[str]:
    """Run what a scene needs, and its table."""
    scene, truth = work.scene, work.truth
    lines = [f"## {scene.name}: {' × '.join(map(str, scene.shape))}, {sum(scene.sizes)} labelled pixels, "
             f"{len(scene.sizes)} classes", "", f"| | {' | '.join(COLUMNS)} | seconds |",
             f"|{'---|' * (len(COLUMNS) + 2)}"]  # fmt: skip
    runs = {"S2DL": {p: s2dl(work, p) for p in CLASSES}, "DS2DL": {p: ds2dl(work, p, seeds) for p in CLASSES}}
    for method, found in runs.items():
        lines.append(row(f"{method}, as published", [np.array(scene.published[method][:-1])],
                         scene.published[method][-1]))  # fmt: skip
        for words, rule in (("time by the labels, as published", oracle), ("time without labels", chosen)):
            each = [by_column({p: rule(paths[i], truth) for p, paths in found.items()})
                    for i in range(len(found["accuracy"]))]  # fmt: skip
            lines.append(row(f"{method} here, {words}", each, seconds_of(found["accuracy"])))
    k = len(scene.sizes)
    own = {p: work.diffuse(f"default-{times}k", "--classes", k * times) for p, times in CLASSES.items()}
    lines.append(row("`hsicli diffuse` as it comes, without labels",
                     [by_column({p: chosen(path, truth) for p, path in own.items()})],
                     seconds_of([own["accuracy"]])))  # fmt: skip
    blind = shuffled(work, seeds)
    at = [METRICS.index(m) for m in ("overall_accuracy", "average_accuracy", "kappa", "purity", "nmi")]
    for words, rule in (("by the labels", oracle), ("without labels", chosen)):
        found = np.array([rule(path, truth)[at] for path in blind])
        cells = [f"{v:.3f}" for v in found.mean(axis=0)]
        lines.append(
            f"| blind: DS2DL on shuffled codes, time {words} | {' | '.join(cells[:4])} | | | {cells[4]} | |"
        )
    for words, everything in (("labelled pixels", False), ("the whole image", True)):
        found = list(coordinates(truth, k, everything))
        lines.append(row(f"blind: k-means on row and col of {words}", found))
    which = sorted({s.learnt for s in scene.settings["DS2DL"].values()})
    codes = [learnt(work, each, seed) for each in which for seed in range(seeds)]
    lines += ["", f"An autoencoder took {seconds_of(codes):.0f} s to learn and to encode all pixels, "
              f"with one clustering; there are {len(codes)}."]  # fmt: skip
    return lines


NOTES = """
- Settings are the published best ones, each found with the labels for its own column. K is the number of classes,
  and one for the background; twice and three times that for the purities (the published program does not say how).
  Where it lists a whole grid of neighbours and percentiles, all twelve are run, and the labels choose among them.
- Classes are paired with those of the truth by a rectangular assignment. The published program can pair no more
  clusters than there are classes: its values are lower bounds of these.
- The optimizer's rate falls along a cosine between the published first and last rate; the weights are those of the
  lowest error on pixels that are only looked at.
- Pixels that are zero in all bands, or hold 65535, are fill here, and in no class.
- A graph in pieces is linked and goes on; the published program gives it up.
- Read the blind rows first: what they reach is reached without any spectrum.
"""  # noqa: E501
"""Where these runs differ from the published ones, and how to read them."""


def page(tables: list[str], seeds: int, step: int) -> str:
    """The whole page."""
    head = (
        f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}; ± over seeds (DS2DL {seeds}"
        f", k-means {BLIND_SEEDS}). Seconds, by the clock, are those of the run behind OA; of DS2DL without "
        "its autoencoder, as the published ones seem to be."
    )
    if step != 1:
        head += f" Tokens are {step} bands apart, not one: this is quicker, and not DS2DL as published."
    return "\n".join(["# S2DL, DS2DL and `hsicli diffuse` on the public scenes", "", head, NOTES, *tables])


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("ds2dl"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scenes", nargs="+", choices=[scene.name for scene in SCENES])
    parser.add_argument("--step", type=int, default=1, help="bands from a token to the next; 1 as published")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args(words)
    scenes = [scene for scene in SCENES if scene.name in (given.scenes or scene.name)]
    truths = [check_scene(given.folder, scene) for scene in scenes]
    options = ("-q", *(("--threads", str(given.threads)) if given.threads else ()))
    tables: list[str] = []
    for scene, truth in zip(scenes, truths, strict=True):
        out = given.out / scene.name
        out.mkdir(parents=True, exist_ok=True)
        tables += [*table_of(Work(scene, given.folder, out, truth, options, given.step), given.seeds), ""]
    text = page(tables, given.seeds, given.step)
    with replacing(given.out / "page.md") as partial:
        partial.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
