"""The classical searches for endmembers on planted mixtures, beside what could be found.

    python scripts/compare_endmembers.py DATA OUT [--table noise|draws|laws]...

DATA is the folder that HSICLI_DATA names, OUT a folder for products. Typed again, nothing is made twice.
Every row is `hsicli synth`, `hsicli unmix` and `hsicli evaluate`, and each line is shown. SAD is the mean
spectral angle of the endmembers after pairing on spectra, radians; RMSE that of the abundances over pixels
and endmembers. Beside them: a constant (the mean of the truth), FCLS with the true endmembers, and the best
estimator linear in the spectrum, told the true endmembers, the noise, and mean and covariance of the true
abundances. scripts/compare_unmixing.py has LDVAE.

The tables: the nine minerals of OnTech-HSI-Syn-21 at 20 to 50 dB and without noise; other ways to draw their
abundances at 30 dB; other laws of mixing.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.io.abundances import read_abundances
from hsicli.io.speclib import read_library

PROGRAM = str(Path(sys.executable).with_name("hsicli"))
LIBRARY = "libraries/usgs1995_aviris224/spectra.csv"
ONTECH = (
    "Adularia GDS57,Jarosite GDS99,Jarosite GDS101,Anorthite HS349.3B,Calcite WS272,Alunite GDS83,"
    "Howlite GDS155,Corrensite CorWa-1,Fassaite HS118.3B"
)
NOISES = ("20", "30", "40", "50", "inf")
SEARCHES = ("vca", "nfindr", "ppi", "sivm", "smacc", "nmf", "archetypes")
DRAWS = {
    "Dirichlet(1)": (),
    "uniform over sum": ('blend.draw="even"',),
    "Dirichlet(.2)": ("concentration=0.2",),
    "Dirichlet(.2), none above .8": ("concentration=0.2", "blend.most=0.8"),
    "smooth": ('blend.draw="smooth"',),
}
LAWS = {
    "linear": (),
    "bilinear": ('blend.law="bilinear"',),
    "intimate": ('blend.law="hapke"',),
}


def hsicli(*words: object) -> str:
    """Run one command, show it, and give what it prints."""
    line = [str(word) for word in words]
    sys.stderr.write(f"$ hsicli {' '.join(line)}\n")
    done = subprocess.run([PROGRAM, *line, "-q"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def settings(values: tuple[str, ...]) -> list[str]:
    """Those of a command line."""
    return [word for value in values for word in ("--set", value)]


def planted(data: Path, out: Path, name: str, snr: str, *changes: str) -> Path:
    """A scene of the nine minerals."""
    path = out / f"{name}.img"
    hsicli(
        "synth",
        "mixtures",
        path,
        "--library",
        data / LIBRARY,
        "--members",
        ONTECH,
        "--snr",
        snr,
        *settings(changes),
    )
    return path


def scored(scene: Path, method: str, *changes: str) -> dict[str, Any]:
    """Unmixed by a method that knows how many endmembers there are, and scored."""
    made = scene.with_name(f"{scene.stem}-{method}.h5")
    hsicli("unmix", scene, made, "--method", method, "--endmembers", 9, *settings(changes))
    return evaluated(made, scene)


def evaluated(made: Path, scene: Path) -> dict[str, Any]:
    """What evaluate prints as JSON."""
    truth = scene.with_name(f"{scene.stem}_abundances.img")
    return json.loads(
        hsicli("evaluate", made, "--truth", truth, "--spectra", scene, "--units", "raw", "--json")
    )


def linear_bound(scene: Path) -> float:
    """RMSE of the best linear estimator that knows endmembers, noise, and two moments of the abundances."""
    truth = read_abundances(scene.with_name(f"{scene.stem}_abundances.img"))[0].reshape(-1, 9).astype(float)
    endmembers = read_library(scene.with_name(f"{scene.stem}_endmembers.csv")).spectra
    noise = read_library(scene.with_name(f"{scene.stem}_noise.csv")).spectra[0]
    prior = np.cov(truth.T)
    through = prior @ endmembers
    left = prior - through @ np.linalg.solve(endmembers.T @ through + np.diag(noise**2 + 1e-14), through.T)
    return float(np.sqrt(np.trace(left) / len(prior)))


def show(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table in Markdown."""
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def searched(scenes: dict[str, Path], title: str) -> None:
    """SAD and RMSE of every search, a column a scene, with the references below."""
    answers = {
        method: [scored(scene, method, 'brightness="fixed"') for scene in scenes.values()]
        for method in SEARCHES
    }
    columns = ["", *scenes]
    angles = [[f"{one['mean_angle']:.4f}" for one in answers[method]] for method in SEARCHES]
    show(f"{title}: SAD", columns, [[m, *row] for m, row in zip(SEARCHES, angles, strict=True)])
    errors = [[m, *(f"{one['overall_rmse']:.4f}" for one in answers[m])] for m in SEARCHES]
    some = answers[SEARCHES[0]]
    for row, name in enumerate(("constant", "FCLS, true endmembers")):
        errors.append([name, *(f"{one['baseline_overall_rmse'][row]:.4f}" for one in some)])
    errors.append(["linear bound", *(f"{linear_bound(scene):.4f}" for scene in scenes.values())])
    show(f"{title}: RMSE", columns, errors)


def noise_table(data: Path, out: Path) -> None:
    scenes = {f"{snr} dB": planted(data, out, f"noise-{snr}", snr) for snr in NOISES}
    searched(scenes, "nine minerals, Dirichlet(1)")


def draws_table(data: Path, out: Path) -> None:
    scenes = {
        name: planted(data, out, f"draw-{number}", "30", *changes)
        for number, (name, changes) in enumerate(DRAWS.items())
    }
    searched(scenes, "nine minerals at 30 dB")


def laws_table(data: Path, out: Path) -> None:
    """FCLS of the true endmembers, and the same in single-scattering albedo, where mixing is not linear."""
    rows = []
    for law, changes in LAWS.items():
        scene = planted(data, out, f"law-{law}", "40", *changes)
        cells = []
        for mixing in ("linear", "hapke"):
            made = scene.with_name(f"{scene.stem}-known-{mixing}.h5")
            table = scene.with_name(f"{scene.stem}_endmembers.csv")
            hsicli(
                "unmix", scene, made, "--method", "known", "--library", table, "--set", f'mixing="{mixing}"'
            )
            cells.append(f"{evaluated(made, scene)['overall_rmse']:.4f}")
        rows.append([law, *cells])
    columns = ["mixed", "FCLS in reflectance", "FCLS in albedo"]
    show("nine minerals at 40 dB, true endmembers: RMSE", columns, rows)


TABLES: dict[str, Callable[[Path, Path], None]] = {
    "noise": noise_table,
    "draws": draws_table,
    "laws": laws_table,
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
    for table in given.table or TABLES:
        TABLES[table](given.data, given.out)


if __name__ == "__main__":
    main()
