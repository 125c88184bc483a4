from dataclasses import dataclass, field

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.registry import ENGINES


@dataclass(frozen=True)
class EngineChoice:
    """
    An engine as a user names it.

    Args:
        engine (`Engine` or `str`):
            Word in the engines' registry, or an engine that is made already.
        settings (`EngineSettings`):
            Endpoints, model, key and concurrency.
    """

    engine: Engine | str
    settings: EngineSettings = field(default_factory=EngineSettings)


def make_engine(engine: str | Engine, settings: EngineSettings) -> Engine:
    """
    An engine from its name and what the user said about it.

    Args:
        engine (`str` or `Engine`):
            Word in the engines' registry; an engine that is made already is handed back.
        settings (`EngineSettings`):
            Endpoints, model, key and concurrency.

    Raises:
        UnknownNameError: No engine has that name.
        RecipeError: A setting that the engine needs is missing.
    """
    if isinstance(engine, Engine):
        return engine
    engine_class: type[Engine] = ENGINES.get(engine)
    return engine_class.from_settings(settings)
