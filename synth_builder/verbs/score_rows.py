from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth_builder.scoring.choices import EncoderMethod, LossName, Regime
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.given_dataset import Given, open_given
from synth_builder.scoring.rows.in_memory import Columns, TextColumns, labelled_rows
from synth_builder.scoring.score_settings import ScoreSettings


def score_rows(
    synthetic: Given,
    real_test: Given,
    real_train: "Given | None" = None,
    *,
    text_columns: TextColumns = None,
    label_column: str = "label",
    real_text_columns: TextColumns = None,
    real_label_column: str | None = None,
    regimes: Regime | Sequence[Regime] | None = None,
    real_rows: int | Sequence[int] | None = None,
    synthetic_rows: int | Sequence[int] | None = None,
    classifier: str = "minilm",
    loss: LossName = "cross_entropy",
    checker_rows: int | None = None,
    seeds: int = 3,
    method: EncoderMethod | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    fresh: bool = False,
) -> Scores:
    """
    Measure what synthetic rows are worth, as `score` does with a release, of rows that are at hand or on the Hub.

    The three sets of rows are each a `Dataset`, a list of dictionaries, or `owner/name`, `owner/name:split` or
    `owner/name:config:split` of a dataset on the Hub.

    Args:
        synthetic (`Dataset`, `Sequence[Mapping[str, Any]]` or `str`):
            The synthetic rows. Their labels count: real labels are read by name, and by index where they have none.
        real_test (`Dataset`, `Sequence[Mapping[str, Any]]` or `str`):
            Real rows to test on.
        real_train (`Dataset`, `Sequence[Mapping[str, Any]]` or `str`, *optional*):
            Real rows to train on, for the regimes `real` and `augmented`.
        text_columns (`str` or `Sequence[str]`, *optional*):
            One text column, or the two of a pair. All columns of texts but `id`, `provenance` and the label when not
            given.
        label_column (`str`, defaults to `"label"`):
            The column of the labels: a `ClassLabel`, texts or whole numbers.
        real_text_columns (`str` or `Sequence[str]`, *optional*):
            What the text columns are called in the real rows, in the same order. The same when not given.
        real_label_column (`str`, *optional*):
            What the column of the labels is called in the real rows. The same when not given.
        regimes (`str` or `Sequence[str]`, *optional*):
            What to train on, one or several of `synthetic`, `real`, `augmented`. All that the data allow when not
            given.
        real_rows (`int` or `Sequence[int]`, *optional*):
            How many real rows the regimes `real` and `augmented` take, one number or several. 100 when not given, or
            all if there are fewer.
        synthetic_rows (`int` or `Sequence[int]`, *optional*):
            How many of the synthetic rows are taken, besides all of them.
        classifier (`str`, defaults to `"minilm"`):
            What is trained: an encoder, as `minilm`, a Hub id or a directory; or `tfidf`.
        loss (`"cross_entropy"`, `"focal"`, `"imp"` or `"dimp"`, defaults to `"cross_entropy"`):
            What is minimised. Only fine-tuning has others than `cross_entropy`.
        checker_rows (`int`, *optional*):
            Real rows that the quality checker of `imp` and `dimp` is trained on. 200 when not given, or all if there
            are fewer.
        seeds (`int`, defaults to 3):
            Trainings per regime.
        method (`"fine_tuning"`, `"probe"` or `"setfit"`, *optional*):
            What is done with the encoder. `fine_tuning` when not given.
        hyperparameters (`Mapping[str, Any]`, *optional*):
            How to fine-tune, where it is not by default.
        cache (`str` or `Path`, *optional*):
            Folder where embeddings and finished trainings are kept. One of the Hugging Face cache when not given.
        fresh (`bool`, defaults to `False`):
            Train anew what was trained before.

    Returns:
        `Scores`: The same that `score` gives for a variant with these rows.

    Raises:
        LeakedTestRowsError: A test row stands in the synthetic rows.
        ScoringError: The rows can't be read or scored, or their labels do not agree; the message says why.
    """
    settings = ScoreSettings(
        regimes=regimes,
        real_rows=real_rows,
        synthetic_rows=synthetic_rows,
        classifier=classifier,
        loss=loss,
        checker_rows=checker_rows,
        seeds=seeds,
        method=method,
        hyperparameters=hyperparameters,
        cache=cache,
        fresh=fresh,
    )
    from synth_builder.scoring.score import score_variants
    from synth_builder.scoring.statistics.family import with_differences

    given = open_given(synthetic, "synthetic", "train")
    test = open_given(real_test, "real_test", "test")
    train = None if real_train is None else open_given(real_train, "real_train", "train")
    labelled = labelled_rows(
        given,
        [test] if train is None else [test, train],
        Columns(text_columns, label_column, real_text_columns, real_label_column),
    )
    comparison = settings.comparison(
        labelled.label_names,
        (test.reference, labelled.rows["real_test"]),
        None if train is None else (train.reference, labelled.rows["real_train"]),
        "real_train",
    )
    (scores,) = score_variants({given.variant: labelled.rows["synthetic"]}, comparison, given.name)
    settings.clean_up()
    return with_differences({given.variant: scores})[given.variant]
