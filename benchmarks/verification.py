"""
What the filter `verification` is worth with small models: how many right labels it lets pass, how many wrong ones not.

    python benchmarks/verification.py

Takes real rows of customer_messages (train.csv). A row's label is right; each of the other four is deliberately wrong.
`by: model` asks SmolLM2-135M-Instruct, in this process, about a few rows of each label (votes do not depend on the
label, so all five are judged by the same votes); `by: classifier` is judged on all rows, each by a classifier that was
trained on the other four fifths. Writes benchmarks/results/verification.json.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Completion, EngineSettings, Request
from synth_builder.engines.embedded import EmbeddedEngine
from synth_builder.filters.base import Candidate
from synth_builder.filters.label_classifier import VerificationByClassifier
from synth_builder.filters.verification import Verification, VerificationOptions
from synth_builder.recipes.real_data import RealRow, read_real_rows
from synth_builder.recipes.recipe import Recipe

PROJECT = Path(__file__).resolve().parents[1]
RESULT = PROJECT / "benchmarks" / "results" / "verification.json"
FOLDS = 5
LEAST = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5)  # values of min_probability


def labelled(row: RealRow, label: str) -> Candidate:
    """A row as the filters see it, with any label."""
    return Candidate(row.columns, label)


def first_of_each_label(rows: list[RealRow], count: int) -> list[RealRow]:
    """The first so many rows of each label, in their order."""
    seen: Counter[str] = Counter()
    chosen = []
    for row in rows:
        seen[row.label] += 1
        if seen[row.label] <= count:
            chosen.append(row)
    return chosen


async def ask_model(recipe: Recipe, rows: list[RealRow], grammar: bool) -> dict[str, Any]:
    """Votes of the embedded model, and what the default of `min_agreement` makes of them."""
    engine = EmbeddedEngine.from_settings(EngineSettings())
    async with engine:
        info = await engine.open()
        one = Verification(VerificationOptions(), recipe.task)
        one.grammar = grammar
        free = asyncio.Semaphore(engine.concurrency)

        async def ask(request: Request) -> Completion:
            async with free:
                return await engine.complete(request)

        async def votes(row: RealRow) -> tuple[Completion, ...]:
            return tuple(await asyncio.gather(*map(ask, one.requests(labelled(row, row.label)))))

        started = time.monotonic()
        answers = await asyncio.gather(*map(votes, rows))
        seconds = time.monotonic() - started
    right, wrong, of_votes, said = [], [], [], Counter[str]()
    for row, replies in zip(rows, answers, strict=True):
        for label in recipe.task.labels:
            candidate = replace(labelled(row, label), replies={one.name: replies})
            stays = one.check(candidate) is None
            (right if label == row.label else wrong).append(stays)
            for reply in replies if label == row.label else ():
                alone = replace(candidate, replies={one.name: (reply,)})
                of_votes.append(one.agreement(alone) > 0)
        for reply in replies:
            given = [label for label in recipe.task.labels if _gives(one, row, reply, label)]
            said[given[0] if given else "not readable"] += 1
    return {
        "model": info.model,
        "grammar": grammar,
        "rows": len(rows),
        "votes": len(of_votes),
        "right_votes": round(statistics.fmean(of_votes), 4),
        "votes_given": dict(said.most_common()),
        **shares(right, wrong),
        "seconds": round(seconds, 1),
    }


def _gives(one: Verification, row: RealRow, reply: Completion, label: str) -> bool:
    return one.agreement(replace(labelled(row, label), replies={one.name: (reply,)})) > 0


def ask_classifier(recipe: Recipe, rows: list[RealRow]) -> dict[str, Any]:
    """Cross-validation: every row is judged by a classifier that has not seen it."""
    options = VerificationOptions(by="classifier")
    started = time.monotonic()
    right, wrong, best = [], [], []
    for fold in range(FOLDS):
        train = [row for place, row in enumerate(rows) if place % FOLDS != fold]
        one = VerificationByClassifier(options, recipe.task, train_rows=train)
        for row in rows[fold::FOLDS]:
            found = {label: one.agreement(labelled(row, label)) for label in recipe.task.labels}
            right.append(found[row.label])
            wrong += [value for label, value in found.items() if label != row.label]
            best.append(found[row.label] == max(found.values()))
    return {
        "rows": len(rows),
        "train_rows": len(rows) - len(rows) // FOLDS,
        "accuracy": round(statistics.fmean(best), 4),
        "default_min_probability": options.min_probability,
        "by_min_probability": {
            f"{least:g}": shares([value >= least for value in right], [value >= least for value in wrong])
            for least in LEAST
        },
        "seconds": round(time.monotonic() - started, 1),
    }


def shares(right: list[bool], wrong: list[bool]) -> dict[str, float]:
    """Of rows with their right label the share that stays, of those with a wrong one the share that goes."""
    return {
        "right_labels_accepted": round(statistics.fmean(right), 4),
        "wrong_labels_rejected": round(1 - statistics.fmean(wrong), 4),
    }


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-per-label", type=int, default=5, help="rows that the model is asked about (5)")
    chosen = parser.parse_args()
    recipe = Recipe.load(PROJECT / "dataset_scripts" / "customer_messages.yaml")
    assert recipe.real is not None and recipe.real.train is not None
    rows = read_real_rows(recipe.real.train, recipe.task, recipe.real, recipe.directory)
    classifier = ask_classifier(recipe, rows)
    print("by: classifier", json.dumps(classifier, indent=2))
    models = []
    for grammar, count in ((True, chosen.rows_per_label), (False, max(1, chosen.rows_per_label // 3))):
        models.append(asyncio.run(ask_model(recipe, first_of_each_label(rows, count), grammar)))
        print("by: model", json.dumps(models[-1], indent=2))
    result = {
        "what": "filter verification on real rows of customer_messages with right and deliberately wrong labels",
        "command": "python benchmarks/verification.py",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}",
        "by_model": models,
        "by_classifier": classifier,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
