import json
from collections.abc import Iterator

from pydantic import ValidationError

from synth_builder.errors import StudyError
from synth_builder.progress import bar
from synth_builder.scoring.diversity.measure import Settings, measure_variants
from synth_builder.scoring.diversity.results import Diversity, write_all
from synth_builder.studies.sharing import Unit
from synth_builder.studies.studied import Studied
from synth_builder.studies.study_folder import StudyFolder


def measurings(task: Studied, folder: StudyFolder) -> Iterator[Unit]:
    """
    The measures of diversity of a task's variants, in one unit: they are all drawn at one size.

    Args:
        task (`Studied`):
            The task, its variants built.
        folder (`StudyFolder`):
            Where the measures are written to.
    """
    yield Unit(f"diversity-{task.name}", lambda: _is_measured(task, folder), lambda: _measure(task, folder))


def read_measures(task: Studied, folder: StudyFolder) -> dict[str, Diversity]:
    """
    Variant -> its measures.

    Raises:
        StudyError: The file is missing, or is another one's.
    """
    path = folder.diversity(task.name)
    try:
        values = json.loads(path.read_bytes())
        return {variant: Diversity.model_validate(value) for variant, value in values.items()}
    except (OSError, ValueError, ValidationError) as error:
        raise StudyError(f"{str(path)!r} can't be read as measures of diversity: {error}") from error


def _is_measured(task: Studied, folder: StudyFolder) -> bool:
    try:
        found = read_measures(task, folder)
    except StudyError:
        return False  # not there, or not readable: it is measured again
    rows = task.rows()
    real = None if task.real is None else task.real[1].fingerprint()
    return list(found) == list(rows) and all(
        measured.synthetic.fingerprint == rows[variant].fingerprint()
        and (None if measured.real is None else measured.real.fingerprint) == real
        for variant, measured in found.items()
    )


def _measure(task: Studied, folder: StudyFolder) -> None:
    from synth_builder.scoring.methods.sentence_embeddings import open_embedder

    rows = task.rows()
    reference, real = task.real or ("none", None)
    sides = [*rows.values(), *([real] if real is not None else [])]
    settings = Settings(dataset=task.name, real_reference=reference)
    with bar(min(map(len, sides)) * len(sides), f"{task.name}, diversity", unit="row") as shown:
        found = {
            measured.variant: measured
            for measured in measure_variants(rows, real, open_embedder("minilm"), settings, on_rows=shown.update)
        }
    write_all(found, folder.diversity(task.name))
