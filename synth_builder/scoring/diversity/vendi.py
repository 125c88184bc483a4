from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synth_builder.scoring.diversity.cosines import Vectors


def vendi_score(vectors: "Vectors") -> float | None:
    """
    Vendi score (arXiv 2210.02410): how many wholly different texts would be as diverse as these.

    `exp(-sum of l * log(l))` over the eigenvalues l of `K / n`, where K holds the cosines of all pairs of the n
    embeddings. Higher is more diverse: 1 when all are the same, n when no two have anything in common. More texts give
    higher values, so only samples of one size can be compared.

    Cost: the eigenvalues of a matrix of the smaller of rows and dimensions, squared; the others are 0. The package
    `vendi-score`, last published in 2022, gives the same numbers.

    Args:
        vectors (`np.ndarray` of shape `(rows, dimensions)`):
            Embeddings, of length 1 each.

    Returns:
        `float`: From 1 to the smaller of rows and dimensions; `None` when there is no row.
    """
    rows = len(vectors)
    if not rows:
        return None
    exact = vectors.astype(np.float64)
    products = exact @ exact.T if rows < vectors.shape[1] else exact.T @ exact
    eigenvalues = np.linalg.eigvalsh(products / rows)
    shares = eigenvalues[eigenvalues > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))
