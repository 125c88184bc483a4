import pytest

from synth_builder.errors import LeakedTestRowsError
from synth_builder.scoring.rows.leaks import leaked_positions, refuse_leaks
from synth_builder.scoring.rows.text_rows import TextRows


def rows(*texts: tuple[str, ...], prefix: str = "row") -> TextRows:
    return TextRows(texts, tuple(0 for _ in texts), tuple(f"{prefix}:{number}" for number in range(len(texts))))


def test_a_test_row_is_found_whatever_its_case_and_spaces() -> None:
    training = rows(("a new text",), ("  The  CAT\nsat ",), ("the cat sat.",))
    assert leaked_positions(training, rows(("The cat sat",))) == [1]


def test_a_pair_leaks_only_when_both_texts_are_equal() -> None:
    training = rows(("same premise", "other claim"), ("same premise", "same claim"))
    assert leaked_positions(training, rows(("Same premise", "same claim"))) == [1]


def test_the_columns_of_a_pair_are_not_run_together() -> None:
    assert leaked_positions(rows(("a b", "c")), rows(("a", "b c"))) == []


def test_no_leak_passes() -> None:
    training, test = rows(("one",), ("two",)), rows(("three",))
    refuse_leaks(training, test, "the variant 'few_shot'")
    assert leaked_positions(training, test) == []


def test_the_refusal_says_how_many_and_which() -> None:
    training = rows(*[(f"text {number}",) for number in range(10)], prefix="few_shot")
    test = rows(*[(f"TEXT {number}",) for number in range(3, 10)], prefix="test")
    with pytest.raises(LeakedTestRowsError) as refusal:
        refuse_leaks(training, test, "the variant 'few_shot'")
    message = str(refusal.value)
    assert message.startswith("7 of the 10 rows of the variant 'few_shot' stand in the test rows")
    assert "'few_shot:3' is the test row 'test:0': 'text 3'" in message
    assert "'few_shot:7'" in message
    assert "'few_shot:8'" not in message
    assert message.endswith("and 2 more")
