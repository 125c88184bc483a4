import pytest

from synth_builder.errors import ReleaseError
from synth_builder.releases.card.card_sections import BEGIN_BY_HAND, END_BY_HAND, CardParts

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


SHOWN = """This is how a card is made:

```markdown
<!-- computed: rows: begin -->

<!-- computed: end -->
<!-- written by hand: begin -->
```"""


def test_marks_that_a_person_shows_in_a_code_block_are_text() -> None:
    text = CARD.replace("A remark.", SHOWN)
    parts = CardParts.parse(text)
    assert list(parts.sections) == ["summary", "rebuild"]
    assert parts.between["summary"] == SHOWN
    assert parts.to_text() == text
    parts = CardParts.parse(f"{SHOWN}\n")
    assert (parts.sections, parts.between) == ({}, {"": SHOWN})


@pytest.mark.parametrize(
    ("fence", "section"),
    [("~~~", "Again."), ("```", "```bash\nmake\n```"), ("````", "```bash\nmake\n```")],
)
def test_a_code_block_without_an_end_does_not_swallow_sections(fence: str, section: str) -> None:
    open_block = CARD.replace("A remark.", f"{fence}\nx = 1").replace("Again.", section)
    with pytest.raises(ReleaseError, match=r"A code block that stands behind 'summary' in the card has no end"):
        CardParts.parse(open_block)


def test_a_code_block_that_a_person_left_open_is_ended_where_their_text_ends() -> None:
    card = CardParts(
        sections={"summary": "s", "rebuild": "r"}, by_hand="~~~\ny = 2", between={"summary": "```\nx = 1"}
    )
    again = CardParts.parse(card.to_text())
    assert again.sections == {"summary": "s", "rebuild": "r"}
    assert (again.by_hand, again.between) == ("~~~\ny = 2\n~~~", {"summary": "```\nx = 1\n```"})
    assert again.to_text() == card.to_text()
