"""The joint mixture of Gaussians (GM), and the one Gaussian with its moments (UGM)."""

import logging
import warnings

import numpy as np
import torch

from hsicli.algorithms.conditional import ConditionalMixture, conditional_mixture, mixture_given
from hsicli.algorithms.mixture import fit_mixture, start_mixture
from hsicli.stages.superresolution.density import Density, log_likelihood
from hsicli.stages.superresolution.settings import Covariance

log = logging.getLogger(__name__)

Arrays = dict[str, np.ndarray]

COUNTS = (1, 2, 5, 10, 20)
"""Of components, among which the held-out pairs choose."""

ITERATIONS, TOLERANCE = 100, 1e-2
"""Of EM: at most so many; and the gain, nats a pair, that ends it."""


def fit_joint_mixture(
    low: np.ndarray, high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray, *, kind: Covariance,
    floor: float, components: int | None, seed: int,
) -> Arrays:  # fmt: skip
    """GM: a mixture of Gaussians of the pairs, fitted by EM, and what x says of y under it.

    Parameters
    ----------
    low, high : (n, m) and (n, b) float
    held_low, held_high : (h, m) and (h, b) float
        Choose the number of components.
    kind : {"spherical", "diagonal", "full"}
        Of the joint covariance of each component.
    floor : float
        τ: deviation added to every number.
    components : int, optional
        K.
    seed : int
    """
    joint = np.hstack([low, high])
    best, found = -np.inf, Arrays()
    for count in (components,) if components else [c for c in COUNTS if c <= max(1, len(joint) // 20)]:
        mixture = conditional_mixture(*_em(joint, count, kind, floor, seed), low.shape[1])
        arrays = {f"mixture.{name}": part for name, part in mixture._asdict().items()}
        reached = float(log_likelihood(mixture_density(arrays, held_low), held_high).mean())
        log.debug("%d components: %.2f nats a held-out pair", count, reached)
        if not found or reached > best:
            best, found = reached, arrays
    return found


def mixture_density(arrays: Arrays, low: np.ndarray) -> Density:
    """What the mixture says of (n, m) spectra."""
    mixture = ConditionalMixture(*(arrays[f"mixture.{name}"] for name in ConditionalMixture._fields))
    log_weights, means = mixture_given(low, mixture)
    return Density(log_weights, means, np.broadcast_to(mixture.scales, means.shape), mixture.factors)


def unimodal_density(arrays: Arrays, low: np.ndarray) -> Density:
    """UGM: one Gaussian a pixel with the mean and covariance of the mixture.

    μ = Σ w̄_k μ_k,  Σ = Σ w̄_k (Σ_k + μ_k μ_kᵀ) − μ μᵀ
    """
    whole = mixture_density(arrays, low)
    weights = torch.from_numpy(np.exp(whole.log_weights))
    means, factors = torch.from_numpy(whole.means), torch.from_numpy(whole.factors)
    inverse = torch.linalg.inv(torch.from_numpy(arrays["mixture.scales"])[..., None] * factors)
    within = torch.einsum("nk,kab->nab", weights, inverse.mT @ inverse)
    centre = torch.einsum("nk,nkb->nb", weights, means)
    apart = weights.sqrt()[..., None] * (means - centre[:, None])
    upper = torch.linalg.cholesky((within + apart.mT @ apart).flip(1, 2)).flip(1, 2)
    unit = torch.eye(upper.shape[-1], dtype=upper.dtype).expand_as(upper)
    whole_factor = torch.linalg.solve_triangular(upper, unit, upper=True).mT
    scales = whole_factor.diagonal(dim1=1, dim2=2)
    return Density(
        np.zeros((len(low), 1)), centre[:, None].numpy(), scales[:, None].numpy(),
        (whole_factor / scales[..., None])[:, None].numpy(),
    )  # fmt: skip


def _em(
    joint: np.ndarray, count: int, kind: Covariance, floor: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and covariances."""
    if kind == "full":
        codes = torch.from_numpy(joint)
        mixture = start_mixture(codes, count, rng=np.random.default_rng(seed), floor=floor**2)
        for step in fit_mixture(
            codes, mixture, floor=floor**2, max_iterations=ITERATIONS, tolerance=TOLERANCE
        ):
            mixture = step.mixture
        return mixture.weights.numpy(), mixture.means.numpy(), mixture.covariances.numpy()
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        count, covariance_type="diag" if kind == "diagonal" else "spherical", reg_covar=floor**2,
        max_iter=ITERATIONS, random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(joint)
    widths = model.covariances_ if kind == "diagonal" else model.covariances_[:, None]
    covariances = np.eye(joint.shape[1]) * np.broadcast_to(widths, (count, joint.shape[1]))[:, None]
    return model.weights_, model.means_, covariances
