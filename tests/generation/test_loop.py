import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.engines.limits import RetryPolicy
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineReplyError, EngineUnreachableError, JournalError, RequestRefusedError
from synth_builder.generation.generate import Generated, generate
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from tests.servers.replies import WORDS, sentence
from tests.small_tasks import sentence_of_the_seed, some_unusable


class Dawdling(ScriptedEngine):
    """Answers in any order: each answer takes a random short time."""

    chance = random.Random(0)

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(self.chance.random() * 0.005)
        return await super().complete(request)


def few_words(request: Request) -> str:
    """Often too short, often a duplicate: much is drawn again, and what is a duplicate depends on the order."""
    chance = random.Random(request.seed)
    return " ".join(chance.choices(WORDS[:4], k=chance.randint(2, 6))).capitalize() + "."


def everything(generated: Generated) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    rows = [row for split in ("train", "validation") for row in generated.rows(split)]
    rejected = list(generated.rejected())
    generated.close()
    return rows, rejected, generated.tally.to_dict()


def recipe_of(data: dict[str, Any], folder: Path) -> Recipe:
    return Recipe.from_dict(data, directory=folder)


@pytest.mark.parametrize("label_mode", ["conditioned", "generated"])
def test_rows_do_not_depend_on_how_many_requests_are_under_way_nor_on_which_comes_back_first(
    one_column: dict[str, Any], tmp_path: Path, label_mode: str
) -> None:
    one_column["generation"] |= {"rows": {"train": 60, "validation": 20}, "max_draws": 4}
    one_column["variants"]["free"] = {"strategy": "few_shot", "k": 2, "label_mode": label_mode}
    setup = set_up(recipe_of(one_column, tmp_path), "free")

    def reply(request: Request) -> str:
        label = random.Random(request.seed + 1).choice(["negative", "positive", "mixed"])
        return few_words(request) if label_mode == "conditioned" else f"Text: {few_words(request)}\nLabel: {label}"

    found = [
        everything(generate(setup, Dawdling(reply, concurrency=concurrency), tmp_path / str(concurrency)))
        for concurrency in (1, 7, 50)
    ]
    rows, rejected, tally = found[0]
    assert {"too_short", "duplicate"} <= set(tally["rejected"])
    assert any(row["provenance"]["draw"] > 0 for row in rows) and rejected
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_rows_stand_in_the_order_of_the_plan(recipe: Recipe, tmp_path: Path) -> None:
    setup = set_up(recipe, "zero_shot")
    generated = generate(setup, Dawdling(some_unusable(3), concurrency=20), tmp_path / "work")
    planned = [(f"{slot.split}-{slot.index}", slot.label) for slot in setup.plan().slots()]
    rows, _, _ = everything(generated)
    assert [(row["id"], row["label"]) for row in rows] == planned


def test_a_second_run_with_another_concurrency_asks_nothing(recipe: Recipe, tmp_path: Path) -> None:
    setup = set_up(recipe, "zero_shot")
    first = generate(setup, ScriptedEngine(some_unusable(3), concurrency=3), tmp_path / "work")
    assert first.asked_now == first.tally.asked > 16
    found = everything(first)

    class Closed(ScriptedEngine):
        async def open(self) -> EngineInfo:
            raise EngineUnreachableError("nobody listens")

    second = generate(setup, Closed(some_unusable(3), concurrency=11), tmp_path / "work")
    assert second.asked_now == 0
    assert second.identity == first.identity
    assert second.answered_between == first.answered_between
    assert everything(second) == found


