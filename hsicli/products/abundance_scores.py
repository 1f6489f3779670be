"""How far to trust abundances."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class AbundanceScores:
    """Abundances and endmembers against a truth, beside what knows nothing and what knows the endmembers."""

    KIND = "abundance-scores"
    SCHEMA = 1

    pixels: int = field(metadata={"unit": "pixels"})
    """Scored: with abundances, with a truth, and not given to the fit."""
    left_out: int = field(metadata={"unit": "pixels"})
    """Their truth was given to the fit (supervised)."""
    units: str = field(metadata={"unit": "word"})
    """In which abundances were compared: given, raw, max or free."""
    paired_by: str = field(metadata={"unit": "word"})
    """What endmembers were paired with true ones by: spectra, or, without true ones, abundances."""
    names: tuple[str, ...] = field(metadata={"axes": "endmembers"})
    truth_names: tuple[str, ...] = field(metadata={"axes": "truth"})
    partners: np.ndarray = field(metadata={"axes": "truth", "unit": "endmember"})
    """The found endmember of each true one, from 1; 0 = none."""
    overall_rmse: float = field(metadata={"unit": "1"})
    """Root of the mean over pixels and true endmembers; one without a partner counts as found nowhere."""
    rmse: np.ndarray = field(metadata={"axes": "truth", "unit": "1"})
    left_share: float = field(metadata={"unit": "1"})
    """Mean sum of the abundances of endmembers without a true partner."""
    baselines: tuple[str, ...] = field(metadata={"axes": "baselines"})
    """constant: the mean of the truth, everywhere; fcls, nnls: of the true endmembers in the cube."""
    baseline_overall_rmse: np.ndarray = field(metadata={"axes": "baselines", "unit": "1"})
    baseline_rmse: np.ndarray = field(metadata={"axes": "baselines truth", "unit": "1"})
    angles: np.ndarray | None = field(default=None, metadata={"axes": "truth", "unit": "radians"})
    """Between each true endmember and its partner; NaN without one."""
    mean_angle: float | None = field(default=None, metadata={"unit": "radians"})
    blind_angle: float | None = field(default=None, metadata={"unit": "radians"})
    """The mean angle if every endmember were the mean spectrum of the scored pixels."""
    scales: np.ndarray | None = field(default=None, metadata={"axes": "truth", "unit": "1"})
    """Units fitted to the truth, where units are free."""
    residual: np.ndarray | None = field(default=None, metadata={"axes": "statistics", "unit": "as the cube"})
    """Root mean square over bands of spectrum less reconstruction: quartiles over pixels, then the mean."""
    residual_angle: np.ndarray | None = field(
        default=None, metadata={"axes": "statistics", "unit": "radians"}
    )
    levels: np.ndarray | None = field(default=None, metadata={"axes": "levels", "unit": "1"})
    """Shares that the intervals of the abundances should hold."""
    coverage: np.ndarray | None = field(default=None, metadata={"axes": "levels", "unit": "1"})
    """Shares that they do hold."""
