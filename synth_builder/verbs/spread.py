from dataclasses import dataclass
from pathlib import Path

from synth_builder.distributed.cluster import Cluster
from synth_builder.distributed.sharded import generate_sharded
from synth_builder.distributed.storage.known_storages import bring_home
from synth_builder.engines.base import EngineSettings
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.limits import RetryPolicy
from synth_builder.engines.without import NoEngine
from synth_builder.errors import RecipeError
from synth_builder.generation.budget import Budget
from synth_builder.generation.generate import Generated
from synth_builder.registry import ENGINES
from synth_builder.verbs.preparation import Prepared


@dataclass(frozen=True)
class Spread:
    """
    A cluster, and into how many parts work is cut for it.

    Args:
        cluster (`Cluster`):
            Where the parts are done.
        shards (`int`, *optional*):
            Parts of the requests for a variant; four for each worker when not given, so that a worker that is done
            early takes another one.
        storage (`str`, *optional*):
            URL of a folder that all machines of the cluster reach. Without one the release folder has to lie where
            all of them see it.
    """

    cluster: Cluster
    shards: int | None = None
    storage: str | None = None

    @property
    def parts(self) -> int:
        """Parts that there are."""
        return self.shards or 4 * self.cluster.workers


def generate_spread(
    one: Prepared,
    settings: EngineSettings,
    work: Path,
    spread: Spread,
    policy: RetryPolicy | None = None,
    *,
    budget: Budget | None = None,
    checker: EngineChoice | None = None,
) -> Generated:
    """
    Generate the rows of a variant on a cluster.

    Args:
        one (`Prepared`):
            The variant.
        settings (`EngineSettings`):
            What the user said about the engine.
        work (`Path`):
            The variant's work folder, which the machines of the cluster share where there is no storage.
        spread (`Spread`):
            The cluster.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engines.
        budget (`Budget`, *optional*):
            How much may be used.
        checker (`EngineChoice`, *optional*):
            Who is asked about rows, where that is another.

    Raises:
        RecipeError: An engine was made by the caller, which no other process can have.
        SynthBuilderError: As `generate`.
    """
    writer = EngineChoice(one.engine.name, settings)
    if isinstance(one.engine, NoEngine):
        writer = EngineChoice(one.engine)
    for choice in (writer, checker):
        if choice is not None and not isinstance(choice.engine, NoEngine) and choice.engine not in ENGINES.names():
            raise RecipeError(
                "On a cluster each process makes an engine of its own: name the engine and its settings instead of "
                "giving one that is made already."
            )
    if spread.storage is None:
        bring_home(work)
    named = one.checker.named if one.checker is not None else ""
    return generate_sharded(
        one.setup,
        writer,
        work.resolve(),
        spread.cluster,
        spread.parts,
        policy,
        budget=budget,
        checker=checker if one.checker is not None else None,
        checker_named=named,
        storage=spread.storage,
    )
