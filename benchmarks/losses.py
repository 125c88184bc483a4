"""
Cross entropy, focal loss, IMP and DIMP on rows that a model of 135 million parameters wrote.

    python benchmarks/losses.py --data DIR [--sets fin_phrasebank tweeteval_irony mrpc]

Builds 300 rows of each set (benchmarks/losses/<set>.yaml, few_shot), and fine-tunes all-MiniLM-L6-v2 on them with each
loss and three seeds. The quality checker learns from 200 real rows; what these reach alone stands beside it. DIR has a
folder for each set with train.parquet and test.parquet. Writes benchmarks/results/losses.json after each set; sets
that are not asked for stay in the file. A loss is compared with the cross entropy of its set on the same test rows;
Holm's correction is over all comparisons of the file.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from synth_builder.scoring.choices import LOSS_NAMES, LOSSES_WITH_CHECKERS
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.statistics.holm import holm
from synth_builder.scoring.statistics.significance import compare_predictions
from synth_builder.verbs.score import score

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "losses.json"
SETS = ("fin_phrasebank", "tweeteval_irony", "mrpc")
CHECKER_ROWS = 200


def build(name: str, data: Path, out: Path) -> Path:
    """The rows of a set; finished ones are not asked for again."""
    release = out / name
    words = ["build", str(HERE / "losses" / f"{name}.yaml"), "--out", str(release)]
    for split in ("train", "test"):
        words += ["--set", f"real.{split}={(data / name / f'{split}.parquet').resolve()}"]
    code = subprocess.run([sys.executable, "-m", "synth_builder", *words], check=False).returncode
    if code not in (0, 3):
        sys.exit(code)
    return release


def measured(release: Path, cache: Path) -> dict[str, Any]:
    """Scores of all losses on one release."""
    found: dict[str, Scores] = {}
    for loss in LOSS_NAMES:
        regimes = ["synthetic", "real"] if loss == "cross_entropy" else ["synthetic"]
        (found[loss],) = score(
            release,
            regimes=regimes,  # type: ignore[arg-type]
            real_rows=[CHECKER_ROWS],
            loss=loss,
            checker_rows=CHECKER_ROWS if loss in LOSSES_WITH_CHECKERS else None,
            cache=cache,
            out=release / "losses" / f"{loss}.json",
        ).values()
        print(release.name, loss, found[loss].result("synthetic").accuracy, flush=True)
    base = found["cross_entropy"]
    labels, plain = base.test_labels, base.result("synthetic")
    rows: dict[str, Any] = {}
    for loss, scores in found.items():
        result = scores.result("synthetic")
        rows[loss] = _means(result.model_dump(include={"accuracy", "macro_f1", "mcc"}))
        if loss != "cross_entropy" and labels and result.predictions and plain.predictions:
            against = compare_predictions(labels, plain.predictions, result.predictions)
            rows[loss]["against_cross_entropy"] = {
                "difference": round(against.interval.difference, 4),
                "low": round(against.interval.low, 4),
                "high": round(against.interval.high, 4),
                "p_value": against.p_value,
            }
    alone = base.result("real", CHECKER_ROWS)
    return {
        "synthetic_rows": base.synthetic.label_counts,
        "test_rows": base.test.rows,
        "always_the_commonest": base.majority.accuracy,
        "losses": rows,
        f"real {CHECKER_ROWS} alone, cross entropy": _means(alone.model_dump(include={"accuracy", "macro_f1", "mcc"})),
        "seeds": len(base.seeds),
        "hyperparameters": base.hyperparameters.model_dump(),
        "machine": {**base.machine.model_dump(), "cores": os.cpu_count(), "processor": platform.machine()},
        "versions": base.versions,
    }


def corrected(sets: dict[str, Any]) -> None:
    """Holm's correction over all comparisons of the file, in place."""
    compared = [
        row["against_cross_entropy"]
        for found in sets.values()
        for row in found["losses"].values()
        if "against_cross_entropy" in row
    ]
    for row, p_value in zip(compared, holm([row["p_value"] for row in compared]), strict=True):
        row["adjusted_p_value"] = p_value
        better = "better" if row["difference"] > 0 else "worse"
        row["verdict"] = better if p_value < 0.05 else "within noise"


def _means(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: None if value is None else round(value, 4) for key, value in spread.items()}
        for name, spread in values.items()
    }


def main() -> None:
    """Build, score, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--out", type=Path, default=Path("releases/losses"), help="folder of the releases")
    arguments = parser.parse_args()
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["sets"] if RESULTS.is_file() else {}
    for name in arguments.sets:
        known[name] = measured(build(name, arguments.data, arguments.out), arguments.out / "cache")
        corrected(known)
        found = {
            "command": "python benchmarks/losses.py --data DIR",
            "checker_rows": CHECKER_ROWS,
            "sets": known,
        }
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
