"""Compare clusterings on planted scenes: what each method recovers of common, scarce and rare minerals.

python scripts/compare_clusterings.py LIBRARY.csv [--scene fresh|final|check|dev] [--seeds 20 21]

LIBRARY.csv has a column wavelength_um and a column a spectrum. Of the data folder, usgs1995_aviris224 is for
the scenes "dev", on which the defaults were chosen, and "final"; splib07_aviris95_minerals is for "check" and
"fresh". "check" and "final" each led to a change of a rule; "fresh", of other minerals, did not.
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from hsicli.cube import Cube
from hsicli.stages.cluster import ClusterConfig, MergingConfig, cluster_cube
from hsicli.stages.hysime import HysimeConfig, estimate_subspace

MINERALS = {  # name: % of the pixels; those under 0.4 % are "rare", under 1 % "scarce"
    "dev": {
        "Montmorillonite SWy-1": 30, "Kaolinite CM9": 22, "Muscovite GDS107": 14, "Calcite WS272": 10,
        "Alunite GDS84": 7, "Chlorite SMR-13.a": 5, "Jarosite GDS99": 4, "Dolomite HS102.3B": 3,
        "Epidote GDS26.a": 2, "Gypsum HS333.3B": 1, "Buddingtonite GDS85": 0.8,
        "Pyrophyllite PYS1A <850": 0.6, "Talc GDS23": 0.6,
        "Serpentine HS318.4B": 0.3, "Diaspore HS416.3B": 0.25, "Brucite HS247.3B": 0.2,
        "Topaz Harris_Park_#17": 0.15, "Nontronite GDS41": 0.1,
    },
    "check": {
        "Saponite SapCa-1": 27, "Illite IMt-1.a": 20, "Hypersthene PYX02.a": 16, "Nontronite NG-1.a": 12,
        "Analcime GDS1": 9, "Olivine KI3054": 6, "Natrolite HS169.3B": 4, "Phlogopite HS23.3B": 2.5,
        "Zoisite HS347.3B": 1.5, "Opal WS732": 1.2, "Tremolite HS18.3": 0.8, "Antigorite NMNH17958": 0.3,
        "Prehnite GDS613.a": 0.2, "Jarosite GDS101": 0.15, "Dickite NMNH46967": 0.1,
    },
    "fresh": {
        "Palygorskite PFL-1": 26, "Diopside HS15.3B": 20, "Heulandite GDS3": 16, "Siderite HS271.3B": 12,
        "Vermiculite VTx-1.a": 9, "Hectorite SHCa-1 BECK": 6, "Margarite GDS106": 4,
        "Enstatite NMNH128288": 2.5, "Chrysotile HS323.1B": 1.5, "Clinochlore_Fe GDS157": 1.2,
        "Howlite GDS155": 0.8, "Bassanite GDS145": 0.6, "Trona GDS148": 0.3, "Strontianite HS272.3B": 0.2,
        "Laumontite GDS5": 0.15, "Sepiolite SepNev-1 BECK": 0.1,
    },
    "final": {
        "Illite GDS4": 27, "Halloysite NMNH106236": 20, "Antigorite NMNH96917 32um": 16, "Augite WS588": 12,
        "Epidote HS328.3B": 9, "Olivine KI3005": 6, "Phlogopite WS496": 4, "Siderite HS271.3B": 2.5,
        "Stilbite GDS8": 1.5, "Hectorite SHCa-1": 1.2, "Zoisite HS347.3B": 0.8, "Natrolite HS169.3B": 0.3,
        "Opal TM8896": 0.2, "Alunite HS295.3B": 0.15, "Diaspore HS416.3B": 0.1,
    },
}  # fmt: skip
WINDOW_NM = {"fresh": (1000, 2480), "dev": (1050, 2490), "final": (1050, 2490), "check": (1000, 2480)}


def read_spectra(path: Path, scene: str) -> tuple[np.ndarray, np.ndarray]:
    """Spectra (m, bands) of the scene's minerals, and wavelengths (bands,), where all are positive."""
    with path.open() as file:
        names, *rows = list(csv.reader(file))
    table = np.array([[float(value or "nan") for value in row] for row in rows])
    table = table[np.argsort(table[:, 0])]
    wavelengths = table[:, 0] * 1000
    columns = [
        next(i for i, name in enumerate(names) if name.startswith(wanted)) for wanted in MINERALS[scene]
    ]
    spectra = table[:, columns].T
    low, high = WINDOW_NM[scene]
    keep = (wavelengths >= low) & (wavelengths <= high) & np.append(True, np.diff(wavelengths) > 0)
    keep &= (np.nan_to_num(spectra, nan=-1) > 0).all(axis=0)
    return spectra[:, keep], wavelengths[keep]


