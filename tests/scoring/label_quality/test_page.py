import json
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "label-quality.md").read_text(encoding="utf-8")


def test_the_numbers_of_the_page_are_those_of_the_results_file() -> None:
    found = json.loads((ROOT / "benchmarks" / "results" / "label_quality.json").read_text(encoding="utf-8"))
    assert (found["rows"], found["real_rows"], found["draws"]) == (200, 125, 10)
    lines = 0
    for classifier, by_rate in found["classifiers"].items():
        for measured in by_rate.values():
            for check, shares in measured["checks"].items():
                line = (
                    f"| {classifier} | {measured['planted']} | {check.replace('_', ' ')} | {shares['found']:.0f} | "
                    f"{shares['of_the_found_planted']:.0%} | {shares['of_the_planted_found']:.0%} |"
                )
                assert line in PAGE, line
                lines += 1
    assert lines == 18


def test_the_method_of_cleanlab_that_is_used_has_the_fewest_false_alarms() -> None:
    found = json.loads((ROOT / "benchmarks" / "results" / "label_quality.json").read_text(encoding="utf-8"))
    for by_rate in found["classifiers"].values():
        for measured in by_rate.values():
            shares = {name: one["of_the_found_planted"] for name, one in measured["methods"].items()}
            assert max(shares, key=lambda name: shares[name]) == "both"
