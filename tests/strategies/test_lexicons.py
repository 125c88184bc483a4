from synth_builder.recipes.real_data import RealRow
from synth_builder.strategies.lexicons import characteristic_words


def rows(**texts: list[str]) -> list[RealRow]:
    return [RealRow({"text": text}, label, f"{label}:{text}") for label in texts for text in texts[label]]


def test_words_are_ranked_by_how_much_more_often_their_label_has_them() -> None:
    real = rows(
        good=["The film shines.", "The cast SHINES, shines!", "Warm and the best", "A warm 10 out of ten"],
        bad=["The film drags", "the cast drags"],
    )
    # shines 2/4 - 0, warm 2/4 - 0; the others once in four; "the" 3/4 - 2/2, "film" and "cast" 1/4 - 1/2.
    assert characteristic_words(real, "text", "good", 3) == ["shines", "warm", "and"]
    assert characteristic_words(real, "text", "good", 20) == ["shines", "warm", "and", "best", "out", "ten"]
    assert characteristic_words(real, "text", "bad", 20) == ["drags", "cast", "film", "the"]


def test_a_label_without_rows_has_no_words_and_one_without_others_has_all() -> None:
    real = rows(good=["One two three", "Three"])
    assert characteristic_words(real, "text", "bad", 9) == []
    assert characteristic_words(real, "text", "good", 9) == ["three", "one", "two"]
