"""Every kind of product there is, for those who must know them all: `info` and the docs."""

from typing import Any

from hsicli.cube import Cube
from hsicli.products.abundance_scores import AbundanceScores
from hsicli.products.abundances import Abundances
from hsicli.products.estimate_scores import EstimateScores
from hsicli.products.estimates import Estimate
from hsicli.products.labels import Labels
from hsicli.products.minerals import Minerals
from hsicli.products.scores import Scores
from hsicli.products.subspace import Subspace
from hsicli.products.weights import Weights

KINDS: tuple[Any, ...] = (
    Cube,
    Subspace,
    Labels,
    Minerals,
    Abundances,
    Estimate,
    Scores,
    AbundanceScores,
    EstimateScores,
    Weights,
)
