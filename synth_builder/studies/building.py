from collections.abc import Iterator

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import default_engine
from synth_builder.engines.without import NoEngine
from synth_builder.errors import EngineChangedError
from synth_builder.generation.setup import asks_a_model, set_up
from synth_builder.studies.sharing import Unit
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import StudyEngine
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.built_variant import built_before
from synth_builder.verbs.spread import Spread


def engine_settings(engine: StudyEngine) -> EngineSettings:
    """What a study says about its engine, as engines take it."""
    return EngineSettings(
        endpoints=engine.endpoint,
        model=engine.model,
        concurrency=engine.concurrency,
        api_key_env=engine.api_key_env,
    )


def engine_name(engine: StudyEngine) -> str:
    """The engine that a study names, or means by naming none."""
    return engine.name or default_engine(engine_settings(engine))


def builds(
    task: Studied, engine: StudyEngine, given: Engine | None = None, spread: Spread | None = None
) -> Iterator[Unit]:
    """
    The variants of a task that are to be built; none of a published one. A release is built by one process at a time,
    so a task is one unit.

    Args:
        task (`Studied`):
            The task.
        engine (`StudyEngine`):
            Who writes the rows.
        given (`Engine`, *optional*):
            An engine that is made already, in place of the one that the study names.
        spread (`Spread`, *optional*):
            A cluster on which it is done, with the same rows.
    """
    if task.published is not None:
        return

    def build() -> None:
        who, settings = given or engine_name(engine), engine_settings(engine)
        build_variants(task.recipe, task.variants, task.release, who, settings, spread=spread)

    yield Unit(f"build-{task.name}", lambda: are_built(task, engine, given), build)


def are_built(task: Studied, engine: StudyEngine, given: Engine | None = None) -> bool:
    """Whether the rows of all variants of a task are there; see `is_built`."""
    return all(is_built(task, variant, engine, given) for variant in task.variants)


def is_built(task: Studied, variant: str, engine: StudyEngine, given: Engine | None = None) -> bool:
    """
    Whether the rows of a variant are there, made by the recipe as it is now.

    Raises:
        EngineChangedError: They were made by another engine or model than the study names.
    """
    if task.published is not None:
        return True
    setup = set_up(task.recipe, variant)
    name = given.name if given is not None else engine_name(engine)
    if not asks_a_model(setup.variant):
        name = NoEngine.name
    try:
        return built_before(setup, task.release, name, engine_settings(engine)) is not None
    except EngineChangedError as error:
        raise EngineChangedError(f"Task {task.name!r}: {error}") from error
