import random
from collections import Counter

import pytest

from synth_builder.generation.plan import Plan
from synth_builder.recipes.generation import Generation
from synth_builder.recipes.seeds import derived_seed
from synth_builder.recipes.task import Task

TASK = Task(description="d", columns={"text": "t"}, labels={"a": "first", "b": "second", "c": "third"})


def plan(labels_given: bool = True, **settings: object) -> Plan:
    return Plan(Generation.model_validate({"rows": {"train": 10, "test": 4}, **settings}), TASK, labels_given)


def labels(made: Plan, split: str) -> Counter[str | None]:
    return Counter(slot.label for slot in made.slots() if slot.split == split)


def test_balanced_labels_differ_by_one_row_at_most_and_the_first_gets_it() -> None:
    made = plan()
    assert made.quotas == {"train": {"a": 4, "b": 3, "c": 3}, "test": {"a": 2, "b": 1, "c": 1}}
    assert labels(made, "train") == {"a": 4, "b": 3, "c": 3}
    assert labels(made, "test") == {"a": 2, "b": 1, "c": 1}
    assert made.rows == 14


def test_shares_become_counts_by_largest_remainder() -> None:
    made = plan(label_distribution={"a": 0.3, "b": 0.7})
    assert made.quotas == {"train": {"a": 3, "b": 7, "c": 0}, "test": {"a": 1, "b": 3, "c": 0}}
    assert labels(made, "train") == {"a": 3, "b": 7}


def test_positions_count_from_zero_in_each_split_and_splits_follow_each_other() -> None:
    places = [(slot.split, slot.index, slot.draw) for slot in plan().slots()]
    assert places == [("train", index, 0) for index in range(10)] + [("test", index, 0) for index in range(4)]


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    assert list(plan(seed=1).slots()) == list(plan(seed=1).slots())
    assert [slot.label for slot in plan(seed=1).slots()] != [slot.label for slot in plan(seed=2).slots()]
    assert {slot.seed for slot in plan(seed=1).slots()}.isdisjoint({slot.seed for slot in plan(seed=2).slots()})


def test_the_plan_leaves_the_global_generator_alone() -> None:
    random.seed(5)
    expected = random.Random(5).random()
    list(plan().slots())
    assert random.random() == expected


def test_labels_are_mixed_rather_than_in_blocks() -> None:
    order = [slot.label for slot in plan(rows={"train": 60}).slots()]
    assert order != sorted(order, key=str)


def test_every_draw_of_every_slot_has_a_seed_of_its_own() -> None:
    made = plan(rows={"train": 50, "test": 50})
    first = list(made.slots())
    seeds = [slot.seed for slot in first] + [made.next_draw(slot).seed for slot in first]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_slots_seed_is_made_of_the_recipes_seed_split_position_and_draw() -> None:
    slot = next(iter(plan(seed=9).slots()))
    assert slot.seed == derived_seed(9, "train", 0, 0)
    again = plan(seed=9).next_draw(slot)
    assert (again.split, again.index, again.draw, again.label) == ("train", 0, 1, slot.label)
    assert again.seed == derived_seed(9, "train", 0, 1)


def test_draws_beyond_the_first_are_shared_by_the_slots_of_a_split_and_label() -> None:
    assert plan(max_draws=3).redraws() == {
        ("train", "a"): 8,
        ("train", "b"): 6,
        ("train", "c"): 6,
        ("test", "a"): 4,
        ("test", "b"): 2,
        ("test", "c"): 2,
    }


def test_where_the_model_chooses_labels_slots_have_none_and_draws_are_shared_by_the_split() -> None:
    made = plan(labels_given=False, max_draws=3)
    assert labels(made, "train") == {None: 10}
    assert made.redraws() == {("train", None): 20, ("test", None): 8}


@pytest.mark.parametrize("rows", [3, 7, 20, 1001])
def test_label_counts_sum_up_to_the_rows_asked_for(rows: int) -> None:
    quota = plan(rows={"train": rows}, label_distribution={"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}).quotas["train"]
    assert sum(quota.values()) == rows


def test_slots_tell_their_rank_among_those_of_their_split_and_label_and_keep_it() -> None:
    made = plan()
    for split, quota in made.quotas.items():
        for label, count in quota.items():
            of_label = [slot for slot in made.slots() if (slot.split, slot.label) == (split, label)]
            assert [slot.rank for slot in of_label] == list(range(count))
            assert [made.next_draw(slot).rank for slot in of_label] == list(range(count))
    assert [slot.rank for slot in plan(labels_given=False).slots()] == [*range(10), *range(4)]


def test_requests_for_several_rows_keep_to_one_label_and_conversations_go_on_side_by_side() -> None:
    made = plan(rows={"train": 21})
    asks = list(made.asks(2, 2))
    assert sorted(len(ask.slots) for ask in asks) == [1] * 3 + [2] * 9
    assert all(len({(slot.split, slot.label) for slot in ask.slots}) == 1 for ask in asks)
    assert sorted(slot.index for ask in asks for slot in ask.slots) == list(range(21))
    for label in "abc":
        # Four requests of a label are two conversations of two turns.
        places = [(ask.chain, ask.turn) for ask in asks if ask.first.label == label]
        assert places == [(0, 0), (1, 0), (0, 1), (1, 1)]


@pytest.mark.parametrize(
    ("split", "labels_given", "rows_per_request", "turns", "most"),
    [
        ({"train": 50, "test": 7}, True, 1, 1, 50),  # positions begin anew in each split
        ({"train": 50, "test": 7}, True, 4, 1, 14),  # 17, 17 and 16 rows are 5, 5 and 4 requests
        ({"train": 50, "test": 7}, False, 4, 1, 13),
        ({"train": 50, "test": 7}, True, 1, 4, 5),  # as many conversations begin for the label with most rows
        ({"train": 50, "test": 7}, True, 2, 4, 3),
        ({"train": 1}, True, 10, 4, 1),
    ],
)
def test_a_plan_says_into_how_many_parts_it_can_be_cut(
    split: dict[str, int], labels_given: bool, rows_per_request: int, turns: int, most: int
) -> None:
    made = plan(labels_given, rows=split)
    assert made.most_parts(rows_per_request, turns) == most
    if rows_per_request == 1 or turns > 1:
        parts = [list(made.asks(rows_per_request, turns, (part, most))) for part in range(most)]
        assert all(parts)
        assert not list(made.asks(rows_per_request, turns, (most, most + 1)))
