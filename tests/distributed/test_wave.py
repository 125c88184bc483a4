from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from synth_builder.distributed.wave import LEAST_ASKS, Wave
from synth_builder.engines.base import EngineInfo
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.recipe import Recipe

INFO = EngineInfo(engine="scripted", model="scripted")


ALONE = {"strategy": "zero_shot"}
IN_TURNS = {"strategy": "conversation", "turns": 4}


@pytest.fixture(params=[ALONE, IN_TURNS])
def setup(request: pytest.FixtureRequest, one_column: dict[str, Any], tmp_path: Path) -> Setup:
    one_column["generation"]["rows"] = {"train": 50, "validation": 7}
    one_column["variants"] = {"made": request.param}
    return set_up(Recipe.from_dict(one_column, directory=tmp_path), "made")


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_each_request_of_the_plan_belongs_to_one_shard_and_stays_in_order(
    setup: Setup, tmp_path: Path, shards: int
) -> None:
    plan, strategy = setup.plan(), setup.strategy(INFO)
    whole = list(plan.asks(strategy.rows_per_request, strategy.turns))
    wave = Wave.of_plan(tmp_path, "identity", shards)
    told = list(wave.asks(plan, strategy))
    assert [ask for _, ask in told] == whole
    for shard in range(shards):
        assert list(wave.asks_of(shard, plan, strategy)) == [ask for part, ask in told if part == shard]
    if strategy.turns == 1:
        assert max(Counter(part for part, _ in told).values()) == -(-50 // shards) + -(-7 // shards)


@pytest.mark.parametrize("setup", [IN_TURNS], indirect=True)
def test_requests_of_a_conversation_stay_in_one_shard(setup: Setup, tmp_path: Path) -> None:
    plan, strategy = setup.plan(), setup.strategy(INFO)
    shards: dict[Any, set[int]] = {}
    for shard, ask in Wave.of_plan(tmp_path, "identity", 3).asks(plan, strategy):
        shards.setdefault(ask.conversation, set()).add(shard)
    assert {len(found) for found in shards.values()} == {1}
    assert set().union(*shards.values()) == {0, 1, 2}


def test_further_draws_come_back_as_they_were_written(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth_builder.distributed.wave.LEAST_ASKS", 1)
    plan, strategy = setup.plan(), setup.strategy(INFO)
    wave = Wave.of_plan(tmp_path, "identity", 3)
    again = [plan.next_ask(ask, ask.first) for _, ask in wave.asks(plan, strategy)][::5]
    after = wave.next(iter(again), strategy.turns)
    assert after is not None
    assert (after.number, after.shards) == (1, 3)
    assert [ask for _, ask in after.asks(plan, strategy)] == again
    told = list(after.asks(plan, strategy))
    for shard in range(3):
        assert list(after.asks_of(shard, plan, strategy)) == [ask for part, ask in told if part == shard]
    earlier = {ask: shard for shard in range(3) for ask in after.earlier_turns(shard, plan, strategy)}
    expected = {
        first
        for first in plan.asks(strategy.rows_per_request, strategy.turns)
        if any(first.conversation == ask.conversation and first.turn < ask.turn for ask in again)
    }
    assert set(earlier) == expected


def test_a_shard_reads_the_requests_of_no_other(setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth_builder.distributed.wave.LEAST_ASKS", 1)
    monkeypatch.setattr("synth_builder.distributed.wave.BUFFERED", 5)
    plan, strategy = setup.plan(), setup.strategy(INFO)
    wave = Wave.of_plan(tmp_path, "identity", 3)
    after = wave.next((plan.next_ask(ask, ask.first) for _, ask in wave.asks(plan, strategy)), strategy.turns)
    assert after is not None
    told = [ask for part, ask in after.asks(plan, strategy) if part == 1]
    for path in (tmp_path / "shards" / after.name).rglob("*.jsonl"):
        if path != after.asks_file(1):
            path.unlink()
    assert list(after.asks_of(1, plan, strategy)) == told
    assert len(told) > 10


def test_a_small_wave_is_asked_in_fewer_parts_and_an_empty_one_not_at_all(setup: Setup, tmp_path: Path) -> None:
    plan, strategy = setup.plan(), setup.strategy(INFO)
    wave = Wave.of_plan(tmp_path, "identity", 7)
    asks = [plan.next_ask(ask, ask.first) for _, ask in wave.asks(plan, strategy)]
    small = wave.next(asks, strategy.turns)
    large = wave.next(asks * (1 + 3 * LEAST_ASKS // len(asks)), strategy.turns)
    assert small is not None
    assert large is not None
    assert (small.shards, large.shards) == (1, 3)
    assert small.name != large.name
    assert wave.next([], strategy.turns) is None


def test_waves_of_another_build_have_other_names(tmp_path: Path) -> None:
    names = {Wave.of_plan(tmp_path, identity, shards).name for identity in ("one", "two") for shards in (1, 2)}
    assert len(names) == 4
