import json
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_builder.strategies.repair import LONGEST, repaired_fields

FIELDS = ["text", "label"]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("{'text': 'A good film.', 'label': 'x'}", "A good film."),
        ('{"text": "A good\nfilm.", "label": "x"}', "A good\nfilm."),
        ('{"text": "A good film.", "label": "x",}', "A good film."),
        ('{"text": "A good film." "label": "x"}', "A good film."),
        ('{text: "A good film.", label: "x"}', "A good film."),
        ('{"text": "A "good" film.", "label": "x"}', 'A "good" film.'),
        ('{"text": "A good film.", "label": "x"', "A good film."),
        ('{"text": "A good film.", "label": "x"]', "A good film."),
        ('{"label": "x", "text": "A good film."]', "A good film."),
        ("{\u201ctext\u201d: \u201cA good film.\u201d, \u201clabel\u201d: \u201cx\u201d}", "A good film."),
        ('{"text": "A\\tgood \\\\ \\u00e9\nfilm.", "label": "x"}', "A\tgood \\ é\nfilm."),
        ('Sure! Here:\n```json\n{"text": "A good\nfilm.", "label": "x"}\n```\nI hope it helps.', "A good\nfilm."),
    ],
)
def test_punctuation_is_mended(reply: str, text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.JSONDecoder().raw_decode(reply, reply.index("{"))
    assert repaired_fields(reply, FIELDS) == {"text": text, "label": "x"}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("no object at all", id="nothing there"),
        pytest.param('{"text": "A good film."', id="a field is missing"),
        pytest.param('{"text": "A good film.", "label": "x", "why": "so",}', id="a field too many"),
        pytest.param('{"text": "", "label": "x",}', id="an empty text"),
        pytest.param('{"text": 5, "label": "x",}', id="a number"),
        pytest.param('{"text": ["A"], "label": "x",}', id="a list"),
        pytest.param('{"text": null, "label": "x",}', id="nothing in it"),
        pytest.param('{"text": "A good film.", "label": "x', id="the last text may be cut"),
        pytest.param("{text: A good film., label: x", id="the last word may be cut"),
        pytest.param('{"text": "A", "label": - 1,}', id="a sign of a number would be lost"),
        pytest.param('{"text": "A", "label": "x" // or y\n}', id="a remark would be lost"),
        pytest.param('{"text": "A" {"text": "B", "label": "y"}', id="two rows, the first broken off"),
        pytest.param('{"text": "A", "label": "x",} {"text": "B", "label": "y"}', id="two rows"),
        pytest.param('{"text": "A", "text": "B", label: "x"}', id="a field twice"),
        pytest.param('{"text": "A, "why": "so", "label": "x"}', id="one text reads over into another field"),
        pytest.param('{"label": "x", "text": "A } good film."', id="a brace within a text that is left open"),
        pytest.param('{"label": "x", text: "A"}B', id="more of a text behind the brace"),
        pytest.param('{"text": "A" + "B", "label": "x"}', id="two texts joined by a plus"),
        pytest.param('{"text": "A\\ud83d", label: "x"}', id="half of a character"),
        pytest.param('{"text": "A", "label": "x"' + "," * LONGEST + "}", id="too long"),
        pytest.param('{"a":' * (LONGEST // 5), id="nested too deeply"),
    ],
)
def test_where_more_than_punctuation_would_change_nothing_is_read(reply: str) -> None:
    assert repaired_fields(reply, FIELDS) is None


@pytest.mark.parametrize("piece", ["{'", '{"', "[", '{"a":', "(", "{`", '"a" ', "\\", "a\n", "{", "/*", "#x\n"])
def test_hostile_replies_take_no_time(piece: str) -> None:
    started = time.monotonic()
    assert repaired_fields('{"text": ' + piece * (LONGEST // len(piece) - 9), FIELDS) is None
    assert repaired_fields('{"text": ' + piece * 1_000_000, FIELDS) is None
    assert time.monotonic() - started < 20  # well under a second on an idle machine


WORDS = ["a", "film", "was", "so", "good", "bad", "12", "text", "label", "positive", "negative"]
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)
rows = st.fixed_dictionaries(
    {"text": words.map(" ".join), "label": st.sampled_from(["positive", "negative", "not positive"])}
)
# No backslash: it makes a letter behind it a part of an escape, in sound JSON too.
signs = st.sampled_from(["", '"', "'", ",", ":", "{", "}", "[", "]", "\n", " ", '",', '": "', '", "'])
damages = st.lists(st.tuples(st.floats(0, 1), st.booleans(), signs), min_size=1, max_size=6)


def damaged(reply: str, damage: list[tuple[float, bool, str]]) -> str:
    """The reply with signs put in or in the place of others; no letter is touched."""
    for share, replacing, sign in damage:
        place = int(share * len(reply))
        taken = replacing and place < len(reply) and not reply[place].isalnum()
        reply = reply[:place] + sign + reply[place + taken :]
    return reply


@settings(deadline=None, max_examples=400)
@example({"text": "a film", "label": "positive"}, [(0.75, False, '": "'), (0.75, False, "}"), (0.984375, True, "")])
@example({"label": "positive", "text": "a a"}, [(0.9375, False, "}"), (0.984375, True, "")])
@given(rows, damages)
def test_no_damage_to_the_signs_gives_another_label_or_other_words(
    row: dict[str, str], damage: list[tuple[float, bool, str]]
) -> None:
    found = repaired_fields(damaged(json.dumps(row), damage), FIELDS)
    if found is None:
        return
    assert set(found) == set(FIELDS)
    assert all(any(map(str.isalnum, text)) for text in found.values())
    if found["label"] in ("positive", "negative", "not positive"):
        assert found["label"] == row["label"]
        assert re.findall(r"[a-z0-9]", found["text"]) == re.findall(r"[a-z0-9]", row["text"])


@settings(deadline=None, max_examples=400)
@example('\\a1"', True)
@given(st.text(alphabet="{}[]\"':,\\/ \n#-+textlabno1.", max_size=80), st.booleans())
def test_what_is_read_out_of_anything_was_written_there(tail: str, begun: bool) -> None:
    reply = '{"text": "a", "label": ' + tail if begun else tail
    found = repaired_fields(reply, FIELDS)
    if found is not None:
        assert set(found) == set(FIELDS)
        letters = re.sub(r"[^a-z0-9+./#-]", "", re.sub(r"\\[bfnrt]", "", reply[reply.index("{") :]))
        for name, text in found.items():
            assert name in reply
            assert re.sub(r"[^a-z0-9+./#-]", "", text) in letters


@given(rows)
def test_sound_json_is_read_as_it_is(row: dict[str, str]) -> None:
    assert repaired_fields(json.dumps(row), FIELDS) == row
