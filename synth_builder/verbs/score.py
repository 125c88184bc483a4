from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.errors import ScoringError
from synth_builder.extras import require
from synth_builder.recipes.task import Task
from synth_builder.registry import nearest
from synth_builder.releases.card import write_card
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.scoring.choices import (
    ENCODER_METHODS,
    LOSS_NAMES,
    REGIMES,
    TFIDF,
    EncoderMethod,
    LossName,
    MethodName,
    Regime,
    method_of,
    refuse_loss,
)
from synth_builder.scoring.processes import first_process
from synth_builder.scoring.real_rows import real_text_rows
from synth_builder.scoring.scores import Scores, write_all
from synth_builder.scoring.source import Source, open_source, variant_rows

if TYPE_CHECKING:
    from synth_builder.scoring.comparison import Comparison
    from synth_builder.scoring.row_weights import RowWeights

DEFAULT_REAL_ROWS = 100


def score(
    release: str | Path,
    variants: Sequence[str] | None = None,
    *,
    test: str | None = None,
    real: str | None = None,
    regimes: Sequence[Regime] | None = None,
    real_rows: Sequence[int] | None = None,
    classifier: str = "minilm",
    loss: LossName = "cross_entropy",
    checker_rows: int = 200,
    seeds: int = 3,
    method: EncoderMethod | None = None,
    cache: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Scores]:
    """
    Measure what variants of a dataset are worth: train classifiers on them, test these on real rows. Under a launcher
    of several processes all of them call it, train together and get the scores; the first one writes them.

    Args:
        release (`str` or `Path`):
            The folder of a release, or a dataset's id on the Hub; anybody's dataset will do.
        variants (`Sequence[str]`, *optional*):
            Which variants. All when not given.
        test (`str`, *optional*):
            Real test rows: Hub `id:split` or a local file, relative to the current directory. The recipe's `real.test`
            when not given.
        real (`str`, *optional*):
            Real training rows, in the same form. The recipe's `real.train` when not given.
        regimes (`Sequence[str]`, *optional*):
            What to train on: `synthetic` (the variant's rows), `real` (real rows), `augmented` (both). All that the
            data allow when not given.
        real_rows (`Sequence[int]`, *optional*):
            How many real rows the regimes `real` and `augmented` take. 100 when not given, or all if there are fewer.
        classifier (`str`, defaults to `"minilm"`):
            What is trained: an encoder, as `minilm` (all-MiniLM-L6-v2), a Hub id or a directory; or `tfidf`, a
            logistic regression on TF-IDF of words and characters, which needs no torch.
        loss (`"cross_entropy"`, `"focal"`, `"imp"` or `"dimp"`, defaults to `"cross_entropy"`):
            What is minimised; see `scoring/losses.py`. Only fine-tuning has others than `cross_entropy`.
        checker_rows (`int`, defaults to 200):
            Real rows that the quality checker of `imp` and `dimp` is trained on. What it finds about each row of a
            release folder is written to `scores/<variant>.rows.parquet`.
        seeds (`int`, defaults to 3):
            Trainings per regime.
        method (`"fine_tuning"`, `"probe"` or `"setfit"`, *optional*):
            What is done with the encoder: it is fine-tuned; it stays as it is and a logistic regression is fitted on
            its embeddings; or it is trained on pairs of rows before. `fine_tuning` when not given.
        cache (`str` or `Path`, *optional*):
            Folder where the probe keeps embeddings. One of the Hugging Face cache when not given.
        out (`str` or `Path`, *optional*):
            File for the scores: one JSON object, variant -> scores. When not given, they are written to
            `scores/<variant>.json` of a release folder; nothing is written for other datasets.

    Returns:
        `dict[str, Scores]`: Variant -> its scores.

    Raises:
        LeakedTestRowsError: A test row stands in a variant.
        RealDataError: The real rows can't be read.
        ScoringError: The dataset can't be scored; the message says why.
        UnknownNameError: There is no such variant.
    """
    _check_choices(regimes, real_rows, loss, checker_rows, seeds, method)
    chosen_method = method_of(classifier, method)
    refuse_loss(loss, chosen_method)
    for package in ("sklearn",) if chosen_method == TFIDF else ("torch", "transformers", "accelerate", "sklearn"):
        require(package, extra="tfidf" if chosen_method == TFIDF else "score")
    from synth_builder.scoring.score import score_variants

    source = open_source(release)
    task, rows = variant_rows(source, variants)
    comparison = _comparison(
        source, task, test, real, regimes, real_rows, classifier, chosen_method, cache, loss, checker_rows, seeds
    )
    writes = first_process()
    into_release = writes and out is None and source.folder is not None and source.recipe is not None

    def keep(variant: str, weights: "RowWeights") -> None:
        if into_release and source.folder is not None:
            weights.write(ReleaseFolder(source.folder).row_weights(variant))

    found: dict[str, Scores] = {}
    for scores in score_variants(rows, comparison, source.name, on_weights=keep):
        found[scores.variant] = scores
        if into_release and source.folder is not None:
            scores.write(source.folder / "scores" / f"{scores.variant}.json")
            built = ReleaseFolder(source.folder)
            if built.variants():  # a release of ours; another folder keeps its own card
                write_card(built)
    if writes and out is not None:
        write_all(found, Path(out))
    return found


