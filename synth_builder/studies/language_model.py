import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from synth_builder.engines.base import Engine, EngineInfo, Request
from synth_builder.engines.choose import make_engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import StudyError
from synth_builder.filters.label_answer import label_in_answer
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.event_loop import run_coroutine
from synth_builder.generation.journal import Journal, request_key
from synth_builder.progress import bar
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.real_data import RealRow
from synth_builder.scoring.metrics import measure, most_common_label
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.scoring.results.whole_file import whole_file
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.statistics.intervals import bootstrap_intervals
from synth_builder.scoring.statistics.wilson import wilson_interval
from synth_builder.strategies.demonstrations import Demonstrations
from synth_builder.studies.building import engine_name, engine_settings, script_of
from synth_builder.studies.questions import Questions, classification_prompt
from synth_builder.studies.results.parts import Skill
from synth_builder.studies.sharing import Unit
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import LanguageModelSkill, StudyEngine
from synth_builder.studies.study_folder import StudyFolder

SKILLS = "skills.json"
FORM = 2
"""Raised whenever the same answers give other figures."""


class _Found(BaseModel):
    """What is kept: the skills, and what they depend on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    skills: tuple[Skill, ...]


def skill_units(
    asked: LanguageModelSkill, task: Studied, engine: StudyEngine, folder: StudyFolder, given: Engine | None = None
) -> Iterator[Unit]:
    """
    The language model as a classifier of a task's real test rows, with and without demonstrations (arXiv 2407.12813
    compares it with the worth of its data); greedy decoding, so an answer does not depend on a seed. One unit.

    Args:
        asked (`LanguageModelSkill`):
            How many rows and demonstrations.
        task (`Studied`):
            The task.
        engine (`StudyEngine`):
            Who is asked.
        folder (`StudyFolder`):
            Where answers and results are kept.
        given (`Engine`, *optional*):
            An engine that is made already, in place of the one that the study names.
    """
    questions = questions_about(asked, task)
    script = script_of(engine, given)
    key = _key(asked, questions, task, engine, script)
    journal = _journal_name(engine, script, given)

    def find() -> None:
        settings = engine_settings(engine)
        who = make_engine(given or engine_name(engine), settings)
        skills = run_coroutine(
            _ask(questions, asked.demonstrations, task.name, who, folder.skill(task.name) / journal)
        )
        with whole_file(folder.skill(task.name) / SKILLS) as stream:
            stream.write(_Found(key=key, skills=tuple(skills)).model_dump_json(indent=2).encode())

    yield Unit(f"language-model-{task.name}", lambda: _kept(task, folder) == key, find)


def read_skills(task: Studied, folder: StudyFolder) -> tuple[Skill, ...]:
    """
    What was found.

    Raises:
        StudyError: It was not asked yet.
    """
    return _read(task, folder).skills


def unanswered_questions(asked: LanguageModelSkill, task: Studied, engine: StudyEngine, folder: StudyFolder) -> int:
    """
    How many questions about a task still have to be asked; those that a killed run got answers to do not count.

    Args:
        asked (`LanguageModelSkill`):
            How many rows and demonstrations.
        task (`Studied`):
            The task.
        engine (`StudyEngine`):
            Who is asked.
        folder (`StudyFolder`):
            Where answers and results are kept.
    """
    questions, script = questions_about(asked, task), script_of(engine)
    if _kept(task, folder) == _key(asked, questions, task, engine, script):
        return 0
    every = len(asked.demonstrations) * len(questions.test)
    path = folder.skill(task.name) / _journal_name(engine, script, None)
    if not path.is_file():
        return every
    with Journal(path, read_only=True) as journal:
        info = journal.engine_info()
        if info is None:
            return every
        requests = (request for count in asked.demonstrations for request in questions.requests(count, info))
        return sum(journal.get(request_key(info, request)) is None for request in requests)


def _read(task: Studied, folder: StudyFolder) -> _Found:
    try:
        return _Found.model_validate_json((folder.skill(task.name) / SKILLS).read_bytes())
    except (OSError, ValidationError) as error:
        raise StudyError(f"What the language model answers on {task.name!r} can't be read: {error}") from error


def _kept(task: Studied, folder: StudyFolder) -> str | None:
    try:
        return _read(task, folder).key
    except StudyError:
        return None  # not there, or of another form: it is asked again, from the journal


def questions_about(asked: LanguageModelSkill, task: Studied) -> Questions:
    """
    What is asked about a task.

    Args:
        asked (`LanguageModelSkill`):
            How many rows and demonstrations.
        task (`Studied`):
            The task.

    Raises:
        StudyError: Real rows are to be shown, and the recipe names none.
        RealDataError: There are fewer than are to be shown.
    """
    test = task.test[1]
    chosen = sorted(stratified_order(test.labels, 0)[: asked.test_rows])
    if task.real is None and max(asked.demonstrations) > 0:
        raise StudyError(
            f"The language model is to be shown {max(asked.demonstrations)} real rows, and the recipe of the task "
            f"{task.name!r} names none; give it real.train, or ask for demonstrations: [0]."
        )
    if task.real is None:
        return Questions(task.recipe.task, test.take(chosen), None, asked.prompt_form)
    shown = Demonstrations(_real_rows(task, task.real[1]), task.recipe.task, _real_rows(task, test))
    shown.need(max(asked.demonstrations), False, f"the language model itself on {task.name}")
    return Questions(task.recipe.task, test.take(chosen), shown, asked.prompt_form)


def _real_rows(task: Studied, rows: TextRows) -> list[RealRow]:
    columns, names = list(task.recipe.task.columns), task.label_names
    return [
        RealRow(id=name, columns=dict(zip(columns, texts, strict=True)), label=names[label])
        for name, texts, label in zip(rows.ids, rows.texts, rows.labels, strict=True)
    ]


async def _ask(questions: Questions, counts: Sequence[int], task: str, engine: Engine, path: Path) -> list[Skill]:
    found = []
    with Journal(path) as journal:
        async with engine:
            asker = Asker(engine, journal, RetryPolicy())
            info = await asker.info()
            with bar(len(counts) * len(questions.test), f"{task}, the language model itself", "row") as shown:

                async def answer(request: Request) -> Answer:
                    told = await asker.ask(request)
                    shown.update()
                    return told

                for count in counts:
                    requests = questions.requests(count, info)
                    answers = await asyncio.gather(*(answer(request) for request in requests))
                    found.append(_skill(questions, count, answers, task, info))
    return found


def _skill(questions: Questions, shown: int, answers: Sequence[Answer], name: str, info: EngineInfo) -> Skill:
    names, is_json = questions.task.label_names, questions.asks_for_json(info)
    answered = [
        (answer.completion, label)
        for answer, label in zip(answers, questions.test.labels, strict=True)
        if answer.completion is not None
    ]
    if not answered:
        raise StudyError(
            f"The engine answered none of the {len(answers)} questions about {name!r} with {shown} demonstrations: "
            f"{answers[0].failure}. Ask with fewer demonstrations, or leave language_model out."
        )
    labels = [label for _, label in answered]
    told = [label_in_answer(reply, questions.task, is_json=is_json) for reply, _ in answered]
    # What is no label counts as an answer that no test row has.
    predictions = [len(names) if label is None else names.index(label) for label in told]
    measures = measure(labels, predictions, len(names) + 1)
    low, high = wilson_interval(sum(map(int.__eq__, predictions, labels)), len(labels))
    macro_f1 = bootstrap_intervals(labels, [predictions]).macro_f1
    return Skill(
        task=name,
        model=info.model,
        demonstrations=shown,
        rows=len(labels),
        accuracy=Spread(mean=measures.accuracy, std=None, low=low, high=high),
        macro_f1=Spread(mean=measures.macro_f1, std=None, low=macro_f1[0], high=macro_f1[1]),
        unreadable=told.count(None),
        majority_accuracy=labels.count(most_common_label(labels)) / len(labels),
        failed=len(answers) - len(answered),
    )


def _journal_name(engine: StudyEngine, script: str | None, given: Engine | None) -> str:
    """Another model, or another script, answers into another journal."""
    who = [given.name if given else engine_name(engine), engine.model, *([script] if script else [])]
    return f"{digest(who)}.sqlite"


def _key(
    asked: LanguageModelSkill, questions: Questions, task: Studied, engine: StudyEngine, script: str | None
) -> str:
    decides: Mapping[str, Any] = {
        "form": FORM,
        "asked": asked.model_dump(mode="json"),
        "task": task.recipe.task.model_dump(mode="json"),
        "test": questions.test.fingerprint(),
        "real": None if task.real is None else task.real[1].fingerprint(),
        "prompt": digest(classification_prompt()),
        "engine": engine.name,
        "model": engine.model,
    }
    if script is not None:
        decides = {**decides, "script": script}
    return digest(dict(decides))
