"""A generation in which another engine is asked what the filter `verification` asks."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.engines.without import NoEngine
from synth_builder.errors import (
    BudgetReachedError,
    EngineAuthError,
    EngineChangedError,
    EngineUnreachableError,
    RequestRefusedError,
)
from synth_builder.generation.budget import Budget, Prices
from synth_builder.generation.checking import CheckerEngine
from synth_builder.generation.generate import Generated, generate
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.recipe import Recipe
from tests.generation.test_verified_rows import is_vote, text_in, truth
from tests.small_tasks import sentence_of_the_seed


def setup_of(data: dict[str, Any], folder: Path, filters: list[Any] | None = None, **changes: Any) -> Setup:
    data["generation"]["filters"] = filters if filters is not None else ["length", "verification"]
    data["variants"] = {"v": {"strategy": "zero_shot", **changes}}
    return set_up(Recipe.from_dict(data, directory=folder), "v")


def writes(request: Request) -> str:
    assert not is_vote(request)
    return sentence_of_the_seed(request)


def votes(request: Request) -> str:
    assert is_vote(request)
    return truth(text_in(request))


def writer(reply: Callable[[Request], str] = writes) -> ScriptedEngine:
    return ScriptedEngine(reply, revision="writer")


def judge(reply: Callable[[Request], str] = votes, revision: str = "judge", **options: Any) -> ScriptedEngine:
    return ScriptedEngine(reply, revision=revision, **options)


def generated_by(
    setup: Setup,
    folder: Path,
    engine: ScriptedEngine | NoEngine,
    checker: ScriptedEngine | None,
    named: str = "a",
    **options: Any,
) -> tuple[list[dict[str, Any]], Generated]:
    asked = CheckerEngine(checker, named) if checker is not None else None
    generated = generate(setup, engine, folder, checker=asked, **options)
    rows = [row for split in ("train", "validation") for row in generated.rows(split)]
    generated.close()
    return rows, generated


def words(requests: list[Request]) -> int:
    return sum(len(" ".join(message.content for message in request.messages).split()) for request in requests)


def test_each_engine_gets_its_own_requests_and_its_tokens_are_counted_apart(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    first, second = writer(), judge()
    rows, generated = generated_by(setup_of(one_column, tmp_path), tmp_path / "work", first, second)
    assert len(rows) == 16 and all(row["label"] == truth(row["text"]) for row in rows)
    tally = generated.tally
    assert len(first.requests) == tally.asked and not any(map(is_vote, first.requests))
    assert len(second.requests) == tally.check_requests == 3 * generated.filter_report.to_list()[1]["reached"]
    assert generated.asked_now == len(first.requests) + len(second.requests)
    assert tally.prompt_tokens == words(first.requests)
    assert tally.completion_tokens == sum(len(writes(request).split()) for request in first.requests)
    assert tally.checker_tokens == (words(second.requests), len(second.requests))
    assert generated.checker is not None
    assert (generated.info.revision, generated.checker.revision) == ("writer", "judge")
    assert tally.to_dict()["checker_completion_tokens"] == len(second.requests)


def test_who_checks_is_part_of_what_the_rows_are(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    identities = [
        generated_by(setup, tmp_path / str(number), writer(), checker)[1].identity
        for number, checker in enumerate((judge(), judge(), judge(revision="other")))
    ]
    assert identities[0] == identities[1] != identities[2]


def test_the_checker_is_asked_in_its_own_form(one_column: dict[str, Any], tmp_path: Path) -> None:
    def continues(request: Request) -> str:
        assert request.prompt is not None and request.prompt.endswith("Label:")
        return f" {truth(request.prompt.splitlines()[-2].removeprefix('Text: '))}"

    def fills(request: Request) -> str:
        assert request.schema is not None
        return f'{{"label": "{votes(request)}"}}'

    setup = setup_of(one_column, tmp_path)
    plain, _ = generated_by(setup, tmp_path / "plain", writer(), judge(continues, chat_template=False))
    held, _ = generated_by(setup, tmp_path / "held", writer(), judge(fills, grammar=True))
    assert len(plain) == 16 and plain == held


@pytest.mark.parametrize(("writing", "checking"), [(1, 1), (1, 20), (20, 1)])
def test_rows_do_not_depend_on_how_many_requests_each_takes(
    one_column: dict[str, Any], tmp_path: Path, writing: int, checking: int
) -> None:
    class Limited(ScriptedEngine):
        """Notes how many requests were under way at most."""

        now = most = 0

        async def complete(self, request: Request) -> Completion:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.001 * (request.seed % 3))
            self.now -= 1
            return await super().complete(request)

    setup = setup_of(one_column, tmp_path)
    expected, _ = generated_by(setup, tmp_path / "one", writer(), judge())
    first = Limited(writes, revision="writer", concurrency=writing)
    second = Limited(votes, revision="judge", concurrency=checking)
    rows, _ = generated_by(setup, tmp_path / "other", first, second)
    assert rows == expected
    assert first.most <= writing and second.most <= checking
    assert checking == 1 or second.most > 6  # more than the votes that one worker asks for


def test_a_build_that_was_stopped_by_its_checker_asks_neither_of_them_twice(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    class Stops(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            if len(self.requests) >= 20:
                raise EngineUnreachableError("gone")
            return await super().complete(request)

    setup = setup_of(one_column, tmp_path)
    whole, complete = generated_by(setup, tmp_path / "whole", writer(), judge())
    first, second = writer(), Stops(votes, revision="judge", concurrency=2)
    with pytest.raises(EngineUnreachableError, match=r"^The checker: gone The \d+ answers so far are kept: run the "):
        generated_by(setup, tmp_path / "stopped", first, second)
    rest, votes_left = writer(), judge()
    rows, _ = generated_by(setup, tmp_path / "stopped", rest, votes_left)
    assert rows == whole
    asked = {request.seed for request in first.requests}
    assert not asked & {request.seed for request in rest.requests}
    assert len(second.requests) == 20
    assert not {request.seed for request in second.requests} & {request.seed for request in votes_left.requests}
    assert 20 + len(votes_left.requests) == complete.tally.check_requests
    again, _ = generated_by(setup, tmp_path / "stopped", writer(), Stops(votes, revision="judge"))
    assert again == whole


def test_a_finished_generation_opens_neither_engine(one_column: dict[str, Any], tmp_path: Path) -> None:
    class Closed(ScriptedEngine):
        async def open(self) -> Any:
            raise EngineUnreachableError("nobody is there")

    setup = setup_of(one_column, tmp_path)
    first, _ = generated_by(setup, tmp_path / "work", writer(), judge())
    closed = Closed(writes, revision="writer"), Closed(votes, revision="judge")
    assert generated_by(setup, tmp_path / "work", *closed)[0] == first
    with pytest.raises(EngineUnreachableError, match=r"^The checker: nobody is there"):
        generated_by(setup, tmp_path / "work", writer(), closed[1], named="another")


def test_another_model_under_the_same_name_is_refused(one_column: dict[str, Any], tmp_path: Path) -> None:
    generated_by(setup_of(one_column, tmp_path), tmp_path / "work", writer(), judge())
    more = setup_of(one_column, tmp_path, ["length", {"verification": {"votes": 5}}])
    swapped = judge(revision="swapped")
    with pytest.raises(EngineChangedError) as found:
        generated_by(more, tmp_path / "work", writer(), swapped)
    assert str(found.value).startswith(
        "The checker: The completions so far come from 'scripted' (revision judge, synth-builder), the engine now "
        "holds 'scripted' (revision swapped, synth-builder)."
    )
    assert "Another --checker-model than before is asked about all rows, and what was written stays." in str(
        found.value
    )
    assert swapped.requests == []


def test_another_checker_is_asked_about_all_rows_and_the_rows_are_not_written_again(
    one_column: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    setup = setup_of(one_column, tmp_path, ["length", {"verification": {"action": "flag"}}])
    _, before = generated_by(setup, tmp_path / "work", writer(), judge())
    other, rest = judge(lambda _: "positive", revision="other"), writer()
    with caplog.at_level(logging.WARNING):
        rows, generated = generated_by(setup, tmp_path / "work", rest, other, named="b")
    assert rest.requests == [] and len(other.requests) == before.tally.check_requests
    assert {row["provenance"]["checks"][0]["value"] for row in rows if row["label"] == "positive"} == {1.0}
    assert generated.checker is not None and generated.checker.revision == "other"
    assert [record.getMessage() for record in caplog.records] == [
        "Another checker than before is named: it is asked about all rows."
    ]
    # The first one's votes are still there.
    first_again = judge()
    generated_by(setup, tmp_path / "work", writer(), first_again, named="a")
    assert first_again.requests == []


def test_naming_no_checker_any_more_is_refused(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    generated_by(setup, tmp_path / "work", writer(), judge())
    with pytest.raises(
        EngineChangedError, match=r"^The rows so far were checked by 'scripted', and now no checker is"
    ):
        generated_by(setup, tmp_path / "work", writer(), None)
    # Without a filter that asks there is nothing to check.
    assert len(generated_by(setup_of(one_column, tmp_path, ["length"]), tmp_path / "work", writer(), None)[0]) == 16


def test_a_pilot_with_a_checker_binds_no_build_to_it(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    generated_by(setup, tmp_path / "work", writer(), judge(), pilot=3)
    alone = writer(lambda request: votes(request) if is_vote(request) else writes(request))
    assert len(generated_by(setup, tmp_path / "work", alone, None)[0]) == 16
    assert any(map(is_vote, alone.requests))
    # Nor is a pilot bound by a build.
    generated_by(setup, tmp_path / "work", writer(), judge())
    assert generated_by(setup, tmp_path / "work", alone, None, pilot=3)[1].checker is None


def test_rows_that_no_model_writes_can_be_checked_by_one(one_column: dict[str, Any], tmp_path: Path) -> None:
    texts = {"negative": ["No {word} film for me."], "positive": ["A {word} film for me, too."]}
    words = {"word": [f"word{number}" for number in range(40)]}
    setup = setup_of(one_column, tmp_path, strategy="template", templates=texts, lexicons=words)
    second = judge()
    rows, generated = generated_by(setup, tmp_path / "work", NoEngine(), second)
    assert rows and all(row["label"] == truth(row["text"]) for row in rows)
    assert generated.info.engine == "none" and len(second.requests) == generated.tally.check_requests


def test_the_budget_counts_what_the_checker_uses(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    _, whole = generated_by(setup, tmp_path / "whole", writer(), judge())
    written = whole.tally.prompt_tokens + whole.tally.completion_tokens
    with pytest.raises(BudgetReachedError, match=r"tokens were used"):
        generated_by(setup, tmp_path / "a", writer(), judge(), budget=Budget(max_tokens=written))
    checker_prices = Budget(max_cost=0.001, checker_prices=Prices(prompt=1.0, completion=1.0))
    assert sum(whole.tally.checker_tokens) > 1000 and checker_prices.priced
    with pytest.raises(BudgetReachedError, match=r"were spent, 0\.0010 are allowed"):
        generated_by(setup, tmp_path / "b", writer(), judge(), budget=checker_prices)
    free = Budget(max_cost=0.001, prices=Prices(prompt=0.0, completion=0.000001))
    assert len(generated_by(setup, tmp_path / "c", writer(), judge(), budget=free)[0]) == 16


def test_requests_that_the_checker_refuses_are_not_asked_again_after_the_end(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    def refuses_some(request: Request) -> str:
        if request.seed % 5 == 0:
            raise RequestRefusedError("too long")
        return votes(request)

    setup = setup_of(one_column, tmp_path)
    rows, generated = generated_by(setup, tmp_path / "work", writer(), judge(refuses_some))
    assert generated.tally.failed == 0
    again = judge(refuses_some)
    assert generated_by(setup, tmp_path / "work", writer(), again)[0] == rows
    assert again.requests == []


def test_an_error_of_the_writer_does_not_blame_the_checker(one_column: dict[str, Any], tmp_path: Path) -> None:
    def locked(request: Request) -> str:
        raise EngineAuthError("a key is wanted")

    with pytest.raises(EngineAuthError, match=r"^a key is wanted"):
        generated_by(setup_of(one_column, tmp_path), tmp_path / "work", writer(locked), judge())
