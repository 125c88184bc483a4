"""
How long a study took, from its folder: the requests by the times of the answers in the journals, the trainings by what
each one noted. Where nothing was answered for ten minutes the study had been stopped: that does not count. The
questions to the language model as a classifier are answered in one batch for each task, which no time is known of.

    python benchmarks/case_study/times.py studies/case_study --out benchmarks/results/case_study/times.json
"""

import argparse
import json
import sqlite3
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from synth_builder.studies.results.study_results import StudyResults

STOPPED = 600.0


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="folder of a study that is done")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    arguments = parser.parse_args()
    results = StudyResults.read(arguments.study / "results.json")
    tasks = {task.name: _requests(arguments.study, task.name) for task in results.tasks}
    trainings: dict[str, dict[str, float]] = {}
    for cell in results.cells:
        found = trainings.setdefault(cell.classifier, {"trainings": 0, "seconds": 0.0})
        found["trainings"] += len(cell.accuracies)
        found["seconds"] += cell.seconds
    told = {
        "what": "how long the study took: seconds of its requests and trainings, one after the other",
        "study": results.name,
        "done": results.created,
        "machine": results.machine.model_dump(),
        "rows": {"total_seconds": round(sum(each["seconds"] for each in tasks.values())), "tasks": tasks},
        "trainings": {
            "total_seconds": round(results.seconds),
            "classifiers": {name: each | {"seconds": round(each["seconds"])} for name, each in trainings.items()},
        },
    }
    arguments.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({key: told[key]["total_seconds"] for key in ("rows", "trainings")}))  # type: ignore[index]


def _requests(study: Path, task: str) -> dict[str, Any]:
    release = study / "releases" / task
    recipe = yaml.safe_load((release / "recipe.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = {"requests": 0, "reply_tokens": 0, "most_reply_tokens": 0, "seconds": 0.0}
    for variant in recipe["variants"]:
        told = json.loads((release / "provenance" / f"{variant}.json").read_text(encoding="utf-8"))
        journal = release / ".synth-builder" / variant / "journal.sqlite"
        times, tokens = _answers(journal)
        found["requests"] += len(times)
        found["reply_tokens"] += tokens
        found["most_reply_tokens"] += len(times) * told["generation"]["sampling"]["max_new_tokens"]
        found["seconds"] += _at_work(times)
    found["seconds"] = round(found["seconds"], 1)
    return found


def _answers(journal: Path) -> tuple[list[float], int]:
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        answers = database.execute("SELECT answered_at, completion_tokens FROM completions ORDER BY 1").fetchall()
    return [time for time, _ in answers], sum(tokens or 0 for _, tokens in answers)


def _at_work(times: Iterable[float]) -> float:
    return sum(after - before for before, after in pairwise(times) if after - before < STOPPED)


if __name__ == "__main__":
    main()
