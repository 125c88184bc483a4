import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.regimes import choose_real_rows, choose_regimes
from tests.scoring.tiny_encoder import toy_rows

REAL = toy_rows(20, start=200)


def test_all_regimes_that_the_data_allow() -> None:
    assert choose_regimes(None, REAL, "--real") == (("synthetic", "real", "augmented"), [])
    regimes, (note,) = choose_regimes(None, None, "real_train")
    assert regimes == ("synthetic",)
    assert note.endswith("the regimes real and augmented were left out; give rows with real_train.")


def test_what_is_asked_for_is_taken_or_refused() -> None:
    assert choose_regimes(["augmented"], REAL, "--real") == (("augmented",), [])
    assert choose_regimes(["synthetic"], None, "--real") == (("synthetic",), [])
    with pytest.raises(
        ScoringError, match=r"^The regimes real need real training rows, .* give them with real_train, or"
    ):
        choose_regimes(["synthetic", "real"], None, "real_train")


def test_a_hundred_real_rows_or_all_that_are_no_test_rows() -> None:
    test = toy_rows(8, start=300)
    assert choose_real_rows(None, toy_rows(150), test) == (100,)
    assert choose_real_rows(None, REAL, test) == (20,)
    assert choose_real_rows(None, REAL + test, test) == (20,)
    assert choose_real_rows(None, test, test) == choose_real_rows(None, None, test) == (1,)
    assert choose_real_rows([5, 10], REAL, test) == (5, 10)
