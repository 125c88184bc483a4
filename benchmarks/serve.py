"""
A build against a server that none of us wrote, beside the same model in this process.

    python benchmarks/serve.py --server "transformers serve"
    python benchmarks/serve.py --server llama-cpp-python --python ENVIRONMENT/bin/python

Starts the server on a free port with SmolLM2-135M-Instruct (model_servers.py tells what it needs), builds rows of
dataset_scripts/customer_messages.yaml (zero_shot, chat form, at most 32 tokens) through the engine `openai`, the same
through the engine `embedded`, and writes what both took to benchmarks/results/serve.json. 32 rows for `transformers
serve`, which is slow; 100 for llama-cpp-python.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from model_servers import LLAMA_CPP, NAMES, TRANSFORMERS, running

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "serve.json"
RECIPE = HERE.parent / "dataset_scripts" / "customer_messages.yaml"
ROWS = {TRANSFORMERS: 32, LLAMA_CPP: 100}
SETTINGS = (
    "generation.sampling={temperature: 0.9, top_p: 0.95, max_new_tokens: 32}",
    "generation.filters=[length, refusal, duplicates]",
    "generation.max_draws=3",
)
CONCURRENCY = 8


def build(out: Path, settings: list[str], *words: str) -> dict[str, Any]:
    """One build, and what it came to."""
    command = [sys.executable, "-m", "synth_builder", "build", str(RECIPE), "--variant", "zero_shot"]
    command += ["--out", str(out), *words]
    for setting in settings:
        command += ["--set", setting]
    began = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = time.monotonic() - began
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    told = json.loads((out / "provenance" / "zero_shot.json").read_text(encoding="utf-8"))
    return {
        "seconds": round(seconds, 1),
        "rows": told["tally"]["accepted_rows"],
        "asked": told["tally"]["asked"],
        "failed": told["tally"]["failed"],
        "rejected": told["tally"]["rejected"],
        "replies_per_second": round(told["tally"]["asked"] / seconds, 2),
        "tokens": {"prompts": told["tally"]["prompt_tokens"], "replies": told["tally"]["completion_tokens"]},
        "engine": {name: told["engine"][name] for name in ("engine", "server", "server_version", "grammar")},
    }


def main() -> None:
    """Build through the server and in this process, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=NAMES, required=True, help="the other one keeps its results")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has llama-cpp-python")
    chosen = parser.parse_args()
    settings = [f"generation.rows={{train: {ROWS[chosen.server]}}}", *SETTINGS]
    with tempfile.TemporaryDirectory() as folder:
        with running(chosen.server, chosen.python) as server:
            words = ["--engine", "openai", "--endpoint", server.url, "--model", server.model]
            served = build(Path(folder) / "served", settings, *words, "--concurrency", str(CONCURRENCY))
        embedded = build(Path(folder) / "embedded", settings, "--engine", "embedded")
    measured = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}",
        "server": {**server.libraries, "started with": server.settings},
        "settings": [*settings, f"concurrency of the served build: {CONCURRENCY}"],
        "served": served,
        "embedded": embedded,
    }
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    found |= {
        "what": "a build of dataset_scripts/customer_messages.yaml, zero_shot, with SmolLM2-135M-Instruct",
        "command": "python benchmarks/serve.py --server NAME --python INTERPRETER",
    }
    servers = {**found.get("servers", {}), chosen.server: measured}
    found["servers"] = {name: servers[name] for name in NAMES if name in servers}
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
