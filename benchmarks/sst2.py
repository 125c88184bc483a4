"""
What the four strategies of the case study are worth on SST-2, with a model of 135 million parameters in this process.

    python benchmarks/sst2.py --train sst2/train.parquet --test sst2/test.parquet

Builds 500 rows with each strategy, scores them with three seeds on the real test rows (synthetic alone, 100 real rows
alone, both), and writes benchmarks/results/sst2.json. Without --train and --test the data come from the Hub. The files
have the columns `text` (or `sentence`) and `label` (names, or 0 and 1).
"""

import argparse
import subprocess
import sys
from pathlib import Path

from summarize import write_summary

HERE = Path(__file__).resolve().parent
RECIPE = HERE / "sst2.yaml"
RESULTS = HERE / "results" / "sst2.json"


def command(*words: str) -> None:
    """Run a verb; end with its exit code when it fails."""
    print("$ synth-builder", *words, flush=True)
    code = subprocess.run([sys.executable, "-m", "synth_builder", *words], check=False).returncode
    if code:
        sys.exit(code)


def main() -> None:
    """Build, score, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", help="real train rows (default: the Hub's)")
    parser.add_argument("--test", help="real test rows (default: the Hub's validation split)")
    parser.add_argument("--out", default="releases/sst2_small_model", help="the release folder")
    parser.add_argument("--seeds", default="3")
    arguments = parser.parse_args()
    overrides = []
    for key in ("train", "test"):
        path = getattr(arguments, key)
        if path:
            overrides += ["--set", f"real.{key}={Path(path).resolve()}"]
    command("build", str(RECIPE), *overrides, "--out", arguments.out)
    command("score", arguments.out, "--real-rows", "100", "--seeds", arguments.seeds)

    write_summary(
        Path(arguments.out), "python benchmarks/sst2.py --train sst2/train.parquet --test sst2/test.parquet", RESULTS
    )


if __name__ == "__main__":
    main()
