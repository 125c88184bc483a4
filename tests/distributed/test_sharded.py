"""A whole generation by shards is the same as by one process, row for row."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from synth_builder.distributed import wave
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.distributed.sharded import generate_sharded
from synth_builder.engines.base import Completion, Request
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import BudgetReachedError, EngineChangedError, EngineUnreachableError
from synth_builder.generation.budget import Budget
from synth_builder.generation.checking import CheckerEngine
from synth_builder.generation.generate import generate
from synth_builder.generation.journal import SHARD_JOURNALS
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from tests.distributed.in_process import InProcess
from tests.distributed.small_builds import FILTERS, Counting, engine, everything, repetitive, setup_of, sharded
from tests.small_tasks import needed_options, sentence_of_the_seed


@pytest.fixture(autouse=True)
def small_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further draws are cut into shards, too."""
    monkeypatch.setattr(wave, "LEAST_ASKS", 2)


@pytest.mark.parametrize("shards", [1, 2, 7])
@pytest.mark.parametrize(
    "strategy", ["zero_shot", "zero_shot_topic", "few_shot", "attributes", "paraphrase", "template"]
)
def test_rows_rejections_and_ledger_are_those_of_one_process(
    one_column: dict[str, Any], tmp_path: Path, strategy: str, shards: int
) -> None:
    labels = list(one_column["task"]["labels"])
    setup = setup_of(one_column, tmp_path, strategy=strategy, **needed_options(strategy, ["text"], labels))
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    assert sharded(setup, tmp_path / "many", shards) == expected
    assert expected["tally"]["rejected"].get("near_duplicate", 0) + expected["tally"]["rejected"]["duplicate"] > 10


@pytest.mark.parametrize(
    "variant",
    [
        {"strategy": "conversation", "turns": 4},
        {"rows_per_request": 3},
        {"label_mode": "generated"},
    ],
)
def test_so_they_are_for_conversations_lists_of_rows_and_labels_of_the_model(
    one_column: dict[str, Any], tmp_path: Path, variant: dict[str, Any]
) -> None:
    def reply(request: Request) -> str:
        text = repetitive(request)
        if "rows_per_request" in variant:
            others = [sentence_of_the_seed(dataclasses.replace(request, seed=request.seed + k)) for k in (1, 2)]
            return "\n".join(f"{number}. {row}" for number, row in enumerate([text, *others], start=1))
        if "label_mode" in variant:
            return f"Text: {text}\nLabel: {'positive' if request.seed % 3 else 'negative'}"
        return text

    setup = setup_of(one_column, tmp_path, **variant)
    expected = everything(generate(setup, engine(reply), tmp_path / "one"))
    assert expected["tally"]["accepted_rows"] > 50
    for shards in (2, 5):
        assert sharded(setup, tmp_path / f"many{shards}", shards, engine(reply)) == expected


def vote(request: Request) -> str:
    return "positive" if len(request.messages[-1].content) % 3 else "negative"


def test_so_they_are_where_a_checker_votes(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)
    one_column["generation"]["filters"] = [*FILTERS, "verification"]
    setup = set_up(Recipe.from_dict(one_column, directory=tmp_path), "made")
    of_rows = ScriptedEngine(vote, revision="checker")
    expected = everything(generate(setup, engine(), tmp_path / "one", checker=CheckerEngine(of_rows, "named")))
    assert expected["tally"]["checker_prompt_tokens"] > 0
    options: dict[str, Any] = {"checker": EngineChoice(of_rows), "checker_named": "named"}
    assert sharded(setup, tmp_path / "many", 3, **options) == expected
    with pytest.raises(EngineChangedError, match="no checker is named"):
        sharded(setup, tmp_path / "many", 3)


def test_so_they_are_where_the_model_that_writes_votes(one_column: dict[str, Any], tmp_path: Path) -> None:
    def reply(request: Request) -> str:
        return vote(request) if "Which label is right?" in request.messages[-1].content else repetitive(request)

    setup_of(one_column, tmp_path)
    one_column["generation"]["filters"] = [*FILTERS, "verification"]
    setup = set_up(Recipe.from_dict(one_column, directory=tmp_path), "made")
    expected = everything(generate(setup, engine(reply), tmp_path / "one"))
    assert expected["tally"]["check_requests"] > 100
    assert sharded(setup, tmp_path / "many", 3, engine(reply)) == expected


