"""Fitting a mixture of Gaussians to codes by expectation-maximisation (EM).

Symbols: n codes of d numbers, k components; n_j the responsibilities of component j, summed over the codes.
The sums that the M step needs are one product: the codes' monomials (`gaussians.py`) times their
responsibilities.
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.gaussians import Mixture, blocks, centre, expectations, fill_monomials, monomial_count

SAMPLES_PER_CENTRE = 1024
"""Codes that k-means sees for each component it starts."""


@dataclass(frozen=True, eq=False)
class MixtureStep:
    """One iteration of EM.

    Attributes
    ----------
    iteration : int
        From 1.
    log_likelihood : float
        Mean log-density of a pixel under the mixture that the iteration started from.
    mixture : Mixture
        After the iteration.
    reseeded : int
        Components that had lost their pixels and were put elsewhere.
    """

    iteration: int
    log_likelihood: float
    mixture: Mixture
    reseeded: int

    @property
    def note(self) -> str:
        """For the screen."""
        return f"log-likelihood {self.log_likelihood:.4f}"


def start_mixture(
    codes: Tensor,
    components: int,
    *,
    rng: np.random.Generator,
    shrinkage: float = 0.0,
    floor: float = 0.0,
    pixel_weights: Tensor | None = None,
) -> Mixture:
    """The mixture of the clusters that k-means finds in a sample of the codes.

    Parameters
    ----------
    codes : (n, d) float
        Finite, n ≥ `components`.
    components : int
        k.
    rng : Generator
        Draws the sample and the first centres.
    shrinkage, floor : float
        As in `fit_mixture`.
    pixel_weights : (n,) float, optional
        Chance of each pixel to be in the sample, relative to the others; none negative.

    Returns
    -------
    Mixture

    Raises
    ------
    ValueError
        If there are fewer codes, or codes of positive weight, than components.
    """
    n = len(codes)
    candidates = n if pixel_weights is None else int((pixel_weights > 0).sum())
    if not 1 <= components <= candidates:
        raise ValueError(f"{components} components of {candidates} codes")
    drawn = _draw(n, min(candidates, SAMPLES_PER_CENTRE * components), rng, pixel_weights)
    sample = codes[torch.from_numpy(drawn).to(codes.device)].to(torch.float64)
    labels = _cluster(sample.cpu().numpy(), components, seed=int(rng.integers(2**31)))
    member = torch.nn.functional.one_hot(torch.from_numpy(labels).to(torch.int64), components)
    shift = centre(sample)
    sums = _no_sums(codes, components)
    for part, inside in zip(blocks(sample), blocks(member.to(codes.device, torch.float64)), strict=True):
        x = (part - shift).T.contiguous()
        sums += fill_monomials(x, sums.new_empty(len(sums), x.shape[1])) @ inside
    return _maximise(sums, shift, shrinkage=shrinkage, floor=floor, spare=sample)[0]


def fit_mixture(
    codes: Tensor,
    start: Mixture,
    *,
    shrinkage: float = 0.0,
    floor: float = 0.0,
    max_iterations: int = 100,
    tolerance: float = 1e-4,
    pixel_weights: Tensor | None = None,
    after: MixtureStep | None = None,
) -> Iterator[MixtureStep]:
    """Expectation-maximisation; one MixtureStep an iteration.

    Each covariance becomes (n_j Σ_j + ν Σ_pool)/(n_j + ν) + floor·I, where Σ_pool = Σ_j n_j Σ_j / n is what
    the components have in common. With ν = 0 and floor = 0 this is plain EM, which never lowers the
    likelihood.
    A component that is left with less than one pixel is put on a pixel that the mixture explains worst,
    with Σ_pool for its covariance.

    Parameters
    ----------
    codes : (n, d) float
        Finite; float32 is enough, the arithmetic is float64. `floor` speaks of their unit: whiten them first.
    start : Mixture
        From `start_mixture`, on the device of the codes.
    shrinkage : float
        ν, pixels: what the pooled covariance counts for. 0 trusts every component alone.
    floor : float
        Variance added in every direction, unit of the codes squared.
    max_iterations : int
        Ends after this many, those before `after` included.
    tolerance : float
        Ends when the mean log-density of a pixel changes by less than this, nats.
    pixel_weights : (n,) float, optional
        How often each pixel counts; scaled to mean one.
    after : MixtureStep, optional
        The step at which an interrupted fit stood: goes on exactly as that fit would have.

    Yields
    ------
    MixtureStep
        The last one is the result.

    References
    ----------
    GyPSUM, §4.3. Shrinkage: C. Fraley & A. E. Raftery, "Bayesian regularization for normal mixture estimation
    and model-based clustering", Journal of Classification, 2007; here towards the pooled covariance.
    """
    mixture, previous, done = start, -math.inf, 0
    if after is not None:
        mixture, previous, done = after.mixture, after.log_likelihood, after.iteration
    if pixel_weights is not None:
        pixel_weights = pixel_weights.to(torch.float64) * (
            len(codes) / pixel_weights.sum(dtype=torch.float64)
        )
    shift = centre(codes)
    for iteration in range(done + 1, max_iterations + 1):
        sums, density = _expect(codes, mixture, shift, pixel_weights)
        counted = density if pixel_weights is None else density * pixel_weights
        log_likelihood = float(counted.mean())
        worst = density.topk(min(len(codes), len(mixture.weights)), largest=False).indices
        mixture, reseeded = _maximise(sums, shift, shrinkage=shrinkage, floor=floor, spare=codes[worst])
        yield MixtureStep(iteration, log_likelihood, mixture, reseeded)
        if abs(log_likelihood - previous) < tolerance and not reseeded:
            return
        previous = log_likelihood


def _draw(n: int, size: int, rng: np.random.Generator, weights: Tensor | None) -> np.ndarray:
    """(size,) int: pixels drawn without replacement, in order.

    Each pixel's clock rings after an exponential time, sooner with more weight; the first ones are taken.
    """
    clocks = rng.standard_exponential(n)
    if weights is not None:
        with np.errstate(divide="ignore"):
            clocks /= weights.cpu().numpy()
    return np.sort(np.argpartition(clocks, size - 1)[:size])


def _cluster(sample: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    """(m,) int: the cluster of each code by k-means, the same bits whatever the machine's load."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    # More threads would add up the centres in whatever order they finish.
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        # Fewer distinct codes than clusters: some stay empty and are put elsewhere.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(clusters, n_init=1, random_state=seed).fit_predict(sample)


