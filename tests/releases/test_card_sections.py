import pytest

from synth_builder.errors import ReleaseError
from synth_builder.releases.card_sections import BEGIN_BY_HAND, END_BY_HAND, CardParts

CARD = f"""---
license: mit
tags:
- a
---

On top.

<!-- computed: summary: begin -->

# A title

```text
<!-- computed: end -->
```

<!-- computed: end -->

A remark.

<!-- computed: rebuild: begin -->

Again.

<!-- computed: end -->

{BEGIN_BY_HAND}

From the file.

{END_BY_HAND}

At the end.
"""


def test_a_card_is_taken_apart_and_put_together_again() -> None:
    parts = CardParts.parse(CARD)
    assert parts.front == {"license": "mit", "tags": ["a"]}
    assert parts.sections == {"summary": "# A title\n\n```text\n<!-- computed: end -->\n```", "rebuild": "Again."}
    assert parts.by_hand == "From the file."
    assert parts.between == {"": "On top.", "summary": "A remark.", "rebuild": "At the end."}
    assert parts.to_text() == CARD


def test_new_sections_leave_what_people_wrote_at_its_place() -> None:
    found = CardParts.parse(CARD).with_sections({"license": "mit"}, {"summary": "New.", "worth": "", "rows": "Many."})
    assert found.sections == {"summary": "New.", "rows": "Many."}
    # `rebuild` is gone: what stood after it stands after the section before it.
    assert found.between == {"": "On top.", "summary": "A remark.\n\nAt the end."}
    text = found.to_text()
    assert text.index("On top.") < text.index("New.") < text.index("A remark.") < text.index("Many.")
    assert text.index("Many.") < text.index("From the file.")


def test_a_card_of_somebody_else_is_all_by_hand() -> None:
    parts = CardParts.parse("# Mine\n\n```\n<!-- an open code block\n")
    assert (parts.front, parts.sections, parts.by_hand) == ({}, {}, "")
    assert parts.with_sections({"a": 1}, {"summary": "New."}).to_text().count("# Mine") == 1


def test_the_front_matter_may_end_with_the_file_and_be_empty() -> None:
    assert CardParts.parse("---\nlicense: mit\n---").front == {"license": "mit"}
    assert CardParts.parse("---\n---\ntext").between == {"": "text"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\na: [\n---\n", "is no YAML"),
        ("---\n- a\n---\n", "is a list, expected keys and values"),
        ("<!-- computed: summary: begin -->\ntext\n", "no end of its part 'summary'"),
        ("<!-- computed: summary: begin -->\n```\n<!-- computed: end -->\n", "no end of its part 'summary'"),
        (f"{BEGIN_BY_HAND}\ntext\n", "no end of its part"),
    ],
)
def test_a_card_that_is_damaged_is_not_guessed_at(text: str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        CardParts.parse(text)


def test_the_front_matter_may_stand_below_empty_lines_or_a_byte_order_mark() -> None:
    for start in ("\n\n", "\ufeff", "\r\n"):
        assert CardParts.parse(f"{start}---\nlicense: mit\n---\n# Films\n").front == {"license": "mit"}


def test_a_value_that_yaml_can_not_make_is_told() -> None:
    with pytest.raises(ReleaseError, match="front matter of the card is no YAML: month must be in"):
        CardParts.parse("---\nday: 2024-13-45\n---\n")
    with pytest.raises(ReleaseError, match="nested too deeply"):
        CardParts.parse("---\na: " + "[" * 5000 + "\n---\n")
