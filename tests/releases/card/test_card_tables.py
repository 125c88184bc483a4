from synth_builder.releases.card.card_tables import score_notes, score_table
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.scores import RandomGuess
from tests.releases.scored import result, scored


def test_intervals_and_what_words_tell_have_columns_where_they_are_known() -> None:
    found = scored(
        result(Cell("synthetic", None, 50), 0.6, (0.55, 0.65), by_words=0.4),
        result(Cell("synthetic"), 0.7),
    ).model_copy(update={"random_guess": RandomGuess(accuracy=5 / 9)})
    assert score_table({"few_shot": found}).splitlines() == [
        "| variant | trained on | rows | accuracy | 95 % interval | macro-F1 | TF-IDF |",
        "|---|---|---|---|---|---|---|",
        "| `few_shot` | synthetic 50 | 50 | 0.600 | 0.550 to 0.650 | 0.300 | 0.400 |",
        "| `few_shot` | synthetic | 200 | 0.700 |  | 0.350 |  |",
        "| (none) | always positive | 0 | 0.667 |  | 0.400 |  |",
        "| (none) | guessing by share | 0 | 0.556 |  |  |  |",
    ]
    assert score_notes({"few_shot": found})[-2:] == [
        "95 % interval: of the mean accuracy, by a bootstrap over test rows and seeds.",
        "TF-IDF: mean accuracy of a logistic regression on words and characters that was trained on the same rows.",
    ]


def test_files_of_earlier_versions_have_neither() -> None:
    found = {"few_shot": scored(result(Cell("synthetic"), 0.7))}
    assert score_table(found).splitlines()[0] == "| variant | trained on | rows | accuracy | macro-F1 |"
    assert not any(note.startswith(("95 %", "TF-IDF")) for note in score_notes(found))
