import pytest

from synth_builder.engines.answers import clean_text, count, cut_at_stop, shown


@pytest.mark.parametrize(
    ("text", "stop", "cut"),
    [
        ("good film\n\n", ("\n\n",), ("good film", True)),
        ("good film", ("\n\n",), ("good film", False)),
        ("a#b;c", (";", "#"), ("a", True)),
        ("a#b", (), ("a#b", False)),
        ("a#b", ("",), ("a#b", False)),
        ("#", ("#",), ("", True)),
    ],
)
def test_a_text_ends_before_the_first_stop_string(text: str, stop: tuple[str, ...], cut: tuple[str, bool]) -> None:
    assert cut_at_stop(text, stop) == cut


def test_only_halves_of_pairs_are_replaced() -> None:
    assert clean_text("a\ud83d b") == "a\ufffd b"
    assert clean_text("\ud83d\ude00 é") == "\U0001f600 é"
    assert clean_text("\U0001f600 é\x00") == "\U0001f600 é\x00"


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (0, 0), (-1, None), (True, None), (None, None), ("x", None), ("²", None), (2.0, None)],
)
def test_a_count_is_a_number_or_not_told(value: object, number: int | None) -> None:
    assert count(value) == number


def test_a_foreign_text_can_not_write_to_the_terminal() -> None:
    assert shown("a\n\tb\x1b[2J\u202e") == r"'a b\x1b[2J\u202e'"
