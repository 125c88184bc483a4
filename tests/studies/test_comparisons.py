import pytest

pytest.importorskip("scipy")
pytest.importorskip("statsmodels")

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.comparisons import compared
from tests.studies.predicted import predicted

LABELS = [0, 1] * 50
RIGHT = [tuple(LABELS)] * 2
WRONG_BY_HALF = [tuple([0] * 100)] * 2


def scored(variant: str, cells: dict[Cell, list[tuple[int, ...]]]) -> Scores:
    test = TextRows(tuple((str(number),) for number in range(100)), tuple(LABELS), tuple(map(str, range(100))))
    found = predicted(variant, test, cells)
    return found.model_copy(update={"synthetic": found.synthetic.model_copy(update={"rows": 100})})


def test_each_question_is_asked_of_the_right_pair() -> None:
    found = compared(
        {
            "films": {
                "tfidf": {
                    "one": scored(
                        "one",
                        {
                            Cell("real", 10): WRONG_BY_HALF,
                            Cell("real", 25): WRONG_BY_HALF,
                            Cell("augmented", 10): RIGHT,
                            Cell("synthetic", None, 20): WRONG_BY_HALF,
                            Cell("synthetic"): RIGHT,
                        },
                    ),
                    "two": scored("two", {Cell("real", 10): WRONG_BY_HALF, Cell("synthetic"): RIGHT}),
                }
            }
        },
        real_rows=[10],
    )
    told = {(each.asked, each.variant): each for each in found}
    assert set(told) == {("gain", "one"), ("alone", "one"), ("alone", "two"), ("more", "one"), ("variant", "two")}
    assert told["gain", "one"].difference == 0.5
    assert told["alone", "one"].difference == 0.5
    assert (told["more", "one"].baseline_rows, told["more", "one"].candidate_rows) == (20, 100)
    assert (told["variant", "two"].baseline, told["variant", "two"].difference) == ("one", 0.0)
    assert told["gain", "one"].verdict == "better" and told["variant", "two"].verdict == "within noise"


def test_a_family_is_corrected_by_itself() -> None:
    cells = {Cell("real", 10): WRONG_BY_HALF, Cell("synthetic"): RIGHT, Cell("augmented", 10): RIGHT}
    one_task = compared({"a": {"tfidf": {"one": scored("one", cells)}}}, [10])
    three_tasks = compared({name: {"tfidf": {"one": scored("one", cells)}} for name in "abc"}, [10])
    two_classifiers = compared({"a": {name: {"one": scored("one", cells)} for name in ("tfidf", "probe")}}, [10])
    (alone,) = {each.adjusted_p_value for each in one_task}
    assert alone == pytest.approx(2 / 100_001)
    assert [each.adjusted_p_value for each in three_tasks] == pytest.approx([3 * alone] * 6)
    # Another question and another classifier are families of their own.
    assert [each.adjusted_p_value for each in two_classifiers] == pytest.approx([alone] * 4)


def test_what_was_not_kept_is_not_compared() -> None:
    kept = scored("one", {Cell("real", 10): WRONG_BY_HALF, Cell("synthetic"): RIGHT})
    assert compared({"a": {"tfidf": {"one": kept}}}, [10])
    gone = kept.model_copy(update={"test_labels": None})
    assert compared({"a": {"tfidf": {"one": gone}}}, [10]) == []
