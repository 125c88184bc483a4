"""The report as one page for the browser, that needs nothing beside it and loads nothing."""

import base64
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

import jinja2
import yaml
from markupsafe import Markup, escape

from synth_builder.engines.without import NoEngine
from synth_builder.studies.findings.verdicts import first_classifier
from synth_builder.studies.findings.wording import listed, numbered
from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.figures.figure_files import figure_file
from synth_builder.studies.report.sections import Contents
from synth_builder.studies.results.parts import StudiedVariant
from synth_builder.studies.results.study_results import StudyResults

TALL = 14
"""Tables of more rows get a bar to scroll by; on paper they are whole."""
SAMPLES = 3
COMMAND = "synth-builder study study.yaml"


def report_page(
    results: StudyResults, shown: Contents, drawn: Mapping[str, bytes], notes: tuple[str, ...] = ()
) -> str:
    """
    The report as an HTML page, light or dark as the reader's system is. No text of the study is read as HTML.

    Args:
        results (`StudyResults`):
            The study.
        shown (`Contents`):
            Its tables and figures.
        drawn (`Mapping[str, bytes]`):
            Files of the figures, by name; figures that are not among them are left out.
        notes (`tuple[str, ...]`, defaults to none):
            What a reader has to know besides the notes of the study.
    """
    room = files("synth_builder.studies.report")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    template = environment.from_string(room.joinpath("page.html.jinja").read_text(encoding="utf-8"))
    return template.render(
        results=results,
        shown=shown,
        style=Markup(room.joinpath("page.css").read_text(encoding="utf-8")),
        written=_written(results),
        facts=_facts(results),
        limits=(*_limits(results), *results.notes, *notes),
        study=_lines(yaml.safe_dump(_plain_values(results.study), sort_keys=False, allow_unicode=True)),
        images=_Images(drawn),
        command=COMMAND,
        tall=TALL,
        samples=SAMPLES,
        first=first_classifier(results),
    )


class _Images:
    """Files of figures as addresses that hold them whole."""

    def __init__(self, drawn: Mapping[str, bytes]) -> None:
        self._drawn = drawn

    def of(self, name: str, theme: str) -> str | None:
        data = self._drawn.get(figure_file(name, theme, "svg"))
        return None if data is None else f"data:image/svg+xml;base64,{base64.b64encode(data).decode('ascii')}"


def _written(results: StudyResults) -> str:
    """Who made the rows, in a sentence."""
    tasks = numbered(len(results.tasks), "text classification task")
    without = [*dict.fromkeys(variant.variant for variant in results.variants if _without_model(variant))]
    if without and all(map(_without_model, results.variants)):
        return f"Training rows for {tasks} were made without a language model."
    but = f"; those of {listed(without)} were made without one" if without else ""
    return f"A language model wrote training rows for {tasks}{but}."


def _without_model(variant: StudiedVariant) -> bool:
    return variant.engine == NoEngine.name


def _facts(results: StudyResults) -> dict[str, str]:
    asked = (variant.model for variant in results.variants if not _without_model(variant))
    models = ", ".join(dict.fromkeys(asked))
    machine = results.machine
    where = f"{machine.device}, {numbered(machine.threads, 'thread')}"
    if machine.processes > 1:
        where += f", {machine.processes} processes"
    if machine.mixed_precision != "no":
        where += f", {machine.mixed_precision}"
    sizes = sorted({cell.real_rows for cell in results.cells if cell.regime == "real" and cell.real_rows})
    trained = sum(len(cell.accuracies) for cell in results.cells)
    facts = {
        "tasks": ", ".join(results.task_names),
        "variants": ", ".join(results.variant_names) or "none",
        "language model": models,
        "classifiers": ", ".join(classifier.title for classifier in results.classifiers) or "none",
        "real rows to train on": ", ".join(f"{rows:,}" for rows in sizes),
        "trainings": f"{trained:,}, {numbered(results.seeds, 'seed')} each",
        "comparisons": f"{len(results.differences):,}, corrected together (Holm) by question and classifier",
        "trained on": where,
        "time of the trainings": _time(results.seconds),
        "done": _day(results.created),
    }
    return {name: value for name, value in facts.items() if value}


def _limits(results: StudyResults) -> list[str]:
    tasks = len(results.tasks)
    first = first_classifier(results)
    no_model = bool(results.variants) and all(map(_without_model, results.variants))
    makers = "the ways to make rows" if no_model else "the language models and the prompts"
    limits = [
        f"The answers are about {numbered(tasks, 'task')}, {makers} named above"
        + (f", and the classifier {first}" if first else "")
        + ". Others may answer otherwise.",
        "“Not decided” does not say that there is no difference: these data do not show it.",
        "Verdicts in tables are corrected for all comparisons of one question by one classifier together, over all "
        "tasks and variants. The answers to the questions are not corrected for how many questions there are.",
    ]
    if results.differences:
        limits.append(
            "The interval of a comparison is a bootstrap over its test rows. Its p-value is the greatest of three: of "
            "that bootstrap, of McNemar's test of the answers, and of Welch's test of the seeds. So an interval may "
            "lie beside 0 where the verdict is “within noise”."
        )
    if tasks > 1:
        limits.append(
            f"Intervals over the {tasks} tasks are Student's, which take the tasks' differences to be about normally "
            "distributed; the fewer tasks, the wider they are."
        )
    if tasks == 1:
        limits.append("One task tells nothing of others: where an answer asks for several tasks, it is not decided.")
    if results.skills:
        limits.append("The language model was asked about a part of the test rows only; its intervals say so.")
    limits.append("What papers found is told in words where only secondary sources of it were at hand.")
    return limits


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


def _day(created: str) -> str:
    try:
        return f"{datetime.fromisoformat(created):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return created  # a file that somebody else wrote


def _lines(text: str) -> Markup:
    return Markup("\n").join(escape(plain_line(line)) for line in text.splitlines())


def plain_line(line: str) -> str:
    """A line of YAML with its indentation, otherwise as `plain` has it."""
    return " " * (len(line) - len(line.lstrip(" "))) + plain(line)


def _plain_values(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_values(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_values(each) for each in value]
    return value
