"""A study by Ray's processes, of which one is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")
pytest.importorskip("sklearn")

from synth_builder.distributed.ray_cluster import RayCluster
from synth_builder.studies.running import run_study
from synth_builder.verbs.spread import Spread
from tests.distributed.ray_processes import at_work, started_by
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer
from tests.studies.small_study import finished, small_study, without_times, write_study

ONE_VARIANT: dict[str, Any] = {"tasks": {"films": "films.yaml"}, "variants": ["zero_shot"], "language_model": None}


@pytest.fixture
def url() -> Iterator[str]:
    with TGIServer(responder=row_writer(["text"])).in_thread() as url:
        yield url


def test_results_are_those_of_one_process_though_another_one_is_killed(
    two_workers: RayCluster, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth_builder.studies.report.write_report.write_report", lambda results, folder: None)
    study = small_study(tmp_path, engine={"endpoint": url}, **ONE_VARIANT, real_share=None, seeds=6)
    alone = run_study(study, tmp_path / "alone")
    assert alone is not None
    out = tmp_path / "out"
    killed: list[int] = []
    kept: dict[Path, int] = {}
    stop = threading.Event()

    def kill() -> None:
        while not stop.is_set() and not killed:
            time.sleep(0.01)
            busy = at_work("_share", os.getpid())
            if busy and len(before := finished(out)) > 2:
                os.kill(busy[0], signal.SIGKILL)
                killed.append(busy[0])
                kept.update(before)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = run_study(study, out, spread=Spread(two_workers, 2))
    finally:
        stop.set()
        killer.join()
    assert found is not None
    assert without_times(found) == without_times(alone)
    assert killed and 2 < len(kept) < len(finished(out))
    assert kept.items() <= finished(out).items()
    # What a process has to say stands in its file; here, that a real row is a test row, too.
    for number in (0, 1):
        assert "stand in the test rows too" in (out / "cache" / f"job-{number}.log").read_text(encoding="utf-8")


def test_ctrl_c_ends_the_cluster_that_was_started(tmp_path: Path, url: str) -> None:
    study = write_study(tmp_path, **ONE_VARIANT, seeds=200)
    command = [sys.executable, "-m", "synth_builder", "study", str(study), "--out", str(tmp_path / "out")]
    command += ["--set", f"engine.endpoint=[{url!r}]", "--ray", "local", "--workers", "2", "--shards", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while not (started := finished(tmp_path / "out")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        of_the_cluster = started_by(process.pid)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Requests and trainings that were done are kept" in told
    assert started.items() <= finished(tmp_path / "out").items()
    assert len(of_the_cluster) > 2
    deadline = time.monotonic() + 30
    while any((Path("/proc") / str(one)).exists() for one in of_the_cluster):
        assert time.monotonic() < deadline, "something of the cluster is left"
        time.sleep(0.1)
