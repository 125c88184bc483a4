"""`rows_per_request` for every registered strategy that offers it: prompts, replies, and whole builds."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import RecipeError
from synth_builder.generation.generate import generate
from synth_builder.generation.setup import set_up
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.recipe import Recipe
from synth_builder.registry import STRATEGIES
from synth_builder.strategies.base import Draft, Setting, Unusable
from tests.row_writer import row_list_writer, written
from tests.small_tasks import needed_options, one_column_task, two_column_task
from tests.strategies.cases import ONE, SETTINGS, Case

SEVERAL = [
    setting
    for setting in SETTINGS
    if setting[3] == "chat" and STRATEGIES.get(setting[0]).Options.model_fields["rows_per_request"].annotation is int
]


@pytest.fixture(params=SEVERAL, ids=lambda setting: "-".join(map(str, setting)))
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param, rows_per_request=3)


def texts(number: int, case: Case) -> dict[str, str]:
    found = {name: f"The {name} of number {number}." for name in case.task.columns}
    return found | ({"label": case.task.label_names[number % 2]} if case.mode == "generated" else {})


def test_a_prompt_for_three_rows_says_so_and_one_for_one_row_is_as_ever(case: Case) -> None:
    slot = case.slots()[0]
    several = case.strategy.draw(slot, 3)
    prompt = "\n".join(message.content for message in several.request.messages)
    assert " 3 " in prompt and "{" not in prompt and "None" not in prompt
    assert {"json": "the key rows: a list of 3 objects", "tagged": "3 blocks", "text": "a numbered list from 1 to 3"}[
        case.strategy.reply_form
    ] in prompt
    assert several.request.sampling.max_new_tokens == 150
    alone = Case(case.made.name, case.kind, case.mode, case.form, case.grammar).strategy.draw(slot)
    assert case.strategy.draw(slot).request == alone.request
    assert alone.request.sampling.max_new_tokens == 50


def test_a_schema_asks_for_as_many_rows(case: Case) -> None:
    schema = case.strategy.draw(case.slots()[0], 3).request.schema
    assert (schema is not None) == (case.strategy.reply_form == "json")
    if schema is not None:
        rows = schema["properties"]["rows"]
        assert (rows["minItems"], rows["maxItems"], rows["items"]["required"]) == (3, 3, case.strategy.fields)


def test_each_slot_gets_its_row_of_the_reply_or_the_reason(case: Case) -> None:
    slots = case.slots(6)[0::2]
    draw = case.strategy.draw(slots[0], 3)
    rows = [texts(number, case) for number in range(3)]
    form = case.strategy.reply_form
    drafts = case.strategy.read_all(slots, Completion(written(rows, form), "stop"), draw)
    assert drafts == [
        Draft({name: row[name] for name in case.task.columns}, row.get("label", slot.label or ""))
        for slot, row in zip(slots, rows, strict=True)
    ]
    two = case.strategy.read_all(slots, Completion(written(rows[:2], form), "stop"), draw)
    assert two[:2] == drafts[:2]
    assert isinstance(two[2], Unusable) and two[2].reason == "missing_row"
    cut = case.strategy.read_all(slots, Completion(written(rows[:2], form)[:-4], "length"), draw)
    assert cut[0] == drafts[0]
    assert [one.reason for one in cut[1:] if isinstance(one, Unusable)] == ["cut", "cut"]


NAMES = sorted({setting[0] for setting in SEVERAL})


def test_only_strategies_that_ask_no_model_do_not_offer_it() -> None:
    without = set(STRATEGIES.names()) - set(NAMES)
    assert without == {name for name in STRATEGIES.names() if not STRATEGIES.get(name).needs_engine}
    for name in without:
        with pytest.raises(RecipeError, match="rows_per_request is 3: input should be 1"):
            Case(name, "one_column", "conditioned", "chat", False, rows_per_request=3)


class Dawdling(ScriptedEngine):
    """Answers in any order."""

    chance = random.Random(0)

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(self.chance.random() * 0.003)
        return await super().complete(request)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("task", [one_column_task, two_column_task])
@pytest.mark.parametrize("label_mode", ["conditioned", "generated"])
def test_a_build_with_three_rows_per_request_meets_its_quotas_whatever_is_under_way(
    name: str, task: Callable[[Path], dict[str, Any]], label_mode: str, tmp_path: Path
) -> None:
    if (name, "one_column", label_mode, "chat", False) not in SETTINGS:
        return
    data = task(tmp_path)
    columns, labels = list(data["task"]["columns"]), list(data["task"]["labels"])
    options = {**needed_options(name, columns, labels), **({"turns": 3} if name == "conversation" else {})}
    # 10 + 7 rows of each label: the last request of a label is for fewer rows.
    data["generation"] = {"rows": {"train": 20, "validation": 14}, "seed": 5}
    data["variants"] = {"v": {"strategy": name, "label_mode": label_mode, "rows_per_request": 3, **options}}
    setup = set_up(Recipe.from_dict(data, directory=tmp_path), "v")
    found = []
    for concurrency in (1, 9):
        engine = Dawdling(row_list_writer(columns, labels, label_mode), revision="1", concurrency=concurrency)
        generated = generate(setup, engine, tmp_path / str(concurrency))
        rows = {split: list(generated.rows(split)) for split in ("train", "validation")}
        rejected = list(generated.rejected())
        tally = generated.tally.to_dict()
        generated.close()
        found.append((rows, rejected, tally))

        assert {split: Counter(row["label"] for row in rows[split]) for split in rows} == {
            "train": dict.fromkeys(labels, 10),
            "validation": dict.fromkeys(labels, 7),
        }
        assert tally["asked"] == 34 + sum(tally["rejected"].values()) and tally["short"] == {}
        assert tally["rejected"]["too_short"] and tally["rejected"]["missing_row"]
        assert Counter(one["reason"] for one in rejected) == tally["rejected"]

        # What is asked for again is asked for alone, and one request never makes more rows than it was for.
        makes = Counter(row["provenance"]["request"] for part in rows.values() for row in part)
        first = Counter(
            row["provenance"]["request"] for part in rows.values() for row in part if not row["provenance"]["draw"]
        )
        assert max(first.values()) == 3
        assert all(count == 1 for request, count in makes.items() if request not in first)
        again = sum(tally["rejected"].values())
        per_label = {"conditioned": 2 * (4 + 3), "generated": 7 + 5}[label_mode]
        assert len(engine.requests) == per_label + again + tally["preparation_requests"]
    assert found[0] == found[1]


def test_a_text_that_is_continued_ends_with_its_first_row() -> None:
    made = STRATEGIES.get("zero_shot")
    with pytest.raises(RecipeError, match="asks for 3 rows per request, which needs a chat"):
        made(Setting(ONE, SamplingSettings(), "completion"), made.Options(rows_per_request=3))


@pytest.mark.parametrize(
    ("prompt", "fits"),
    [
        ("Write three of {{ label }}.", False),
        ("Write {{ count }} of {{ label }}.", True),
        ("{% block user %}Write of {{ label }}. {% include 'reply.jinja' %}{% endblock %}", True),
    ],
)
def test_a_prompt_of_ones_own_has_to_say_how_many_rows_are_wanted(prompt: str, fits: bool) -> None:
    made = STRATEGIES.get("zero_shot")
    setting = Setting(ONE, SamplingSettings(), "chat", prompt=prompt, variant="mine")
    if fits:
        assert made(setting, made.Options(rows_per_request=3)).rows_per_request == 3
        return
    with pytest.raises(RecipeError) as found:
        made(setting, made.Options(rows_per_request=3))
    assert str(found.value) == (
        "Variant 'mine' asks for 3 rows per request, and its own prompt does not say how many; write {{ count }} into "
        "it, or include 'reply.jinja'."
    )
