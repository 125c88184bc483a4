from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import datasets
import evaluate

from synth_builder.scoring.given_values import refuse_unknown
from synth_builder.verbs.score_rows import score_rows

_DESCRIPTION = """
What synthetic rows for text classification are worth: classifiers are trained on them, on real rows, and on both, with
several seeds, and tested on real rows. Gives accuracy, macro-F1, weighted F1, MCC and the calibration error of each.
"""

_KWARGS_DESCRIPTION = """
Args:
    synthetic: a datasets.Dataset, a list of dictionaries, or 'owner/name', 'owner/name:split' or
        'owner/name:config:split' of a dataset on the Hub.
    real_test: real rows to test on, in one of these forms.
    real_train (optional): real rows to train on, in one of these forms.
    text_columns (optional): one text column, or a list of the two of a pair. All columns of texts when not given.
    label_column: the column of the labels, "label" when not given.
    real_text_columns, real_label_column (optional): what these are called in the real rows; the same when not given.
    classifier: "minilm", an encoder's id on the Hub or folder, or "tfidf". "minilm" when not given.
    seeds: trainings per regime, 3 when not given.
    method (optional): "fine_tuning", "probe" or "setfit", of an encoder.
    regimes (optional): one or a list of "synthetic", "real" and "augmented".
    real_rows (optional): how many real rows the regimes "real" and "augmented" take, one number or
        a list.
    synthetic_rows (optional): how many synthetic rows are taken, besides all of them, one number or a
        list.
    loss, checker_rows, hyperparameters, cache, fresh: see synth_builder.verbs.score_rows.
Returns:
    A dictionary that `json.dumps` takes: the fields of `synth_builder.Scores`. `results` has one entry per regime and
    number of real rows, with mean and standard deviation over the seeds; `majority` and `random_guess` are what one
    reaches without training.
Examples:
    >>> utility = evaluate.load("synthetic_utility")
    >>> found = utility.compute(synthetic="ada/films", real_test="stanfordnlp/sst2:validation", classifier="tfidf")
"""

_CITATION = """
@misc{li2024datageneration,
  title = {Data Generation Using Large Language Models for Text Classification: An Empirical Case Study},
  author = {Yinheng Li and Rogerio Bonatti and Sara Abdali and Justin Wagle and Kazuhito Koishida},
  year = {2024},
  eprint = {2407.12813},
  archivePrefix = {arXiv}
}
"""

Rows: TypeAlias = datasets.Dataset | Sequence[Mapping[str, Any]] | str


class SyntheticUtility(evaluate.Measurement):  # type: ignore[misc]  # evaluate has no types
    """What synthetic rows are worth, as a measurement of `evaluate`."""

    def _info(self) -> evaluate.MeasurementInfo:
        # The features describe rows only: `compute` takes whole data sets, which `evaluate` can not check by features.
        row = datasets.Features({"text": datasets.Value("string"), "label": datasets.Value("string")})
        return evaluate.MeasurementInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=row,
            reference_urls=["https://arxiv.org/abs/2407.12813"],
        )

    # `compute` of `evaluate` wants columns of equal length, and data sets have not: so it is replaced. `evaluate` adds
    # the description of the arguments to the docstrings.
    def compute(self, *, synthetic: Rows, real_test: Rows, real_train: Rows | None = None, **settings: Any) -> Any:
        """Train classifiers on synthetic and real rows, and test them on real rows."""
        refuse_unknown(settings, score_rows)
        return score_rows(synthetic, real_test, real_train, **settings).model_dump(mode="json")

    def add_batch(self, **batch: Any) -> None:
        """Not possible: a classifier is trained on all rows at once. Give them to `compute`."""
        raise NotImplementedError(
            "synthetic_utility takes whole data sets: give them to compute(), not to add_batch()."
        )

    def add(self, **example: Any) -> None:
        """Not possible: a classifier is trained on all rows at once. Give them to `compute`."""
        raise NotImplementedError("synthetic_utility takes whole data sets: give them to compute(), not to add().")
