"""
A build of a million rows on a local Ray cluster, beside one of 20,000 rows by one process.

    python benchmarks/scale.py                   # 1,000,000 rows by two workers; a worker and the driver are killed
    python benchmarks/scale.py --rows 100000

Starts two servers without a model (5 ms an answer) in processes of their own, which take so many requests at once,
tell so, and refuse and count those above. Then `synth-builder build` as a user runs it, allowed more than they take.
The cost of a row is processor time of the whole process tree of the build, the servers apart; that of one process is
measured before and after the million. Memory is the sum over the tree of what each process has for itself and its
share of what several have (PSS), looked at twice a second. Writes benchmarks/results/scale.json.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from generation import RECIPE, SETTINGS, stub, tell

RESULTS = Path(__file__).resolve().parent / "results" / "scale.json"
TICKS = os.sysconf("SC_CLK_TCK")
LOOK = 0.5
DELAY = 0.005


@dataclass
class Tree:
    """
    What a process and all its descendants took.

    Args:
        peak_mb (`float`):
            Most memory of all together, in 10**6 bytes.
        at_peak (`dict[str, float]`):
            Kind of process -> memory of all of that kind at that moment.
        cpu_seconds (`dict[str, float]`):
            Kind of process -> time on the processor.
    """

    peak_mb: float = 0.0
    at_peak: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    _seen: dict[int, int] = field(default_factory=dict, repr=False)
    _ticks: dict[str, int] = field(default_factory=dict, repr=False)

    def look(self, root: int) -> None:
        """Take note of the tree as it is."""
        parents = _processes()
        memory: dict[str, float] = {}
        for process, (_, ticks, kind) in parents.items():
            if not _below(process, root, parents):
                continue
            kind = "driver" if process == root else kind
            # A worker of Ray is of another kind when it is given a shard: what came since the last look counts.
            self._ticks[kind] = self._ticks.get(kind, 0) + ticks - self._seen.get(process, 0)
            self._seen[process] = ticks
            try:
                rollup = (Path("/proc") / str(process) / "smaps_rollup").read_text()
            except OSError:
                continue
            pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            memory[kind] = memory.get(kind, 0.0) + pss * 1024 / 1e6
        if sum(memory.values()) > self.peak_mb:
            self.peak_mb = round(sum(memory.values()), 1)
            self.at_peak = {kind: round(amount, 1) for kind, amount in sorted(memory.items())}
        self.cpu_seconds = {kind: round(ticks / TICKS, 1) for kind, ticks in sorted(self._ticks.items())}


@dataclass
class Phases:
    """
    When a build on a cluster went from one phase to the next, seen from the files in its work folder.

    Args:
        asked (`float`):
            When the last shard was finished; 0 when none was seen yet.
        decided (`float`):
            When the final pass was through.
    """

    asked: float = 0.0
    decided: float = 0.0

    def look(self, work: Path) -> None:
        """Take note of how far it is."""
        waves = sorted((work / "shards").glob("[0-9]*"))
        if waves and not self.asked:
            shards = int(next((each.name for each in waves[-1].glob("*-of-*")), "of-1").rpartition("-")[2])
            if len(list(waves[-1].glob("*/done.json"))) == shards:
                self.asked = time.monotonic()
        elif not waves and self.asked and not self.decided:
            self.decided = time.monotonic()


@dataclass(frozen=True)
class Ran:
    """
    One build.

    Args:
        seconds (`float`):
            Duration, the kills and their restarts among it.
        final_pass_seconds, writing_seconds (`float`, *optional*):
            Of a build on a cluster, from the last shard's end until every row was decided about, and from then until
            the release was written, to half a second.
        cpu_ms_a_row (`float`):
            Processor time of the tree for each row.
        tree (`dict`):
            `Tree` of it.
        rows_a_second (`float`):
            Rows by duration.
        rows_sha256 (`str`):
            Hash of the rows.
        release_mb, work_mb (`float`):
            Bytes on the disk at the end, in 10**6: the release, and journals beside it.
        reply_tokens_a_row (`float`):
            Tokens of the replies.
        requests, answered_twice, above_limit (`int`):
            As the servers counted them: all, those answered more than once, those refused because there were too many.
        most_in_flight (`list[int]`):
            Most at once, by server.
        killed (`list[str]`):
            What was killed, and when.
    """

    seconds: float
    rows_a_second: float
    final_pass_seconds: float | None
    writing_seconds: float | None
    cpu_ms_a_row: float
    tree: dict[str, Any]
    rows_sha256: str
    release_mb: float
    work_mb: float
    reply_tokens_a_row: float
    requests: int
    answered_twice: int
    above_limit: int
    most_in_flight: list[int]
    killed: list[str]


def ran(urls: list[str], rows: int, extra: list[str], kills: bool = False) -> Ran:
    """Build so many rows, with what was killed on the way."""
    for url in urls:
        tell(url, "/reset")
    tree, phases, killed = Tree(), Phases(), []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "release"
        words = ["build", str(RECIPE), "--variant", "zero_shot", "--concurrency", "500"]
        for url in urls:
            words += ["--endpoint", url]
        words += ["--out", str(out), *extra]
        for setting in (f"generation.rows.train={rows}", *SETTINGS):
            words += ["--set", setting]
        began = time.monotonic()
        if kills:
            _until(words, folder, tree, phases, lambda: _asked(urls) > rows // 3)
            killed.append(f"the driver after {_asked(urls)} requests")
        _until(words, folder, tree, phases, lambda: False, kill_worker=kills, killed=killed, urls=urls, rows=rows)
        ended = time.monotonic()
        provenance = json.loads((out / "provenance" / "zero_shot.json").read_text(encoding="utf-8"))
        told = provenance["splits"]["train"]
        if told["rows"] != rows:
            sys.exit(f"{rows} rows were asked for, {told['rows']} were written.")
        work = out / ".synth-builder"
        work_bytes = _bytes(work)
        counted = [tell(url, "/stats") for url in urls]
        return Ran(
            seconds=round(ended - began, 1),
            rows_a_second=round(rows / (ended - began), 1),
            final_pass_seconds=round(phases.decided - phases.asked, 1) if phases.decided else None,
            writing_seconds=round(ended - phases.decided, 1) if phases.decided else None,
            cpu_ms_a_row=round(1000 * sum(tree.cpu_seconds.values()) / rows, 4),
            tree={key: value for key, value in asdict(tree).items() if not key.startswith("_")},
            rows_sha256=told["rows_sha256"],
            release_mb=round((_bytes(out) - work_bytes) / 1e6, 1),
            work_mb=round(work_bytes / 1e6, 1),
            reply_tokens_a_row=round(provenance["tally"]["completion_tokens"] / rows, 1),
            requests=sum(each["requests"] for each in counted),
            answered_twice=sum(each["answered_twice"] for each in counted),
            above_limit=sum(each.get("above_limit", 0) for each in counted),
            most_in_flight=[each["most_in_flight"] for each in counted],
            killed=killed,
        )


def _until(
    words: list[str],
    folder: str,
    tree: Tree,
    phases: Phases,
    enough: Callable[[], bool],
    *,
    kill_worker: bool = False,
    killed: list[str] | None = None,
    urls: Sequence[str] = (),
    rows: int = 0,
) -> None:
    """Run a build to its end, or kill it as soon as it is enough."""
    with (Path(folder) / "log.txt").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "synth_builder", *words], cwd=folder, stdout=log, stderr=log)
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(LOOK):
                tree.look(process.pid)
                phases.look(Path(folder) / "release" / ".synth-builder" / "zero_shot")

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            while process.poll() is None:
                time.sleep(LOOK)
                if enough():
                    process.kill()
                    process.wait()
                    return
                if kill_worker and killed is not None and len(killed) < 2 and _asked(urls) > rows // 2:
                    worker = _worker_of(process.pid)
                    if worker is not None:
                        os.kill(worker, signal.SIGKILL)
                        killed.append(f"a worker after {_asked(urls)} requests")
        finally:
            stop.set()
            watcher.join()
    if process.returncode:
        sys.exit((Path(folder) / "log.txt").read_text(encoding="utf-8")[-3000:])


def _asked(urls: Sequence[str]) -> int:
    """Requests that the servers have had."""
    return sum(tell(url, "/stats").get("requests", 0) for url in urls)


def _worker_of(root: int) -> int | None:
    parents = _processes()
    busy = [p for p, (_, _, kind) in parents.items() if kind == "shards" and _below(p, root, parents)]
    return busy[0] if busy else None


def _processes() -> dict[int, tuple[int, int, str]]:
    """All processes of the machine: parent, ticks on the processor, kind."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            found[int(folder.name)] = (int(stat[1]), int(stat[11]) + int(stat[12]), _kind(folder))
        except (OSError, IndexError):
            continue  # it has just ended
    return found