def plant(spectra: np.ndarray, shares: np.ndarray, size: int, rng: np.random.Generator, args) -> tuple:
    """A scene of unit-length spectra (size, size, bands) and the mineral of each pixel (size, size).

    Patches from smooth fields (σ 12, 5 or 2.5 pixels by share); mixing by a blur of 0.6 pixel and a tenth of
    the mean of all; brightness e^(0.15 smooth field); white noise; a smooth gain for each column.
    """
    truth = np.full(size**2, int(shares.argmax()))
    free = np.ones(size**2, dtype=bool)
    for mineral in np.argsort(shares)[:-1]:
        sigma = 12 if shares[mineral] > 0.05 else 5 if shares[mineral] > 0.015 else 2.5
        field = gaussian_filter(rng.standard_normal((size, size)), sigma, mode="wrap").ravel()
        field[~free] = -np.inf
        chosen = np.argsort(-field, kind="stable")[: max(1, round(shares[mineral] * size**2))]
        truth[chosen], free[chosen] = mineral, False
    one_hot = np.eye(len(shares))[truth].reshape(size, size, -1)
    abundances = gaussian_filter(one_hot, (0.6, 0.6, 0))
    abundances = 0.9 * abundances + 0.1 * abundances.mean((0, 1))
    field = gaussian_filter(rng.standard_normal((size, size)), 8, mode="wrap")
    cube = abundances @ spectra * np.clip(np.exp(0.15 * field / field.std()), 0.5, 1.6)[..., None]
    cube += rng.standard_normal(cube.shape) * np.sqrt((cube**2).mean() / 10 ** (args.snr / 10))
    gain = gaussian_filter(rng.standard_normal((size, cube.shape[2])), (0, 6))
    cube = np.clip(cube * (1 + args.stripes * gain / gain.std()), 0, 1)
    cube /= np.linalg.norm(cube, axis=2, keepdims=True)
    return cube.astype(np.float32), truth.reshape(size, size)


def score(labels: np.ndarray, truth: np.ndarray) -> list[float]:
    """Classes, NMI, ARI, mean best F1 of common, scarce, rare minerals, the worst common; rare ones found."""
    table = np.zeros((truth.max() + 1, labels.max() + 1))
    np.add.at(table, (truth.ravel(), labels.ravel()), 1)
    sizes = table.sum(1)
    f1 = (2 * table / (sizes[:, None] + table.sum(0))).max(1)
    share = sizes / sizes.sum()
    rare, common = share < 0.004, share >= 0.01
    pair = truth.ravel(), labels.ravel()
    return [
        len(np.unique(labels)), normalized_mutual_info_score(*pair), adjusted_rand_score(*pair),
        f1[common].mean(), f1[~common & ~rare].mean(), f1[rare].mean(), f1[common].min(),
        (f1[rare] > 0.5).sum(),
    ]  # fmt: skip


def methods() -> dict[str, ClusterConfig]:
    """What is compared."""
    ours = ClusterConfig()
    no_look = replace(ours, mixture=replace(ours.mixture, rare_components=0))
    start = replace(ours.encoder, training=replace(ours.encoder.training, epochs=0))
    k_means = replace(ours, method="pca-kmeans")
    return {
        "autoencoder + mixture": ours,
        "… however far apart": replace(ours, merging=MergingConfig(farthest=100.0)),
        "… joined up to 0.03 rad": replace(ours, merging=MergingConfig(max_angle=0.03)),
        "… without second look": no_look,
        "… and joined up to 0.03 rad": replace(no_look, merging=MergingConfig(max_angle=0.03)),
        "… not trained (its start)": replace(ours, encoder=start),
        "PCA + mixture": replace(ours, method="pca-mixture"),
        "PCA + k-means": k_means,
        "k-means joined to 0.03 rad": replace(k_means, merging=MergingConfig(max_angle=0.03)),
        "k-means joined to 0.05 rad": replace(k_means, merging=MergingConfig(max_angle=0.05)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("library", type=Path)
    parser.add_argument("--scene", choices=MINERALS, default="fresh")
    parser.add_argument("--seeds", type=int, nargs="+", default=[20, 21, 22, 23, 24])
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--snr", type=float, default=35.0, help="dB")
    parser.add_argument("--stripes", type=float, default=0.003, help="deviation of the columns' gains")
    args = parser.parse_args()
    spectra, wavelengths = read_spectra(args.library, args.scene)
    shares = np.array(list(MINERALS[args.scene].values()))
    results: dict[str, list[list[float]]] = {name: [] for name in methods()}
    for seed in args.seeds:
        data, truth = plant(spectra, shares / shares.sum(), args.size, np.random.default_rng(seed), args)
        cube = Cube(data, wavelengths=wavelengths)
        subspace = estimate_subspace(cube, HysimeConfig())
        for name, config in methods().items():
            product = cluster_cube(cube, config, subspace=subspace, seed=seed, device=torch.device("cpu"))
            results[name].append(score(product.labels, truth))
    rare = int((shares < 0.4).sum()) * len(args.seeds)
    print(f"{'':30}classes    NMI           ARI        common scarce rare  worst found of {rare}")
    for name, rows in results.items():
        mean, sd = np.mean(rows, axis=0), np.std(rows, axis=0)
        found = round(sum(row[-1] for row in rows))
        print(
            f"{name:30}{mean[0]:5.1f}  {mean[1]:.3f}±{sd[1]:.3f}  {mean[2]:.3f}±{sd[2]:.3f}  "
            f"{mean[3]:.3f}  {mean[4]:.3f}  {mean[5]:.3f} {min(row[6] for row in rows):.2f} {found:4d}"
        )


if __name__ == "__main__":
    main()
