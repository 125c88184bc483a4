"""
The score that docs/scoring.md explains.

    python benchmarks/score_example.py --data DIR

Builds the rows of Financial PhraseBank that benchmarks/losses.py builds (finished ones are not asked for again),
scores them by a probe at several sizes, and writes the table, as the terminal shows it, with the scores to
benchmarks/results/score_example.json.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from losses import build

from synth_builder.releases.shown_scores import shown_scores
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.results.table import ScoreTable
from synth_builder.verbs.score import score

RESULTS = Path(__file__).resolve().parent / "results" / "score_example.json"


def told(scores: Scores) -> dict[str, Any]:
    """Scores without single runs and their predictions."""
    found = scores.model_dump(mode="json", include={"results", "differences", "worth", "hyperparameters", "versions"})
    for result in found["results"]:
        del result["runs"]
    return found


def main() -> None:
    """Build, score, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("releases/losses"), help="folder of the releases")
    arguments = parser.parse_args()
    release = build("fin_phrasebank", arguments.data, arguments.out)
    found = score(
        release,
        real_rows=[25, 50, 100, 200, 400],
        method="probe",
        cache=arguments.out / "cache",
        out=arguments.out / "example.json",
    )
    # As others see it: of the files with real rows only the names.
    found = {name: shown_scores(each) for name, each in found.items()}
    table = str(ScoreTable.of(list(found.values())))
    result = {
        "command": "python benchmarks/score_example.py --data DIR",
        "machine": {"cores": os.cpu_count(), "processor": platform.machine()},
        "table": table.splitlines(),
        "scores": {
            name: each.model_dump(
                mode="json", include={"results", "differences", "worth", "hyperparameters", "versions"}
            )
            for name, each in found.items()
        },
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
