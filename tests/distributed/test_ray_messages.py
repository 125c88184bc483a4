import logging
import os
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("ray")

import ray

from synth_builder.distributed.ray_cluster import RayCluster
from synth_builder.distributed.ray_messages import told


def test_a_death_is_told_once_in_a_sentence(
    two_workers: RayCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    @ray.remote(max_retries=-1)
    def dies_once(path: str) -> int:
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii"):
                os.kill(os.getpid(), signal.SIGKILL)
        return 7

    path = str(tmp_path / "begun")
    assert ray.get(dies_once.remote(path)) == 7
    until = time.monotonic() + 10
    while not caplog.records and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)  # for a second one, if there were one
    sentence = "A process of the cluster has died: its work is begun again from what is kept."
    assert [record.getMessage() for record in caplog.records] == [sentence]
    assert capfd.readouterr() == ("", "")


def test_what_else_ray_has_to_tell_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    told(
        {
            "lines": ["\x1b[33mThe node with node id 7 is dead.\x1b[0m\nA long text follows." + "x" * 900],
            "is_err": False,
        }
    )
    told({"lines": [], "is_err": False}, ignore_prefix=False)
    assert [record.getMessage() for record in caplog.records] == ["Ray: The node with node id 7 is dead."]
