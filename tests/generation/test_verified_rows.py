"""A whole generation with the filter `verification`: the ledger, going on after a stop, any concurrency."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineUnreachableError, RequestRefusedError
from synth_builder.generation.generate import generate
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.recipe import Recipe
from tests.small_tasks import sentence_of_the_seed

VOTES = 3


def is_vote(request: Request) -> bool:
    return "Which label is right?" in request.messages[-1].content


def text_in(request: Request) -> str:
    found = re.search(r"^Text: (.*)$", request.messages[-1].content, re.MULTILINE)
    assert found is not None
    return found[1]


def truth(text: str) -> str:
    """What every vote says about a text; half of the texts are positive, whatever was asked for."""
    return "positive" if len(text) % 2 else "negative"


def writer(request: Request) -> str:
    return truth(text_in(request)) if is_vote(request) else sentence_of_the_seed(request)


def setup_of(data: dict[str, Any], folder: Path, **options: Any) -> Setup:
    data["generation"]["filters"] = ["length", {"verification": options} if options else "verification"]
    return set_up(Recipe.from_dict(data, directory=folder), "zero_shot")


def engine(reply: Callable[[Request], str] = writer, concurrency: int = 8) -> ScriptedEngine:
    return ScriptedEngine(reply, revision="1", concurrency=concurrency)


def rows_of(setup: Setup, folder: Path, asked: ScriptedEngine) -> tuple[list[dict[str, Any]], Any]:
    generated = generate(setup, asked, folder)
    rows = [row for split in ("train", "validation") for row in generated.rows(split)]
    generated.close()
    return rows, generated


def test_rows_that_stay_have_the_label_that_was_voted_for(one_column: dict[str, Any], tmp_path: Path) -> None:
    asked = engine()
    rows, generated = rows_of(setup_of(one_column, tmp_path), tmp_path / "work", asked)
    assert len(rows) == 16
    for row in rows:
        assert row["label"] == truth(row["text"])
        assert row["provenance"]["checks"] == [{"name": "agreement", "value": 1.0}]
    tally = generated.tally
    assert tally.rejected["label_disagreement"] > 0
    assert tally.asked == 16 + sum(tally.rejected.values())
    # Each row that came past `length` was voted on.
    (length, verification) = generated.filter_report.to_list()
    assert tally.check_requests == VOTES * (length["reached"] - length["rejected"])
    assert verification["rejected"] == tally.rejected["label_disagreement"]
    assert verification["examples"][0]["detail"].endswith("has 0 of 3 votes: " + "; ".join(
        [truth(verification["examples"][0]["text"])] * 3
    ))  # fmt: skip
    # The tokens of the votes count, too.
    votes = [request for request in asked.requests if is_vote(request)]
    assert len(votes) == tally.check_requests
    assert tally.completion_tokens == sum(len(writer(request).split()) for request in asked.requests)


def test_a_second_run_asks_nothing(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    first, _ = rows_of(setup, tmp_path / "work", engine())
    again = engine()
    second, generated = rows_of(setup, tmp_path / "work", again)
    assert second == first and len(first) == 16
    assert (generated.asked_now, again.requests) == (0, [])
    # A milder filter reads the same votes again.
    mild, generated = rows_of(setup_of(one_column, tmp_path, action="flag"), tmp_path / "work", again)
    assert again.requests == []
    agreements = {row["provenance"]["checks"][0]["value"] for row in mild}
    assert agreements == {0.0, 1.0}


def test_a_build_that_was_stopped_goes_on_to_the_same_rows(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    whole, _ = rows_of(setup, tmp_path / "whole", engine())

    class Stops(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            if len(self.requests) >= 20:
                raise EngineUnreachableError("gone")
            return await super().complete(request)

    with pytest.raises(EngineUnreachableError):
        generate(setup, Stops(writer, revision="1", concurrency=2), tmp_path / "stopped")
    rest = engine()
    rows, generated = rows_of(setup, tmp_path / "stopped", rest)
    assert rows == whole
    assert generated.asked_now == len(rest.requests) > 0


@pytest.mark.parametrize("concurrency", [1, 3, 40])
def test_rows_are_the_same_whatever_the_concurrency(
    one_column: dict[str, Any], tmp_path: Path, concurrency: int
) -> None:
    def uncertain(request: Request) -> str:
        return ("positive", "negative", "who knows")[request.seed % 3] if is_vote(request) else writer(request)

    setup = setup_of(one_column, tmp_path)
    expected, _ = rows_of(setup, tmp_path / "one", engine(uncertain))
    rows, generated = rows_of(setup, tmp_path / "other", engine(uncertain, concurrency))
    assert rows == expected
    agreements = {round(row["provenance"]["checks"][0]["value"], 2) for row in rows}
    assert agreements <= {0.67, 1.0} and 0.67 in agreements
    assert generated.tally.rejected["label_disagreement"] > 0


def test_votes_that_the_server_refuses_count_as_no_agreement(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    refused = set()

    def reply(request: Request) -> str:
        if is_vote(request) and request.seed % 3 == 0:
            refused.add(text_in(request))
            raise RequestRefusedError("too long")
        return writer(request)

    generated = generate(setup, engine(reply), tmp_path / "work")
    rejected = [found for found in generated.rejected() if found["reason"] == "label_disagreement"]
    generated.close()
    assert refused
    assert any(found["detail"].count("no answer") >= 1 for found in rejected)
    generated.tally.balance()


def test_the_rows_of_one_reply_are_voted_on_at_once(one_column: dict[str, Any], tmp_path: Path) -> None:
    class Counts(ScriptedEngine):
        """Notes how many votes were under way at most."""

        now = most = 0

        async def complete(self, request: Request) -> Completion:
            if not is_vote(request):
                lines = [f"{n}. Film {request.seed} has part {n} in {'a' * (request.seed % 7)}." for n in (1, 2, 3)]
                return Completion("\n".join(lines), "stop")
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.005)
            self.now -= 1
            return await super().complete(request)

    one_column["variants"] = {"zero_shot": {"strategy": "zero_shot", "rows_per_request": 3}}
    setup = setup_of(one_column, tmp_path)
    asked = Counts(writer, revision="1", concurrency=40)
    generated = generate(setup, asked, tmp_path / "work", pilot=1)
    generated.close()
    assert generated.tally.asked == 3 and generated.tally.check_requests == 9
    assert asked.most == 9


def test_a_model_without_a_template_is_asked_to_continue(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    seen = []

    def reply(request: Request) -> str:
        assert request.prompt is not None
        if request.prompt.endswith("Label:"):
            seen.append(request)
            return f" {truth(request.prompt.splitlines()[-2].removeprefix('Text: '))}\nText: another"
        return sentence_of_the_seed(request)

    plain = ScriptedEngine(reply, chat_template=False, revision="1")
    rows, _ = rows_of(setup, tmp_path / "work", plain)
    assert seen and len(rows) == 16
    assert all(row["label"] == truth(row["text"]) for row in rows)


def test_an_engine_with_grammars_is_given_the_labels(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)

    def reply(request: Request) -> str:
        vote = "Which label is right?" in str(request.messages)
        assert (request.schema is not None) is vote
        return f'{{"label": "{truth(text_in(request))}"}}' if vote else sentence_of_the_seed(request)

    rows, _ = rows_of(setup, tmp_path / "work", ScriptedEngine(reply, grammar=True, revision="1"))
    assert len(rows) == 16
