"""
How many planted errors the checks of `label-quality` find, and how many of their findings are planted errors.

    python benchmarks/label_quality.py

The 200 test rows of customer_messages stand in for synthetic rows: a part of their labels, drawn at random, is set to
another one. The 125 train rows are the real rows. Shares are means over the draws. The methods of cleanlab
(`filter_by`) are compared on the same rows. Writes benchmarks/results/label_quality.json.
"""

import json
import os
import platform
import random
import statistics
import tempfile
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues

from synth_builder.recipes.recipe import Recipe
from synth_builder.scoring.label_quality.folds import out_of_sample
from synth_builder.scoring.label_quality.judge import Beside, judge_labels
from synth_builder.scoring.methods.row_classifier import RowClassifier, open_row_classifier
from synth_builder.scoring.rows.real_rows import real_text_rows
from synth_builder.scoring.rows.source import Source
from synth_builder.scoring.rows.text_rows import TextRows

PROJECT = Path(__file__).resolve().parents[1]
RESULT = PROJECT / "benchmarks" / "results" / "label_quality.json"
DRAWS = 10
RATES = (0.05, 0.1, 0.2)
METHODS = ("prune_by_class", "prune_by_noise_rate", "both", "confident_learning", "predicted_neq_given")


def with_planted_errors(rows: TextRows, num_labels: int, rate: float, seed: int) -> tuple[TextRows, set[int]]:
    """The rows with a part of their labels set to another one, and where."""
    generator = random.Random(seed)
    planted = set(generator.sample(range(len(rows)), round(rate * len(rows))))
    labels = tuple(
        generator.choice([other for other in range(num_labels) if other != label]) if place in planted else label
        for place, label in enumerate(rows.labels)
    )
    return TextRows(rows.texts, labels, rows.ids), planted


def shares(drawn: list[tuple[Collection[int], set[int]]]) -> dict[str, float]:
    """Of what was found the share that was planted, of what was planted the share that was found."""
    right = [(len(planted.intersection(found)), len(found), len(planted)) for found, planted in drawn]
    return {
        "found": round(statistics.fmean(found for _, found, _ in right), 1),
        "of_the_found_planted": round(sum(hits for hits, _, _ in right) / max(1, sum(f for _, f, _ in right)), 4),
        "of_the_planted_found": round(statistics.fmean(hits / planted for hits, _, planted in right), 4),
    }


def measured(classifier: RowClassifier, rows: TextRows, beside: Beside, rate: float) -> dict[str, Any]:
    """All checks and methods on the same draws."""
    checks: dict[str, list[tuple[Collection[int], set[int]]]] = {}
    methods: dict[str, list[tuple[Collection[int], set[int]]]] = {}
    for seed in range(DRAWS):
        noisy, planted = with_planted_errors(rows, len(beside.label_names), rate, seed)
        _, found = judge_labels("planted", noisy, [frozenset()] * len(noisy), beside, classifier)
        places = range(len(noisy))
        for name, flags in {
            "issue": [found.issue[place] is True for place in places],
            "disagrees": [found.agrees[place] is False for place in places],
            "likely_wrong": [found.likely_wrong(place) for place in places],
        }.items():
            checks.setdefault(name, []).append(([place for place in places if flags[place]], planted))
        probabilities = out_of_sample(classifier.over(noisy, len(beside.label_names)), places, noisy.labels)
        for method in METHODS:
            mask = find_label_issues(np.array(noisy.labels), probabilities, filter_by=method, n_jobs=1)
            methods.setdefault(method, []).append((np.flatnonzero(mask).tolist(), planted))
    return {
        "planted": round(rate * len(rows)),
        "checks": {name: shares(drawn) for name, drawn in checks.items()},
        "methods": {name: shares(drawn) for name, drawn in methods.items()},
    }


def main() -> None:
    """Measure, print and write the results."""
    recipe = Recipe.load(PROJECT / "dataset_scripts" / "customer_messages.yaml")
    source = Source(recipe.name, None, recipe)
    _, real = real_text_rows(None, "train", source, recipe.task)
    _, rows = real_text_rows(None, "test", source, recipe.task)
    assert real is not None and rows is not None
    beside = Beside(dataset=recipe.name, label_names=recipe.task.label_names, real=real, real_reference="train.csv")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in ("minilm", "tfidf"):
            classifier = open_row_classifier(name, cache)
            found[name] = {f"{rate:g}": measured(classifier, rows, beside, rate) for rate in RATES}
            print(name, json.dumps(found[name], indent=2))
    result = {
        "what": "planted label errors among real rows of customer_messages, and what label-quality finds of them",
        "command": "python benchmarks/label_quality.py",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}",
        "versions": {name: version(name) for name in ("cleanlab", "scikit-learn", "torch", "transformers")},
        "rows": len(rows),
        "real_rows": len(real),
        "draws": DRAWS,
        "classifiers": found,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
