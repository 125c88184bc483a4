from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from synth_builder.generation.answered import answered_requests
from synth_builder.generation.setup import set_up
from synth_builder.progress import bar
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.building import is_built
from synth_builder.studies.checks import check, refuse_others
from synth_builder.studies.language_model import unanswered_questions
from synth_builder.studies.sizes import Sizes, fitting_sizes
from synth_builder.studies.studied import Studied, open_tasks
from synth_builder.studies.study import Study, StudyClassifier
from synth_builder.studies.study_folder import StudyFolder
from synth_builder.studies.told_once import told_once
from synth_builder.studies.training import open_grid
from synth_builder.verbs.preview import preview_variant

# What fine-tuning all-MiniLM-L6-v2 takes on two CPU cores: benchmarks/results/training.json (rows a second of
# training; a test row costs a third of one).
ROWS_PER_SECOND = 58.9
# Seconds of a run, and for each million characters of its texts: about what the runs of the case study took
# (benchmarks/results/case_study/results.json). Embeddings are kept, so that most runs of a probe embed nothing.
SECONDS_PER_RUN = {"probe": (0.1, 0.5), "tfidf": (0.15, 2.5)}
# For each token that a reply may have, by the small model in the same process:
# benchmarks/results/case_study/times.json.
SECONDS_PER_REPLY_TOKEN = 0.0076


@dataclass(frozen=True)
class ClassifierForecast:
    """
    Trainings of one classifier.

    Args:
        title (`str`):
            The classifier.
        trainings, left (`int`):
            How many there are, and how many of them are not done.
        seconds (`float`, *optional*):
            About how long those take, one after the other; `None` where nobody knows.
        measured (`bool`):
            Whether that is by those that are done, and not by a small encoder on two CPU cores.
    """

    title: str
    trainings: int
    left: int
    seconds: float | None
    measured: bool


@dataclass(frozen=True)
class Forecast:
    """
    What a study still needs. Counts of requests are the fewest, those of tokens of replies the most.

    Args:
        variants, built (`int`):
            Variants of all tasks, and how many of them are there.
        requests, prompt_tokens, completion_tokens (`int`):
            For those that are not there, without the requests that are answered already, at four characters a token;
            rows that are rejected are asked for again.
        questions (`int`):
            Questions to the language model as a classifier, where they are not answered.
        request_seconds (`float`, *optional*):
            About how long the requests take: by those that were answered for this study, or else what the small model
            in the same process takes on two CPU cores; `None` for another engine before there are any.
        requests_measured (`bool`):
            Whether that is by those that were answered.
        classifiers (`tuple[ClassifierForecast, ...]`):
            Their trainings.
        left_out (`tuple[str, ...]`):
            Sizes that a task has too few rows for, a sentence each; their trainings are not counted.
    """

    variants: int
    built: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    questions: int
    request_seconds: float | None
    requests_measured: bool
    classifiers: tuple[ClassifierForecast, ...]
    left_out: tuple[str, ...]


@told_once()
def forecast(study: Study, out: str | Path) -> Forecast:
    """
    Say what running a study takes. Nothing is asked of a model, nothing is trained.

    Args:
        study (`Study`):
            The study.
        out (`str` or `Path`):
            Its folder, which may hold a part already.

    Raises:
        SynthBuilderError: Something can't be used.
    """
    folder = StudyFolder(Path(out))
    refuse_others(study, folder)
    tasks = open_tasks(study, folder)
    check(study, tasks)
    # Asked once: it reads the real rows of each recipe.
    built = {task.name: tuple(v for v in task.variants if is_built(task, v, study.engine)) for task in tasks}
    unbuilt = [
        _unbuilt(task, variant) for task in tasks for variant in task.variants if variant not in built[task.name]
    ]
    requests = sum(each.requests for each in unbuilt)
    sizes = {task.name: _sizes(study, task, built[task.name]) for task in tasks}
    pace = _seconds_per_request([(task, variant) for task in tasks for variant in built[task.name]])
    completion_tokens = sum(each.completion_tokens for each in unbuilt)
    if pace is not None:
        request_seconds: float | None = pace * requests
    else:
        request_seconds = SECONDS_PER_REPLY_TOKEN * completion_tokens if study.engine.is_small_model else None
    return Forecast(
        variants=sum(len(task.variants) for task in tasks),
        built=sum(map(len, built.values())),
        requests=requests,
        prompt_tokens=sum(each.prompt_tokens for each in unbuilt),
        completion_tokens=completion_tokens,
        questions=sum(
            0
            if study.language_model is None
            else unanswered_questions(study.language_model, task, study.engine, folder)
            for task in tasks
        ),
        request_seconds=request_seconds,
        requests_measured=pace is not None,
        classifiers=tuple(_trainings(study, each, tasks, built, sizes, folder) for each in study.classifiers),
        left_out=tuple(note for found in sizes.values() for note in found.notes),
    )


