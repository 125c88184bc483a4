import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOCAL = "local"
"""In place of an address: a cluster of this machine alone."""

LOOPBACK = "127.0.0.1"

OBJECT_STORE = 100 * 2**20
"""Bytes of shared memory of a local cluster: only what is to be done and how it went is sent between processes."""


def want_token() -> None:
    """Have a cluster that this process starts want Ray's token; later than its first import Ray does not notice."""
    if "ray" not in sys.modules:
        os.environ.setdefault("RAY_AUTH_MODE", "token")


@contextmanager
def local_ray(ray: Any, cpus: int | None = None, **options: Any) -> Iterator[None]:
    """
    A Ray cluster of this machine alone, which nobody else can reach: whoever reaches a Ray cluster runs code on it.

    Ray replaces a loopback address by the machine's own one, and listens on all networks then, unless it is told that
    there are no clusters, as on Windows and macOS. Against other users of this machine it wants a token; see
    `want_token`.

    Args:
        ray (`module`):
            Ray.
        cpus (`int`, *optional*):
            Processes at work at once; as many as there are cores when not given.
        options (`Any`):
            Further arguments of `ray.init`.

    Raises:
        ConnectionError, RuntimeError, ValueError, OSError: It could not be started.
    """
    from ray._private import ray_constants

    clusters = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        ray.init(
            address=LOCAL,
            num_cpus=cpus or os.cpu_count() or 1,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE,
            _node_ip_address=LOOPBACK,
            **options,
        )
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = clusters
    try:
        yield
    finally:
        ray.shutdown()
