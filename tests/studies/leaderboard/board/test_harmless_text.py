"""Names and texts of others, made fit to be shown."""

from synth_builder.studies.leaderboard.board.harmless_text import MOST_LETTERS, harmless, harmless_name


def test_what_people_write_stays_as_it_is() -> None:
    for text in (
        "zero_shot",
        "Qwen/Qwen2.5-0.5B-Instruct",
        "日本語",
        "שלום",
        "نص عربي",
        "é e\u0301",
        "👩\u200d🔬",
        "a & b",
    ):
        assert harmless_name(text) == harmless(text, 600) == text


def test_control_characters_and_marks_of_direction_are_seen() -> None:
    assert harmless("a\u202eb\x00c\x1b[0m\u2066\u200e\nd", 99) == "a�b�c�[0m���d"
    assert harmless("a\nb\u2028c", 99, lines=True) == "a\nb�c"


def test_piles_of_combining_marks_are_cut() -> None:
    assert harmless("a" + "\u0301" * 500 + "b", 600) == "a\u0301\u0301\u0301b"


def test_what_is_long_is_cut_and_two_long_names_stay_two() -> None:
    assert harmless("abcdef", 3) == "abc…"
    one, two = harmless_name("a" * 5_000 + "1"), harmless_name("a" * 5_000 + "2")
    assert one != two and len(one) == len(two) == MOST_LETTERS + len("… (123456)")
    assert harmless_name("a\u202e") != harmless_name("a\u202d")


def test_a_name_of_nothing_can_be_seen() -> None:
    assert harmless_name("  ").endswith(")") and harmless_name("").endswith(")")
