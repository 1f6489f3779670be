"""A second look at what a mixture explains worst: where classes hide that have few pixels."""

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.gaussians import Mixture, log_density
from hsicli.algorithms.sampling import kmeans_labels


def add_components(codes: Tensor, mixture: Mixture, components: int, *, share: float, seed: int) -> Mixture:
    """Put more components where the codes are least likely.

    A class of few pixels adds too little likelihood for EM to move a component to it; but its pixels are
    among the least likely of all, and among these they are no longer few.

    Parameters
    ----------
    codes : (n, d) float
        Finite.
    mixture : Mixture
        Fitted to them, on the same device.
    components : int
        How many are added: clusters of the least likely codes, by k-means; those of one code are left out.
    share : float
        Of the codes, how many are looked at again.
    seed : int

    Returns
    -------
    Mixture
        The old components, then the new ones with the covariance that all have in common; a start for EM.
    """
    wanted = round(share * len(codes))
    if components < 1 or wanted < 2 * components:
        return mixture
    worst = log_density(codes, mixture).topk(wanted, largest=False).indices.sort().values
    points = codes[worst].to(torch.float64)
    labels = kmeans_labels(points.cpu().numpy(), components, seed=seed)
    sizes = np.bincount(labels, minlength=components)
    kept = [cluster for cluster in range(components) if sizes[cluster] > 1]
    inside = [torch.from_numpy(labels == cluster).to(codes.device) for cluster in kept]
    means = torch.stack([points[chosen].mean(0) for chosen in inside])
    weights = torch.as_tensor(sizes[kept] / len(codes), dtype=torch.float64, device=codes.device)
    pooled = torch.einsum("k,kab->ab", mixture.weights, mixture.covariances)
    return Mixture(
        torch.cat([mixture.weights * (1 - weights.sum()), weights]),
        torch.cat([mixture.means, means]),
        torch.cat([mixture.covariances, pooled.expand(len(kept), -1, -1)]),
    )
