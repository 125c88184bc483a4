import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.cli.engine_arguments import positive
from synth_builder.cli.terminal_text import visible
from synth_builder.distributed.local_ray import LOCAL
from synth_builder.errors import RecipeError
from synth_builder.extras import check_installed

if TYPE_CHECKING:
    from synth_builder.verbs.spread import Spread


def add_ray_arguments(parser: argparse.ArgumentParser) -> None:
    """`--ray`, `--workers` and `--shards`."""
    parser.add_argument(
        "--ray",
        nargs="?",
        const=LOCAL,
        metavar="ADDRESS",
        help="do it on a Ray cluster, with the same outcome: its address, or 'local' (default) to start one here",
    )
    parser.add_argument(
        "--shards",
        type=positive,
        metavar="N",
        help="parts of the requests, with --ray; no more than there are requests (default: 4 for each CPU)",
    )
    parser.add_argument(
        "--workers", type=positive, metavar="N", help="processes of a cluster that is started here (default: its CPUs)"
    )


def add_storage_argument(parser: argparse.ArgumentParser) -> None:
    """`--storage`, for what can go on with no folder that all machines share."""
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="where the machines of --ray share answers while they work (s3://bucket/folder, gs://..., file:///...): "
        "the release folder need not be shared then (default: the release folder itself)",
    )


def check_ray_arguments(arguments: argparse.Namespace) -> None:
    """
    See whether what a user says about a cluster goes together, without connecting to one.

    Raises:
        RecipeError: A file stands where an address should, shards, workers or a storage are named without such a
            cluster, or the storage can't be used.
    """
    if arguments.ray is None:
        for name in ("shards", "workers", "storage"):
            if getattr(arguments, name, None) is not None:
                raise RecipeError(f"--{name} is about work on a cluster; give --ray, too, or leave it out.")
        return
    if Path(arguments.ray).is_file():
        raise RecipeError(
            f"--ray {arguments.ray} names a file, expected the address of a cluster or 'local'. Write the file "
            "before --ray, or --ray=local."
        )
    if arguments.workers is not None and arguments.ray != LOCAL:
        raise RecipeError("--workers is for a cluster that is started here; one that runs has its own CPUs.")
    _storage(arguments)


@contextmanager
def spread(arguments: argparse.Namespace) -> "Iterator[Spread | None]":
    """
    The cluster that a user names, as long as the block runs; `None` without one.

    Raises:
        RecipeError: As `check_ray_arguments`.
        MissingExtraError: Ray is not installed.
        ClusterError: There is no cluster.
    """
    check_ray_arguments(arguments)
    if arguments.ray is None:
        yield None
        return
    check_installed("ray", extra="ray", needed_by="--ray")
    from synth_builder.distributed.ray_cluster import ray_cluster
    from synth_builder.progress import say
    from synth_builder.verbs.spread import Spread

    if arguments.ray == LOCAL:
        say("Starting a Ray cluster on this machine.")
    else:
        say(visible(f"Connecting to the Ray cluster at {arguments.ray}."))
    with ray_cluster(arguments.ray, arguments.workers) as cluster:
        yield Spread(cluster, arguments.shards, _storage(arguments))


def _storage(arguments: argparse.Namespace) -> str | None:
    """The URL of a storage that other processes reach, too."""
    url = getattr(arguments, "storage", None)
    if url is None:
        return None
    from synth_builder.distributed.storage.shared_storage import SharedStorage
    from synth_builder.filesystems import protocol_of

    found = SharedStorage(url).url
    if protocol_of(found) == "memory":
        raise RecipeError(f"--storage {found} is the memory of one process; name a storage that all machines reach.")
    return found
