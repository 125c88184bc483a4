from typing import TYPE_CHECKING

import numpy as np

from synth_builder.scoring.diversity.cosines import highest_cosines

if TYPE_CHECKING:
    from synth_builder.scoring.diversity.cosines import Vectors


def remote_clique(vectors: "Vectors") -> float | None:
    """
    Remote-clique (arXiv 2101.06030, and 2310.07849): mean distance to all other texts.

    `mean over i of mean over j != i of d(i, j)`, with `d = 1 - cosine` of the embeddings. Higher is more diverse. It
    does not depend on the number of texts. A few topics far apart are enough for a high value; see Chamfer distance.

    Cost: one pass over the vectors, as the mean of all cosines follows from their sum.

    Args:
        vectors (`np.ndarray` of shape `(rows, dimensions)`):
            Embeddings, of length 1 each.

    Returns:
        `float`: From 0 to 2, about 1 for unrelated texts; `None` when there are no two rows.
    """
    rows = len(vectors)
    if rows < 2:
        return None
    total = vectors.sum(axis=0, dtype=np.float64)
    # The squared length of the sum is the sum of all cosines; those of the rows with themselves go.
    own = float((vectors.astype(np.float64) ** 2).sum())
    return 1 - (float(total @ total) - own) / (rows * (rows - 1))


def chamfer_distance(vectors: "Vectors") -> float | None:
    """
    Chamfer distance (arXiv 2101.06030, and 2310.07849): mean distance to the nearest other text.

    `mean over i of min over j != i of d(i, j)`, with `d = 1 - cosine` of the embeddings. Higher is more diverse; 0
    when each text has a twin. More texts give lower values, so only samples of one size can be compared.

    Cost: every pair is compared.

    Args:
        vectors (`np.ndarray` of shape `(rows, dimensions)`):
            Embeddings, of length 1 each.

    Returns:
        `float`: From 0 to 2; `None` when there are no two rows.
    """
    if len(vectors) < 2:
        return None
    # The cosine of a vector with itself can be a little above 1.
    return max(0.0, 1 - float(highest_cosines(vectors, 1).mean(dtype=np.float64)))
