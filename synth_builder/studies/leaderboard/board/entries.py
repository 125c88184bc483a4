from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from synth_builder.recipes.fingerprint import digest
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.board.content_hash import content_hash
from synth_builder.studies.leaderboard.board.harmless_text import harmless_name
from synth_builder.studies.leaderboard.board.ranking import Interval
from synth_builder.studies.results.parts import StudiedTask
from synth_builder.studies.results.study_results import StudyResults


@dataclass(frozen=True)
class Entry:
    """
    One row of the leaderboard: what a classifier reached that was trained in one way. Its names can be shown as they
    are, once they are escaped for HTML; see `harmless_name`.

    Args:
        id (`str`):
            Names it in links: 16 hexadecimal digits, the same wherever the same results are read.
        study (`str`):
            Name of the study.
        task, classifier (`str`):
            Of two tasks of one name with other test rows or other real training rows, and of two classifiers of one
            title with different settings, a part of a hash tells which is which, so that what is compared was trained
            and tested alike.
        variant, model, engine, strategy (`str`, *optional*):
            Who made the rows, and how; `None` for real rows alone.
        regime (`str`):
            What was trained on: `synthetic`, `real 100`, `real 100 + synthetic`.
        accuracy, macro_f1 (`Interval`):
            With 95 % intervals.
        rows (`int`):
            Training rows.
        seeds (`int`):
            Trainings.
        fingerprint (`str`):
            Of the study's results.
        file (`str`):
            Where it was read from.
        cell (`Cell`):
            The way of training.
        named (`tuple[str, str, str | None]`):
            Task, classifier and variant as the file calls them.
    """

    id: str
    study: str
    task: str
    classifier: str
    variant: str | None
    model: str | None
    engine: str | None
    strategy: str | None
    regime: str
    accuracy: Interval
    macro_f1: Interval
    rows: int
    seeds: int
    fingerprint: str
    file: str
    cell: Cell
    named: tuple[str, str, str | None]

    @property
    def group(self) -> tuple[str, str, str]:
        """What it is ranked within."""
        return self.task, self.classifier, self.regime

    @property
    def title(self) -> str:
        """What made its rows, in words."""
        return self.variant or "real rows alone"


def entries_of(studies: Iterable[tuple[str, StudyResults]]) -> list[Entry]:
    """
    All results of all studies, one by one.

    Args:
        studies (`Iterable[tuple[str, StudyResults]]`):
            File and what it holds: results in which nothing is implausible.
    """
    read = list(studies)
    tasks = _told_apart((task.name, _rows(task)) for _, results in read for task in results.tasks)
    classifiers = _told_apart(
        (each.title, _settings(results, each.title)) for _, results in read for each in results.classifiers
    )
    found = []
    for file, results in read:
        tested = {task.name: tasks[task.name, _rows(task)] for task in results.tasks}
        trained = {each.title: classifiers[each.title, _settings(results, each.title)] for each in results.classifiers}
        variants = {(each.task, each.variant): each for each in results.variants}
        content = content_hash(results)
        for cell in results.cells:
            made = variants.get((cell.task, cell.variant or ""))
            regime = cell.cell.title
            found.append(
                Entry(
                    id=digest([content, cell.task, cell.classifier, cell.variant, regime]),
                    study=harmless_name(results.name),
                    task=tested[cell.task],
                    classifier=trained[cell.classifier],
                    variant=None if cell.variant is None else harmless_name(cell.variant),
                    model=harmless_name(made.model) if made else None,
                    engine=harmless_name(made.engine) if made else None,
                    strategy=harmless_name(made.strategy) if made else None,
                    regime=regime,
                    accuracy=_interval(cell.accuracy),
                    macro_f1=_interval(cell.macro_f1),
                    rows=cell.train_rows,
                    seeds=len(cell.accuracies),
                    fingerprint=results.fingerprint,
                    file=file,
                    cell=cell.cell,
                    named=(cell.task, cell.classifier, cell.variant),
                )
            )
    return found


def _interval(spread: Spread) -> Interval:
    if spread.low is None or spread.high is None:
        return Interval(_share(spread.mean), None, None)
    return Interval(_share(spread.mean), _share(spread.low), _share(spread.high))


def _share(value: float) -> float:
    """Without what rounding put beside 0 and 1."""
    return min(1.0, max(0.0, value))


def _rows(task: StudiedTask) -> str:
    """What tells two tasks of one name apart: the rows to test on, and the real ones to train on."""
    return digest([task.test_fingerprint, task.real_fingerprint])


def _settings(results: StudyResults, title: str) -> str:
    """
    What tells two classifiers of one title apart. Their revisions do not: one encoder has a commit where it came from
    the Hub and a hash where it was a folder.
    """
    used = next(each for each in results.classifiers if each.title == title)
    return digest([used.name, used.method, used.loss, used.hyperparameters])


def _told_apart(named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name and identity -> what it is called: the name, and a part of the identity where several share the name."""
    identities: dict[Hashable, set[str]] = defaultdict(set)
    pairs = set(named)
    for name, identity in pairs:
        identities[name].add(identity)
    return {
        (name, identity): harmless_name(name)
        if len(identities[name]) == 1
        else f"{harmless_name(name)} ({digest(identity, 6)})"
        for name, identity in pairs
    }
