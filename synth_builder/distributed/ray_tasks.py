from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from synth_builder.errors import ClusterError, SynthBuilderError

if TYPE_CHECKING:
    from ray import ObjectRef

POLL = 0.5
"""Seconds between two looks at how far tasks are."""


def ended(tasks: "Sequence[ObjectRef[Any]]", on_look: Callable[[], object], patience: float) -> list[Any]:
    """
    Wait for tasks. Where one fails, or the user stops it, the others are stopped as well.

    Args:
        tasks (`Sequence[ObjectRef]`):
            The tasks. An error of ours is what a task returns: Ray would wrap what is raised, and print it.
        on_look (`Callable`):
            Called about twice a second.
        patience (`float`):
            Seconds that a task has to stop in, before its process is ended.

    Returns:
        `list[Any]`: What they returned, in the order in which they ended.

    Raises:
        SynthBuilderError: What a task returned.
        ClusterError: The cluster is gone, or a process died again and again.
    """
    import ray

    waiting = list(tasks)
    found = []
    try:
        while waiting:
            done, waiting = ray.wait(waiting, num_returns=1, timeout=POLL)
            on_look()
            for one in done:
                came = ray.get(one)
                if isinstance(came, SynthBuilderError):
                    raise came
                found.append(came)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error  # a fault of the program, as it is where there is no cluster
    except ray.exceptions.RayError as error:
        raise ClusterError(
            f"The cluster could not go on: {str(error).strip().splitlines()[0]} What was done is kept; run the same "
            "again to go on from there."
        ) from error
    finally:
        _stop(waiting, patience)
    return found


def _stop(tasks: "list[ObjectRef[Any]]", patience: float) -> None:
    import ray

    for one in tasks:
        ray.cancel(one)
    if tasks:
        # What is under way at servers comes to its end, and journals are closed.
        _, still = ray.wait(tasks, num_returns=len(tasks), timeout=patience)
        for one in still:
            ray.cancel(one, force=True)
