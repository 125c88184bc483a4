"""
What a billion rows over 500 endpoints would take, on paper, from what was measured for a million.

    python benchmarks/scale_plan.py

Reads benchmarks/results/scale.json. What is not measured there is an assumption and an argument of this command: how
long texts are (files are taken to grow with the tokens of the replies), what an endpoint does in a second, what it
costs. Writes benchmarks/results/scale_plan.json.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from synth_builder.distributed.duplicates.row_keys import width
from synth_builder.filters.duplicates import DuplicatesOptions
from synth_builder.publishing.hub_upload import BYTES_AT_ONCE, FILES_AT_ONCE
from synth_builder.releases.rows import BYTES_PER_FILE

RESULTS = Path(__file__).resolve().parent / "results"
KEPT_BYTES = 16
"""Of each kept row the final pass remembers two numbers."""


def plan(measured: dict[str, Any], assumed: argparse.Namespace) -> dict[str, float]:
    """The figures, by name; the unit is in the name."""
    large, rows = measured["large"], measured["rows"]["cluster"]
    keys = width(DuplicatesOptions().threshold)
    cpu = large["tree"]["cpu_seconds"]
    asking_seconds = assumed.rows * assumed.reply_tokens / (assumed.endpoints * assumed.tokens_per_second)
    requests_per_second = assumed.rows / asking_seconds
    longer = assumed.reply_tokens / large["reply_tokens_a_row"]
    release_gb = assumed.rows * large["release_mb"] / rows / 1e3 * longer
    files = -(-release_gb * 1e9 // BYTES_PER_FILE)
    return {
        "requests_per_second": requests_per_second,
        "requests_per_second_and_endpoint": requests_per_second / assumed.endpoints,
        "asking_hours": asking_seconds / 3600,
        "gpu_hours": assumed.endpoints * asking_seconds / 3600,
        "gpu_dollars": assumed.endpoints * asking_seconds / 3600 * assumed.dollars_per_gpu_hour,
        "prompt_tokens_1e9": assumed.rows * assumed.prompt_tokens / 1e9,
        "reply_tokens_1e9": assumed.rows * assumed.reply_tokens / 1e9,
        "worker_cores": requests_per_second * cpu["shards"] / rows,
        "journal_gb": assumed.rows * large["work_mb"] / rows / 1e3 * longer,
        "release_gb": release_gb,
        "parquet_files": files,
        "parts_sent_ahead": max(-(-files // FILES_AT_ONCE), -(-release_gb * 1e9 // BYTES_AT_ONCE)),
        "upload_hours": release_gb * 1e3 / assumed.upload_mb_per_second / 3600,
        "key_files_gb": assumed.rows * keys * 8 / 1e9,
        "sorted_keys_gb": assumed.rows * keys * 16 / 1e9,
        "final_pass_memory_gb": assumed.rows * (-(-keys // 8) + KEPT_BYTES) / 1e9,
        "final_pass_hours": assumed.rows * large["final_pass_seconds"] / rows / 3600,
        "writing_hours": assumed.rows * large["writing_seconds"] / rows / 3600,
    }


def main() -> None:
    """Calculate, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, default=1e9)
    parser.add_argument("--endpoints", type=int, default=500)
    parser.add_argument("--prompt-tokens", type=float, default=400.0, help="of a row, the examples among them")
    parser.add_argument("--reply-tokens", type=float, default=60.0, help="of a row")
    parser.add_argument("--tokens-per-second", type=float, default=2000.0, help="reply tokens of one endpoint")
    parser.add_argument("--dollars-per-gpu-hour", type=float, default=3.0, help="one GPU for each endpoint")
    parser.add_argument("--upload-mb-per-second", type=float, default=100.0)
    assumed = parser.parse_args()
    measured = json.loads((RESULTS / "scale.json").read_text(encoding="utf-8"))
    found = {
        "command": "python benchmarks/scale_plan.py",
        "assumed": vars(assumed),
        "from": {"file": "scale.json", "rows": measured["rows"]["cluster"]},
        "plan": {name: float(f"{value:.3g}") for name, value in plan(measured, assumed).items()},
    }
    (RESULTS / "scale_plan.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
