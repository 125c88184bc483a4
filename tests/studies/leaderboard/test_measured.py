"""The page about the leaderboard says how long one waits, as it was measured."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_numbers_about_the_leaderboard_are_those_of_the_results_file() -> None:
    page = (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "leaderboard.json").read_text(encoding="utf-8"))
    assert f"medians of {results['settings']['visits']} visits" in page
    for size in results["sizes"].values():
        answers = size["answers"]
        times = [size["first_paint"], size["table_on_the_page"], answers["filter"], answers["next page"]]
        assert f"| {size['results']:,} | " + " | ".join(f"{time['median']} ms" for time in times) + " |" in page
    assert results["sizes"]["10,000"]["results"] >= 10_000
    assert results["sizes"]["10,000"]["first_paint"]["slowest"] < 2_000
