"""
How much faster a probe and TF-IDF are than fine-tuning, and whether they rank training sets alike.

    OMP_NUM_THREADS=1 python benchmarks/methods.py

Scores the same variants by all three methods, on the 200 real test rows of customer_messages: the rows that a model of
135 million parameters wrote with eight strategies (benchmarks/results/examples.json), and the 125 real train rows with
none, a quarter and half of their labels made wrong, which tells how the methods take plain errors. The probe is timed
with an empty cache of embeddings, and again with a full one. Writes benchmarks/results/methods.json.
"""

import argparse
import json
import platform
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from scipy.stats import spearmanr

from synth_builder.recipes.real_data import read_real_rows
from synth_builder.recipes.recipe import Recipe
from synth_builder.scoring.choices import MethodName
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.encoder_files import load_encoder
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.score import score_variants

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES = PROJECT / "benchmarks" / "results" / "examples.json"
RESULT = PROJECT / "benchmarks" / "results" / "methods.json"
GENERATED = (
    "zero_shot",
    "zero_shot_topic",
    "one_shot",
    "few_shot",
    "conversation_with_real_rows",
    "attributes",
    "paraphrase",
    "template",
)
WRONG = (0.0, 0.25, 0.5)


def real_rows(recipe: Recipe, reference: str | None) -> TextRows:
    """Real rows of the recipe's task."""
    assert recipe.real is not None and reference is not None
    rows = read_real_rows(reference, recipe.task, recipe.real, recipe.directory)
    names = list(recipe.task.labels)
    return TextRows(
        tuple((row.columns["text"],) for row in rows),
        tuple(names.index(row.label) for row in rows),
        tuple(row.id for row in rows),
    )


def generated_rows(names: list[str]) -> dict[str, TextRows]:
    """Committed rows of each strategy."""
    variants = json.loads(EXAMPLES.read_text(encoding="utf-8"))["variants"]
    return {
        variant: TextRows(
            tuple((row["text"],) for row in variants[variant]["rows"]),
            tuple(names.index(row["label"]) for row in variants[variant]["rows"]),
            tuple(row["id"] for row in variants[variant]["rows"]),
        )
        for variant in GENERATED
    }


def with_wrong_labels(rows: TextRows, share: float, labels: int) -> TextRows:
    """The rows, a share of them with another label than their own."""
    generator = random.Random(0)
    wrong = set(generator.sample(range(len(rows)), round(share * len(rows))))
    return replace(
        rows,
        labels=tuple(
            (label + generator.randrange(1, labels)) % labels if position in wrong else label
            for position, label in enumerate(rows.labels)
        ),
    )


def measured(variants: dict[str, TextRows], comparison: Comparison) -> dict[str, Any]:
    """Accuracy of each variant, and the seconds of a run: everything but loading the encoder."""
    began, began_cpu = time.monotonic(), time.process_time()
    scores = list(score_variants(variants, comparison, "customer_messages"))
    seconds, cpu = time.monotonic() - began, time.process_time() - began_cpu
    runs = len(variants) * comparison.seeds
    return {
        "seconds_per_run": round(seconds / runs, 3),
        "cpu_seconds_per_run": round(cpu / runs, 3),
        "accuracy": {found.variant: round(found.results[0].accuracy.mean, 4) for found in scores},
    }


def ranked_alike(one: dict[str, float], other: dict[str, float]) -> dict[str, Any]:
    """Spearman's rank correlation over all variants, and over the generated ones."""

    def correlation(names: list[str]) -> dict[str, Any]:
        found = spearmanr([one[name] for name in names], [other[name] for name in names])
        return {"variants": len(names), "rho": round(float(found.statistic), 3), "p": round(float(found.pvalue), 4)}

    return {"all": correlation(list(one)), "generated": correlation(list(GENERATED))}


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="of the fine-tuning; the others draw no numbers (1)")
    seeds = parser.parse_args().seeds
    recipe = Recipe.load(PROJECT / "dataset_scripts" / "customer_messages.yaml")
    assert recipe.real is not None
    names = list(recipe.task.labels)
    train, test = (real_rows(recipe, reference) for reference in (recipe.real.train, recipe.real.test))
    variants = generated_rows(names) | {
        f"real_rows_{share:.0%}_wrong": with_wrong_labels(train, share, len(names)) for share in WRONG
    }
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as cache:
        base = Comparison(names, test, "test.csv", load_encoder("minilm"), seeds=1, cache=Path(cache))
        ways: list[tuple[str, MethodName]] = [
            ("tfidf", "tfidf"),
            ("probe", "probe"),
            ("probe_with_a_full_cache", "probe"),
            ("fine_tuning", "fine_tuning"),
        ]
        for name, method in ways:
            one = replace(base, method=method, seeds=seeds if method == "fine_tuning" else 1)
            found[name] = measured(variants, one)
            print(name, json.dumps(found[name]), flush=True)
    slow = found["fine_tuning"]
    result = {
        "what": "the same training sets scored by fine-tuning, by a probe and by TF-IDF, on 200 real test rows",
        "command": "OMP_NUM_THREADS=1 python benchmarks/methods.py",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread, python {platform.python_version()}",
        "seeds_of_fine_tuning": seeds,
        "rows": {variant: len(rows) for variant, rows in variants.items()},
        "methods": found,
        "times_as_fast_as_fine_tuning": {
            name: {
                "by_clock": round(slow["seconds_per_run"] / one["seconds_per_run"], 1),
                "by_cpu_time": round(slow["cpu_seconds_per_run"] / one["cpu_seconds_per_run"], 1),
            }
            for name, one in found.items()
            if name != "fine_tuning"
        },
        "rank_correlation_with_fine_tuning": {
            name: ranked_alike(found[name]["accuracy"], slow["accuracy"]) for name in ("probe", "tfidf")
        },
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
