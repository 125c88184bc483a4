from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import BudgetReachedError, RequestRefusedError
from synth_builder.generation.budget import Budget, Prices
from synth_builder.generation.generate import generate
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.verbs.pilot import estimate
from tests.servers.replies import WORDS


def test_a_price_is_for_a_million_tokens() -> None:
    assert Prices(prompt=0.5, completion=2.0).cost(2_000_000, 500_000) == 2.0
    assert not Prices()
    assert Prices(completion=0.1)


@pytest.mark.parametrize(
    ("budget", "reached"),
    [
        (Budget(), None),
        (Budget(max_tokens=150), "150 tokens were used, 150 are allowed"),
        (Budget(max_tokens=151), None),
        (Budget(max_cost=0.0001, prices=Prices(1.0, 0.0)), "0.0001 were spent, 0.0001 are allowed"),
        (Budget(max_cost=0.00011, prices=Prices(1.0, 0.0)), None),
    ],
)
def test_a_budget_is_reached_when_nothing_is_left(budget: Budget, reached: str | None) -> None:
    assert budget.reached(100, 50) == reached


class Counting(ScriptedEngine):
    """Ten tokens a prompt, five a reply; every fourth reply is too short to be a row."""

    def __init__(self) -> None:
        super().__init__(lambda request: "")
        self.asked = 0

    async def complete(self, request: Request) -> Completion:
        self.asked += 1
        number = request.seed % len(WORDS)
        text = "no" if request.seed % 4 == 0 else f"The {WORDS[number]} film of {request.seed} was quite a thing."
        return Completion(text, "stop", prompt_tokens=10, completion_tokens=5)


@pytest.fixture
def setup(one_column: dict[str, Any], tmp_path: Path) -> Setup:
    one_column["generation"] = {"rows": {"train": 200}, "seed": 1, "filters": ["length"]}
    one_column["variants"] = {"zero_shot": {"strategy": "zero_shot"}}
    return set_up(Recipe.from_dict(one_column, directory=tmp_path), "zero_shot")


def test_a_build_stops_at_its_budget_and_goes_on_with_a_larger_one(setup: Setup, tmp_path: Path) -> None:
    engine = Counting()
    with pytest.raises(BudgetReachedError, match=r"^The build stopped before its end: [\d,]+ tokens were used, 900 "):
        generate(setup, engine, tmp_path, budget=Budget(max_tokens=900))
    first = engine.asked
    assert 60 <= first <= 60 + engine.concurrency
    generated = generate(setup, engine, tmp_path, budget=Budget(max_tokens=100_000))
    generated.close()
    assert generated.tally.rows == 200
    assert engine.asked == generated.tally.asked  # nothing twice
    assert generated.asked_now == generated.tally.asked - first


def test_a_finished_build_may_be_replayed_whatever_the_budget(setup: Setup, tmp_path: Path) -> None:
    generate(setup, Counting(), tmp_path).close()
    engine = Counting()
    generated = generate(setup, engine, tmp_path, budget=Budget(max_tokens=1))
    generated.close()
    assert (engine.asked, generated.tally.rows) == (0, 200)


def test_a_build_whose_last_answers_reach_the_budget_is_finished(setup: Setup, tmp_path: Path) -> None:
    whole = generate(setup, Counting(), tmp_path / "first")
    whole.close()
    tokens = whole.tally.prompt_tokens + whole.tally.completion_tokens
    exact = generate(setup, Counting(), tmp_path / "second", budget=Budget(max_tokens=tokens))
    exact.close()
    assert exact.tally.rows == 200


def test_a_conversation_that_the_budget_ends_stops_as_well(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["generation"] = {"rows": {"train": 60}, "seed": 1, "filters": []}
    one_column["variants"] = {"talk": {"strategy": "conversation", "turns": 5}}
    setup = set_up(Recipe.from_dict(one_column, directory=tmp_path), "talk")
    with pytest.raises(BudgetReachedError):
        generate(setup, Counting(), tmp_path, budget=Budget(max_tokens=300))
    generated = generate(setup, Counting(), tmp_path)
    generated.close()
    assert generated.tally.rows == 60


class Silent(Counting):
    """Tells no tokens, and refuses some requests while it is told to."""

    refuses = False

    async def complete(self, request: Request) -> Completion:
        if self.refuses and request.seed % 3 == 0:
            raise RequestRefusedError("not now")
        return Completion(f"The {WORDS[request.seed % len(WORDS)]} film of {request.seed} was a thing.", "stop")


def test_an_engine_that_tells_no_tokens_is_warned_of(
    setup: Setup, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    generate(setup, Silent(), tmp_path, budget=Budget(max_tokens=10)).close()
    told = [record.getMessage() for record in caplog.records]
    assert told == ["The engine does not tell how many tokens it used: the budget can't hold."]


def test_a_pilot_does_not_write_failures_down(setup: Setup, tmp_path: Path) -> None:
    engine = Silent()
    engine.refuses = True
    told = generate(setup, engine, tmp_path, pilot=30)
    told.close()
    assert told.tally.failed > 0
    engine.refuses = False
    whole = generate(setup, engine, tmp_path)
    whole.close()
    assert whole.tally.failed == 0


def test_a_pilot_asks_a_few_rows_once_and_tells_what_the_whole_takes(setup: Setup, tmp_path: Path) -> None:
    engine = Counting()
    generated = generate(setup, engine, tmp_path, pilot=80)
    generated.close()
    told = estimate(generated, Budget(prices=Prices(1.0, 2.0)))
    assert (engine.asked, told.asked, told.rows) == (80, 80, 200)
    assert told.accepted + sum(told.rejected.values()) == 80
    assert sum(asked for _, asked in told.by_label.values()) == 80
    expected = sum(100 * asked / accepted for accepted, asked in told.by_label.values())
    assert told.requests == pytest.approx(expected)
    assert told.tokens == pytest.approx(15 * expected)
    assert told.cost == pytest.approx((10 * expected + 2 * 5 * expected) / 1e6)
    whole = generate(setup, engine, tmp_path)
    whole.close()
    assert engine.asked == whole.tally.asked  # the pilot's answers were used
    assert whole.tally.asked == pytest.approx(told.requests, rel=0.25)
