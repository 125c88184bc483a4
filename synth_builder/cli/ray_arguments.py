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
    """`--ray`, `--workers` and `--shards`."""
    parser.add_argument(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="do it on a Ray cluster, with the same outcome: its address, or 'local' (default) to start one here",
    )
    parser.add_argument(
        "--shards", type=positive, metavar="N", help="parts of the requests, with --ray (default: 4 for each CPU)"
    )
    parser.add_argument(
        "--workers", type=positive, metavar="N", help="processes of a cluster that is started here (default: its CPUs)"
    )


@contextmanager
def spread(arguments: argparse.Namespace) -> "Iterator[Spread | None]":
    """
    The cluster that a user names, as long as the block runs; `None` without one.

    Raises:
        RecipeError: A file stands where an address should, or shards or workers are named without such a cluster.
        ClusterError: There is no cluster.
    """
    if arguments.ray is None:
        for name in ("shards", "workers"):
            if getattr(arguments, name) is not None:
                raise RecipeError(f"--{name} is about work on a cluster; give --ray, too, or leave it out.")
        yield None
        return
    if Path(arguments.ray).is_file():
        raise RecipeError(
            f"--ray {arguments.ray} names a file, expected the address of a cluster or 'local'. Write the file "
            "before --ray, or --ray=local."
        )
    from synth_builder.distributed.ray_cluster import LOCAL, ray_cluster
    from synth_builder.verbs.spread import Spread

    if arguments.workers is not None and arguments.ray != LOCAL:
        raise RecipeError("--workers is for a cluster that is started here; one that runs has its own CPUs.")
    with ray_cluster(arguments.ray, arguments.workers) as cluster:
        yield Spread(cluster, arguments.shards)