class BegunAgain(InProcess):
    """A cluster whose shards die once with a broken server, and are begun again with a mended one."""

    def __init__(self, counting: Counting) -> None:
        super().__init__()
        self.counting = counting

    def run(self, *arguments: Any) -> list[ShardSum]:
        try:
            return super().run(*arguments)
        except EngineUnreachableError:
            self.counting.breaks_after = None
            return super().run(*arguments)


@pytest.mark.parametrize("is_stored", [False, True], ids=["in one folder", "with a storage"])
def test_requests_are_counted_that_shards_made_before_they_were_begun_again_and_none_of_an_earlier_run(
    one_column: dict[str, Any], tmp_path: Path, is_stored: bool
) -> None:
    setup, counting, work = setup_of(one_column, tmp_path), Counting(30), tmp_path / "work"
    choice = EngineChoice(engine(counting))
    storage = (tmp_path / "storage").as_uri() if is_stored else None
    with pytest.raises(EngineUnreachableError):
        generate_sharded(setup, choice, work, InProcess(), 3, storage=storage)
    before = counting.asked.total()
    counting.breaks_after = 60
    found = generate_sharded(setup, choice, work, BegunAgain(counting), 3, storage=storage)
    found.close()
    assert before == 30
    assert found.asked_now == counting.asked.total() - before > 30
    again = generate_sharded(setup, choice, work, InProcess(), 3, storage=storage)
    again.close()
    assert again.asked_now == 0


@pytest.mark.parametrize("breaks_after", [0, 3, 40, 75, 120])
def test_a_generation_that_broke_goes_on_and_asks_nothing_again(
    one_column: dict[str, Any], tmp_path: Path, breaks_after: int
) -> None:
    setup = setup_of(one_column, tmp_path)
    expected = everything(generate(setup, engine(Counting()), tmp_path / "one"))
    counting = Counting(breaks_after)
    with pytest.raises(EngineUnreachableError):
        sharded(setup, tmp_path / "many", 3, engine(counting))
    counting.breaks_after = None
    assert sharded(setup, tmp_path / "many", 3, engine(counting)) == expected
    assert set(counting.asked.values()) == {1}
    assert counting.asked.total() == expected["tally"]["asked"]