@dataclass(frozen=True)
class _Unbuilt:
    requests: int
    prompt_tokens: int
    completion_tokens: int


def _unbuilt(task: Studied, variant: str) -> _Unbuilt:
    """What a build of a variant still asks for at least; a build that was killed left answers behind."""
    plan = preview_variant(task.recipe, variant)
    answered = answered_requests(set_up(task.recipe, variant), task.release.work(variant)) if plan.requests else 0
    left = max(0, plan.requests - answered)
    share = left / plan.requests if plan.requests else 0.0
    return _Unbuilt(left, round(plan.prompt_tokens * share), round(plan.completion_tokens * share))


def _sizes(study: Study, task: Studied, built: tuple[str, ...]) -> Sizes:
    """The sizes that a task has enough rows for, once all of its variants are there."""
    there = [len(rows) for rows in replace(task, variants=built).rows().values()]
    asked = [_rows_of(task, variant) for variant in task.variants if variant not in built]
    return fitting_sizes(study, task, min(there + asked))


def _seconds_per_request(built: Sequence[tuple[Studied, str]]) -> float | None:
    requests, seconds = 0, 0.0
    for task, variant in built:
        if task.published is None:
            told = task.provenance(variant)
            times = told["times"] or {}
            first, last = times.get("first_answer"), times.get("last_answer")
            if first and last:
                requests += told["tally"]["asked"]
                seconds += (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
    return seconds / requests if requests and seconds else None


def _trainings(
    study: Study,
    classifier: StudyClassifier,
    tasks: Sequence[Studied],
    built: Mapping[str, tuple[str, ...]],
    sizes: Mapping[str, Sizes],
    folder: StudyFolder,
) -> ClassifierForecast:
    total, left = 0, 0
    known: float | None = 0.0
    done_rows, done_seconds, left_rows = 0, 0.0, 0
    for task in tasks:
        characters = _characters(task.test[1])
        for rows, seconds in _planned(study, classifier, task, built[task.name], sizes[task.name], folder):
            total += 1
            if seconds is not None:
                done_rows, done_seconds = done_rows + rows, done_seconds + seconds
                continue
            left, left_rows = left + 1, left_rows + rows
            guess = _usual_seconds(classifier, rows, len(task.test[1]), characters)
            known = None if guess is None or known is None else known + guess
    if done_rows and left:
        return ClassifierForecast(classifier.title, total, left, done_seconds / done_rows * left_rows, True)
    return ClassifierForecast(classifier.title, total, left, known, False)


def _planned(
    study: Study,
    classifier: StudyClassifier,
    task: Studied,
    built: tuple[str, ...],
    sizes: Sizes,
    folder: StudyFolder,
) -> Iterator[tuple[int, float | None]]:
    """Training rows of each training, and the seconds that it took where it is done."""
    if built:
        grid = open_grid(study, classifier, replace(task, variants=built), folder, sizes)
        with bar(None, "looked up", silent=True) as shown:
            trials = grid.trials(shown)
        for training in grid.trainings():
            rows = grid.rows(training)
            yield len(rows), trials.seconds(training.cell, rows, training.seed)
    asked = {variant: _rows_of(task, variant) for variant in task.variants if variant not in built}
    if not asked:
        return
    plan = Comparison(
        label_names=task.label_names,
        test=task.test[1],
        test_reference=task.test[0],
        regimes=study.regimes,
        real_rows=sizes.real_rows,
        synthetic_rows=sizes.synthetic_rows,
        also=sizes.mixtures,
    )
    # Real rows alone are trained on once; with the built variants, where there are any.
    shared = {cell for cell in plan.cells(0) if cell.regime == "real"} if built else set()
    for size in asked.values():
        for cell in plan.cells(size):
            if cell.regime == "real" and cell in shared:
                continue
            shared.add(cell)
            synthetic = 0 if cell.regime == "real" else cell.synthetic_rows or size
            yield from (((cell.real_rows or 0) + synthetic, None) for _ in range(study.seeds))


def _rows_of(task: Studied, variant: str) -> int:
    rows = task.recipe.variant(variant).generation.rows
    return rows.get("train") or next(iter(rows.values()))


def _characters(rows: TextRows) -> int:
    return sum(len(text) for texts in rows.texts for text in texts)


def _usual_seconds(classifier: StudyClassifier, rows: int, test_rows: int, test_characters: int) -> float | None:
    method = classifier.trained_by
    if method in SECONDS_PER_RUN:
        run, per_million = SECONDS_PER_RUN[method]
        # The texts that are trained on are taken to be as long as those that are tested on.
        return run + per_million * test_characters * (1 + rows / test_rows) / 1e6
    if method != "fine_tuning":
        return None
    usual = Hyperparameters.model_validate(classifier.hyperparameters)
    return (max(rows * usual.epochs, usual.min_steps * usual.batch_size) + test_rows / 3) / ROWS_PER_SECOND
