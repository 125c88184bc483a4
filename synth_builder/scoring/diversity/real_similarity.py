from typing import TYPE_CHECKING

import numpy as np

from synth_builder.scoring.diversity.cosines import highest_cosines

if TYPE_CHECKING:
    from synth_builder.scoring.diversity.cosines import Vectors

NEAREST = 5


def similarity_to_real(synthetic: "Vectors", real: "Vectors", k: int = NEAREST) -> float | None:
    """
    Top-k similarity to real rows (k = 5 in arXiv 2310.07849, as reported by a secondary source): how near synthetic
    texts come to each real one.

    `mean over real texts of the mean of the k highest cosines with synthetic texts`. Higher is closer; a value near 1
    means copies, so read it beside the copy rates. More synthetic texts give higher values.

    Cost: every synthetic text is compared with every real one.

    Args:
        synthetic (`np.ndarray` of shape `(rows, dimensions)`):
            Embeddings, of length 1 each.
        real (`np.ndarray` of shape `(rows, dimensions)`):
            The same of the real texts.
        k (`int`, defaults to 5):
            How many synthetic texts count.

    Returns:
        `float`: From -1 to 1; `None` when there is no real row or fewer than k synthetic ones.
    """
    if not len(real) or len(synthetic) < k:
        return None
    return float(highest_cosines(real, k, synthetic).mean(dtype=np.float64))
