"""Results of a study that was never run, of any size, for what shows results."""

import random
from typing import Any

from synth_builder.scoring.diversity.results import Likeness, Variety
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.scoring.results.scores import Machine
from synth_builder.studies.results.parts import (
    CellScores,
    Skill,
    StudiedClassifier,
    StudiedDifference,
    StudiedTask,
    StudiedVariant,
    StudiedWorth,
)
from synth_builder.studies.results.study_results import StudyResults

TASKS = ("sst2", "emotion", "rte")
VARIANTS = ("zero_shot", "zero_shot_topic", "few_shot")
CLASSIFIERS = ("minilm probe", "tfidf")


TEST_ROWS = 500
P_VALUE = 0.00002
SEEDS_APART = 2
"""Test rows that neighbours of three seeds differ by."""


def spread(mean: float, width: float = 0.02, std: float | None = None) -> Spread:
    return Spread(mean=mean, std=width / 4 if std is None else std, low=mean - width, high=mean + width)


def variety(draw: random.Random) -> Variety:
    return Variety(
        mean_words=draw.uniform(8, 30),
        distinct={1: draw.random(), 2: draw.random(), 3: draw.random()},
        self_bleu={size: draw.random() for size in (2, 3, 4, 5)},
        self_repetition=draw.random(),
        compression_ratio=draw.uniform(2, 4),
        remote_clique=draw.random(),
        chamfer_distance=draw.random(),
        vendi_score=draw.uniform(1, 80),
    )


def likeness(draw: random.Random) -> Likeness:
    values = {name: draw.random() for name in Likeness.model_fields}
    return Likeness(**values)


