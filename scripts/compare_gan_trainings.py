"""What trainings of gan-train came to: distance, coverage, and what their features tell apart.

    python scripts/compare_gan_trainings.py ENDMEMBERS.csv WEIGHTS.h5...

A row a training, and random weights, band depth (1 − x), its derivative and the spectra x themselves
beside them. ENDMEMBERS are those of `hsicli synth mars`; they are only looked at here. The cosines are
between different endmembers, continuum removed and brought to depth 0.1; "noisy" are 200 mixtures of each
with 30 to 80 % basalt and 0.4 % noise: their mean cosine with their own endmember, and the share whose
nearest endmember that is. All weights must be of the same bands.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from hsicli.io.hdf5 import read_product
from hsicli.io.speclib import read_library
from hsicli.models.gan import Discriminator, GanConfig, in_batches, start_networks
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.preprocessing.depths import normalize_depth
from hsicli.products.weights import Weights
from hsicli.stages.gan_spectra import smoother
from hsicli.stages.gan_weights import gan_of

PAIRS = (("montmorillonite", "kaolinite"), ("saponite", "serpentine"))
CPU = torch.device("cpu")


def prepared(spectra: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    """(n, bands) float32: smoothed, continuum removed, the deepest absorption brought to 0.1."""
    smooth = (spectra @ smoother(len(wavelengths), 11)).astype(np.float32)
    return normalize_depth(remove_continuum(smooth, wavelengths), 0.1)


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(n, m): cosine of every pair."""
    one, other = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (first, second))
    return one @ other.T


def noisy_mixtures(spectra: np.ndarray, bland: np.ndarray, count: int) -> np.ndarray:
    """(count times n, bands): each spectrum mixed with a bland one, and noise."""
    rng = np.random.default_rng(0)
    made = []
    for spectrum in spectra:
        share = rng.uniform(0.2, 0.7, (count, 1))
        mixed = share * spectrum + (1 - share) * bland
        made.append(mixed * (1 + rng.normal(0, 0.004, mixed.shape)))
    return np.concatenate(made)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("endmembers", type=Path)
    parser.add_argument("weights", type=Path, nargs="+")
    given = parser.parse_args()
    products = {path.stem: read_product(path, Weights) for path in given.weights}
    wavelengths = next(iter(products.values())).wavelengths
    library = read_library(given.endmembers).resampled(wavelengths)
    bland = library.spectra[library.names.index("basalt")]
    shows = remove_continuum(library.spectra.astype(np.float32), wavelengths).min(axis=1) < 0.99
    names = [name for name, shown in zip(library.names, shows, strict=True) if shown]
    pure = prepared(library.spectra[shows], wavelengths)
    noisy = prepared(noisy_mixtures(library.spectra[shows], bland, 200), wavelengths)
    truth = np.repeat(np.arange(len(names)), 200)

    def row(name: str, learnt: str, represent: Callable[[np.ndarray], np.ndarray]) -> None:
        references = represent(pure)
        between = cosines(references, references)
        others = between[~np.eye(len(names), dtype=bool)]
        pairs = " | ".join(f"{between[names.index(a), names.index(b)]:.2f}" for a, b in PAIRS)
        found = cosines(represent(noisy), references)
        own, right = found[np.arange(len(found)), truth].mean(), (found.argmax(axis=1) == truth).mean()
        spread = f"{others.mean():.2f}, {np.percentile(others, 95):.2f}"
        print(f"| {name} | {learnt} | {(references != 0).mean():.0%} | {spread} ", end="")
        print(f"| {pairs} | {own:.2f} | {right:.3f} |")

    heading = [
        "",
        "distance (floor)",
        "coverage",
        "iterations kept",
        "not zero",
        "cosine of others: mean, 95 %",
    ]
    heading += [" – ".join(pair) for pair in PAIRS] + ["noisy: own cosine", "noisy: right"]
    print("| " + " | ".join(heading) + " |\n|" + "---|" * len(heading))
    for name, product in products.items():
        if product.history is None:
            raise SystemExit(f"{name}: keeps no history")
        at, distance, floor, coverage = product.history[product.history[:, 1].argmin(), :4]
        features = gan_of(product, CPU).discriminator.features
        row(name, f"{distance:.2f} ({floor:.3f}) | {coverage:.2f} | {at:.0f}",
            lambda x, f=features: in_batches(f, torch.from_numpy(x), 256).numpy())  # fmt: skip
    random = Discriminator(len(wavelengths), GanConfig())
    start_networks(random, torch.Generator().manual_seed(0))
    row(
        "random weights", "– | – | –", lambda x: in_batches(random.features, torch.from_numpy(x), 256).numpy()
    )
    row("band depth", "– | – | –", lambda x: 1 - x)
    row("its derivative", "– | – | –", lambda x: np.diff(x, axis=1))
    row("spectra", "– | – | –", lambda x: x)


if __name__ == "__main__":
    main()
