from synth_builder.releases.card.difference_list import difference_lists
from synth_builder.scoring.results.difference import Difference
from synth_builder.scoring.results.scores import Scores
from tests.releases.scored import difference
from tests.scoring.results.test_scores import scores

JUDGED = "Better or worse is what test rows and seeds both show; the rest is within noise."


def told(name: str, *differences: Difference) -> Scores:
    return scores(name).model_copy(update={"differences": differences})


def test_gains_and_variants_are_lists_with_their_verdicts() -> None:
    gains, variants = difference_lists(
        {
            "a": told("a", difference("real 25 + synthetic", "real 25", 8, "better")),
            "b": told("b", difference("real 25 + synthetic", "real 25", -1), difference("b", "a", -5, "worse")),
        }
    )
    assert gains == (
        "What the synthetic rows add to real ones (accuracy in percentage points, with the 95 % interval). "
        f"Holm's correction over 3 comparisons was applied. {JUDGED}\n\n"
        r"- `a`, real 25 \+ synthetic against real 25: \+8.0 points \[\+7.0, \+9.0\], p = 0.120: better" + "\n"
        r"- `b`, real 25 \+ synthetic against real 25: -1.0 points \[-2.0, \+0.0\], p = 0.120: within noise"
    )
    assert variants.splitlines()[2:] == [r"- b against a: -5.0 points \[-6.0, -4.0\], p = 0.120: worse"]
    assert difference_lists({"a": scores("a")}) == []


def test_what_was_compared_with_a_variant_that_is_another_one_now_is_not_told() -> None:
    later = told("b", difference("b", "a", -5))
    assert difference_lists({"b": later}) == []
    assert len(difference_lists({"a": told("a"), "b": later})) == 1
    again = told("a").model_copy(update={"created": "2026-01-02T03:04:06+00:00"})
    assert difference_lists({"a": again, "b": later}) == []
    of_these = later.differences[0].model_copy(update={"baseline_rows": told("a").synthetic.fingerprint})
    known = later.model_copy(update={"differences": (of_these,)})
    assert len(difference_lists({"a": told("a"), "b": known})) == 1
    rebuilt = told("a").synthetic.model_copy(update={"fingerprint": "f" * 64})
    assert difference_lists({"a": told("a").model_copy(update={"synthetic": rebuilt}), "b": known}) == []


def test_a_single_comparison_needs_no_correction_and_calls_have_one_each() -> None:
    (one,) = difference_lists({"a": told("a", difference("real 25 + synthetic", "real 25", 8, compared=1))})
    assert "Holm" not in one and f"interval). {JUDGED}" in one
    (two,) = difference_lists(
        {
            "a": told("a", difference("real 25 + synthetic", "real 25", 8, compared=4)),
            "b": told("b", difference("real 25 + synthetic", "real 25", 8, compared=12)),
        }
    )
    assert "Holm's correction over 4 to 12 comparisons (those of one call of `score` each) was applied." in two


def test_a_long_list_is_folded_away_behind_its_count() -> None:
    many = [difference("real 25 + synthetic", f"real {number}", 8, "better") for number in range(12)]
    (short,) = difference_lists({"a": told("a", *many)})
    assert "<details>" not in short
    (long,) = difference_lists({"a": told("a", *many, difference("real 9 + synthetic", "real 9", 1))})
    assert long.splitlines()[:2] == [
        "<details>",
        "<summary>What the synthetic rows add to real ones: 12 better, 0 worse, 1 within noise</summary>",
    ]
    assert "\n\nAccuracy in percentage points, with the 95 % interval. Holm's correction" in long
    assert long.count("\n- ") == 13 and long.endswith("\n\n</details>")