def _kind(folder: Path) -> str:
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    if command.startswith("ray::_shard"):
        return "shards"
    if command.startswith("ray::"):
        return "other ray workers"
    return "ray itself" if "ray" in command else "others"


def _below(process: int, root: int, parents: dict[int, tuple[int, int, str]]) -> bool:
    while process in parents and process != root:
        process = parents[process][0]
    return process == root


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=20_000, help="rows of the build by one process")
    parser.add_argument("--limit", type=int, default=32, help="requests that each server takes at once")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    import ray

    found: dict[str, Any] = {
        "command": f"python benchmarks/scale.py --rows {arguments.rows}",
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "ray": ray.__version__,
        "servers": 2,
        "delay_seconds": DELAY,
        "limit_of_each_server": arguments.limit,
        "rows": {"one_process": arguments.small, "cluster": arguments.rows},
    }
    settings = ("--delay", str(DELAY), "--max-concurrent-requests", str(arguments.limit))
    with stub(*settings) as one, stub(*settings) as other:
        urls = [one, other]
        found["one_process"] = asdict(ran(urls, arguments.small, []))
        for workers in (1, 2):
            small = ran(urls, arguments.small, ["--ray", "--workers", str(workers)])
            found[f"cluster_of_{workers}"] = asdict(small)
            if small.rows_sha256 != found["one_process"]["rows_sha256"]:
                sys.exit(f"With {workers} workers the rows are others than with one process.")
        large = ran(urls, arguments.rows, ["--ray", "--workers", "2"], kills=True)
        found["one_process_again"] = asdict(ran(urls, arguments.small, []))
    found["large"] = asdict(large)
    by_one = statistics.fmean(found[name]["cpu_ms_a_row"] for name in ("one_process", "one_process_again"))
    found["cost_ratio"] = round(large.cpu_ms_a_row / by_one, 3)
    arguments.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
