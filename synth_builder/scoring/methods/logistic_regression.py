import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def fitted_probabilities(
    features: Any,
    labels: Sequence[int],
    test_features: Any,
    num_labels: int,
    inverse_penalty: float,
    max_iterations: int,
) -> "NDArray[np.float64]":
    """
    Fit a multinomial logistic regression (scikit-learn's, L2 penalty, L-BFGS) and ask it about the test rows. On one
    thread: sums come in the same order on every machine, and problems this small gain nothing from more.

    Args:
        features (array or sparse matrix of shape `(training rows, features)`):
            Training rows; at least one.
        labels (`Sequence[int]`):
            Their labels.
        test_features (array or sparse matrix of shape `(test rows, features)`):
            Test rows.
        num_labels (`int`):
            Labels of the task.
        inverse_penalty (`float`):
            scikit-learn's `C`.
        max_iterations (`int`):
            Of the optimizer, at most.

    Returns:
        `numpy.ndarray` of shape `(test rows, num_labels)`: Probabilities; 0 for a label without training rows.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    found = np.zeros((test_features.shape[0], num_labels))
    present = sorted(set(labels))
    if len(present) == 1 or not features.shape[1]:
        # Nothing to tell labels apart by: their shares are the best guess.
        found[:, present] = [labels.count(label) / len(labels) for label in present]
        return found
    model = LogisticRegression(C=inverse_penalty, max_iter=max_iterations)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # Few rows of many labels are no regression problem here.
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        model.fit(features, np.asarray(labels))
        found[:, model.classes_] = model.predict_proba(test_features)
    return found
