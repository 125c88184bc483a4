from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_builder.extras import require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXTRA = "label-quality"
PACKAGE = "cleanlab.filter"


def label_issues(labels: Sequence[int], probabilities: "NDArray[np.float64]") -> list[bool]:
    """
    Which labels confident learning calls wrong (Northcutt, Jiang and Chuang 2021, arXiv 1911.00068, section 3, method
    5, C+NR). cleanlab computes it, with `filter_by="both"`.

    Each label j has a threshold: the mean probability that the rows with label j get for it. A row with label i counts
    as truly j when j's probability reaches j's threshold; where several labels reach theirs, the likeliest one counts.
    These counts, scaled to all rows of label i, say how many of its rows are wrong, and how many of them are j. An
    issue is a row that is both among that many rows of label i with the least probability of i, and among that many
    with the greatest margin of some j over i. A row whose own label is the likeliest one is never an issue.

    Args:
        labels (`Sequence[int]`):
            Label of each row; at least two different ones.
        probabilities (`numpy.ndarray` of shape `(len(labels), num_labels)`):
            From classifiers that were not trained on the row; 0 for labels that no row has.

    Returns:
        `list[bool]`: Whether the label is an issue, row by row.

    Raises:
        MissingExtraError: cleanlab is not installed.
    """
    import numpy as np

    found = require(PACKAGE, extra=EXTRA)
    present = sorted(set(labels))
    place = {label: number for number, label in enumerate(present)}
    issues = found.find_label_issues(
        np.array([place[label] for label in labels]),
        probabilities[:, present],
        # Of the five methods, the one with the fewest false alarms on planted errors: benchmarks/label_quality.py.
        filter_by="both",
        # More processes gain nothing on problems this small, and would import everything again.
        n_jobs=1,
    )
    return [bool(issue) for issue in issues]
