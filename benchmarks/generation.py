"""
How fast a build is beside a loop that does nothing but ask.

    python benchmarks/generation.py

Starts a server without a model (50 ms an answer) in a process of its own. Then, side by side and in turns, a bare
aiohttp loop (bare_loop.py) and a whole `synth-builder build`: plan, requests, journal, parsing, all default filters,
parquet, card. Writes rows/s, CPU time a row, peak memory, the time to the first request and the ratio of the two to
benchmarks/results/generation.json. The other cases: 1 % of the answers take 2 s; 2 % are answered 429 or 503.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synth_builder.recipes.generation import DEFAULT_FILTERS

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "generation.json"
RECIPE = HERE.parent / "dataset_scripts" / "customer_messages.yaml"
SETTINGS = (
    "variants.zero_shot.prompt_form=completion",
    "generation.sampling={temperature: 1.0, max_new_tokens: 64}",
    f"generation.filters=[{', '.join(DEFAULT_FILTERS)}]",
)

CASES: dict[str, tuple[str, ...]] = {
    "clean": (),
    "1 % of the answers take 2 s": ("--slow-share", "0.01", "--slow-delay", "2.0"),
    "2 % are answered 429, Retry-After 1 s": ("--fault-share", "0.02", "--fault-status", "429"),
    "2 % are answered 503": ("--fault-share", "0.02", "--fault-status", "503"),
}


@dataclass(frozen=True)
class Measured:
    """
    One process from its start to its end.

    Args:
        seconds (`float`):
            Duration.
        cpu_seconds (`float`):
            Time on the processor, in the program and in the system.
        peak_mb (`float`):
            Most resident memory, in 10**6 bytes.
        first_request (`float`):
            Seconds from the start to the first request's arrival at the server.
        requests (`int`), answered_twice (`int`), most_in_flight (`int`):
            As the server counted them.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    first_request: float
    requests: int
    answered_twice: int
    most_in_flight: int


@contextmanager
def stub(*settings: str) -> Iterator[str]:
    """The server in its own process; gives its URL."""
    command = [sys.executable, str(HERE / "stub_server.py"), *settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def tell(url: str, path: str) -> dict[str, Any]:
    """An answer of the server's own routes."""
    with urllib.request.urlopen(url + path) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def measure(url: str, command: list[str], folder: Path) -> Measured:
    """Run a command that asks the server, to its end."""
    tell(url, "/reset")
    with (folder / "log.txt").open("wb") as log:
        began, wall = time.time(), time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - wall
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit((folder / "log.txt").read_text(encoding="utf-8")[-2000:])
    counted = tell(url, "/stats")
    return Measured(
        seconds=round(seconds, 2),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mb=round(usage.ru_maxrss * 1024 / 1e6, 1),
        first_request=round(counted["first_at"] - began, 2),
        requests=counted["requests"],
        answered_twice=counted["answered_twice"],
        most_in_flight=counted["most_in_flight"],
    )


def bare(url: str, rows: int, concurrency: int) -> Measured:
    """The loop that only asks."""
    with tempfile.TemporaryDirectory() as folder:
        words = [url, str(rows), str(concurrency), str(Path(folder) / "rows.jsonl")]
        return measure(url, [sys.executable, str(HERE / "bare_loop.py"), *words], Path(folder))


def build(url: str, rows: int, concurrency: int) -> Measured:
    """The whole build, as a user runs it."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["build", str(RECIPE), "--variant", "zero_shot", "--endpoint", url, "--concurrency", str(concurrency)]
        words += ["--out", str(Path(folder) / "release")]
        for setting in (f"generation.rows.train={rows}", *SETTINGS):
            words += ["--set", setting]
        found = measure(url, [sys.executable, "-m", "synth_builder", *words], Path(folder))
        # Read without pyarrow: a child's peak memory counts from that of the process that starts it.
        told = json.loads((Path(folder) / "release" / "provenance" / "zero_shot.json").read_text(encoding="utf-8"))
        written = told["splits"]["train"]["rows"]
        if written != rows:
            sys.exit(f"{rows} rows were asked for, {written} were written.")
        return found


def compared(case: str, rows: int, concurrency: int, rounds: int) -> dict[str, Any]:
    """Both of them in turns, `rounds` times; the medians and their ratio."""
    found: dict[str, list[Measured]] = {"bare_loop": [], "build": []}
    with stub(*CASES[case]) as url:
        for _ in range(rounds):
            if "429" not in case and "503" not in case:  # the bare loop does not try again
                found["bare_loop"].append(bare(url, rows, concurrency))
            found["build"].append(build(url, rows, concurrency))
    result: dict[str, Any] = {"case": case, "rows": rows, "concurrency": concurrency}
    for name, runs in found.items():
        if not runs:
            continue
        middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
        result[name] = asdict(middle) | {
            "rows_per_second": round(rows / middle.seconds, 1),
            "cpu_ms_per_row": round(1000 * middle.cpu_seconds / rows, 3),
            "seconds_of_all_rounds": [run.seconds for run in runs],
        }
    if found["bare_loop"]:
        ratios = [loop.seconds / built.seconds for loop, built in zip(found["bare_loop"], found["build"], strict=True)]
        result["ratio"] = round(statistics.median(ratios), 3)
    print(json.dumps(result), flush=True)
    return result


def main() -> None:
    """Run the cases and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000, 20_000, 200_000])
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    results = []
    for rows in arguments.rows:
        for case in arguments.cases:
            if case == "clean" or rows == min(arguments.rows):
                results.append(compared(case, rows, arguments.concurrency, 1 if rows > 50_000 else arguments.rounds))
    found = {
        "command": " ".join(["python benchmarks/generation.py", *sys.argv[1:]]),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "server": "benchmarks/stub_server.py, 50 ms an answer, on the same machine",
        "results": results,
    }
    arguments.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
