import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.engines.base import Completion, Request, Sampling
from synth_builder.strategies.listed_values import ValueList, filled, read_list


@pytest.mark.parametrize(
    ("reply", "values"),
    [
        ("1. Travel\n2. Food and drink\n", ["Travel", "Food and drink"]),
        (" Travel\n2. Food", ["Travel", "Food"]),
        ("- **Travel**: trips by train\n- *Food* - what people eat", ["Travel", "Food"]),
        ('Here are ten values:\n\n1) "Travel"\n', ["Travel"]),
        ("Travel \u2013 trips\nWell-being.", ["Travel", "Well-being"]),
        ("A line of talk that is far too long to be a value of texts\nFood", ["Food"]),
        ("123\n---\n\nFood", ["Food"]),
        ("", []),
    ],
)
def test_values_are_read_without_what_stands_around_them(reply: str, values: list[str]) -> None:
    assert read_list(reply, 8) == values


def test_a_cut_list_loses_its_last_line() -> None:
    assert read_list("1. Travel\n2. Foo", 8, cut=True) == ["Travel"]


@given(st.text(max_size=80), st.booleans())
def test_any_reply_gives_short_values(reply: str, cut: bool) -> None:
    for value in read_list(reply, 8, cut=cut):
        assert value == value.strip() != ""
        assert len(value.split()) <= 8
        assert "\n" not in value


@given(st.lists(st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{1,8}){0,3}", fullmatch=True), min_size=1, max_size=9))
def test_a_numbered_list_comes_back_as_it_was(values: list[str]) -> None:
    reply = "\n".join(f"{number}. {value}" for number, value in enumerate(values, 1))
    assert read_list(reply, 8) == values


def test_several_lists_are_filled_in_the_same_rounds_and_each_with_its_own_answers() -> None:
    short, long = ValueList("style", 2, 8), ValueList("persona", 12, 8)
    asked: list[tuple[str, int, int]] = []

    def request(one: ValueList, number: int, place: int) -> Request:
        asked.append((one.name, number, place))
        return Request(Sampling(), seed=0, prompt=one.name)

    steps = filled([short, long], request)
    assert [one.prompt for one in next(steps)] == ["style", "persona", "persona"]
    ten = "\n".join(f"{number}. nurse {number}" for number in range(1, 11))
    second = steps.send([Completion(text, "stop") for text in ("dry\nDRY", ten, ten)])
    assert (short.values, short.missing) == (["dry"], 1)
    assert (len(long.values), long.missing) == (10, 2)
    assert [one.prompt for one in second] == ["style", "persona"]
    with pytest.raises(StopIteration):
        steps.send([Completion("warm\nloud", "stop"), Completion("a cook\na judge\na monk", "stop")])
    assert short.values == ["dry", "warm"]
    assert long.values[10:] == ["a cook", "a judge"]
    assert asked == [("style", 0, 0), ("persona", 0, 0), ("persona", 0, 1), ("style", 1, 0), ("persona", 1, 0)]
