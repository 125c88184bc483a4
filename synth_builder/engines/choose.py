from dataclasses import dataclass, field

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.errors import RecipeError
from synth_builder.registry import ENGINES

# Settings that only some engines take -> how they are given on the command line.
_FLAGS = {
    "endpoints": "--endpoint",
    "model": "--model",
    "api_key_env": "--api-key-env",
    "replies": "--replies",
    "provider": "--provider",
}


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


def default_engine(settings: EngineSettings) -> str:
    """The engine that is meant when none is named: a TGI server where there is an endpoint, else one in process."""
    return "tgi" if settings.endpoints else "embedded"


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
        RecipeError: A setting that the engine needs is missing, or one is given that it has no use for.
    """
    if isinstance(engine, Engine):
        return engine
    engine_class: type[Engine] = ENGINES.get(engine)
    for name, flag in _FLAGS.items():
        if getattr(settings, name) and name not in engine_class.takes:
            raise RecipeError(
                f"The engine {engine!r} has no use for {flag}. Leave it out, or name another engine with --engine."
            )
    return engine_class.from_settings(settings)
