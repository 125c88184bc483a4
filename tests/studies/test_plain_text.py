from synth_builder.studies.plain_text import is_plain, plain


def test_a_text_stays_on_its_line_and_moves_nothing() -> None:
    assert plain("a\n b\t c") == "a b c"
    assert plain("\x1b[31m\u202eabc") == "\\x1b[31m\\u202eabc"
    assert plain("नमस्ते\u200d ±é") == "नमस्ते\u200d ±é"


def test_joiners_are_plain_and_marks_of_direction_are_not() -> None:
    assert [is_plain(letter) for letter in "a\u200d\u0301\u202e\x1b\n\u2028"] == [True] * 3 + [False] * 4
