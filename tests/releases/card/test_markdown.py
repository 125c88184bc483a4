import re

from hypothesis import given, settings
from hypothesis import strategies as st

from synth_builder.releases.card.markdown import escaped, fenced, table
from tests.releases.card_reading import read_card

HOSTILE = st.text(st.sampled_from("`~<>/|#-*_[]()!$\\{}%&;:\n\r\u2028\u202e ab"), max_size=60) | st.text(max_size=60)


@settings(deadline=None)
@given(HOSTILE)
def test_no_text_ends_its_own_code_block(text: str) -> None:
    card = read_card(f"---\na: 1\n---\n\n{fenced(text)}\n\n# After\n")
    assert card.headings == ["# After"]
    assert card.blocks == ["\n".join(text.split("\n"))]


@settings(deadline=None)
@given(HOSTILE)
def test_an_escaped_text_stays_on_its_line_and_holds_no_live_mark(text: str) -> None:
    made = escaped(text)
    assert len(made.splitlines()) <= 1
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_{}\[\]()#+!|~$]", made)
    assert "<" not in made and ">" not in made


def test_an_escaped_text_by_hand() -> None:
    assert escaped("a *b* | <i>c</i>\n\n# d & e") == r"a \*b\* \| &lt;i&gt;c&lt;/i&gt; \# d &amp; e"


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced("x", "yaml") == "```yaml\nx\n```"
    assert fenced("a ``` b ```` c") == "`````text\na ``` b ```` c\n`````"


def test_numbers_stand_at_the_right() -> None:
    assert table(["name", "n", "mean"], [["a", 1, 2.0], ["b", 10, 2.25]]).splitlines() == [
        "| name | n | mean |",
        "|---|---:|---:|",
        "| a | 1 | 2 |",
        "| b | 10 | 2.25 |",
    ]
    assert table(["name", "n"], []).splitlines() == ["| name | n |", "|---|---|"]
