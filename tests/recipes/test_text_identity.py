import pytest

from synth_builder.recipes.text_identity import normalised


@pytest.mark.parametrize("text", ["The Cat sat", " the  cat\nSAT ", "\uff54he cat sat", "the\u00a0cat sat"])
def test_case_width_and_white_space_do_not_matter(text: str) -> None:
    assert normalised([text]) == "the cat sat"


def test_marks_matter_and_columns_stay_apart() -> None:
    assert normalised(["the cat sat."]) != normalised(["the cat sat"])
    assert normalised(["a b", "c"]) != normalised(["a", "b c"])
    assert normalised(["Straße"]) == normalised(["STRASSE"])