def test_another_number_of_shards_and_one_process_find_what_was_answered(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    setup, counting = setup_of(one_column, tmp_path), Counting()
    expected = sharded(setup, tmp_path / "work", 7, engine(counting))
    assert sharded(setup, tmp_path / "work", 2, engine(counting)) == expected
    assert everything(generate(setup, engine(counting), tmp_path / "work")) == expected
    assert set(counting.asked.values()) == {1}


def test_there_are_no_more_shards_than_requests_of_the_plan(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup, cluster = setup_of(one_column, tmp_path), InProcess()
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    assert sharded(setup, tmp_path / "many", 200, cluster=cluster) == expected
    assert [shard for number, shard in cluster.ran if number == 0] == list(range(60))  # 60 and 11 rows


def test_what_more_shards_than_that_were_answered_before_is_not_asked_again(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, counting = setup_of(one_column, tmp_path), Counting(40)
    with monkeypatch.context() as earlier:
        earlier.setattr("synth_builder.generation.plan.Plan.most_parts", lambda *_: 200)
        with pytest.raises(EngineUnreachableError):
            sharded(setup, tmp_path / "work", 200, engine(counting))
    assert any((tmp_path / "work" / SHARD_JOURNALS).glob("*-of-00200.sqlite"))
    counting.breaks_after = None
    sharded(setup, tmp_path / "work", 200, engine(counting))
    assert set(counting.asked.values()) == {1}


def test_what_one_process_was_answered_is_not_asked_again_by_shards(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    setup, counting = setup_of(one_column, tmp_path), Counting(40)
    with pytest.raises(EngineUnreachableError):
        generate(setup, engine(counting), tmp_path / "work")
    counting.breaks_after = None
    sharded(setup, tmp_path / "work", 3, engine(counting))
    assert set(counting.asked.values()) == {1}


def test_shards_that_are_finished_are_not_run_again(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, cluster = setup_of(one_column, tmp_path), InProcess()
    with monkeypatch.context() as broken:

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr("synth_builder.distributed.sharded.FinalPass.settle", killed)
        with pytest.raises(KeyboardInterrupt):
            sharded(setup, tmp_path / "work", 3, cluster=cluster)
    assert cluster.ran == [(0, 0), (0, 1), (0, 2)]
    cluster.ran.clear()
    sharded(setup, tmp_path / "work", 3, cluster=cluster)
    assert {number for number, _ in cluster.ran} == set(range(1, 1 + max(number for number, _ in cluster.ran)))
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"journal.sqlite", SHARD_JOURNALS}


class Shown:
    """Stands for a bar: what was told of it."""

    def __init__(self, total: int | None, description: str, unit: str, **_: Any) -> None:
        self.total, self.description, self.unit = total, description, unit
        self.done, self.texts = 0, [""]

    def update(self, n: int = 1) -> None:
        self.done += n

    def set_postfix(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """Bars that are shown, as they were at their ends."""
    found: list[Shown] = []

    @contextmanager
    def bar(*arguments: Any, **options: Any) -> Iterator[Shown]:
        found.append(Shown(*arguments, **options))
        yield found[-1]

    for module in ("sharded", "wave_asking"):
        monkeypatch.setattr(f"synth_builder.distributed.{module}.bar", bar)
    return found


def test_one_bar_tells_the_rows_of_all_waves_and_one_what_each_wave_asks(
    one_column: dict[str, Any], tmp_path: Path, bars: list[Shown]
) -> None:
    setup, counting = setup_of(one_column, tmp_path), Counting()
    tally = sharded(setup, tmp_path / "work", 3, engine(counting))["tally"]
    rows, *asking = bars
    assert (rows.unit, rows.total, rows.done) == ("row", 71, tally["accepted_rows"])
    assert f"| {sum(tally['rejected'].values())} rejected, 0 failed | " in rows.texts[-1]
    assert [one.done for one in asking] == [one.total for one in asking]
    assert asking[0].total == 71 and len(asking) > 2
    assert sum(one.done for one in asking) == counting.asked.total() == tally["asked"]
    assert [one.description for one in asking[:2]] == ["made, asking", "made, asking again"]


def test_a_wave_that_was_asked_before_has_no_bar_and_one_that_was_in_part_goes_on(
    one_column: dict[str, Any], tmp_path: Path, bars: list[Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = setup_of(one_column, tmp_path)
    with monkeypatch.context() as broken:

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr("synth_builder.distributed.sharded.FinalPass.settle", killed)
        with pytest.raises(KeyboardInterrupt):
            sharded(setup, tmp_path / "work", 3)
    assert [one.description for one in bars] == ["made", "made, asking"]
    (done,) = (tmp_path / "work" / "shards").glob("000-*/00001-of-00003/done.json")
    with monkeypatch.context() as broken:
        broken.setattr("synth_builder.distributed.sharded.FinalPass.settle", killed)
        done.unlink()
        bars.clear()
        with pytest.raises(KeyboardInterrupt):
            sharded(setup, tmp_path / "work", 3)
    assert [(one.description, one.done, one.total) for one in bars[1:]] == [("made, asking", 71, 71)]
    bars.clear()
    sharded(setup, tmp_path / "work", 3)
    assert [one.description for one in bars[:2]] == ["made", "made, asking again"]


def test_a_changed_recipe_does_not_take_what_shards_of_the_old_one_wrote(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = setup_of(one_column, tmp_path)
    with monkeypatch.context() as kept:
        kept.setattr("synth_builder.distributed.sharded.remove_shards", lambda _: None)
        sharded(setup, tmp_path / "work", 2)
    one_column["generation"]["filters"] = ["length"]
    changed = set_up(Recipe.from_dict(one_column, directory=tmp_path), "made")
    counting, alone = Counting(), Counting()
    found = sharded(changed, tmp_path / "work", 2, engine(counting))
    generate(setup, engine(), tmp_path / "one").close()
    assert found == everything(generate(changed, engine(alone), tmp_path / "one"))
    assert counting.asked == alone.asked  # other filters read the same answers
    assert counting.asked.total() < 5


def test_the_budget_of_all_shards_stops_them(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup = setup_of(one_column, tmp_path)

    class Slow(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            import asyncio

            await asyncio.sleep(0.01)
            return await super().complete(request)

    slow = Slow(repetitive, revision="1", concurrency=1)
    with pytest.raises(BudgetReachedError, match="tokens were used, 2,000 are allowed"):
        sharded(setup, tmp_path / "work", 2, slow, lease_seconds=0.1, budget=Budget(max_tokens=2000))
    assert 0 < len(slow.requests) < 71
