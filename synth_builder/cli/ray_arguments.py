import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.cli.engine_arguments import positive
from synth_builder.errors import RecipeError

if TYPE_CHECKING:
    from synth_builder.verbs.spread import Spread


def add_ray_arguments(parser: argparse.ArgumentParser) -> None:
    """`--ray` and `--shards`."""
    parser.add_argument(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="do it on a Ray cluster, with the same rows: its address, or 'local' (default) to start one here",
    )
    parser.add_argument(
        "--shards", type=positive, metavar="N", help="parts of the requests, with --ray (default: 4 for each CPU)"
    )


@contextmanager
def spread(arguments: argparse.Namespace) -> "Iterator[Spread | None]":
    """
    The cluster that a user names, as long as the block runs; `None` without one.

    Raises:
        RecipeError: A file stands where an address should, or shards are named without a cluster.
        ClusterError: There is no cluster.
    """
    if arguments.ray is None:
        if arguments.shards is not None:
            raise RecipeError("--shards cuts work into parts for a cluster; give --ray, too, or leave it out.")
        yield None
        return
    if Path(arguments.ray).is_file():
        raise RecipeError(
            f"--ray {arguments.ray} names a file, expected the address of a cluster or 'local'. Write the recipe "
            "before --ray, or --ray=local."
        )
    from synth_builder.distributed.ray_cluster import ray_cluster
    from synth_builder.verbs.spread import Spread

    with ray_cluster(arguments.ray) as cluster:
        yield Spread(cluster, arguments.shards)
