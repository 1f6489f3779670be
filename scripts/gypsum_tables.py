"""The tables of the GyPSUM paper, on scenes with public labels: every figure by commands that are printed.

    python scripts/gypsum_tables.py DATA OUT [--table scaling|labels|separation|striping|minerals|maps]...

DATA is the folder that HSICLI_DATA names, OUT a folder for products. Scores are mean ± deviation over five
seeds, on labelled pixels; "location" is k-means on row and column, which sees no spectrum. Typed again, the
script makes nothing twice. The tables: agreement with labels with and without continuum removal (the paper's
Table 1), separation at 15, 20 and 25 clusters of 20 codes (Table 2), what column striping changes, which
minerals the class means of Cuprite resemble, and a map of every scene.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

SEEDS = 5
METHODS = ("autoencoder-mixture", "pca-mixture", "pca-kmeans")
PROGRAM = str(Path(sys.executable).with_name("hsicli"))


def hsicli(*words: object) -> str:
    """Run one command, show it, and give what it prints."""
    line = [str(word) for word in words]
    sys.stderr.write(f"$ hsicli {' '.join(line)}\n")
    done = subprocess.run([PROGRAM, *line, "-q"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def prepared(cube: Path, out: Path, *options: str) -> Path:
    """The preprocessed cube, named after its options."""
    path = out / f"{cube.stem}{''.join(options)}.h5"
    hsicli("preprocess", cube, path, *options)
    return path


def clustered(cube: Path, method: str, *options: object) -> Path:
    """The class map of a cube by a method."""
    path = cube.with_name(f"{cube.stem}-{method}{''.join(map(str, options))}.h5")
    hsicli("cluster", cube, path, "--method", method, *options)
    return path


def scored(classes: Path, cube: Path, *options: object) -> dict[str, Any]:
    """What evaluate prints as JSON, over all seeds."""
    return json.loads(hsicli("evaluate", classes, "--spectra", cube, "--repeat", SEEDS, "--json", *options))


def spread(answer: dict[str, Any], metric: str) -> str:
    """Mean ± deviation of one metric over the seeds."""
    values = np.array(answer["values"], dtype=float)[:, answer["metrics"].index(metric)]
    return f"{values.mean():.3f} ± {values.std():.3f}"


def separated(answer: dict[str, Any], measure: str) -> str:
    """The same for a measure of separation."""
    values = np.array(answer["separation"], dtype=float)[:, answer["separations"].index(measure)]
    return f"{values.mean():.3g} ± {values.std():.2g}"


def show(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table in Markdown."""
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def labels_table(data: Path, out: Path) -> None:
    truth = data / "benchmarks/salinas-a/salinas_a_labels.hdr"
    rows = []
    for spectra, options in {"spectra": (), "continuum removed": ("--continuum",)}.items():
        cube = prepared(data / "benchmarks/salinas-a/salinas_a.hdr", out, *options)
        for method in METHODS:
            for joined, choice in {"joined": (), "6 classes": ("--classes", 6)}.items():
                answer = scored(clustered(cube, method, *choice), cube, "--truth", truth)
                found = str(len(answer["names"]))
                names = ("overall_accuracy", "f1_one_to_one", "nmi", "ari")
                rows.append([spectra, method, joined, found, *(spread(answer, name) for name in names)])
    show(
        "Salinas A, 5348 labelled pixels of 6 classes, five seeds",
        ["input", "method", "merging", "classes", "OA", "F1", "NMI", "ARI"],
        rows,
    )
    print("\nLocation alone, as many classes as the last map:", blind(answer))


def blind(answer: dict[str, Any]) -> str:
    values = np.array(answer["blind_labeled"], dtype=float)
    return ", ".join(
        f"{name} {values[:, answer['metrics'].index(name)].mean():.3f}"
        for name in ("overall_accuracy", "nmi", "ari")
    )


def separation_table(data: Path, out: Path) -> None:
    rows = []
    for spectra, options in {"spectra": (), "continuum removed": ("--continuum",)}.items():
        cube = prepared(data / "benchmarks/salinas-a/salinas_a.hdr", out, *options)
        for method in METHODS:
            for k in (15, 20, 25):
                choice = ("--dimension", 20, "--components", k, "--max-angle", 0)
                answer = scored(clustered(cube, method, *choice), cube)
                rows.append(
                    [spectra, method, str(k), *(separated(answer, name) for name in answer["separations"])]
                )
    show(
        "Salinas A, separation of k clusters of 20 codes, five seeds",
        ["input", "method", "k", *answer["separations"]],
        rows,
    )


