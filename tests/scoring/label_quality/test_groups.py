from typing import Any

import datasets
import pytest

from synth_builder.scoring.label_quality.groups import groups_of_rows, least_agreeing


def rows(provenance: list[dict[str, Any]]) -> datasets.Dataset:
    text = datasets.Value("string")
    told = {
        "strategy": text,
        "topic": text,
        "attributes": datasets.List({"name": text, "value": text}),
        "seed": datasets.Value("int64"),
    }
    features = datasets.Features({"text": text, "provenance": told})
    return datasets.Dataset.from_dict({"text": ["x"] * len(provenance), "provenance": provenance}, features=features)


def test_strategy_topic_and_attributes_are_read_from_the_provenance() -> None:
    attributes = [{"name": "style", "value": "dry"}, {"name": "topic", "value": "boats"}]
    found = groups_of_rows(
        rows(
            [
                {"strategy": "attributes", "topic": None, "attributes": attributes, "seed": 7},
                {"strategy": "zero_shot_topic", "topic": "boats", "attributes": None, "seed": 8},
            ]
        )
    )
    # An attribute that is called topic is no topic.
    assert found == [
        {("strategy", "attributes"), ("attribute style", "dry"), ("attribute topic", "boats")},
        {("strategy", "zero_shot_topic"), ("topic", "boats")},
    ]


def test_rows_of_others_have_no_groups() -> None:
    assert groups_of_rows(datasets.Dataset.from_dict({"text": ["a", "b"]})) == [frozenset(), frozenset()]
    foreign = datasets.Dataset.from_dict({"text": ["a"], "provenance": ["a page of the web"]})
    assert groups_of_rows(foreign) == [frozenset()]
    other = datasets.Dataset.from_dict({"text": ["a"], "provenance": [{"attributes": {"name": ["x"]}, "url": "y"}]})
    assert groups_of_rows(other) == [frozenset()]


def test_the_group_that_is_agreed_with_least_comes_first_and_small_groups_do_not_come() -> None:
    def group(value: str, rows: int, hits: int) -> tuple[list[frozenset[tuple[str, str]]], list[bool | None]]:
        told = frozenset({("topic", value), ("strategy", "zero_shot_topic")})
        return [told] * rows, [place < hits for place in range(rows)]

    cases = [group("boats", 10, 9), group("trains", 12, 3), group("shops", 9, 0), group("rain", 20, 18)]
    groups = [one for told, _ in cases for one in told]
    agrees = [one for _, hits in cases for one in hits]
    found = least_agreeing(groups, agrees)
    # Nine rows about shops are too few, and all rows are of one strategy. Of two equal shares more rows come first.
    assert [(one.kind, one.value, one.agreement.hits, one.agreement.rows) for one in found] == [
        ("topic", "trains", 3, 12),
        ("topic", "rain", 18, 20),
        ("topic", "boats", 9, 10),
    ]
    assert (found[2].agreement.low, found[2].agreement.high) == pytest.approx((0.59585, 0.98212), abs=1e-5)
    assert least_agreeing(groups, agrees, most=1) == found[:1]


def test_rows_that_were_not_judged_do_not_count() -> None:
    groups = [frozenset({("topic", "boats")})] * 12 + [frozenset({("topic", "rain")})] * 12
    assert least_agreeing(groups, [True] * 9 + [None] * 3 + [True] * 12) == least_agreeing(
        groups[:9] + groups[12:], [True] * 21
    )
    assert [one.value for one in least_agreeing(groups, [True] * 9 + [None] * 3 + [True] * 12)] == ["rain"]
