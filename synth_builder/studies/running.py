from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from synth_builder.engines.base import Engine
from synth_builder.recipes.yaml_text import write_yaml
from synth_builder.releases.folder import write_whole
from synth_builder.studies.assembling import assemble
from synth_builder.studies.building import are_built, builds
from synth_builder.studies.checks import check, refuse_others, test_rows
from synth_builder.studies.comparisons import AllScores
from synth_builder.studies.findings.catalogue import findings
from synth_builder.studies.findings.wording import listed, numbered
from synth_builder.studies.language_model import skill_units
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.results.table_file import write_results_table
from synth_builder.studies.sharing import Unit, claimed, share
from synth_builder.studies.spreading import check_cluster, spread_trainings, units_of_rows
from synth_builder.studies.studied import Studied, open_tasks
from synth_builder.studies.study import Study
from synth_builder.studies.study_folder import StudyFolder
from synth_builder.studies.subjectivity.subjectivity import subjectivity_of
from synth_builder.studies.told_once import told_once
from synth_builder.studies.training import read_scores, scorings
from synth_builder.verbs.spread import Spread

Say = Callable[[str], None]


@told_once()
def run_study(
    study: Study,
    out: str | Path,
    *,
    engine: Engine | None = None,
    spread: Spread | None = None,
    say: Say = lambda _: None,
) -> StudyResults | None:
    """
    Run a study: build the variants that are missing, ask the language model itself, measure the rows, train what is
    not trained yet, and write what was found. Whatever was done before is not repeated, down to a single request and a
    single training, and several processes may run the same study in the same folder: they share the work.

    Args:
        study (`Study`):
            The study.
        out (`str` or `Path`):
            Its folder; made when it is not there.
        engine (`Engine`, *optional*):
            An engine that is made already, in place of the one that the study names.
        spread (`Spread`, *optional*):
            A cluster that builds and trains, with the same results; its machines share the folder.
        say (`Callable[[str], None]`, *optional*):
            Told in a sentence what is begun; nobody is when not given.

    Returns:
        `StudyResults`: What was found; `None` where another process is writing it.

    Raises:
        SynthBuilderError: Something can't be used, or was not answered; what was done so far is kept.
    """
    # Processes of a cluster may stand in other folders.
    folder = StudyFolder(Path(out) if spread is None else Path(out).resolve())
    refuse_others(study, folder)
    recipes = "recipe" if len(study.tasks) == 1 else "recipes"
    say(f"Reading the {recipes} of {numbered(len(study.tasks), 'task')}: {listed([*study.tasks])}.")
    tasks = open_tasks(study, folder)
    say(f"Checking the engine, the real rows and {numbered(len(study.classifiers), 'classifier')}.")
    check(study, tasks, engine)
    say("Looking for what is done already.")
    if spread is None:
        share(lambda: _work(study, tasks, folder, engine, say), folder.locks)
        share(lambda: _scores(study, tasks, folder, say), folder.locks)
    else:
        check_cluster(study, folder, spread.cluster)
        share(lambda: _asking(study, tasks, folder, engine, say, spread), folder.locks)
        say(f"Training {_classifiers(study)} on the cluster.")
        spread_trainings(study, tasks, folder, spread.cluster)
    with claimed(folder.locks / "results.lock") as mine:
        if not mine:
            return None
        say("Comparing, and writing the report.")
        return _finish(study, tasks, folder)


def _work(
    study: Study, tasks: Sequence[Studied], folder: StudyFolder, engine: Engine | None, say: Say
) -> Iterator[Unit]:
    """All that has to be done before scores can be told; what waits for a build of another process is left out."""
    yield from _asking(study, tasks, folder, engine, say)
    for task in tasks:
        if are_built(task, study.engine, engine):
            measured = "measuring the rows, and " if study.diversity else ""
            sentence = f"{task.name}: {measured}training {_classifiers(study)}."
            yield from _told(units_of_rows(study, task, folder), sentence, say)


def _asking(
    study: Study,
    tasks: Sequence[Studied],
    folder: StudyFolder,
    engine: Engine | None,
    say: Say,
    spread: Spread | None = None,
) -> Iterator[Unit]:
    """All that the language model is asked for."""
    for task in tasks:
        sentence = f"{task.name}: building {listed(task.variants)}."
        yield from _told(builds(task, study.engine, engine, spread), sentence, say)
        if study.language_model is not None:
            asked = skill_units(study.language_model, task, study.engine, folder, engine)
            yield from _told(asked, f"{task.name}: asking the language model itself.", say)


def _scores(study: Study, tasks: Sequence[Studied], folder: StudyFolder, say: Say) -> Iterator[Unit]:
    for task in tasks:
        sentence = f"{task.name}: putting the scores of {_classifiers(study)} together."
        yield from _told(scorings(study, task, folder), sentence, say)


def _classifiers(study: Study) -> str:
    return listed([classifier.title for classifier in study.classifiers])


def _told(units: Iterable[Unit], sentence: str, say: Say) -> Iterator[Unit]:
    """The same units; the first one that is done says what is begun. Where nothing is left, nothing is said."""
    said = False

    def begin(unit: Unit) -> None:
        nonlocal said
        if not said:
            say(sentence)
        said = True
        unit.do()

    for unit in units:
        yield replace(unit, do=partial(begin, unit))


def _finish(study: Study, tasks: Sequence[Studied], folder: StudyFolder) -> StudyResults:
    from synth_builder.studies.report.write_report import write_report

    scores = _all_scores(study, tasks, folder)
    results = assemble(study, tasks, scores, folder)
    if study.subjectivity is not None:
        found = subjectivity_of(study, scores, test_rows(tasks))
        results = results.model_copy(
            update={
                "agreement_curves": found.curves,
                "subjectivity": found.tasks,
                "notes": (*results.notes, *found.notes),
            }
        )
    results = results.model_copy(update={"findings": findings(results)})
    write_whole(folder.study, write_yaml(results.study))
    results.write(folder.results)
    write_results_table(results, folder.table)
    write_report(results, folder)
    return results


def _all_scores(study: Study, tasks: Sequence[Studied], folder: StudyFolder) -> AllScores:
    return {
        task.name: {
            classifier.title: read_scores(folder.scores(task.name, classifier.title))
            for classifier in study.classifiers
        }
        for task in tasks
    }
