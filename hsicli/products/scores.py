"""How far to trust class maps."""

from dataclasses import dataclass, field

import numpy as np

SCORE_TITLES = {
    "overall_accuracy": "overall accuracy",
    "average_accuracy": "average accuracy",
    "kappa": "kappa",
    "purity": "purity",
    "nmi": "NMI",
    "ari": "ARI",
    "f1_one_to_one": "F1, classes paired one to one",
    "f1_majority": "F1, classes renamed by majority",
    "f1_best": "F1, best class for each",
    "f1_rare": "F1, best class, rare classes only",
    "calinski_harabasz_codes": "Calinski–Harabasz, codes (higher is better)",
    "davies_bouldin_codes": "Davies–Bouldin, codes (lower is better)",
    "calinski_harabasz_spectra": "Calinski–Harabasz, spectra (higher is better)",
    "davies_bouldin_spectra": "Davies–Bouldin, spectra (lower is better)",
}
"""What each score is called."""


@dataclass(frozen=True, eq=False)
class Scores:
    """How far to trust class maps: against a truth, by themselves, by region, and by a library.

    Against a truth, only pixels count that the truth labels. One of them that the map leaves unlabeled is an
    error in accuracy, kappa, purity and F1; in NMI and ARI the unlabeled are one class more.
    """

    KIND = "scores"
    SCHEMA = 1

    runs: int = field(metadata={"unit": "1"})
    """Maps that were scored: one, or several of one scene made with different seeds or settings."""
    names: tuple[str, ...] = field(metadata={"axes": "classes"})
    """Of the classes of the first map."""
    counts: np.ndarray = field(metadata={"axes": "classes", "unit": "pixels"})
    pixels: int = field(default=0, metadata={"unit": "pixels"})
    """That the truth labels."""
    unlabeled: np.ndarray | None = field(default=None, metadata={"axes": "runs", "unit": "pixels"})
    """Of those, how many each map leaves without a class."""
    metrics: tuple[str, ...] = field(default=(), metadata={"axes": "metrics"})
    values: np.ndarray | None = field(default=None, metadata={"axes": "runs metrics", "unit": "1"})
    oracle_values: np.ndarray | None = field(default=None, metadata={"axes": "runs metrics", "unit": "1"})
    """The same at the time that the truth itself chooses, of maps of `diffuse`: no method can know it."""
    oracle_times: np.ndarray | None = field(default=None, metadata={"axes": "runs", "unit": "steps"})
    blind_labeled: np.ndarray | None = field(default=None, metadata={"axes": "seeds metrics", "unit": "1"})
    """The same of k-means on row and column of the pixels that the truth labels: no spectrum was seen."""
    blind_image: np.ndarray | None = field(default=None, metadata={"axes": "seeds metrics", "unit": "1"})
    """The same of k-means on row and column of every pixel that the first map or the truth labels."""
    blind_pixels: int = field(default=0, metadata={"unit": "pixels"})
    """Those that the blind baseline was scored on, evenly spread over those that the truth labels."""
    truth_names: tuple[str, ...] = field(default=(), metadata={"axes": "truth"})
    confusion: np.ndarray | None = field(default=None, metadata={"axes": "found truth", "unit": "pixels"})
    """Of the first map; row 0 = unlabeled, then its classes."""
    shares: np.ndarray | None = field(default=None, metadata={"axes": "truth", "unit": "1"})
    """Of the pixels that the truth labels; NaN in what follows where that is none."""
    partners: np.ndarray | None = field(default=None, metadata={"axes": "truth", "unit": "class"})
    """Class of the first map that the one-to-one assignment gives each class of the truth; 0 = none."""
    recalls: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    precisions: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    f1: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    best_f1: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    """Of the single class that fits best, whoever else it fits."""
    separations: tuple[str, ...] = field(default=(), metadata={"axes": "separations"})
    separation: np.ndarray | None = field(default=None, metadata={"axes": "runs separations", "unit": "1"})
    """Of the classes from each other; no truth is needed."""
    separation_pixels: np.ndarray | None = field(
        default=None, metadata={"axes": "runs separations", "unit": "pixels"}
    )
    """Labeled, and not fill in codes or cube."""
    region_names: tuple[str, ...] = field(default=(), metadata={"axes": "regions"})
    region_counts: np.ndarray | None = field(
        default=None, metadata={"axes": "regions found", "unit": "pixels"}
    )
    """Pixels of each region by class of the first map; column 0 = unlabeled."""
    region_means: np.ndarray | None = field(
        default=None, metadata={"axes": "regions bands", "unit": "as the cube"}
    )
    wavelengths: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    compared: str = field(default="", metadata={"unit": "word"})
    """What of class means and library the angles are of: band-depth, continuum-removed or spectrum."""
    library_names: tuple[str, ...] = field(default=(), metadata={"axes": "library"})
    matches: np.ndarray | None = field(default=None, metadata={"axes": "classes ranks", "unit": "spectrum"})
    """Nearest library spectra of each class mean, from 1, nearest first; 0 = no more."""
    match_angles: np.ndarray | None = field(
        default=None, metadata={"axes": "classes ranks", "unit": "radians"}
    )
