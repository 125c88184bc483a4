"""
Put what a scored release reached into one file, for the README and the docs.

    python benchmarks/summarize.py releases/customer_messages --command "make demo" --out benchmarks/results/demo.json
"""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

from synth_builder.scoring.results.scores import Scores


def summary(release: Path, command: str) -> dict[str, Any]:
    """
    Scores of all scored variants, with the settings and the machine that they come from.

    Args:
        release (`Path`):
            A release folder with scores.
        command (`str`):
            The command that made and scored it.
    """
    variants = {}
    for path in sorted((release / "scores").glob("*.json")):
        scores = Scores.read(path)
        provenance = json.loads((release / "provenance" / path.name).read_text(encoding="utf-8"))
        tally = provenance["tally"]
        variants[path.stem] = {
            "options": provenance["options"],
            "prompt_form": provenance["prompt_form"],
            "sampling": provenance["generation"]["sampling"],
            "rows": tally["accepted_rows"],
            "asked": tally["asked"],
            "rejected": tally["rejected"],
            "tokens": {"prompts": tally["prompt_tokens"], "replies": tally["completion_tokens"]},
            "results": {
                result.title: {
                    "train_rows": result.train_rows,
                    "accuracy": result.accuracy.model_dump(),
                    "macro_f1": result.macro_f1.model_dump(),
                    "accuracy_by_seed": [run.accuracy for run in result.runs],
                }
                for result in scores.results
            },
        }
    return {
        "command": command,
        "machine": {"processor": platform.machine(), **scores.machine.model_dump()},
        "engine": provenance["engine"],
        "classifier": scores.classifier.model_dump(),
        "hyperparameters": scores.hyperparameters.model_dump(mode="json"),
        "seeds": list(scores.seeds),
        "test_rows": scores.test.rows,
        "majority": scores.majority.model_dump(),
        "real_rows_left_out_because_in_test": len(scores.real.left_out) if scores.real else 0,
        "variants": variants,
        "libraries": scores.versions,
    }


def write_summary(release: Path, command: str, out: Path) -> None:
    """Write `summary` as JSON."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(summary(release, command), indent=2) + "\n", encoding="utf-8")
    print(f"Wrote {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path)
    parser.add_argument("--command", required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    write_summary(given.release, given.command, given.out)
