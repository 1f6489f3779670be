"""How far to trust inferred spectra."""

from dataclasses import dataclass, field

import numpy as np

ESTIMATE_SCORE_TITLES = {
    "rmse": "RMSE",
    "angle": "spectral angle, radians",
    "nll": "NLL, nats a spectrum",
    "crps": "CRPS",
}
"""What each score is called."""


@dataclass(frozen=True, eq=False)
class EstimateScores:
    """Estimates of one scene against a cube that saw it, beside guesses that need no model.

    NLL is −log p(y | x), natural logarithm, of all bands of a spectrum together, in the unit of the cube; its
    mean over pixels. It is of a density, so it may be negative, and changes with the unit and the number of
    bands. CRPS is the mean over bands and pixels, in the unit of the cube.
    """

    KIND = "estimate-scores"
    SCHEMA = 1

    names: tuple[str, ...] = field(metadata={"axes": "runs"})
    """The model of each estimate."""
    pixels: int = field(metadata={"unit": "pixels"})
    """Scored: in all estimates and the truth, seen by no model, evenly spread if there were more."""
    unseen: int = field(metadata={"unit": "pixels"})
    """That could have been scored."""
    left_out: int = field(metadata={"unit": "pixels"})
    """Of the ground that a model was learnt or chosen from."""
    metrics: tuple[str, ...] = field(metadata={"axes": "metrics"})
    values: np.ndarray = field(metadata={"axes": "runs metrics", "unit": "as named"})
    baselines: tuple[str, ...] = field(metadata={"axes": "baselines"})
    """constant: the mean of the truth everywhere; interpolation: straight lines between what was seen."""
    baseline_values: np.ndarray = field(metadata={"axes": "baselines metrics", "unit": "as named"})
    """NaN for what needs a density."""
    levels: np.ndarray = field(metadata={"axes": "levels", "unit": "1"})
    """Shares of the values that intervals should hold."""
    stated: np.ndarray = field(metadata={"axes": "runs levels", "unit": "1"})
    """Shares that the stated intervals (conformal) do hold."""
    marginal: np.ndarray = field(metadata={"axes": "runs levels", "unit": "1"})
    """Shares that the central intervals of the densities themselves do hold."""
    wavelengths: np.ndarray = field(metadata={"axes": "bands", "unit": "nm"})
    band_rmse: np.ndarray = field(metadata={"axes": "runs bands", "unit": "as the cube"})
    band_deviation: np.ndarray = field(metadata={"axes": "runs bands", "unit": "as the cube"})
    """Root mean square of the deviations that the estimate states."""
    strange_shares: np.ndarray = field(metadata={"axes": "quantiles", "unit": "1"})
    """Upper ends of classes of strangeness: shares of the spectra held out in training; the last is open."""
    strange_counts: np.ndarray = field(metadata={"axes": "quantiles", "unit": "pixels"})
    """Of the first estimate."""
    strange_rmse: np.ndarray = field(metadata={"axes": "quantiles", "unit": "as the cube"})
    strange_coverage: np.ndarray = field(metadata={"axes": "quantiles", "unit": "1"})
    """Of the stated intervals of 90 %."""
    features: np.ndarray = field(metadata={"axes": "features", "unit": "nm"})
    """Diagnostic absorptions that the bands cover."""
    feature_pixels: np.ndarray = field(metadata={"axes": "features", "unit": "pixels"})
    """Whose true spectrum has the absorption."""
    feature_depth: np.ndarray = field(metadata={"axes": "features", "unit": "1"})
    """Mean depth of it, in the truth."""
    depth_error: np.ndarray = field(metadata={"axes": "runs features", "unit": "1"})
    """Root mean square."""
    depth_bias: np.ndarray = field(metadata={"axes": "runs features", "unit": "1"})
    """Mean of estimate less truth."""
    position_error: np.ndarray = field(metadata={"axes": "runs features", "unit": "nm"})
    """Root mean square."""
    tested: tuple[str, ...] = field(default=(), metadata={"axes": "tested"})
    """Scores of which pairs of estimates are compared: each further one with the first."""
    differences: np.ndarray | None = field(
        default=None, metadata={"axes": "others tested", "unit": "as named"}
    )
    """Mean of the first less the other, over pixels."""
    p_pixels: np.ndarray | None = field(default=None, metadata={"axes": "others tested", "unit": "1"})
    """Of a paired t-test over pixels, as if neighbours were independent."""
    p_blocks: np.ndarray | None = field(default=None, metadata={"axes": "others tested", "unit": "1"})
    """Of a paired t-test over the means of blocks."""
    blocks: int = field(default=0, metadata={"unit": "1"})
    """Of those, how many."""
    compared: str = field(default="", metadata={"unit": "word"})
    """What of spectra and library the angles are of."""
    library_pixels: int = field(default=0, metadata={"unit": "pixels"})
    agreement: np.ndarray | None = field(default=None, metadata={"axes": "runs", "unit": "1"})
    """Share of them whose nearest library spectrum is that of the truth."""
    mineral_agreement: np.ndarray | None = field(default=None, metadata={"axes": "runs", "unit": "1"})
    """The same of the first word of its name."""
    baseline_agreement: np.ndarray | None = field(
        default=None, metadata={"axes": "baselines agreements", "unit": "1"}
    )
    """Both, of what needs no model."""
