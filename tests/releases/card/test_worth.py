import pytest

from synth_builder.releases.card.worth import worth_in_real_rows, worth_tables
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.results.regime_scores import RegimeScores, Spread
from synth_builder.scoring.results.scores import ClassifierUsed, Scores
from synth_builder.scoring.results.table import shown_spread
from tests.scoring.results.test_scores import regime, scores


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
        "| variant | synthetic rows | worth, in real rows | 50 real rows | 50 real + synthetic |",
        "|---|---|---|---|---|",
        "| `few_shot` | 0.700 | 50\u00a0or\u00a0more | 0.600 | 0.850\u00a0±\u00a00.071 |",
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


def test_other_hyperparameters_stand_in_a_table_of_their_own_and_are_named() -> None:
    other = scores("b").model_copy(update={"hyperparameters": Hyperparameters(epochs=1, min_steps=0)})
    assert other.trained == "minilm fine-tuned with cross entropy (epochs 1, min_steps 0)"
    first, second = worth_tables({"a": scores("a"), "b": other})
    assert "`a`" in first[0] and "`b`" not in first[0]
    assert r"minilm, fine-tuned \(epochs 1, min\_steps 0\) on each" in second[1]


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


def test_worth_is_read_off_the_learning_curve_where_the_scores_tell() -> None:
    read_off = RealWorth(smallest=20, largest=100, rows=46, more_than_largest=False, low=None, high=80)
    found = scored(regime("synthetic", None, 0.65), regime("real", 20, 0.6)).model_copy(update={"worth": read_off})
    assert worth_in_real_rows(found) == "about 46 (95 % interval fewer than 20 to 80)"
    ((table, _),) = worth_tables({"few_shot": found})
    # It may break before the bracket and before "to" only.
    assert table.endswith(
        "| 0.650 | about\u00a046 (95\u00a0%\u00a0interval\u00a0fewer\u00a0than\u00a020 to\u00a080) | 0.600 |"
    )


def test_points_of_the_quantity_curve_are_no_columns() -> None:
    few = regime("synthetic", None, 0.3).model_copy(update={"synthetic_rows": 50})
    mixed = regime("augmented", 20, 0.3).model_copy(update={"synthetic_rows": 50})
    found = scored(few, regime("synthetic", None, 0.65), mixed, regime("real", 20, 0.6))
    assert worth_in_real_rows(found) == "20 or more"  # that of all rows, not of 50
    ((table, _),) = worth_tables({"few_shot": found})
    assert table.splitlines()[0] == "| variant | synthetic rows | worth, in real rows | 20 real rows |"


def test_a_single_run_has_no_deviation() -> None:
    assert shown_spread(Spread.of([0.5])) == "0.500"
    assert shown_spread(Spread.of([0.4, 0.6])) == "0.500 ± 0.141"


def test_a_precision_other_than_float32_is_told_and_has_a_table_of_its_own() -> None:
    plain = scored(regime("synthetic", None, 0.7))
    in_bf16 = plain.model_copy(update={"machine": plain.machine.model_copy(update={"mixed_precision": "bf16"})})
    told = [measured for _, measured in worth_tables({"one": plain, "two": in_bf16})]
    assert ["of minilm, fine-tuned on each" in told[0], "of minilm, fine-tuned in bf16 on each" in told[1]] == [
        True
    ] * 2
