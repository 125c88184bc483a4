"""Releases of the films task, built with a scripted engine, and scores made up by hand, for publishing."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.results.regime_scores import RegimeScores, Run, Spread
from synth_builder.scoring.results.scores import ClassifierUsed, Machine, Majority, RowsUsed, Scores
from synth_builder.verbs.build import build_variants
from tests.servers.replies import sentence
from tests.small_tasks import some_unusable

ID = "ada/films"


def built(
    data: dict[str, Any],
    folder: Path,
    *names: str,
    out: str = "out",
    revision: str = "0123abc",
    reply: Callable[[Request], str] | None = None,
) -> ReleaseFolder:
    """A release of the recipe's variants in `folder/out`."""
    release = ReleaseFolder(folder / out)
    recipe = Recipe.from_dict(data, directory=folder)
    engine = ScriptedEngine(reply or some_unusable(5), revision=revision)
    build_variants(recipe, names or list(recipe.variants), release, engine, EngineSettings())
    return release


def other_sentences(request: Request) -> str:
    """What another model writes."""
    return sentence(random.Random(f"other {request.seed}"))


def half_other(request: Request) -> str:
    """What a server gives that does not repeat itself: every second answer is another one."""
    return other_sentences(request) if request.seed % 2 else some_unusable(5)(request)


def films_scores(
    labels: Sequence[int],
    *runs: Sequence[int],
    variant: str = "zero_shot",
    test: str = "t" * 64,
    classifier: str = "sha256:0",
) -> Scores:
    """Scores of the regime `synthetic`: right labels, and the predictions of one training each."""
    accuracies = [sum(map(int.__eq__, labels, run)) / len(labels) for run in runs]
    counts = {"negative": labels.count(0), "positive": labels.count(1)}
    trained = tuple(
        Run(
            seed=seed,
            accuracy=accuracy,
            macro_f1=accuracy,
            per_label_f1={"negative": accuracy, "positive": accuracy},
            train_fingerprint="f" * 64,
            steps=100,
            seconds=1.0,
            predictions=tuple(run),
        )
        for seed, (run, accuracy) in enumerate(zip(runs, accuracies, strict=True))
    )
    rows = RowsUsed(reference="test.csv", rows=len(labels), label_counts=counts, fingerprint=test)
    return Scores(
        dataset="films",
        variant=variant,
        label_names=("negative", "positive"),
        classifier=ClassifierUsed(name="minilm", revision=classifier),
        loss="cross_entropy",
        hyperparameters=Hyperparameters(),
        seeds=tuple(range(len(runs))),
        synthetic=rows,
        real=None,
        test=rows,
        test_labels=tuple(labels),
        majority=Majority(label="negative", accuracy=0.5, macro_f1=0.4),
        results=(
            RegimeScores(
                regime="synthetic",
                real_rows=None,
                train_rows=12,
                train_label_counts={"negative": 6, "positive": 6},
                accuracy=Spread.of(accuracies),
                macro_f1=Spread.of(accuracies),
                runs=trained,
            ),
        ),
        notes=(),
        machine=Machine(device="cpu", threads=1, processes=1, mixed_precision="no"),
        versions={},
        created="2026-01-02T03:04:05+00:00",
        seconds=9.0,
    )
