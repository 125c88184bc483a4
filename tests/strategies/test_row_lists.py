import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.strategies.replies import ReplyForm, UnusableReplyError
from synth_builder.strategies.row_lists import ROWS, read_rows, rows_schema
from synth_builder.strategies.templates import shipped_prompt

PAIR = ["premise", "hypothesis"]
LABELLED = ["text", "label"]


def read(
    reply: str, form: ReplyForm, count: int, *, fields: list[str] | None = None, cut: bool = False
) -> list[object]:
    """The rows' texts, or the reasons for which there are none."""
    found = read_rows(reply, fields or (["text"] if form == "text" else PAIR), form, count, cut=cut)
    assert len(found) == count
    return [one.reason if isinstance(one, UnusableReplyError) else tuple(one.values()) for one in found]


@pytest.mark.parametrize(
    ("reply", "rows"),
    [
        ("1. one\n2. two\n3. three", [("one",), ("two",), ("three",)]),
        ("1) one\n\n2) two\n\n3) three\n", [("one",), ("two",), ("three",)]),
        ("Sure, here are 3 texts:\n\n1. one\n2. two\n3. three\n\nI hope they help!", [("one",), ("two",), ("three",)]),
        ("1. one\n2. two\n3. three\n4. four", [("one",), ("two",), ("three",)]),
        ("1. one\n2. two", [("one",), ("two",), "missing_row"]),
        # Where an item goes on in the next line, its first line is no whole text.
        ("1. one\nand a half\n2. two\n3. three", ["malformed"] * 3),
        ("1. **Title**\n\nA text.\n\n2. **Title**\n\nA text.", ["malformed"] * 3),
        ("1. one\n2. two\n3. three\nand a half", [("one",), ("two",), "malformed"]),
        ("1. **Title**\n\nA text.", ["malformed", "missing_row", "missing_row"]),
        # Wrong numbers: which row is which is not known.
        ("1. one\n1. two\n1. three", ["malformed"] * 3),
        ("2. two\n3. three", ["malformed"] * 3),
        ("1. one\n3. three", ["malformed"] * 3),
        ("- one\n- two\n- three", ["malformed"] * 3),
        ("A text without any list.", ["malformed"] * 3),
        ("1.\n2.\n3.", ["malformed"] * 3),
        (" \n", ["empty"] * 3),
    ],
)
def test_a_numbered_list_is_read_line_by_line(reply: str, rows: list[object]) -> None:
    assert read(reply, "text", 3) == rows


BLOCKS = "Premise: A boat lies there.\nHypothesis: There is a boat.\n\nPremise: It rains.\nHypothesis: It is dry."
TWO = [("A boat lies there.", "There is a boat."), ("It rains.", "It is dry.")]


@pytest.mark.parametrize(
    ("reply", "rows"),
    [
        (BLOCKS, TWO),
        (BLOCKS.replace("\n\n", "\n"), TWO),
        ("Sure, here are two pairs:\n\n" + BLOCKS + "\n\nI hope they help!", TWO),
        ("1. " + BLOCKS.replace("\n\n", "\n\n2. "), TWO),
        (BLOCKS.replace("Premise", "**Premise**").replace("Hypothesis", "**Hypothesis**"), TWO),
        (BLOCKS.replace("\n\n", "\n\nExample 2:\n"), TWO),
        (BLOCKS.replace("\n\n", "\nExample 2:\n"), ["malformed", TWO[1]]),
        (BLOCKS.partition("\n\n")[0], [TWO[0], "missing_row"]),
        (BLOCKS.rpartition("\n")[0], [TWO[0], "missing_field"]),
        (BLOCKS + "\n\n" + BLOCKS, TWO),
        (BLOCKS.replace("lies there", "lies\nthere"), ["malformed", TWO[1]]),
        ("A boat lies there.", ["malformed"] * 2),
        ("", ["empty"] * 2),
    ],
)
def test_blocks_of_tagged_lines_are_read_one_by_one(reply: str, rows: list[object]) -> None:
    assert read(reply, "tagged", 2) == rows


def test_a_label_before_its_text_is_never_taken_for_that_of_the_text_before() -> None:
    reply = "Label: positive\nText: A fine evening.\n\nLabel: negative\nText: A dull one."
    assert read(reply, "tagged", 2, fields=LABELLED) == ["malformed"] * 2


def objects(*rows: object) -> str:
    return json.dumps({ROWS: rows})


GOOD = {"premise": "It rains.", "hypothesis": "It is dry."}