def test_a_label_that_the_model_never_gives_ends_the_build_short_after_all_draws(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["generation"] |= {"rows": {"train": 10}, "max_draws": 3}
    setup = set_up(recipe_of(one_column, tmp_path), "zero_shot")
    negative = iter(range(10**6))

    def reply(request: Request) -> str:
        if '"positive"' in request.messages[-1].content:
            return "Short."
        return f"{sentence_of_the_seed(request)} {next(negative)}"

    generated = generate(setup, ScriptedEngine(reply), tmp_path / "work")
    _, rejected, tally = everything(generated)
    assert tally["accepted"] == {"train": {"negative": 5}}
    assert tally["short"] == {"train": {"positive": 5}}
    # Five first draws and two more for each of the five.
    assert tally["rejected"] == {"too_short": 15}
    assert tally["asked"] == 20 == 5 + len(rejected)
    assert {row["draw"] for row in rejected} == set(range(max(row["draw"] for row in rejected) + 1))


def test_requests_that_fail_are_counted_and_their_slots_drawn_again(recipe: Recipe, tmp_path: Path) -> None:
    def reply(request: Request) -> str:
        if request.seed % 4 == 0:
            raise RequestRefusedError("this one is refused")
        return sentence_of_the_seed(request)

    setup = set_up(recipe, "zero_shot")
    generated = generate(setup, ScriptedEngine(reply), tmp_path / "work")
    rows, rejected, tally = everything(generated)
    assert len(rows) == 16 and not tally["short"]
    assert tally["failed"] == len(rejected) > 0
    assert {row["reason"] for row in rejected} == {"failed"}
    # The failures are in the journal now: another run asks nothing.
    again = generate(setup, ScriptedEngine(reply), tmp_path / "work")
    assert again.asked_now == 0
    assert everything(again) == (rows, rejected, tally)


def test_an_error_in_the_middle_keeps_its_kind_and_says_what_is_kept(recipe: Recipe, tmp_path: Path) -> None:
    setup = set_up(recipe, "zero_shot")
    answered = iter(range(10**6))

    def reply(request: Request) -> str:
        if next(answered) >= 5:
            raise EngineUnreachableError("the server is gone.")
        return sentence_of_the_seed(request)

    engine = ScriptedEngine(reply, concurrency=1, revision="1")
    with pytest.raises(
        EngineUnreachableError, match=r"^the server is gone\. The 5 answers so far are kept: run the same"
    ):
        generate(setup, engine, tmp_path / "work")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["journal.sqlite"]
    rest = generate(setup, ScriptedEngine(sentence_of_the_seed, revision="1"), tmp_path / "work")
    assert rest.asked_now == rest.tally.asked - 5
    rest.close()


def test_an_error_before_the_first_answer_is_untouched(recipe: Recipe, tmp_path: Path) -> None:
    def reply(request: Request) -> str:
        raise EngineUnreachableError("nobody listens")

    with pytest.raises(EngineUnreachableError, match=r"^nobody listens$"):
        generate(set_up(recipe, "zero_shot"), ScriptedEngine(reply), tmp_path / "work", RetryPolicy(attempts=1))


def test_a_folder_that_cannot_be_written_to_is_an_error_of_ours(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "accepted.jsonl").mkdir()
    with pytest.raises(JournalError, match="Rows can't be written"):
        generate(set_up(recipe, "zero_shot"), ScriptedEngine(sentence_of_the_seed), tmp_path / "work")


def topics_then_rows(request: Request) -> str:
    chance = random.Random(request.seed)
    if "diverse topics" in request.messages[-1].content:
        return "\n".join(f"{number}. {word} matters" for number, word in enumerate(chance.sample(WORDS, 10), 1))
    return sentence(chance)


def test_topics_are_asked_for_first_and_kept_in_the_journal(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"] = {"topics": {"strategy": "zero_shot_topic", "topics": 25}}
    setup = set_up(recipe_of(one_column, tmp_path), "topics")
    engine = ScriptedEngine(topics_then_rows)
    generated = generate(setup, engine, tmp_path / "work")
    topics = generated.facts["topics"]
    assert len(topics) == 25 == len(set(topics))
    asked_for_topics = ["diverse topics" in request.messages[-1].content for request in engine.requests]
    assert generated.tally.preparation_requests == sum(asked_for_topics) >= 3
    assert asked_for_topics == sorted(asked_for_topics, reverse=True)
    rows, _, _ = everything(generated)
    assert {row["provenance"]["topic"] for row in rows} <= set(topics)
    again = generate(setup, ScriptedEngine(topics_then_rows), tmp_path / "work")
    assert again.asked_now == 0 and again.facts == {"topics": topics}
    again.close()


def test_a_topic_request_that_fails_stops_the_build(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"] = {"topics": {"strategy": "zero_shot_topic", "topics": 5}}

    def reply(request: Request) -> str:
        raise RequestRefusedError("no topics today")

    with pytest.raises(EngineReplyError, match="had to come before the first row failed: no topics today"):
        generate(set_up(recipe_of(one_column, tmp_path), "topics"), ScriptedEngine(reply), tmp_path / "work")


@pytest.mark.parametrize("grammar", [True, False])
def test_several_columns_come_as_json_under_a_grammar_and_as_tagged_lines_without(
    two_columns: dict[str, Any], tmp_path: Path, grammar: bool
) -> None:
    setup = set_up(recipe_of(two_columns, tmp_path), "few_shot")

    def reply(request: Request) -> str:
        chance = random.Random(request.seed)
        first, second = sentence(chance), sentence(chance)
        if request.schema is not None:
            assert request.schema["required"] == ["premise", "hypothesis"]
            return f'{{"premise": "{first}", "hypothesis": "{second}"}}'
        return f"Premise: {first}\nHypothesis: {second}"

    generated = generate(setup, ScriptedEngine(reply, grammar=grammar), tmp_path / "work")
    assert generated.reply_form == ("json" if grammar else "tagged")
    rows = list(generated.rows("train"))
    generated.close()
    assert Counter(row["label"] for row in rows) == {"entailment": 6, "no_entailment": 6}
    assert all(row["premise"] and row["hypothesis"] for row in rows)


def test_rows_from_mended_replies_are_counted_and_the_ledger_still_adds_up(
    two_columns: dict[str, Any], tmp_path: Path
) -> None:
    def reply(request: Request) -> str:
        chance = random.Random(request.seed)
        good = f'{{"premise": "{sentence(chance)}", "hypothesis": "{sentence(chance)}"}}'
        # A third of the replies lacks a comma, a third has a word too many, which no repair may take away.
        return [good, good.replace('",', '"'), good.replace('",', '" and')][request.seed % 3]

    setup = set_up(recipe_of(two_columns, tmp_path), "few_shot")
    generated = generate(setup, ScriptedEngine(reply, grammar=True), tmp_path / "work")
    tally = generated.tally
    used = [row["provenance"]["seed"] % 3 for split in ("train", "validation") for row in generated.rows(split)]
    generated.close()
    assert set(used) == {0, 1}
    assert tally.repaired == used.count(1)
    assert set(tally.rejected) == {"malformed"}
    tally.balance()


async def test_it_works_inside_a_running_loop(recipe: Recipe, tmp_path: Path) -> None:
    generated = generate(set_up(recipe, "zero_shot"), ScriptedEngine(sentence_of_the_seed), tmp_path / "work")
    assert generated.tally.rows == 16
    generated.close()
