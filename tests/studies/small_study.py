"""A study of two small tasks that a script answers, without torch."""

import random
from pathlib import Path
from typing import Any

import yaml

from synth_builder.engines.base import Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.study import Study
from tests.servers.replies import sentence
from tests.small_tasks import one_column_task

OPENINGS = {"negative": "Sadly", "positive": "Happily"}


def reply(request: Request) -> str:
    """
    A sentence whose first word tells the label that is asked for, another one for each prompt; the label itself where
    that is asked for.
    """
    shown = request.messages[-1].content
    if "Which label is right" in shown:
        return "negative" if "dull" in shown.rsplit("Text:", 1)[-1] else "positive"
    label = "negative" if '"negative"' in shown else "positive"
    return f"{OPENINGS[label]}, {sentence(random.Random(f'{request.seed} {shown}'))}"


def scripted() -> ScriptedEngine:
    return ScriptedEngine(reply, revision="1")


def write_study(folder: Path, **changes: Any) -> Path:
    """A study file with its recipes; `changes` replace keys, `None` leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe = one_column_task(folder)
    recipe["real"]["test"] = "test.csv"
    recipe["generation"] = {"rows": {"train": 12}, "seed": 3}
    (folder / "films.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    study: dict[str, Any] = {
        "name": "small",
        "description": "Two small tasks.",
        "tasks": {"films": "films.yaml", "cinema": {"recipe": "films.yaml", "set": {"generation.seed": 4}}},
        "variants": ["zero_shot", "few_shot"],
        "real_rows": [4, 8],
        "synthetic_rows": [6],
        "real_share": {"rows": 8, "shares": [0, 50, 100]},
        "classifiers": [{"classifier": "tfidf"}],
        "seeds": 2,
        "language_model": {"test_rows": 10, "demonstrations": [0, 2]},
        "diversity": False,
    } | changes
    path = folder / "study.yaml"
    path.write_text(
        yaml.safe_dump({k: v for k, v in study.items() if v is not None}, sort_keys=False), encoding="utf-8"
    )
    return path


def without_times(results: StudyResults) -> StudyResults:
    """What was found, without how long it took and when it was."""
    cells = tuple(cell.model_copy(update={"seconds": 0.0}) for cell in results.cells)
    return results.model_copy(update={"cells": cells, "seconds": 0.0, "created": ""})


def finished(out: Path) -> dict[Path, int]:
    """Trainings that are kept -> the number of the file, another one for one that is written again."""
    return {path: path.stat().st_ino for path in (out / "cache" / "runs").rglob("*.json")}


def small_study(folder: Path, **changes: Any) -> Study:
    return Study.load(write_study(folder, **changes))
