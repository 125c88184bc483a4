"""The tables of the README and the docs are those of the files under benchmarks/results/."""

import json
import statistics
from pathlib import Path

import pytest

from synth_builder.studies.results.study_results import StudyResults

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_score_that_is_explained_is_one_that_was_measured() -> None:
    page = (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "score_example.json").read_text(encoding="utf-8"))
    assert "```\n" + "\n".join(results["table"]) + "\n```" in page
    scores = results["scores"]["few_shot"]
    f1 = {(each["regime"], each["real_rows"]): each["macro_f1"]["mean"] for each in scores["results"]}
    assert f1["real", 50] < f1["synthetic", None] < f1["real", 100]  # "better than 50"
    assert all(each["high"] < 0 and each["verdict"] == "within noise" for each in scores["differences"])
    alone = sum("taken alone it would be worse" in each["basis"] for each in scores["differences"])
    assert f"taken alone {['none', 'one', 'two', 'three'][alone]} of the five would be called worse" in page


def test_the_table_of_losses_is_that_of_the_results_file() -> None:
    page = (ROOT / "docs" / "classifiers.md").read_text(encoding="utf-8")
    sets = json.loads((ROOT / "benchmarks" / "results" / "losses.json").read_text(encoding="utf-8"))["sets"]
    assert sets
    for name, found in sets.items():
        cells = [f"`{name}`", f"{found['always_the_commonest']:.3f}"]
        cells.append(_spread(found["real 200 alone, cross entropy"]["accuracy"]))
        for loss in ("cross_entropy", "focal", "imp", "dimp"):
            measured = found["losses"][loss]
            cells.append(_spread(measured["accuracy"]))
            if loss != "cross_entropy":
                against = measured["against_cross_entropy"]
                points = [100 * against[key] for key in ("difference", "low", "high")]
                cells[-1] += f" ({points[0]:+.1f} [{points[1]:+.1f}, {points[2]:+.1f}], {against['verdict']})"
        assert f"| {' | '.join(cells)} |" in page


def test_the_table_of_real_rows_is_that_of_the_results_file() -> None:
    page = (ROOT / "docs" / "classifiers.md").read_text(encoding="utf-8")
    sets = json.loads((ROOT / "benchmarks" / "results" / "real_rows.json").read_text(encoding="utf-8"))["sets"]
    assert sets
    for name, found in sets.items():
        cells = [f"`{name}`", f"{found['test_rows']:,}", f"{found['always_the_commonest']:.3f}"]
        for size in ("100", "1000"):
            accuracy, words = (found["real_rows"][size][key] for key in ("accuracy", "tfidf_accuracy"))
            cells += [f"{_spread(accuracy)} [{accuracy['low']:.3f}, {accuracy['high']:.3f}]", f"{words['mean']:.3f}"]
        assert f"| {' | '.join(cells)} |" in page


def test_the_table_beside_the_trainer_is_that_of_the_results_file() -> None:
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    sets = json.loads((ROOT / "benchmarks" / "results" / "training.json").read_text(encoding="utf-8"))["datasets"]
    assert sets
    for name, found in sets.items():
        ours, theirs = found["ours"], found["trainer"]
        assert (
            f"| `{name}` | {ours['rows_per_second']:.1f} | {theirs['rows_per_second']:.1f} | "
            f"{found['times_as_fast']:.2f} and {found['times_as_fast_by_cpu_time']:.2f} | "
            f"{found['padding']['ours']:.0%} and {found['padding']['trainer']:.0%} | "
            f"{ours['mean_accuracy']:.3f} ± {ours['deviation']:.3f} | "
            f"{theirs['mean_accuracy']:.3f} ± {theirs['deviation']:.3f} |"
        ) in page


@pytest.mark.parametrize("name", ["demo", "sst2"])
def test_what_a_small_models_rows_are_worth_is_that_of_the_results_file(name: str) -> None:
    results = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    assert (
        f"| nothing (always `{results['majority']['label']}`) | 0 | {results['majority']['accuracy']:.3f} |" in README
    )
    for variant, found in results["variants"].items():
        for title, result in found["results"].items():
            named = title if title.startswith("real") and "synthetic" not in title else f"`{variant}`, {title}"
            assert f"| {named} | {result['train_rows']} | {_spread(result['accuracy'])} |" in README