def _no_sums(codes: Tensor, components: int) -> Tensor:
    """(F, k) zeros."""
    return torch.zeros(monomial_count(codes.shape[1]), components, dtype=torch.float64, device=codes.device)


def _expect(codes: Tensor, mixture: Mixture, shift: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """The sums of the monomials by component (F, k), and the log-densities (n,)."""
    sums = _no_sums(codes, len(mixture.weights))
    density = torch.empty(len(codes), dtype=torch.float64, device=codes.device)
    for part, monomials, shares, block_density in expectations(codes, mixture, shift):
        if weights is not None:
            shares.mul_(weights[part])
        sums.addmm_(monomials, shares.T)
        density[part] = block_density
    return sums, density


def _maximise(
    sums: Tensor, shift: Tensor, *, shrinkage: float, floor: float, spare: Tensor
) -> tuple[Mixture, int]:
    """The mixture of these sums, and how many components were put on codes of `spare` (m, d) instead."""
    d = len(shift)
    counts = sums[-1]
    moments = (sums[:-1] / counts.clamp(min=1e-300)).T
    covariances = _central(moments, d)
    alive = counts >= min(1.0, float(counts.sum()) / (2 * len(counts)))
    pooled = torch.einsum("k,kab->ab", counts * alive, covariances) / counts[alive].sum()
    counts, means = torch.where(alive, counts, 1.0), moments[:, -d:] + shift
    lost = torch.nonzero(~alive).flatten()
    if len(lost):
        means[lost] = spare[torch.arange(len(lost), device=sums.device) % len(spare)].to(torch.float64)
        covariances[lost] = pooled
    own = (counts / (counts + shrinkage))[:, None, None]
    covariances = covariances * own + pooled * (1 - own)
    covariances.diagonal(dim1=1, dim2=2).add_(floor)
    return Mixture(counts / counts.sum(), means, _definite(covariances, pooled)), len(lost)


def _central(moments: Tensor, d: int) -> Tensor:
    """(k, d, d): covariances from the mean monomials (k, F − 1)."""
    upper = torch.triu_indices(d, d, device=moments.device)
    second = moments.new_empty(len(moments), d, d)
    second[:, upper[0], upper[1]] = moments[:, :-d]
    second[:, upper[1], upper[0]] = moments[:, :-d]
    first = moments[:, -d:]
    return second - first[:, :, None] * first[:, None, :]


def _definite(covariances: Tensor, pooled: Tensor) -> Tensor:
    """Covariances that have a Cholesky factor: the few that do not get more on the diagonal until they do."""
    more = 1e-12 * float(pooled.diagonal().mean())
    more = more if more > 0 else 1e-12  # codes that are all alike: any positive number will do
    while (broken := torch.linalg.cholesky_ex(covariances).info > 0).any():
        covariances = covariances.clone()
        covariances[broken] += more * torch.eye(len(pooled), dtype=pooled.dtype, device=pooled.device)
        more *= 10
    return covariances