def striping_table(data: Path, out: Path) -> None:  # noqa: ARG001
    """One planted scene without and with column stripes; how far the map moves, and what it still knows."""
    rows = []
    for stripes in (0.0, 0.003, 0.01, 0.02):
        scene = out / f"stripes-{stripes}.img"
        hsicli("synth", "core", scene, "--rows", 120, "--cols", 120, "--set", f"defects.stripes={stripes}")
        cube = prepared(scene, out)
        for method in METHODS:
            answer = scored(
                clustered(cube, method), cube, "--truth", scene.with_name(f"{scene.stem}_labels.img")
            )
            rows.append(
                [f"{stripes:.1%}", method, *(spread(answer, name) for name in ("nmi", "ari", "f1_best"))]
            )
    show("Column stripes on a planted core", ["stripes", "method", "NMI", "ARI", "best F1"], rows)


def scaling_table(data: Path, out: Path) -> None:
    """What preprocessing does to the default clustering of scenes with truth."""
    salinas = data / "benchmarks/salinas-a"
    scenes = {"Salinas A": (salinas / "salinas_a.hdr", salinas / "salinas_a_labels.hdr")}
    for recipe, seed in (("mars", 0), ("mars", 1), ("core", 0), ("core", 1)):
        scene = out / f"{recipe}{seed}.img"
        hsicli("synth", recipe, scene, "--rows", 128, "--cols", 128, "--seed", seed)
        scenes[f"{recipe} {seed}"] = (scene, scene.with_name(f"{scene.stem}_labels.img"))
    choices = {
        "ℓ2 (default)": (),
        "min–max": ("--normalize", "minmax"),
        "hull, ℓ2": ("--continuum",),
        "one bland ratio, ℓ2": ("--ratio", "global"),
        "nothing": ("--normalize", "none"),
    }
    rows = []
    for name, options in choices.items():
        row = [name]
        for cube, truth in scenes.values():
            made = prepared(cube, out, *options)
            row.append(spread(scored(clustered(made, "autoencoder-mixture"), made, "--truth", truth), "nmi"))
        rows.append(row)
    show("Preprocessing and the default clustering: NMI, five seeds", ["preprocessing", *scenes], rows)


def minerals_table(data: Path, out: Path) -> None:
    library = data / "libraries/splib07_aviris95_minerals/spectra.csv"
    cube = prepared(
        data / "benchmarks/cuprite-50x90/cuprite_50x90.hdr", out, "--window", "2000,2480", "--continuum"
    )
    classes = clustered(cube, "autoencoder-mixture")
    answer = json.loads(hsicli("evaluate", classes, "--library", library, "--json"))
    rows = []
    for name, count, matches, angles in zip(
        answer["names"], answer["counts"], answer["matches"], answer["match_angles"], strict=True
    ):
        named = [
            f"{answer['library_names'][match - 1]} ({np.degrees(angle):.1f}°)"
            for match, angle in zip(matches, angles, strict=True)
        ]
        rows.append([name, str(count), *named])
    show(
        "Cuprite, 2.0–2.48 µm: nearest library spectra of each class mean",
        ["class", "pixels", "1", "2", "3"],
        rows,
    )


def maps_table(data: Path, out: Path) -> None:
    scenes = {
        "samson": ("benchmarks/samson/samson.hdr", ()),
        "cuprite": ("benchmarks/cuprite-50x90/cuprite_50x90.hdr", ()),
        "dlr-hysu": ("benchmarks/dlr-hysu/hysu_full.hdr", ()),
        "crism": ("crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif", ("--window", "1050,2550")),
    }
    rows = []
    for name, (path, options) in scenes.items():
        cube = prepared(data / path, out, *options)
        classes = clustered(cube, "autoencoder-mixture")
        answer = json.loads(hsicli("evaluate", classes, "--spectra", cube, "--json"))
        separation = dict(zip(answer["separations"], answer["separation"][0], strict=True))
        rows.append([name, str(len(answer["names"])), *(f"{value:.3g}" for value in separation.values())])
    show("A map of every scene", ["scene", "classes", *separation], rows)


TABLES = {
    "scaling": scaling_table,
    "labels": labels_table,
    "separation": separation_table,
    "striping": striping_table,
    "minerals": minerals_table,
    "maps": maps_table,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--table", choices=TABLES, action="append")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.table or TABLES:
        TABLES[name](given.data, given.out)


if __name__ == "__main__":
    main()
