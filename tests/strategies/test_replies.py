import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_builder.strategies.replies import ReplyForm, UnusableReplyError, read_fields, reply_schema

PAIR = ["premise", "hypothesis"]


def problem(reply: str, fields: list[str], form: ReplyForm, continued: bool = False) -> tuple[str, str]:
    with pytest.raises(UnusableReplyError) as found:
        read_fields(reply, fields, form, continued=continued)
    return found.value.reason, found.value.detail


def test_a_plain_reply_is_the_field() -> None:
    assert read_fields(" a text\n", ["text"], "text") == {"text": " a text\n"}


@pytest.mark.parametrize(
    "reply",
    [
        '{"premise": "A b.", "hypothesis": "C."}',
        '{"hypothesis": "C.", "premise": "A b.", "more": 1}',
        'Sure:\n```json\n{"premise": "A b.", "hypothesis": "C."}\n```\nDone.',
    ],
)
def test_json_is_read_wherever_it_stands(reply: str) -> None:
    assert read_fields(reply, PAIR, "json") == {"premise": "A b.", "hypothesis": "C."}


@pytest.mark.parametrize(
    "reply",
    [
        "Premise: A b.\nHypothesis: C.",
        "premise : A b.\n\nHYPOTHESIS: C.",
        "**Premise:** A b.\n**Hypothesis:** C.",
        "- Premise: A b.\n- Hypothesis: C.",
        "Sure, here it is:\n\nPremise: A b.\nHypothesis: C.\n\nThis follows because it does.",
        "Hypothesis: C.\nPremise: A b.",
        "Premise: A b.\nHypothesis: C.\nPremise: D.\nHypothesis: E.",
        "A b.\nHypothesis: C.",
    ],
)
def test_tagged_lines_are_read_in_each_form(reply: str) -> None:
    assert read_fields(reply, PAIR, "tagged") == {"premise": "A b.", "hypothesis": "C."}


def test_a_continued_record_ends_where_the_next_begins() -> None:
    reply = " foo\nLabel: positive\nText: bar\nLabel: negative"
    assert read_fields(reply, ["text", "label"], "tagged", continued=True) == {"text": "foo", "label": "positive"}


def test_a_text_is_never_joined_with_another_rows_label() -> None:
    reply = "foo\nLabel: positive\nText: bar\nLabel: negative"
    assert problem(reply, ["text", "label"], "tagged") == ("malformed", "the reply does not begin with 'text': 'foo'")


def test_a_tag_of_several_words_is_read_with_spaces() -> None:
    assert read_fields("First Text: a\nsecond-text: b", ["first_text", "second_text"], "tagged") == {
        "first_text": "a",
        "second_text": "b",
    }


@pytest.mark.parametrize(
    ("reply", "form", "reason", "detail"),
    [
        ("", "text", "empty", "the reply is empty"),
        (" \n", "json", "empty", "the reply is empty"),
        ("no object", "json", "malformed", "the reply holds no JSON object"),
        ('{"premise": "A', "json", "malformed", "the reply's JSON can't be read: Unterminated string"),
        (
            '{"premise": 3, "hypothesis": "C."}',
            "json",
            "malformed",
            "the reply gives 3 for 'premise', which is no text",
        ),
        (
            '{"premise": "\\ud83d", "hypothesis": "C."}',
            "json",
            "malformed",
            "the reply's JSON holds half of a character",
        ),
        ('{"premise": "A."}', "json", "missing_field", "the reply gives no 'hypothesis'"),
        ('{"premise": "A.", "hypothesis": " "}', "json", "missing_field", "the reply gives no 'hypothesis'"),
        ("Premise: A.", "tagged", "missing_field", "the reply gives no 'hypothesis'"),
        ("Just talk.", "tagged", "missing_field", "the reply gives no 'hypothesis'"),
        ("Premise:\nHypothesis: C.", "tagged", "missing_field", "the reply gives no 'premise'"),
    ],
)
def test_a_reply_that_gives_no_row_is_told_with_its_reason(
    reply: str, form: ReplyForm, reason: str, detail: str
) -> None:
    found = problem(reply, PAIR, form)
    assert found[0] == reason
    assert found[1].startswith(detail)


texts = st.text(max_size=30).filter(str.strip).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))
lines = st.text(st.characters(categories=["L", "Nd", "Po"], exclude_characters="*:"), min_size=1, max_size=30)
one_column = st.fixed_dictionaries({"text": texts, "label": texts})
two_columns = st.fixed_dictionaries({"premise": texts, "hypothesis": texts})


@given(one_column | two_columns, st.booleans())
def test_any_json_reply_is_read_as_it_was_written(row: dict[str, str], escaped: bool) -> None:
    assert read_fields(json.dumps(row, ensure_ascii=escaped), list(row), "json") == row


@given(
    st.fixed_dictionaries({"text": lines, "label": lines})
    | st.fixed_dictionaries({"premise": lines, "hypothesis": lines}),
    st.booleans(),
)
def test_any_tagged_reply_is_read_as_it_was_written(row: dict[str, str], continued: bool) -> None:
    reply = "\n".join(f"{name.capitalize()}: {text}" for name, text in row.items())
    if continued:
        reply = reply.partition(":")[2]
    assert read_fields(reply, list(row), "tagged", continued=continued) == row


@given(st.text(alphabet='{}[]":,\\ \nPremise: Hypothesis*a', max_size=60), st.sampled_from(["text", "json", "tagged"]))
def test_any_reply_gives_all_fields_or_a_reason(reply: str, form: ReplyForm) -> None:
    fields = ["text"] if form == "text" else PAIR
    try:
        found = read_fields(reply, fields, form)
    except UnusableReplyError as error:
        assert error.reason in ("empty", "malformed", "missing_field")
    else:
        assert set(found) == set(fields)
        assert all(text.strip() for text in found.values())


def test_the_schema_asks_for_each_field_in_order_and_holds_the_label_to_the_names() -> None:
    assert reply_schema(["text"], "label", ["no", "yes"]) == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1},
            "label": {"type": "string", "enum": ["no", "yes"]},
        },
        "required": ["text", "label"],
        "additionalProperties": False,
    }
    assert list(reply_schema(PAIR, None, ["no", "yes"])["properties"]) == PAIR
