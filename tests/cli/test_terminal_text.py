import io
import sys

import pytest

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, padded, visible, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ümläut, 你好, 👍", "plain text, ümläut, 你好, 👍"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\rb\tc\x00d\x7fe\x9bf", "a\\rb\\tc\\x00d\\x7fe\\x9bf"),
        ("\u202eright to left", "\\u202eright to left"),
        ("one\u2028two\u2029three", "one\\u2028two\\u2029three"),
        ("\ufeffmark \ud800 half", "\\ufeffmark \\ud800 half"),
        ("👩\u200d💻 and क्\u200cष", "👩\u200d💻 and क्\u200cष"),
    ],
)
def test_what_would_move_the_cursor_is_written_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_breaks_are_kept_where_they_are_asked_for() -> None:
    assert visible("a\nb\r\n") == "a\\nb\\r\\n"
    assert visible("a\nb\r\n", lines=True) == "a\nb\\r\n"


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("你好", 4), ("한국", 4), ("e\u0301", 1), ("👍", 2), ("", 0), ("カナ", 4)]
)
def test_wide_letters_take_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(padded(text, 10)) == 10
    assert padded(text, 0) == text


def test_letters_that_the_terminal_lacks_are_escapes_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    escape_what_the_terminal_lacks()
    print("你 ü")
    terminal.flush()
    assert terminal.buffer.getvalue() == b"\\u4f60 \\xfc\n"
