from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from synth_builder.distributed.ray_cluster import RayCluster


@pytest.fixture(scope="package")
def two_workers() -> "Iterator[RayCluster]":
    """A Ray cluster of two processes, for all tests of this folder: to start one takes seconds."""
    from synth_builder.distributed.ray_cluster import ray_cluster

    with ray_cluster("local", workers=2) as cluster:
        yield cluster
