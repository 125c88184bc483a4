from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from synth_builder.errors import ScoringError
from synth_builder.extras import require
from synth_builder.recipes.task import Task
from synth_builder.registry import nearest
from synth_builder.releases.card import write_card
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.score_pictures import draw_score_pictures
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
from synth_builder.scoring.finished_runs import default_folder
from synth_builder.scoring.hyperparameters import Hyperparameters
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
    synthetic_rows: Sequence[int] | None = None,
    classifier: str = "minilm",
    loss: LossName = "cross_entropy",
    checker_rows: int = 200,
    seeds: int = 3,
    method: EncoderMethod | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    fresh: bool = False,
    out: str | Path | None = None,
) -> dict[str, Scores]:
    """
    Measure what variants of a dataset are worth: train classifiers on them, test these on real rows.

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
            With several, it is told what each variant is worth in real rows.
        synthetic_rows (`Sequence[int]`, *optional*):
            How many of a variant's rows are taken, besides all of them: the points of a quantity curve.
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
        method (`"fine_tuning"` or `"probe"`, *optional*):
            What is done with the encoder: it is fine-tuned, or it stays as it is and a logistic regression is fitted
            on its embeddings. `fine_tuning` when not given.
        hyperparameters (`Mapping[str, Any]`, *optional*):
            How to fine-tune, where it is not by default: fields of `scoring/hyperparameters.py::Hyperparameters`.
        cache (`str` or `Path`, *optional*):
            Folder where embeddings and finished trainings are kept. One of the Hugging Face cache when not given.
        fresh (`bool`, defaults to `False`):
            Train anew what was trained before with the same rows, settings, seed, libraries and machine.
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
    _check_choices(regimes, [*(real_rows or []), *(synthetic_rows or [])], loss, checker_rows, seeds, method)
    chosen_method = method_of(classifier, method)
    training = _hyperparameters(hyperparameters or {}, chosen_method)
    refuse_loss(loss, chosen_method)
    extra = "tfidf" if chosen_method == TFIDF else "score"
    for package in () if chosen_method == TFIDF else ("torch", "transformers", "accelerate"):
        require(package, extra=extra)
    for package in ("sklearn", "scipy", "statsmodels"):
        require(package, extra=extra)
    from synth_builder.scoring.score import score_variants
    from synth_builder.scoring.statistics.family import with_differences

    source = open_source(release)
    task, rows = variant_rows(source, variants)
    comparison = _comparison(source, task, test, real, regimes, real_rows, classifier, chosen_method, loss)
    comparison = replace(
        comparison,
        synthetic_rows=tuple(synthetic_rows or ()),
        seeds=seeds,
        checker_rows=checker_rows,
        hyperparameters=training,
        cache=None if cache is None else Path(cache),
        runs=None if fresh else default_folder() if cache is None else Path(cache) / "runs",
    )
    into = ReleaseFolder(source.folder) if out is None and source.folder and source.recipe else None

    def keep(variant: str, weights: "RowWeights") -> None:
        if into is not None:
            weights.write(into.row_weights(variant))

    found: dict[str, Scores] = {}
    for scores in score_variants(rows, comparison, source.name, on_weights=keep):
        found[scores.variant] = scores
        _write(into, [scores])
    found = with_differences(found)
    _write(into, list(found.values()), pictures=True)
    if out is not None:
        write_all(found, Path(out))
    return found


def _write(into: ReleaseFolder | None, scores: Sequence[Scores], *, pictures: bool = False) -> None:
    if into is None:
        return
    for each in scores:
        each.write(into.scores(each.variant))
    if into.variants():  # a release of ours; another folder keeps its own card
        for each in scores if pictures else ():
            # What can't be drawn is left out here, and told by `card`.
            draw_score_pictures(into, each.variant, each)
        write_card(into)


def _check_choices(
    regimes: Sequence[str] | None,
    counts: Sequence[int],
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
    for count in counts:
        if count < 1:
            raise ScoringError(f"{count} rows are asked for; expected at least 1.")
    if checker_rows < 1:
        raise ScoringError(f"{checker_rows} rows for the quality checker are asked for; expected at least 1.")
    if seeds < 1:
        raise ScoringError(f"{seeds} seeds are asked for; expected at least 1.")


def _hyperparameters(values: Mapping[str, Any], method: MethodName) -> Hyperparameters:
    if values and method != "fine_tuning":
        raise ScoringError(
            f"Hyperparameters are given ({', '.join(values)}), and the method {method!r} takes none; leave them out, "
            "or fine-tune an encoder."
        )
    for name in values:
        if name not in Hyperparameters.model_fields:
            known = list(Hyperparameters.model_fields)
            raise ScoringError(f"Unknown hyperparameter {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
    try:
        return Hyperparameters.model_validate(dict(values))
    except ValidationError as error:
        found = error.errors()[0]
        raise ScoringError(
            f"The hyperparameter {found['loc'][0]} is {found['input']!r}; {found['msg'][0].lower()}{found['msg'][1:]}."
        ) from error


def _comparison(
    source: Source,
    task: Task,
    test: str | None,
    real: str | None,
    regimes: Sequence[Regime] | None,
    real_rows: Sequence[int] | None,
    classifier: str,
    method: MethodName,
    loss: LossName,
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
        loss=loss,
        method=method,
        notes=notes,
    )
