from collections import Counter
from typing import Any

import pytest

from synth_builder.engines.base import Completion
from synth_builder.errors import EngineReplyError, RecipeError
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.strategies.attributes import Attributes, AttributesOptions
from synth_builder.strategies.base import Setting
from synth_builder.strategies.slot import Slot
from tests.strategies.cases import ONE

GIVEN = {"style": ["dry", "warm"], "writer": ["a nurse", "a judge", "a cook"]}


def attributes(seed: int = 0, form: Any = "chat", **options: Any) -> Attributes:
    parsed = AttributesOptions.parse(options, "options")
    return Attributes(Setting(ONE, SamplingSettings(), form, seed=seed), parsed)


def slots(count: int, label: str = "positive") -> list[Slot]:
    return [Slot("train", 2 * rank, 0, label, 1000 + rank, rank) for rank in range(count)]


def combinations(one: Attributes, places: list[Slot]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(one.ingredients(slot).attributes.values()) for slot in places)


def test_the_properties_stand_in_the_prompt_and_in_what_is_recorded() -> None:
    one = attributes(attributes=GIVEN)
    for slot in slots(5):
        draw = one.draw(slot)
        chosen = draw.ingredients.attributes
        assert list(chosen) == ["style", "writer"]
        assert f"- style: {chosen['style']}\n- writer: {chosen['writer']}\n" in draw.request.messages[-1].content
    plain = attributes(form="completion", attributes=GIVEN).draw(slots(1)[0])
    assert f"Style: {plain.ingredients.attributes['style']}\nWriter: " in (plain.request.prompt or "")


def test_crossed_values_go_through_every_combination_before_any_comes_again() -> None:
    one = attributes(attributes=GIVEN, combine="crossed")
    assert set(combinations(one, slots(6)).values()) == {1} and len(combinations(one, slots(6))) == 6
    assert sorted(combinations(one, slots(15)).values()) == [2, 2, 2, 3, 3, 3]
    first = [one.ingredients(slot).attributes for slot in slots(6)]
    assert first != [one.ingredients(slot).attributes for slot in slots(6, "negative")]
    assert first != [
        attributes(7, attributes=GIVEN, combine="crossed").ingredients(slot).attributes for slot in slots(6)
    ]


def test_rows_of_one_request_share_a_combination_and_a_row_that_is_asked_again_keeps_it() -> None:
    one = attributes(attributes=GIVEN, combine="crossed", rows_per_request=3)
    found = [one.ingredients(slot).attributes for slot in slots(18)]
    assert found[0::3] == found[1::3] == found[2::3]
    assert len({tuple(chosen.values()) for chosen in found}) == 6
    slot = slots(5)[4]
    assert one.ingredients(Slot("train", 8, 3, "positive", 5, 4)).attributes == one.ingredients(slot).attributes


def test_sampled_values_are_drawn_by_the_seed_of_the_slot() -> None:
    one = attributes(attributes=GIVEN)
    found = combinations(one, slots(300))
    assert len(found) == 6 and min(found.values()) > 25
    assert len({found[key] for key in found}) > 1
    assert combinations(one, slots(20)) == combinations(attributes(attributes=GIVEN), slots(20))


def test_what_the_recipe_does_not_name_is_listed_by_the_model_without_repetitions() -> None:
    one = attributes(attributes={"style": ["dry"], "writer": 3, "mood": 12})
    steps = one.prepare()
    asked = [request.messages[-1].content for request in next(steps)]
    assert ["writer" in text for text in asked] == [True, False, False]
    assert ["mood" in text for text in asked] == [False, True, True]
    assert all("one short value per line" in text for text in asked)
    moods = "\n".join(f"{number}. mood {number}" for number in range(1, 8))
    more = steps.send([Completion("A nurse\n- a nurse\na judge: stern", "stop"), *[Completion(moods, "stop")] * 2])
    assert len(more) == 2 and len({request.seed for request in more}) == 2
    with pytest.raises(StopIteration):
        steps.send([Completion("a cook\na monk", "stop"), Completion("a\nb\nc\nd\ne\nf", "stop")])
    assert one.values == {
        "style": ["dry"],
        "writer": ["A nurse", "a judge", "a cook"],
        "mood": [*(f"mood {number}" for number in range(1, 8)), "a", "b", "c", "d", "e"],
    }
    assert one.facts() == {"attributes": one.values}
    assert "attribute_values" in one.templates()
    assert "attribute_values" not in attributes(attributes=GIVEN).templates()

    again = attributes(attributes={"style": ["dry"], "writer": 3, "mood": 12})
    assert again.recall(one.facts()) and again.values == one.values
    assert not attributes(attributes={"writer": 3}).recall({})


def test_a_model_that_lists_nothing_ends_in_one_sentence() -> None:
    steps = attributes(attributes={"writer": 3}).prepare()
    requests = next(steps)
    with pytest.raises(EngineReplyError) as found:
        while True:
            requests = steps.send([Completion("123", "stop") for _ in requests])
    assert str(found.value) == (
        "The model listed no values of 'writer' in 6 rounds; give a list under variants.variant.attributes.writer."
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"style": []}, "style is []; expected how many values the model shall list, or a list of texts"),
        ({"style": 0}, "style is 0; expected how many values the model shall list, or a list of texts"),
        ({"style": True}, "style is True; expected"),
        ({"style": ["dry", 3]}, "style is ['dry', 3]; expected"),
        ({"style": ["dry", "warm", "dry"]}, "style names 'dry' twice; name each value once"),
        ({}, "at least one entry is needed"),
    ],
)
def test_values_that_can_not_be_used_are_refused(given: Any, message: str) -> None:
    with pytest.raises(RecipeError) as found:
        attributes(attributes=given)
    assert message in str(found.value)
