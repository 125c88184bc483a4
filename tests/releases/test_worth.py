import pytest

from synth_builder.releases.worth import spread, worth_in_real_rows, worth_tables
from synth_builder.scoring.regime_scores import RegimeScores, Spread
from synth_builder.scoring.scores import ClassifierUsed, Scores
from tests.scoring.test_scores import regime, scores


def scored(*results: RegimeScores, name: str = "few_shot") -> Scores:
    return scores(name).model_copy(update={"results": results})


def test_a_variant_is_a_row_and_each_way_of_training_a_column() -> None:
    ((table, measured),) = worth_tables(
        {
            "few_shot": scored(
                regime("synthetic", None, 0.7), regime("augmented", 50, 0.9, 0.8), regime("real", 50, 0.6)
            ),
            "zero_shot": scored(regime("synthetic", None, 0.4), name="zero_shot"),
        }
    )
    assert table.splitlines() == [
        "| variant | synthetic rows | 50 real rows | 50 real + synthetic | worth, in real rows |",
        "|---|---|---|---|---|",
        "| `few_shot` | 0.700 | 0.600 | 0.850\u00a0±\u00a00.071 | 50 or more |",
        "| `zero_shot` | 0.400 |  |  |  |",
    ]
    assert measured == (
        "Accuracy (mean ± standard deviation over 3 seeds) of minilm, fine-tuned on each and tested on 3 real rows; "
        "always answering `positive` gives 0.667."
    )


def test_without_real_rows_nothing_is_said_of_them() -> None:
    ((table, _),) = worth_tables({"few_shot": scored(regime("synthetic", None, 0.7))})
    assert table.splitlines()[0] == "| variant | synthetic rows |"
    assert worth_tables({}) == []


def test_what_was_scored_in_another_way_stands_in_a_table_of_its_own() -> None:
    other = scores("b").model_copy(update={"classifier": ClassifierUsed(name="roberta", revision="1")})
    first, second = worth_tables({"a": scores("a"), "b": other, "c": scores("c")})
    assert "`a`" in first[0] and "`c`" in first[0] and "`b`" not in first[0]
    assert "`b`" in second[0] and "of roberta, fine-tuned" in second[1]


def test_another_method_stands_in_a_table_of_its_own_and_is_named() -> None:
    probed = scores("b").model_copy(update={"method": "probe"})
    _, second = worth_tables({"a": scores("a"), "b": probed})
    assert "of logistic regression on embeddings of minilm, fitted on each and tested on 3 real rows" in second[1]


@pytest.mark.parametrize(
    ("synthetic", "worth"),
    [(0.50, "fewer than 20"), (0.60, "20 to 50"), (0.65, "20 to 50"), (0.70, "50 to 100"), (0.95, "100 or more")],
)
def test_worth_lies_between_the_numbers_of_real_rows_that_were_tried(synthetic: float, worth: str) -> None:
    found = scored(
        regime("synthetic", None, synthetic),
        regime("real", 100, 0.8),
        regime("real", 20, 0.6),
        regime("real", 50, 0.7),
    )
    assert worth_in_real_rows(found) == worth


def test_a_single_run_has_no_deviation() -> None:
    assert spread(Spread.of([0.5])) == "0.500"
    assert spread(Spread.of([0.4, 0.6])) == "0.500 ± 0.141"
