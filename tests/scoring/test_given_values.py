from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.given_values import keyed, path_text, whole_number, whole_numbers, word, words

numpy = pytest.importorskip("numpy")


def test_what_is_expected_is_taken_and_one_stands_for_a_list_of_one() -> None:
    assert whole_number(numpy.int64(3), "seeds") == 3
    assert whole_numbers(5, "real_rows") == whole_numbers([5], "real_rows") == (5,)
    assert whole_numbers(numpy.array([5, 10]), "real_rows") == whole_numbers(range(5, 11, 5), "real_rows") == (5, 10)
    assert words("real", "regimes") == words(["real"], "regimes") == ("real",)
    assert path_text(Path("a/b"), "classifier", "a text") == str(Path("a/b"))
    assert keyed({"epochs": 2}, "hyperparameters") == {"epochs": 2}


@pytest.mark.parametrize("value", ["3", 2.5, 2.0, True, None, [3], numpy.float64(3)])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ScoringError) as refused:
        whole_number(value, "seeds")
    assert str(refused.value) == f"seeds is {value!r}; expected a whole number."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("5,10", "real_rows is '5,10'; expected a whole number or a list of them, as in [100, 1000]."),
        (2.5, "real_rows is 2.5; expected a whole number or a list of them, as in [100, 1000]."),
        (True, "real_rows is True; expected a whole number or a list of them, as in [100, 1000]."),
        ({5: 1}, "real_rows is {5: 1}; expected a whole number or a list of them, as in [100, 1000]."),
        ([5, 2.5], "A part of real_rows is 2.5; expected a whole number."),
    ],
)
def test_what_is_no_list_of_whole_numbers_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ScoringError) as refused:
        whole_numbers(value, "real_rows")
    assert str(refused.value) == message


def test_what_is_no_text_or_no_dictionary_is_refused_and_shown_in_short() -> None:
    with pytest.raises(ScoringError, match=r"^text_columns is 7; expected a text or a list of texts\.$"):
        words(7, "text_columns")
    with pytest.raises(ScoringError, match=r"^A part of text_columns is \['a'\]; expected a text\.$"):
        words([["a"]], "text_columns")
    with pytest.raises(
        ScoringError, match=r"^hyperparameters is \[1\]; expected a dictionary, as in {'epochs': 6}\.$"
    ):
        keyed([1], "hyperparameters")
    with pytest.raises(ScoringError, match=r"^A key of hyperparameters is 1; expected a text\.$"):
        keyed({1: 2}, "hyperparameters")
    with pytest.raises(ScoringError) as refused:
        word(list(range(1000)), "loss")
    assert str(refused.value).startswith("loss is [0, 1, 2") and str(refused.value).endswith("...; expected a text.")
    assert len(str(refused.value)) == len("loss is ; expected a text.") + 80
