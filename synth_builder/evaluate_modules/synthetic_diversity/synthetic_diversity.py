from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import datasets
import evaluate

from synth_builder.scoring.given_values import refuse_unknown
from synth_builder.verbs.diversity_of_rows import diversity_of_rows

_DESCRIPTION = """
How varied synthetic rows for text classification are, and how near to real ones: distinct-n, Self-BLEU, Vendi score,
precision, recall, density, coverage, copies and more, beside the same measures of real rows. Nothing is trained.
"""

_KWARGS_DESCRIPTION = """
Args:
    synthetic: a datasets.Dataset, a list of dictionaries, or 'owner/name', 'owner/name:split' or
        'owner/name:config:split' of a dataset on the Hub.
    real (optional): real rows to compare with, in one of these forms.
    text_columns (optional): one text column, or a list of the two of a pair. All columns of texts when not given.
    label_column: the column of the labels, "label" when not given; the sample is stratified by it. Rows with texts
        alone will do, too.
    real_text_columns, real_label_column (optional): what these are called in the real rows; the same when not given.
    encoder: "minilm", an encoder's id on the Hub or folder, or None for the measures of wording alone. "minilm" when
        not given.
    rows: rows of each side that are looked at, 10,000 at most when not given.
    self_bleu_rows: rows for Self-BLEU, 1,000 at most when not given.
    seed: fixes which rows are drawn, 0 when not given.
Returns:
    A dictionary that `json.dumps` takes: the fields of
    `synth_builder.scoring.diversity.results.Diversity`. `variety` is measured of the synthetic rows, `real_variety` of
    as many real rows, `likeness` of both together.
Examples:
    >>> diversity = evaluate.load("synthetic_diversity")
    >>> found = diversity.compute(synthetic="ada/films", real="stanfordnlp/sst2:train", encoder=None)
"""

_CITATION = """
@misc{li2023synthetic,
  title = {Synthetic Data Generation with Large Language Models for Text Classification: Potential and Limitations},
  author = {Zhuoyan Li and Hangxiao Zhu and Zhuoran Lu and Ming Yin},
  year = {2023},
  eprint = {2310.07849},
  archivePrefix = {arXiv}
}
"""

Rows: TypeAlias = datasets.Dataset | Sequence[Mapping[str, Any]] | str


class SyntheticDiversity(evaluate.Measurement):  # type: ignore[misc]  # evaluate has no types
    """How varied synthetic rows are, as a measurement of `evaluate`."""

    def _info(self) -> evaluate.MeasurementInfo:
        # The features describe rows only: `compute` takes whole data sets, which `evaluate` can not check by features.
        row = datasets.Features({"text": datasets.Value("string"), "label": datasets.Value("string")})
        return evaluate.MeasurementInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=row,
            reference_urls=["https://arxiv.org/abs/2310.07849"],
        )

    # `compute` of `evaluate` wants columns of equal length, and data sets have not: so it is replaced. `evaluate` adds
    # the description of the arguments to the docstrings.
    def compute(self, *, synthetic: Rows, real: Rows | None = None, **settings: Any) -> Any:
        """Measure the variety of synthetic rows, and their likeness to real ones."""
        refuse_unknown(settings, diversity_of_rows)
        return diversity_of_rows(synthetic, real, **settings).model_dump(mode="json")

    def add_batch(self, **batch: Any) -> None:
        """Not possible: rows are drawn from all of them. Give them to `compute`."""
        raise NotImplementedError(
            "synthetic_diversity takes whole data sets: give them to compute(), not to add_batch()."
        )

    def add(self, **example: Any) -> None:
        """Not possible: rows are drawn from all of them. Give them to `compute`."""
        raise NotImplementedError("synthetic_diversity takes whole data sets: give them to compute(), not to add().")
