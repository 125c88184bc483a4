import socket
import subprocess
import time
from typing import Any

import pytest

pytest.importorskip("ray")

import ray

from synth_builder.distributed import ray_address
from synth_builder.distributed.ray_address import check_address
from synth_builder.distributed.ray_cluster import RayCluster, ray_cluster
from synth_builder.errors import ClusterError


def test_no_cluster_at_an_address_is_told() -> None:
    with (
        pytest.raises(
            ClusterError,
            match=r"There is no Ray cluster at '127\.0\.0\.1:9': .* refused\. Start one with `ray start --head`, or",
        ),
        ray_cluster("127.0.0.1:9"),
    ):
        raise AssertionError("there is none")


def test_a_server_that_is_no_cluster_is_told_before_ray_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_address, "ANSWERING", 4.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        with (
            pytest.raises(ClusterError, match=r"does not answer as a Ray cluster within 4 seconds\. Start one"),
            ray_cluster(address),
        ):
            raise AssertionError("there is none")
        assert time.monotonic() - begun < 20


def test_a_cluster_answers(two_workers: RayCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def run(command: list[str], **options: Any) -> None:
        asked.append(ran(command, **options).returncode)

    ran = subprocess.run
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    check_address(ray.get_runtime_context().gcs_address)
    assert asked == [0]