def made_up(
    tasks: tuple[str, ...] = TASKS,
    variants: tuple[str, ...] = VARIANTS,
    classifiers: tuple[str, ...] = CLASSIFIERS,
    *,
    model: str = "SmolLM2-135M-Instruct",
    name: str = "made_up",
    seed: int = 0,
    **changes: Any,
) -> StudyResults:
    """Plausible results; `changes` replace fields."""
    draw = random.Random(seed)
    studied, differences, worths = list[StudiedVariant](), list[StudiedDifference](), list[StudiedWorth]()
    cells: list[CellScores] = []
    means: dict[tuple[str, str, str | None, str], float] = {}

    def cell(task: str, classifier: str, variant: str | None, regime: Any, real: int | None, some: int | None) -> None:
        right = round(draw.uniform(0.5, 0.9) * TEST_ROWS)
        mean = right / TEST_ROWS
        means[task, classifier, variant, Cell(regime, real, some).title] = mean
        cells.append(
            CellScores(
                task=task,
                classifier=classifier,
                variant=variant,
                regime=regime,
                real_rows=real,
                synthetic_rows=some,
                train_rows=(real or 0) + (0 if regime == "real" else some or 200),
                accuracy=spread(mean, std=SEEDS_APART / TEST_ROWS),
                macro_f1=spread(mean - 0.03),
                weighted_f1=Spread(mean=mean, std=0.01),
                mcc=Spread(mean=2 * mean - 1, std=0.01),
                calibration_error=Spread(mean=0.1, std=0.01),
                accuracies=tuple((right + apart) / TEST_ROWS for apart in (-SEEDS_APART, 0, SEEDS_APART)),
                seconds=3.5,
            )
        )

    for task in tasks:
        for variant in variants:
            studied.append(
                StudiedVariant(
                    task=task,
                    variant=variant,
                    strategy=variant if variant != "few_shot_5" else "few_shot",
                    options={"k": 3} if "few" in variant else {},
                    engine="embedded",
                    model=model,
                    revision="sha256:0",
                    fingerprint=f"{task}-{variant}",
                    rows=200,
                    rows_fingerprint=f"rows-{task}-{variant}",
                    label_counts={"negative": 100, "positive": 100},
                    requests=260,
                    rejected={"duplicates": 40, "length": 20},
                    prompt_tokens=30_000,
                    completion_tokens=8_000,
                    variety=variety(draw),
                    real_variety=variety(draw),
                    likeness=likeness(draw),
                    samples=({"text": f"a sentence of {task}", "label": "positive"},),
                )
            )
        for classifier in classifiers:
            for real in (100, 1000):
                cell(task, classifier, None, "real", real, None)
            for variant in variants:
                for some in (50, 100, None):
                    cell(task, classifier, variant, "synthetic", None, some)
                for real in (100, 1000):
                    cell(task, classifier, variant, "augmented", real, None)
                for share in (25, 50, 75):  # the sweep, at 100 rows
                    cell(task, classifier, variant, "augmented", share, 100 - share)
                for asked, real in (("gain", 100), ("gain", 1000), ("alone", 100), ("alone", 1000)):
                    baseline, candidate = (
                        f"real {real}",
                        f"real {real} + synthetic" if asked == "gain" else "synthetic",
                    )
                    found = means[task, classifier, variant, candidate] - means[task, classifier, None, baseline]
                    clear = abs(found) > 0.02
                    differences.append(
                        StudiedDifference(
                            task=task,
                            classifier=classifier,
                            variant=variant,
                            asked=asked,  # type: ignore[arg-type]
                            baseline=baseline,
                            candidate=candidate,
                            real_rows=real,
                            difference=found,
                            low=found - 0.02,
                            high=found + 0.02,
                            p_value=P_VALUE if clear else 1.0,
                            # Holm's correction, of a family with these two p-values only.
                            adjusted_p_value=P_VALUE * 2 * len(tasks) * len(variants) if clear else 1.0,
                            verdict="within noise" if not clear else "better" if found > 0 else "worse",
                        )
                    )
                worth = RealWorth(smallest=100, largest=1000, rows=180, more_than_largest=False, low=120, high=260)
                worths.append(StudiedWorth(task=task, variant=variant, classifier=classifier, worth=worth))
    values: dict[str, Any] = {
        "name": name,
        "description": "A study that was never run.",
        "fingerprint": f"{name}-{seed}",
        "study": {"name": name, "real_share": {"rows": 100, "shares": [0, 25, 50, 75, 100]}},
        "seeds": 3,
        "tasks": tuple(
            StudiedTask(
                name=task,
                description=f"Decide something about {task}.",
                labels=("negative", "positive"),
                test_reference=f"owner/{task}:test",
                test_rows=TEST_ROWS,
                test_fingerprint=f"test-{task}",
                real_rows=2_000,
                majority="negative",
                majority_accuracy=0.52,
                majority_macro_f1=0.34,
                random_accuracy=0.5,
                real_label_counts={"negative": 1_040, "positive": 960},
            )
            for task in tasks
        ),
        "variants": tuple(studied),
        "classifiers": tuple(
            StudiedClassifier(
                title=title,
                name=title.split()[0],
                revision="sha256:1",
                method="probe" if "probe" in title else "tfidf",
                loss="cross_entropy",
                hyperparameters={},
            )
            for title in classifiers
        ),
        "cells": tuple(cells),
        "differences": tuple(differences),
        "worths": tuple(worths),
        "skills": tuple(
            Skill(
                task=task,
                model=model,
                demonstrations=shown,
                rows=200,
                accuracy=spread(draw.uniform(0.4, 0.8), 0.06),
                macro_f1=spread(draw.uniform(0.4, 0.8), 0.06),
                unreadable=4,
                majority_accuracy=0.52,
            )
            for task in tasks
            for shown in (0, 5)
        ),
        "notes": ("No run is behind these numbers.",),
        "machine": Machine(device="cpu", threads=2, processes=1, mixed_precision="no"),
        "versions": {"synth-builder": "0.1.0"},
        "created": "2026-01-01T00:00:00+00:00",
        "seconds": 1234.5,
    }
    return StudyResults(**(values | changes))