@pytest.mark.parametrize(
    ("reply", "rows"),
    [
        (objects(GOOD, GOOD), [tuple(GOOD.values())] * 2),
        ("```json\n" + objects(GOOD, GOOD) + "\n```", [tuple(GOOD.values())] * 2),
        (objects(GOOD), [tuple(GOOD.values()), "missing_row"]),
        (objects(GOOD, GOOD, GOOD), [tuple(GOOD.values())] * 2),
        (objects({"premise": "It rains."}, GOOD), ["missing_field", tuple(GOOD.values())]),
        (objects({**GOOD, "hypothesis": 3}, GOOD), ["malformed", tuple(GOOD.values())]),
        (objects({**GOOD, "hypothesis": " "}, GOOD), ["missing_field", tuple(GOOD.values())]),
        (objects([GOOD], "{}"), ["malformed"] * 2),
        (objects(), ["malformed"] * 2),
        (json.dumps(GOOD), ["malformed"] * 2),
        (json.dumps([GOOD, GOOD]), ["malformed"] * 2),
        # A list that breaks off loses what comes after, not what came before.
        (objects(GOOD, GOOD)[:-12], [tuple(GOOD.values()), "missing_row"]),
        (objects(GOOD, GOOD).replace("}, {", "} {"), [tuple(GOOD.values()), "missing_row"]),
    ],
)
def test_a_json_list_is_read_object_by_object(reply: str, rows: list[object]) -> None:
    assert read(reply, "json", 2) == rows


@pytest.mark.parametrize(
    ("form", "reply", "rows"),
    [
        ("text", "1. one\n2. tw", [("one",), "cut", "cut"]),
        ("text", "1. on", ["cut"] * 3),
        ("text", "1. one\n2. two\n3. three\n4. fo", [("one",), ("two",), ("three",)]),
        ("text", "Sure, here are", ["malformed"] * 3),
        ("tagged", BLOCKS, [TWO[0], "cut", "cut"]),
        ("tagged", BLOCKS.rpartition(": ")[0], [TWO[0], "cut", "cut"]),
        ("json", objects(GOOD, GOOD)[:-12], [tuple(GOOD.values()), "cut", "cut"]),
        ("json", objects(GOOD, GOOD), [tuple(GOOD.values())] * 2 + ["cut"]),
        ("json", '{"rows": [{"premise": "It', ["cut"] * 3),
    ],
)
def test_the_row_in_which_a_reply_was_cut_is_none(form: ReplyForm, reply: str, rows: list[object]) -> None:
    assert read(reply, form, 3, cut=True) == rows


PIECES = ["1. ", "2. ", "3. ", "\n", "\n\n", "Text: ", "Label: ", "one", "two", "three", " ", "yes", "**", "- ", "x\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=24), st.integers(2, 4), st.booleans())
def test_a_text_that_is_read_stands_on_one_line_of_the_reply_and_no_line_gives_two(
    pieces: list[str], count: int, cut: bool
) -> None:
    reply = "".join(pieces)
    lines = reply.splitlines()
    listed = [one for one in read(reply, "text", count, cut=cut) if isinstance(one, tuple)]
    for number, (text,) in enumerate(listed, start=1):
        place = next(place for place, line in enumerate(lines) if line.strip() == f"{number}. {text}".strip())
        lines[place] = ""
    blocks = [one for one in read(reply, "tagged", count, fields=LABELLED, cut=cut) if isinstance(one, tuple)]
    place = 0
    for text, label in blocks:
        # In this order, with nothing of another row between them.
        begin = reply.index(text, place)
        end = reply.index(label, begin + len(text))
        assert "text:" not in reply[begin + len(text) : end].casefold()
        place = end + len(label)


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(PAIR, st.text(min_size=1, max_size=12))), min_size=1, max_size=4),
    st.integers(0, 200),
    st.integers(2, 5),
)
def test_objects_that_are_read_are_the_first_of_the_list_wherever_it_breaks_off(
    rows: list[dict[str, str]], kept: int, count: int
) -> None:
    reply = json.dumps({ROWS: rows}, ensure_ascii=False)
    whole = [one for one in read(reply, "json", count) if isinstance(one, tuple)]
    good = [tuple(row[name] for name in PAIR) for row in rows if all(text.strip() for text in row.values())]
    assert whole == good[: len(whole)] and (len(whole) == len(good) or len(rows) > count)
    broken = [one for one in read(reply[:kept], "json", count, cut=True) if isinstance(one, tuple)]
    assert broken == whole[: len(broken)]


@given(st.lists(st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{1,8}){0,4}\.", fullmatch=True), min_size=2, max_size=6))
def test_a_list_of_sentences_comes_back_as_it_was(texts: list[str]) -> None:
    reply = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, start=1))
    assert read(reply, "text", len(texts)) == [(text,) for text in texts]


def test_the_schema_asks_for_exactly_so_many_rows_under_the_name_that_the_prompt_tells() -> None:
    schema = rows_schema({"type": "object"}, 3)
    assert schema["properties"][ROWS] == {"type": "array", "items": {"type": "object"}, "minItems": 3, "maxItems": 3}
    assert schema["required"] == [ROWS]
    assert f"the key {ROWS}:" in shipped_prompt("reply")