def test_the_figures_of_scale_are_those_of_the_results_files() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    scale, duplicates, plan = (
        json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("scale", "shard_duplicates", "scale_plan")
    )
    small, large = scale["rows"]["one_process"], scale["rows"]["cluster"]
    rows = {
        "one process": ("one_process", small),
        "Ray, 1 worker": ("cluster_of_1", small),
        "Ray, 2 workers": ("cluster_of_2", small),
        "Ray, 2 workers, two kills": ("large", large),
    }
    for title, (name, count) in rows.items():
        found = scale[name]
        assert found["above_limit"] == 0
        assert max(found["most_in_flight"]) <= scale["limit_of_each_server"]
        passed = [found["final_pass_seconds"], found["writing_seconds"]]
        cells = [title, f"{count:,}", f"{found['seconds']:.1f}", f"{found['rows_a_second']:,.0f}"]
        cells += [f"{found['cpu_ms_a_row']:.2f}", f"{found['tree']['peak_mb']:.0f}", f"{found['work_mb']:.1f}"]
        cells += [f"{found['release_mb']:.1f}", *("-" if each is None else f"{each:.1f}" for each in passed)]
        assert f"| {' | '.join(cells)} |" in page
    assert f"costs {scale['cost_ratio']:.2f} times the processor time" in page
    assert f"of which {scale['large']['answered_twice']} were answered twice" in page
    assert duplicates["equal_row_for_row"]
    assert f"Both keep {duplicates['keys']['kept']:,}, reject" in page
    assert f"{duplicates['keys']['final_pass_us_a_row']:.1f} µs in the final pass" in page
    told = plan["plan"]
    assert plan["from"]["rows"] == large
    for name in ("requests_per_second", "gpu_dollars", "journal_gb", "final_pass_hours", "writing_hours"):
        assert f" {told[name]:,.0f} " in page if told[name] >= 100 else f" {told[name]:.3g} " in page, name


def _spread(values: dict[str, float]) -> str:
    return f"{values['mean']:.3f} ± {values['std']:.3f}"


def test_the_table_of_the_case_study_is_that_of_its_results() -> None:
    results = StudyResults.read(ROOT / "benchmarks" / "results" / "case_study" / "results.json")
    first = results.classifiers[0].title

    def shown(task: str, regime: str, real_rows: int | None = None) -> str:
        means = [
            cell.accuracy.mean
            for cell in results.cells
            if (cell.task, cell.classifier, cell.cell) == (task, first, (regime, real_rows, None))
        ]
        if regime == "real":
            (mean,) = means
            return f"{mean:.3f}"
        assert len(means) == len(results.variant_names)
        return f"{statistics.fmean(means):.3f} ({min(means):.3f} to {max(means):.3f})"

    assert results.tasks
    for task in results.tasks:
        cells = [task.name, f"{task.majority_accuracy:.3f}", shown(task.name, "synthetic")]
        for real_rows in (100, 1000):
            cells += [shown(task.name, regime, real_rows) for regime in ("real", "augmented")]
        assert f"| {' | '.join(cells)} |" in README
    for finding in results.findings:
        if finding.question in README:
            assert f"{finding.question} {finding.answer.capitalize()}." in README.replace("**", "")
        if finding.key == "mixing_most":
            found = [finding.numbers[f"difference, {name}"] for name in ("mean", "low", "high")]
            mean, low, high = (100 * number for number in found if number is not None)
            assert f"is {mean:+.1f} points, 95 % interval {low:.1f} to {high:+.1f}" in README
    assert sum(finding.question in README for finding in results.findings) == 5
    gains = [each for each in results.differences if (each.asked, each.classifier) == ("gain", first)]
    assert (len(gains), results.seeds) == (60, 5)
    told = [(each.task, each.variant, each.verdict) for each in gains if each.verdict != "within noise"]
    assert [task for task, _, verdict in told if verdict == "better"] == ["nyt_topics"] * 3
    assert [found for found in told if found[2] == "worse"] == [("amazon_reviews", "zero_shot_topic", "worse")]
    assert {each.real_rows for each in gains if each.verdict != "within noise"} == {100}
    called = {
        "nyt_topics": "Headlines",
        "sst2": "film sentences",
        "emotion": "tweets",
        "amazon_reviews": "product reviews",
        "rte": "entailment",
        "boolq": "questions about passages",
    }
    for name, words in called.items():
        points = [100 * each.difference for each in gains if (each.task, each.real_rows) == (name, 100)]
        unit = " points" if name == "nyt_topics" else ""
        assert f"{words} {min(points):+.1f} to {max(points):+.1f}{unit}" in README, name
