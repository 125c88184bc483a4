import os
import subprocess
import sys

import pytest

pytest.importorskip("ray")

import ray
from ray._private import ray_constants

from synth_builder.distributed.ray_cluster import RayCluster
from tests.distributed.ray_processes import listens_at, started_by

LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def test_a_cluster_of_this_machine_can_not_be_reached_from_others(two_workers: RayCluster) -> None:
    @ray.remote
    def sixteen() -> int:
        return 16

    assert ray.get(sixteen.remote()) == 16  # so that there is a worker too
    addresses = listens_at([os.getpid(), *started_by(os.getpid())])
    assert addresses and addresses <= LOOPBACK


def test_ray_may_connect_to_other_clusters_afterwards(two_workers: RayCluster) -> None:
    assert ray_constants.ENABLE_RAY_CLUSTER


def test_a_cluster_wants_a_token() -> None:
    code = (
        "import os; from synth_builder.distributed.ray_cluster import ray_cluster\n"
        "with ray_cluster('local', workers=1): print(os.environ['RAY_AUTH_MODE'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RAY_AUTH_MODE"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "token\n"
