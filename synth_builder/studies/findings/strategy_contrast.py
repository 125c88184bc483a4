import statistics

from synth_builder.scoring.diversity.catalogue import LIKENESS, Measure
from synth_builder.studies.findings.over_tasks import OverTasks, over_tasks
from synth_builder.studies.results.parts import StudiedVariant
from synth_builder.studies.results.study_results import StudyResults


def strategy_contrast(results: StudyResults, candidate: str, baseline: str, measure: Measure) -> OverTasks | None:
    """
    How a measure of the rows differs between two strategies: of each task the mean over the variants of the one minus
    the mean over those of the other, then over the tasks.

    Args:
        results (`StudyResults`):
            The study.
        candidate (`str`):
            A strategy.
        baseline (`str`):
            Another one.
        measure (`Measure`):
            Of variety or likeness; variants without it are left out.

    Returns:
        `OverTasks`: Or `None` where no task has both.
    """
    values: dict[str, list[float]] = {}
    for task in results.task_names:
        sides = []
        for strategy in (candidate, baseline):
            of_strategy = [each for each in results.variants if (each.task, each.strategy) == (task, strategy)]
            sides.append([value for each in of_strategy if (value := _of(each, measure)) is not None])
        if all(sides):
            values[task] = [statistics.fmean(sides[0]) - statistics.fmean(sides[1])]
    return over_tasks(values, most=measure.width) if values else None


def _of(variant: StudiedVariant, measure: Measure) -> float | None:
    return measure.of(variant.likeness if measure in LIKENESS else variant.variety)
