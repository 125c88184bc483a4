from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.errors import ScoringError
from synth_builder.recipes.task import Task
from synth_builder.releases.card.card import write_card
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.score_pictures import draw_score_pictures, never_drawn
from synth_builder.scoring.choices import LOSSES_WITH_CHECKERS, TFIDF, EncoderMethod, LossName, Regime
from synth_builder.scoring.processes import first_process
from synth_builder.scoring.results.scores import Scores, require_writable, write_all
from synth_builder.scoring.rows.real_rows import real_text_rows
from synth_builder.scoring.rows.source import Source, open_source, variant_rows
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.score_settings import ScoreSettings
from synth_builder.verbs.row_pictures import draw_missing

if TYPE_CHECKING:
    from synth_builder.scoring.results.row_weights import RowWeights

NOT_WRITTEN = (
    "The scores were not written to a file: only the folder of a release, with its recipe.yaml, has a place for them. "
    "Name a file with --out to keep them."
)

NO_WEIGHTS = (
    "The weights of single rows are kept of the regime synthetic, which was left out; add it with --regimes to have "
    "them."
)

WEIGHTS_NEITHER = " It keeps the weights of the rows, too, in a file beside it."


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
    checker_rows: int | None = None,
    seeds: int = 3,
    method: EncoderMethod | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    fresh: bool = False,
    out: str | Path | None = None,
    on_note: Callable[[str], None] | None = None,
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
            With several, it is told what each variant is worth in real rows.
        synthetic_rows (`Sequence[int]`, *optional*):
            How many of a variant's rows are taken, besides all of them: the points of a quantity curve.
        classifier (`str`, defaults to `"minilm"`):
            What is trained: an encoder, as `minilm` (all-MiniLM-L6-v2), a Hub id or a directory; or `tfidf`, a
            logistic regression on TF-IDF of words and characters, which needs no torch.
        loss (`"cross_entropy"`, `"focal"`, `"imp"` or `"dimp"`, defaults to `"cross_entropy"`):
            What is minimised; see `scoring/losses.py`. Only fine-tuning has others than `cross_entropy`.
        checker_rows (`int`, *optional*):
            Real rows that the quality checker of `imp` and `dimp` is trained on. 200 when not given, or all if there
            are fewer. What it finds about each row of a release folder is written to
            `scores/<variant>.rows.parquet`, and beside `out` where that is given.
        seeds (`int`, defaults to 3):
            Trainings per regime.
        method (`"fine_tuning"`, `"probe"` or `"setfit"`, *optional*):
            What is done with the encoder: it is fine-tuned; it stays as it is and a logistic regression is fitted on
            its embeddings; or it is trained on pairs of rows before. `fine_tuning` when not given.
        hyperparameters (`Mapping[str, Any]`, *optional*):
            How to fine-tune, where it is not by default: fields of `scoring/hyperparameters.py::Hyperparameters`.
        cache (`str` or `Path`, *optional*):
            Folder where embeddings and finished trainings are kept. One of the Hugging Face cache when not given.
        fresh (`bool`, defaults to `False`):
            Train anew what was trained before with the same rows, settings, seed, libraries and machine.
        out (`str` or `Path`, *optional*):
            File for the scores: one JSON object, variant -> scores. When not given, they are written to
            `scores/<variant>.json` of a release folder; nothing is written for other datasets. With `imp` and `dimp`,
            the weights of the rows stand beside it: `x.rows.parquet` beside `x.json`, and of several variants
            `x.<variant>.rows.parquet`.
        on_note (`Callable[[str], None]`, *optional*):
            Called with what a reader has to know of the release's pictures, where the weights of the rows stand beside
            `out`, and where nothing was written. What there is to know of the scores stands in their own notes.

    Returns:
        `dict[str, Scores]`: Variant -> its scores.

    Raises:
        LeakedTestRowsError: A test row stands in a variant.
        RealDataError: The real rows can't be read.
        ScoringError: The dataset can't be scored; the message says why.
        UnknownNameError: There is no such variant.
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
    from synth_builder.scoring.results.row_weights import weights_beside
    from synth_builder.scoring.score import score_variants
    from synth_builder.scoring.statistics.family import with_differences

    source = open_source(release)
    task, rows = variant_rows(source, variants)
    comparison = settings.comparison(
        task.label_names, _test_rows(source, task, test), _real_rows(source, task, real, settings), "--real"
    )
    first = first_process()
    if first and out is not None:
        require_writable(Path(out))
    into = ReleaseFolder(source.folder) if first and out is None and source.folder and source.recipe else None
    if into is not None:
        require_writable(into.scores(next(iter(rows))))

    weighted = comparison.loss in LOSSES_WITH_CHECKERS
    unkept = weighted and "synthetic" not in comparison.regimes
    if first and unkept and on_note is not None:
        on_note(NO_WEIGHTS)
    beside = weights_beside(Path(out), rows) if first and out is not None and weighted else {}
    written: list[Path] = []

    def keep(variant: str, weights: "RowWeights") -> None:
        if into is not None:
            weights.write(into.row_weights(variant))
        elif variant in beside:
            weights.write(beside[variant])
            written.append(beside[variant])

    found: dict[str, Scores] = {}
    for scores in score_variants(rows, comparison, source.name, on_weights=keep):
        found[scores.variant] = scores
        _write(into, [scores])
    found = with_differences(found)
    if into is not None and classifier != TFIDF:  # which is chosen where there is no encoder for the map
        draw_missing(into, [name for name in found if name in into.variants()])
    _write(into, list(found.values()), pictures=True, on_note=on_note)
    if first and out is not None:
        write_all(found, Path(out))
    if written and on_note is not None:
        on_note(f"What the checkers found about each row was written to {', '.join(map(str, written))}.")
    if first and into is None and out is None and on_note is not None:
        on_note(f"{NOT_WRITTEN}{WEIGHTS_NEITHER if weighted and not unkept else ''}")
    settings.clean_up()
    return found


def _write(
    into: ReleaseFolder | None,
    scores: Sequence[Scores],
    *,
    pictures: bool = False,
    on_note: Callable[[str], None] | None = None,
) -> None:
    if into is None:
        return
    for each in scores:
        each.write(into.scores(each.variant))
        if each.loss not in LOSSES_WITH_CHECKERS or all(found.regime != "synthetic" for found in each.results):
            into.row_weights(each.variant).unlink(missing_ok=True)  # those of an earlier score are not of this one
    if into.variants():  # a release of ours; another folder keeps its own card
        for each in scores if pictures else ():
            # That an extra is missing, and nothing drawn, is told by `card` alone.
            draw_score_pictures(into, each.variant, each)
            if on_note is not None:
                for note in never_drawn(each.variant, each):
                    on_note(note)
        write_card(into)


def _test_rows(source: Source, task: Task, test: str | None) -> tuple[str, TextRows]:
    reference, rows = real_text_rows(test, "test", source, task)
    if reference is None or rows is None:
        raise ScoringError(
            f"There are no test rows to score {source.name!r} on: "
            f"{'it has no recipe.yaml' if source.recipe is None else 'its recipe has no real.test'}. Give real rows "
            "with --test, as 'owner/name:split' of a dataset on the Hub or as a parquet, csv, json or jsonl file."
        )
    return reference, rows


def _real_rows(source: Source, task: Task, real: str | None, settings: ScoreSettings) -> tuple[str, TextRows] | None:
    if not settings.needs_real_rows:
        return None
    reference, rows = real_text_rows(real, "train", source, task)
    return None if reference is None or rows is None else (reference, rows)
