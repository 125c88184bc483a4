from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from synth_builder.engines.base import EngineInfo, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import StudyError
from synth_builder.studies.language_model import read_skills, skill_units
from synth_builder.studies.questions import Questions
from synth_builder.studies.results.parts import Skill
from synth_builder.studies.studied import Studied, open_tasks
from synth_builder.studies.study import LanguageModelSkill, StudyEngine
from synth_builder.studies.study_folder import StudyFolder
from tests.studies.small_study import scripted, small_study

ZERO_SHOT = LanguageModelSkill(test_rows=10, demonstrations=(0,))


@pytest.fixture
def task(tmp_path: Path) -> Studied:
    study = small_study(tmp_path, tasks={"films": "films.yaml"})
    return open_tasks(study, StudyFolder(tmp_path / "out"))[0]


def asked(task: Studied, engine: ScriptedEngine, folder: Path, settings: LanguageModelSkill) -> tuple[Skill, ...]:
    for unit in skill_units(settings, task, StudyEngine(), StudyFolder(folder), engine):
        if not unit.done():
            unit.do()
        assert unit.done()
    return read_skills(task, StudyFolder(folder))


def test_what_is_no_label_counts_as_wrong(task: Studied, tmp_path: Path) -> None:
    replies = {"plot drags": "Negative.", "dull thriller": "I would say negative", "mystery": "positive"}

    def reply(request: Request) -> str:
        return next((text for part, text in replies.items() if part in request.messages[-1].content), "negative")

    (skill,) = asked(task, ScriptedEngine(reply, revision="1"), tmp_path / "out", ZERO_SHOT)
    # One is wrong, and one is a sentence: a label is never guessed.
    assert (skill.rows, skill.unreadable, skill.accuracy.mean) == (4, 1, 0.5)
    # negative: one right, one unread, one wrongly given: 2 * 1 / (2 + 1 + 1) = 0.5; positive: 2 * 1 / (2 + 1) = 2/3.
    assert skill.macro_f1.mean == pytest.approx((0.5 + 2 / 3) / 2)
    assert skill.accuracy.low is not None and skill.accuracy.high is not None
    assert skill.accuracy.low < 0.5 < skill.accuracy.high
    assert (skill.model, skill.demonstrations, skill.majority_accuracy) == ("scripted", 0, 0.5)


def test_nothing_is_asked_twice(task: Studied, tmp_path: Path) -> None:
    both = LanguageModelSkill(test_rows=10, demonstrations=(0, 2))
    first = asked(task, scripted(), tmp_path / "out", both)
    engine = scripted()
    assert asked(task, engine, tmp_path / "out", both) == first
    assert engine.requests == []
    # With other demonstrations only those are asked about: the rest stands in the journal.
    asked(task, engine, tmp_path / "out", LanguageModelSkill(test_rows=10, demonstrations=(0, 2, 3)))
    assert len(engine.requests) == 4


def test_prompts_show_other_real_rows_and_labels_in_another_order(task: Studied, tmp_path: Path) -> None:
    engine = scripted()
    asked(task, engine, tmp_path / "out", LanguageModelSkill(test_rows=10, demonstrations=(2,)))
    texts = [request.messages[-1].content for request in engine.requests]
    assert len(texts) == 4
    assert all(text.count("Text: ") == 3 and text.count("\nLabel: ") == 2 for text in texts)
    # Both labels are shown, and never the train row that stands in the test rows.
    assert all("\nLabel: negative" in text and "\nLabel: positive" in text for text in texts)
    assert all(text.count("The plot drags") <= 1 for text in texts)
    assert len({text.index("- negative:") < text.index("- positive:") for text in texts}) == 2
    assert all(request.sampling.temperature == 0 for request in engine.requests)


def test_the_completion_form_ends_with_the_line(task: Studied) -> None:
    questions = Questions(task.recipe.task, task.test[1], None, "completion")
    (first, *_) = questions.requests(0, EngineInfo(engine="tgi", model="m"))
    assert first.prompt is not None
    assert first.prompt.endswith("Text: The plot drags through two tired hours.\nLabel:")
    assert first.sampling.stop == ("\n",) and first.schema is None


def test_a_grammar_holds_the_answer_to_a_label(task: Studied) -> None:
    questions = Questions(task.recipe.task, task.test[1], None, None)
    (first, *_) = questions.requests(0, EngineInfo(engine="tgi", model="m", grammar=True))
    assert first.schema is not None
    assert first.schema["properties"]["label"]["enum"] == ["negative", "positive"]
    assert "JSON" in first.messages[-1].content


def test_demonstrations_need_real_rows(tmp_path: Path) -> None:
    study = small_study(
        tmp_path, tasks={"films": {"recipe": "films.yaml", "set": {"real.train": None}}}, variants=["zero_shot"]
    )
    (task,) = open_tasks(study, StudyFolder(tmp_path / "out"))
    with pytest.raises(StudyError, match=r"shown 5 real rows.*'films' names none"):
        asked(task, scripted(), tmp_path / "out", LanguageModelSkill())
