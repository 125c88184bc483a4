from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synth_builder.scoring.diversity.cosines import cosine_blocks, highest_cosines

if TYPE_CHECKING:
    from synth_builder.scoring.diversity.cosines import Vectors

NEIGHBOURS = 5
# Equal texts have a cosine of 1 up to rounding; they are inside of each other's balls, even where a radius is 0.
ROUNDING = 1e-6


@dataclass(frozen=True)
class ManifoldOverlap:
    """
    How two sets of texts lie in each other; see `manifold_overlap`.

    Args:
        precision, recall, density, coverage (`float`):
            The four measures.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def manifold_overlap(synthetic: "Vectors", real: "Vectors", k: int = NEIGHBOURS) -> ManifoldOverlap | None:
    """
    Precision and recall (arXiv 1904.06991), density and coverage (arXiv 2002.09797): do the synthetic texts lie where
    the real ones lie, and do they reach all of them?

    Each text has a ball that reaches to its k-th nearest other text of its own set.

    - `precision`: share of synthetic texts in at least one real text's ball. Higher is closer; 0 to 1.
    - `recall`: share of real texts in at least one synthetic text's ball. Higher is more diverse; 0 to 1.
    - `density`: real balls that a synthetic text lies in, on average, divided by k. Higher is closer; 0 or more, about
      1 for real rows. One real outlier with a large ball lifts precision, but not density.
    - `coverage`: share of real balls with at least one synthetic text in them. Higher is more diverse; 0 to 1. One
      synthetic outlier lifts recall, but not coverage.

    The numbers depend on how many rows there are, so equally many of both sets are best. The package `prdc`, from the
    authors of density and coverage, was last published in 2020; it takes balls without their border, in which equal
    texts do not lie in each other's balls. Where no two distances are equal it gives the same numbers.

    Cost: every pair is compared, within the sets and across, in blocks: memory grows with the rows, not their square.

    Args:
        synthetic (`np.ndarray` of shape `(rows, dimensions)`):
            Embeddings, of length 1 each: the order of distances is then that of the cosines.
        real (`np.ndarray` of shape `(rows, dimensions)`):
            The same of the real texts.
        k (`int`, defaults to 5):
            Which neighbour gives the radius; 5 as in the second paper.

    Returns:
        `ManifoldOverlap`: Or `None` when a set has not more than k rows.
    """
    if len(synthetic) <= k or len(real) <= k:
        return None
    # The lowest cosine that is inside of a text's ball.
    synthetic_edges = highest_cosines(synthetic, k)[:, 0] - ROUNDING
    real_edges = highest_cosines(real, k)[:, 0] - ROUNDING
    inside_any, balls = 0, 0
    covered, recalled = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for start, cosines in cosine_blocks(synthetic, real):
        in_real_balls = cosines >= real_edges
        inside_any += int(in_real_balls.any(axis=1).sum())
        balls += int(in_real_balls.sum())
        covered |= in_real_balls.any(axis=0)
        recalled |= (cosines >= synthetic_edges[start : start + len(cosines), None]).any(axis=0)
    return ManifoldOverlap(
        precision=inside_any / len(synthetic),
        recall=float(recalled.mean()),
        density=balls / (k * len(synthetic)),
        coverage=float(covered.mean()),
    )
