from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from synth_builder.engines.base import Completion, Request
from synth_builder.engines.scripted import ScriptedEngine, replies_revision
from synth_builder.errors import EngineAuthError
from synth_builder.studies.forecast import forecast
from synth_builder.studies.running import run_study
from tests.small_tasks import FILM_TESTS
from tests.studies.small_study import scripted, small_study

NEVER = "Whose answer this is: of nobody, since nobody asks the file."


class Stopping(ScriptedEngine):
    """Gives so many answers, and then none any more, as a killed run does."""

    concurrency = 1
    left = 0

    async def complete(self, request: Request) -> Completion:
        if self.left == 0:
            raise EngineAuthError("The engine stops here.")
        self.left -= 1
        return await super().complete(request)


def stopping(answers: int) -> Stopping:
    engine = Stopping(scripted().replies, revision=replies_revision((NEVER,)), concurrency=1)
    engine.left = answers
    return engine


def study(folder: Path, **changes: Any) -> Any:
    """Two variants of twelve rows, and four questions without real rows."""
    (folder / "replies.txt").write_text(NEVER, encoding="utf-8")
    settings: dict[str, Any] = {
        "tasks": {"films": "films.yaml"},
        "engine": {"name": "scripted", "replies": "replies.txt"},
        "language_model": {"test_rows": 10, "demonstrations": [0]},
    }
    return small_study(folder, **(settings | changes))


def test_answers_that_a_killed_run_left_are_not_asked_for_again(tmp_path: Path) -> None:
    asked = study(tmp_path)
    whole = forecast(asked, tmp_path / "out")
    assert (whole.requests, whole.questions) == (24, 4)
    with pytest.raises(EngineAuthError):
        run_study(asked, tmp_path / "out", engine=stopping(5))
    left = forecast(asked, tmp_path / "out")
    assert left.requests == 24 - 5
    # Seven of the twelve replies of the first variant are left, and all of the second one.
    assert left.completion_tokens == round(whole.completion_tokens / 2 * 7 / 12) + whole.completion_tokens // 2
    assert whole.completion_tokens / 2 < left.completion_tokens and left.prompt_tokens < whole.prompt_tokens


def test_so_are_answers_of_the_language_model_as_a_classifier(tmp_path: Path) -> None:
    asked = study(tmp_path, variants=["few_shot"])
    rows = forecast(asked, tmp_path / "out").requests
    with pytest.raises(EngineAuthError):
        run_study(asked, tmp_path / "out", engine=stopping(rows + 3))
    left = forecast(asked, tmp_path / "out")
    assert (left.built, left.requests, left.questions) == (1, 0, 1)


def test_sizes_that_a_task_has_too_few_rows_for_are_told(tmp_path: Path) -> None:
    asked = study(tmp_path, language_model=None, real_rows=[4, 1000], synthetic_rows=[6, 500], real_share=None)
    found = forecast(asked, tmp_path / "out")
    assert found.left_out == (
        "films has 11 real rows to train on: left out 1,000 real rows.",
        "films has 12 rows in its smallest variant: left out 500 synthetic rows.",
    )
    # 6 and all rows alone and with 4 real ones, by two variants; and 4 real rows alone: each with two seeds.
    assert [each.trainings for each in found.classifiers] == [(2 * 4 + 1) * 2]


def test_the_small_model_and_longer_texts_have_a_usual_time(tmp_path: Path) -> None:
    asked = study(tmp_path, variants=["zero_shot"], tasks={"films": "films.yaml"}, engine=None, language_model=None)
    found = forecast(asked, tmp_path / "out")
    assert (found.requests, found.completion_tokens, found.requests_measured) == (12, 12 * 128, False)
    assert found.request_seconds == pytest.approx(12 * 128 * 0.0076)
    (trained,) = found.classifiers
    test_texts = [text for texts in FILM_TESTS.values() for text in texts]
    characters = sum(map(len, test_texts))
    # Two seeds each of 4, 6, 8 and 12 rows alone, and of the mixtures that the study asks for.
    rows = [6, 12, 4, 8, 4 + 6, 4 + 12, 8 + 6, 8 + 12, 8, 4 + 4]
    expected = [0.15 + 2.5e-6 * characters * (1 + each / len(test_texts)) for each in rows for _ in range(2)]
    assert (trained.trainings, trained.measured) == (len(expected), False)
    assert trained.seconds == pytest.approx(sum(expected))


def test_how_long_a_server_takes_is_not_known_before_it_has_answered(tmp_path: Path) -> None:
    asked = study(tmp_path, engine={"endpoint": "http://127.0.0.1:9"})
    assert forecast(asked, tmp_path / "out").request_seconds is None
