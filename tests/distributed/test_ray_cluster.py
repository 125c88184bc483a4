"""The same by Ray's processes, of which some are killed, against a server that counts."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from synth_builder.distributed.sharded import generate_sharded
from synth_builder.distributed.storage.segments import read_segment
from synth_builder.engines.base import EngineSettings
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.tgi import TGIEngine
from synth_builder.errors import ClusterError, EngineUnreachableError, ScoringError
from synth_builder.generation.generate import Generated, generate
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.recipe import Recipe
from tests.servers.replies import Asked, words_of_the_seed
from tests.servers.tgi import TGIServer
from tests.servers.tgi_validation import Limits

pytest.importorskip("ray")

import ray

from synth_builder.distributed.ray_cluster import RayCluster, room_of
from tests.distributed.ray_processes import at_work, started_by

CONCURRENT = 5


def setup_of(data: dict[str, Any], folder: Path) -> Setup:
    data["generation"] |= {"rows": {"train": 240}, "filters": ["length", {"duplicates": {"threshold": 0.3}}]}
    return set_up(Recipe.from_dict(data, directory=folder), "few_shot")


def rows_of(generated: Generated) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    found = list(generated.rows("train")), list(generated.rejected()), generated.tally.to_dict()
    generated.close()
    return found


@contextmanager
def server() -> Iterator[tuple[TGIServer, str]]:
    def reply(asked: Asked) -> str:
        assert asked.seed is not None
        return "Too short." if asked.seed % 5 == 0 else words_of_the_seed(asked)

    made = TGIServer(reply, delay=0.05, limits=Limits(max_concurrent_requests=CONCURRENT))
    with made.in_thread() as url:
        yield made, url


@contextmanager
def killing(times: int, before: Callable[[], bool] = lambda: True) -> Iterator[list[int]]:
    """Kills so many processes that are busy with a shard, as soon as there is something to lose."""
    killed: list[int] = []
    stop = threading.Event()

    def kill() -> None:
        while not stop.is_set() and len(killed) < times:
            time.sleep(0.7)
            busy = at_work("_shard", os.getpid())
            if busy and before():
                os.kill(busy[0], signal.SIGKILL)
                killed.append(busy[0])

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        stop.set()
        killer.join()


def seeds_stored(storage: Path) -> set[int]:
    """Seeds of the requests whose answers lie in a storage."""
    found: set[int] = set()
    for path in storage.rglob("part-*.jsonl.gz"):
        if ".part-" not in path.name:
            found |= {entry[5] for entry in read_segment(path, path.name)}
    return found


def test_rows_are_those_of_one_process_though_workers_are_killed_and_the_server_gets_no_more_than_it_takes(
    two_workers: RayCluster, one_column: dict[str, Any], tmp_path: Path
) -> None:
    setup = setup_of(one_column, tmp_path)
    with server() as (made, url):
        settings = EngineSettings(endpoints=(url,))
        expected = rows_of(generate(setup, TGIEngine.from_settings(settings), tmp_path / "one"))
        assert expected[2]["asked"] > 240
        choice = EngineChoice("tgi", settings)
        stored: set[int] = set()

        def some_is_stored() -> bool:
            stored.update(seeds_stored(tmp_path / "storage"))
            return len(stored) > 20

        made.most_in_flight = 0
        with killing(2) as killed:
            found = generate_sharded(setup, choice, tmp_path / "many", two_workers, 3, lease_seconds=1.0)
        assert rows_of(found) == expected
        assert found.asked_now == expected[2]["asked"]  # all answers, those among them that killed workers asked for
        assert len(killed) == 2
        assert 1 < made.most_in_flight <= CONCURRENT
        # And with nothing that driver and workers share but a storage.
        made.answered.clear()
        with killing(1, before=some_is_stored) as killed:
            found = generate_sharded(
                setup,
                choice,
                tmp_path / "stored",
                two_workers,
                3,
                lease_seconds=1.0,
                storage=(tmp_path / "storage").as_uri(),
            )
        assert rows_of(found) == expected
        assert found.asked_now == expected[2]["asked"]
        assert len(killed) == 1
        assert made.most_in_flight <= CONCURRENT
        seeds = {asked.key(): asked.body["seed"] for asked in made.to("/v1/chat/completions")}
        assert stored < set(seeds.values())
        assert stored.isdisjoint(seeds[key] for key in made.repeated())


def test_a_driver_that_was_killed_goes_on_where_it_was_on_another_cluster(
    two_workers: RayCluster, one_column: dict[str, Any], tmp_path: Path
) -> None:
    setup_of(one_column, tmp_path)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(json.dumps(one_column), encoding="utf-8")
    command = [sys.executable, "-m", "synth_builder", "build", str(recipe), "--variant", "few_shot"]
    command += ["--out", str(tmp_path / "out"), "--shards", "2"]
    with server() as (made, url):
        with subprocess.Popen(
            [*command, "--endpoint", url, "--ray", "local"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while made.answered.total() < 60 and process.poll() is None:
                time.sleep(0.05)
            process.kill()
        assert made.answered.total() < 240
        while made.in_flight:
            time.sleep(0.05)
        running = ray.get_runtime_context().gcs_address
        # The other cluster is one for this machine alone, which Ray is not meant to connect to from elsewhere.
        environment = os.environ | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
        done = subprocess.run(
            [*command, "--endpoint", url, "--ray", running],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads((tmp_path / "out" / "provenance" / "few_shot.json").read_text(encoding="utf-8"))
        # What was under way when the driver was killed may have been answered to nobody.
        assert told["tally"]["asked"] <= made.answered.total() <= told["tally"]["asked"] + 2 * CONCURRENT
        alone = rows_of(
            generate(
                set_up(Recipe.load(recipe), "few_shot"),
                TGIEngine.from_settings(EngineSettings(endpoints=(url,))),
                tmp_path / "one",
            )
        )
        assert alone[2] == told["tally"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_driver_that_is_told_to_stop_says_how_to_go_on(
    one_column: dict[str, Any], tmp_path: Path, sent: signal.Signals
) -> None:
    setup_of(one_column, tmp_path)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(json.dumps(one_column), encoding="utf-8")
    command = [sys.executable, "-m", "synth_builder", "build", str(recipe), "--variant", "few_shot"]
    command += ["--out", str(tmp_path / "out"), "--ray", "local", "--workers", "1"]
    with (
        server() as (made, url),
        subprocess.Popen([*command, "--endpoint", url], stderr=subprocess.PIPE, text=True) as process,
    ):
        while made.answered.total() < 20 and process.poll() is None:
            time.sleep(0.05)
        started = started_by(process.pid)
        process.send_signal(sent)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert told.splitlines()[-1].startswith("synth-builder: stopped. What was answered so far is kept; run the ")
        assert "SIGTERM received" not in told
        until = time.monotonic() + 20
        while any((Path("/proc") / str(one)).exists() for one in started):
            assert time.monotonic() < until, "something of the cluster goes on"
            time.sleep(0.2)


def test_an_error_of_a_shard_is_told_as_it_is(
    two_workers: RayCluster, one_column: dict[str, Any], tmp_path: Path
) -> None:
    setup = setup_of(one_column, tmp_path)
    gone = EngineChoice("tgi", EngineSettings(endpoints=("http://127.0.0.1:9",)))
    with pytest.raises(EngineUnreachableError, match=r"127\.0\.0\.1:9"):
        generate_sharded(setup, gone, tmp_path, two_workers, 2)


@pytest.mark.parametrize("error", [ScoringError("no rows"), ValueError("a fault")])
def test_an_error_of_shared_work_is_told_as_it_is(two_workers: RayCluster, error: Exception) -> None:
    def fail(number: int) -> None:
        if number == 1:
            raise error
        while True:
            time.sleep(0.1)

    with pytest.raises(type(error), match=rf"^{error}$"):
        two_workers.share(fail, lambda: None, on_gpus=True)


def test_shared_work_is_done_by_as_many_processes_as_have_their_threads(
    two_workers: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(number: int) -> None:
        (tmp_path / threads / str(number)).write_text(os.environ["OMP_NUM_THREADS"], encoding="ascii")

    told = {}
    for threads in ("1", "2"):
        (tmp_path / threads).mkdir()
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        two_workers.share(tell, lambda: None, on_gpus=True)
        told[threads] = {path.name: path.read_text(encoding="ascii") for path in (tmp_path / threads).iterdir()}
    assert told == {"1": {"0": "1", "1": "1"}, "2": {"0": "2"}}
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with pytest.raises(ClusterError, match=r"No machine of the cluster has the 3 CPUs of one process"):
        two_workers.share(tell, lambda: None, on_gpus=True)


def test_each_process_takes_a_gpu_where_there_are_some() -> None:
    machine = {"CPU": 16.0, "GPU": 8.0}
    assert room_of(machine, 1, gpus=True) == 8
    assert room_of(machine, 4, gpus=True) == 4
    assert room_of(machine, 4, gpus=False) == 4
    assert room_of({"CPU": 16.0}, 4, gpus=True) == 0
