from collections.abc import Iterator

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import default_engine, make_engine
from synth_builder.engines.scripted import ScriptedEngine
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
        replies=engine.replies,
    )


def engine_name(engine: StudyEngine) -> str:
    """The engine that a study names, or means by naming none."""
    return engine.name or default_engine(engine_settings(engine))


def script_of(engine: StudyEngine, given: Engine | None = None) -> str | None:
    """
    Revision of the script that answers, which is known before it is asked; `None` where another engine answers.

    Args:
        engine (`StudyEngine`):
            Who writes the rows.
        given (`Engine`, *optional*):
            An engine that is made already, in place of the one that the study names.

    Raises:
        RecipeError: The file of replies can't be used.
    """
    if given is None and engine.replies is None:
        return None
    made = given or make_engine(engine_name(engine), engine_settings(engine))
    return made.revision if isinstance(made, ScriptedEngine) else None


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
        EngineChangedError: They were made by another engine, model or script than the study names.
    """
    if task.published is not None:
        return True
    setup = set_up(task.recipe, variant)
    name = given.name if given is not None else engine_name(engine)
    if not asks_a_model(setup.variant):
        name = NoEngine.name
    try:
        provenance = built_before(setup, task.release, name, engine_settings(engine))
    except EngineChangedError as error:
        raise EngineChangedError(f"Task {task.name!r}: {error}") from error
    script = script_of(engine, given)
    if provenance is not None and name == ScriptedEngine.name and script != provenance["engine"]["revision"]:
        raise EngineChangedError(
            f"Task {task.name!r}: Variant {variant!r} was built with other replies of the engine 'scripted' (revision "
            f"{provenance['engine']['revision']}) than the study names now (revision {script}). Name the same "
            "replies, or give another folder with --out."
        )
    return provenance is not None