def _check_choices(
    regimes: Sequence[str] | None,
    real_rows: Sequence[int] | None,
    loss: str,
    checker_rows: int,
    seeds: int,
    method: str | None,
) -> None:
    for regime in regimes or []:
        if regime not in REGIMES:
            raise ScoringError(
                f"Unknown regime {regime!r}.{nearest(regime, list(REGIMES))} Known: {', '.join(REGIMES)}."
            )
    if loss not in LOSS_NAMES:
        raise ScoringError(f"Unknown loss {loss!r}.{nearest(loss, list(LOSS_NAMES))} Known: {', '.join(LOSS_NAMES)}.")
    if method is not None and method not in ENCODER_METHODS:
        raise ScoringError(
            f"Unknown method {method!r}.{nearest(method, list(ENCODER_METHODS))} Known: {', '.join(ENCODER_METHODS)}."
        )
    for count in real_rows or []:
        if count < 1:
            raise ScoringError(f"{count} real rows are asked for; expected at least 1.")
    if checker_rows < 1:
        raise ScoringError(f"{checker_rows} rows for the quality checker are asked for; expected at least 1.")
    if seeds < 1:
        raise ScoringError(f"{seeds} seeds are asked for; expected at least 1.")


def _comparison(
    source: Source,
    task: Task,
    test: str | None,
    real: str | None,
    regimes: Sequence[Regime] | None,
    real_rows: Sequence[int] | None,
    classifier: str,
    method: MethodName,
    cache: str | Path | None,
    loss: LossName,
    checker_rows: int,
    seeds: int,
) -> "Comparison":
    from synth_builder.scoring.comparison import Comparison
    from synth_builder.scoring.encoder_files import load_encoder
    from synth_builder.scoring.leaks import leaked_positions

    test_reference, test_rows = real_text_rows(test, "test", source, task)
    if test_reference is None or test_rows is None:
        raise ScoringError(
            f"There are no test rows to score {source.name!r} on: "
            f"{'it has no recipe.yaml' if source.recipe is None else 'its recipe has no real.test'}. Give real rows "
            "with --test, as 'owner/name:split' of a dataset on the Hub or as a parquet, csv, json or jsonl file."
        )
    notes = []
    real_reference, train_rows = None, None
    if regimes is None or any(regime != "synthetic" for regime in regimes) or loss in ("imp", "dimp"):
        real_reference, train_rows = real_text_rows(real, "train", source, task)
    if regimes is None:
        regimes = REGIMES
        if train_rows is None:
            regimes = ("synthetic",)
            notes.append(
                "There are no real training rows, so the regimes real and augmented were left out; "
                "give rows with --real."
            )
    elif train_rows is None and any(regime != "synthetic" for regime in regimes):
        raise ScoringError(
            f"The regimes {', '.join(regime for regime in regimes if regime != 'synthetic')} need real training rows, "
            f"and {source.name!r} names none; give them with --real, or ask for --regimes synthetic."
        )
    if real_rows is None:
        kept = 0 if train_rows is None else len(train_rows) - len(leaked_positions(train_rows, test_rows))
        real_rows = (max(1, min(DEFAULT_REAL_ROWS, kept)),)
    return Comparison(
        label_names=task.label_names,
        test=test_rows,
        test_reference=test_reference,
        encoder=None if method == TFIDF else load_encoder(classifier),
        real=train_rows,
        real_reference=real_reference,
        regimes=regimes,
        real_rows=real_rows,
        seeds=seeds,
        loss=loss,
        checker_rows=checker_rows,
        method=method,
        cache=None if cache is None else Path(cache),
        notes=notes,
    )
