import pytest

from synth_builder.recipes.text_identity import normalised, word_similarity


@pytest.mark.parametrize("text", ["The Cat sat", " the  cat\nSAT ", "\uff54he cat sat", "the\u00a0cat sat"])
def test_case_width_and_white_space_do_not_matter(text: str) -> None:
    assert normalised([text]) == "the cat sat"


def test_marks_matter_and_columns_stay_apart() -> None:
    assert normalised(["the cat sat."]) != normalised(["the cat sat"])
    assert normalised(["a b", "c"]) != normalised(["a", "b c"])
    assert normalised(["Straße"]) == normalised(["STRASSE"])


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [("a b c", "c b a", 1.0), ("A b!", "a, c", 1 / 3), ("a", "b", 0.0), ("", "a", 0.0), ("?", "!", 0.0)],
)
def test_word_similarity_is_the_share_of_common_words(first: str, second: str, similarity: float) -> None:
    assert word_similarity(first, second) == pytest.approx(similarity)
