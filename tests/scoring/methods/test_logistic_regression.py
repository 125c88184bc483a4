import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from synth_builder.scoring.methods.logistic_regression import fitted_probabilities  # noqa: E402


def test_few_rows_of_many_labels_are_no_reason_to_warn() -> None:
    labels = [number % 15 for number in range(25)]
    features = np.eye(15)[labels]
    found = fitted_probabilities(features, labels, np.eye(15), 15, inverse_penalty=1.0, max_iterations=1000)
    assert found.argmax(axis=1).tolist() == list(range(15))
