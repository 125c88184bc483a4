"""Metadata and hand-written parts of a card, merged three ways."""

from typing import Any

import pytest

from synth_builder.publishing.merge_card import merged_front, merged_hand
from synth_builder.releases.card.card_sections import CardParts

BASE: dict[str, Any] = {"license": "mit", "language": ["en"], "tags": ["synthetic"], "task_ids": ["sst"]}


def test_a_value_that_was_changed_there_stays_when_ours_is_gone() -> None:
    ours = {"language": ["en"], "tags": ["synthetic"]}
    theirs = {**BASE, "license": "apache-2.0", "task_ids": ["sst", "nli"]}
    front, notes = merged_front(theirs, BASE, ours)
    assert front == {**ours, "license": "apache-2.0", "task_ids": ["sst", "nli"]}
    assert len(notes) == 2 and "'license' was changed to 'apache-2.0'" in notes[0]
    # What nobody touched goes with ours.
    assert merged_front(BASE, BASE, ours) == (ours, [])


def test_a_single_word_is_a_list_of_one() -> None:
    front, notes = merged_front({"language": "en", "tags": "films"}, BASE, BASE)
    assert (front["language"], front["tags"], notes) == (["en"], ["synthetic", "films"], [])


@pytest.mark.parametrize("odd", ["films", 7, None, [], ["a", 3], {"a": {"b": []}}])
def test_configs_of_an_odd_form_leave_ours_whole(odd: Any) -> None:
    ours: dict[str, Any] = {
        "configs": [{"config_name": "few_shot", "data_files": [], "default": True}],
        "dataset_info": {"a": 1},
    }
    front, _ = merged_front({"configs": odd, "dataset_info": None}, {}, ours)
    assert front["configs"][0] == ours["configs"][0]
    assert front["dataset_info"] == {"a": 1}


def test_the_default_config_stays_the_published_one() -> None:
    def configs(names: str, default: str | None) -> dict[str, Any]:
        return {
            "configs": [
                {"config_name": name, **({"default": True} if name == default else {})} for name in names.split()
            ]
        }

    ours = configs("zero_shot few_shot", "zero_shot")
    # A variant came that the recipe has above the others; somebody chose another default; the default is gone.
    for theirs, stays in (("few_shot", "few_shot"), ("zero_shot few_shot", "few_shot"), ("old", "zero_shot")):
        base = configs(theirs, theirs.split()[0])
        front, _ = merged_front(configs(theirs, "few_shot" if "few_shot" in theirs else "old"), base, ours)
        assert front == configs("zero_shot few_shot", stays)
    assert ours == configs("zero_shot few_shot", "zero_shot")


def hand(by_hand: str = "", sections: tuple[str, ...] = ("summary", "rows"), **between: str) -> CardParts:
    return CardParts(sections=dict.fromkeys(sections, "-"), by_hand=by_hand, between=between)


def test_hand_written_parts_are_merged_three_ways() -> None:
    def merged(there: str, before: str, here: str) -> tuple[str, int]:
        card, notes = merged_hand(hand(there), hand(before), hand(here))
        return card.by_hand, len(notes)

    assert merged("old", "old", "new") == ("new", 0)
    assert merged("new", "old", "old") == ("new", 0)
    assert merged("theirs", "old", "ours") == ("theirs", 1)
    assert merged("same", "old", "same") == ("same", 0)
    # A release that has none of it, such as a contributor's, takes nothing away.
    assert merged("old", "old", "") == ("old", 0)
    # What was taken away where it is published stays away; what was written anew in the meantime does not get lost.
    assert merged("", "old", "old") == ("", 0)
    assert merged("", "old", "new") == ("new", 0)


def test_a_remark_behind_a_section_that_is_not_published_yet_is_kept() -> None:
    card, _ = merged_hand(hand(), hand(), hand(sections=("summary", "rows", "scores"), scores="A remark."))
    new = card.with_sections({}, {"summary": "s", "rows": "r", "scores": "c", "licence": "l"})
    assert new.between == {"scores": "A remark."}
    assert card.with_sections({}, {"summary": "s", "rows": "r"}).between == {"rows": "A remark."}


def test_a_remark_that_moved_with_its_section_stands_there_once() -> None:
    there = hand(sections=("summary", "rows", "scores"), scores="A remark.")
    card, notes = merged_hand(there, there, hand(rows="A remark."))
    assert notes == []
    assert card.with_sections({}, {"summary": "s", "rows": "r"}).between == {"rows": "A remark."}
