from collections.abc import Iterator

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import default_engine
from synth_builder.generation.setup import set_up
from synth_builder.studies.sharing import Unit
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import StudyEngine
from synth_builder.verbs.build import build_variants


def engine_settings(engine: StudyEngine) -> EngineSettings:
    """What a study says about its engine, as engines take it."""
    return EngineSettings(
        endpoints=engine.endpoint,
        model=engine.model,
        concurrency=engine.concurrency,
        api_key_env=engine.api_key_env,
    )


def builds(task: Studied, engine: StudyEngine, given: Engine | None = None) -> Iterator[Unit]:
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
    """
    if task.published is not None:
        return
    settings = engine_settings(engine)
    who = given or engine.name or default_engine(settings)

    def build() -> None:
        build_variants(task.recipe, task.variants, task.release, who, settings)

    yield Unit(f"build-{task.name}", lambda: all(is_built(task, variant) for variant in task.variants), build)


def is_built(task: Studied, variant: str) -> bool:
    """Whether the rows of a variant are there, made by the recipe as it is now."""
    if task.published is not None:
        return True
    provenance = task.release.read_provenance(variant)
    if provenance is None or provenance["fingerprint"] != set_up(task.recipe, variant).fingerprint:
        return False
    return all(task.release.data(variant, split).is_file() for split in provenance["splits"])
