from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.strategies.sentence_templates import SentenceTemplate, TemplatePool, slots_of, stray_braces

WORDS = {"noun": ["hour", "apple", "table"], "verb": ["was", "were"], "name": ["Ann"]}


def filled(text: str, number: int, *rules: tuple[str, str], **words: str) -> str:
    lexicons = {**WORDS, **{name: [word] for name, word in words.items()}}
    return SentenceTemplate("t", {"text": text}, lexicons, rules).fill(number)["text"]


@pytest.mark.parametrize(
    ("text", "words", "result"),
    [
        ("It is a(n) {noun}.", {"noun": "apple"}, "It is an apple."),
        ("A(n) {noun}.", {"noun": "Apple"}, "An Apple."),
        ("It is a(n) {noun}.", {"noun": "table"}, "It is a table."),
        ('a(n) "{noun}", a(n) old one', {"noun": "oak"}, 'an "oak", an old one'),
        ("{noun} a(n) day", {"noun": "an apple"}, "An apple a day"),
        ("an {noun} a {noun}", {"noun": "table"}, "an table a table"),
        ("{noun} and {noun}", {"noun": "one"}, "One and one"),
        ("a {b c} {", {}, "a {b c} {"),
        ("{name}", {"name": r"\1 {noun}"}, r"\1 {noun}"),
    ],
)
def test_slots_are_filled_and_the_article_follows_the_word(text: str, words: dict[str, str], result: str) -> None:
    assert filled(text, 0, **words) == result


def test_rules_change_whole_words_one_after_the_other() -> None:
    assert filled("Two {x} was there.", 0, ("apples was", "apples were"), x="apples") == "Two apples were there."
    assert filled("a(n) {x}", 0, ("a hour", "an hour"), x="hour") == "an hour"
    assert filled("a(n) {x}", 0, ("a hour", "an hour"), x="hourglass") == "a hourglass"
    assert filled("{x}", 0, ("A", "b"), ("b", r"\1.c"), x="A") == r"\1.c"


def test_two_columns_share_the_words_of_a_slot() -> None:
    one = SentenceTemplate("t", {"premise": "The {noun} {verb} here.", "hypothesis": "No {noun} here."}, WORDS)
    assert one.combinations == 6
    pairs = {tuple(one.fill(number).values()) for number in range(6)}
    assert pairs == {
        (f"The {noun} {verb} here.", f"No {noun} here.") for noun in WORDS["noun"] for verb in WORDS["verb"]
    }


def test_slots_are_named_once_in_their_order() -> None:
    assert slots_of({"a": "{x} {y} {x}", "b": "{z} {y}"}) == ["x", "y", "z"]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 20), st.integers(0, 9))
def test_a_pool_goes_through_all_texts_and_uses_each_template_as_little_as_can_be(
    sizes: list[int], rows: int, seed: int
) -> None:
    templates = [
        SentenceTemplate(str(number), {"text": f"{number} {{x}}"}, {"x": [str(word) for word in range(size)]})
        for number, size in enumerate(sizes)
    ]
    pool = TemplatePool(templates, seed)
    assert pool.total == sum(sizes)
    places = [pool.at(position) for position in range(pool.total)]
    assert len({pool.texts(*place)["text"] for place in places}) == pool.total
    rows = min(rows, pool.total)
    uses = Counter(one.id for one, _ in places[:rows])
    assert {name: count for name, count in pool.uses(rows).items() if count} == uses
    # Whoever is used more than another by two could have left a row to it, unless that one has no text left.
    for number, size in enumerate(sizes):
        assert uses[str(number)] == size or max(uses.values(), default=0) - uses[str(number)] <= 1


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("A {noun} and a(n) {other_noun}.", None),
        ("What {a(noun)} it was.", "{a(noun)}"),
        ("A {noun of two} words.", "{noun of two}"),
        ("An open { brace", "{ brace"),
        ("A {noun}} too many.", "}"),
        ("{}", "{}"),
    ],
)
def test_a_brace_that_is_no_slots_is_found(text: str, stray: str | None) -> None:
    assert stray_braces(text) == stray
