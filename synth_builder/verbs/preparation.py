from collections.abc import Iterable
from dataclasses import dataclass

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import EngineChoice, make_engine
from synth_builder.engines.without import NoEngine
from synth_builder.errors import RecipeError
from synth_builder.generation.checking import CheckerEngine
from synth_builder.generation.setup import Setup, asks_a_model, set_up
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.recipe import Recipe


@dataclass(frozen=True)
class Prepared:
    """
    A variant for which everything is there that its first request needs.

    Args:
        setup (`Setup`):
            What is to be generated.
        engine (`Engine`):
            Who writes; one that answers nothing where no model is asked.
        checker (`CheckerEngine`, *optional*):
            Who is asked what filters ask, where they ask and that is another.
    """

    setup: Setup
    engine: Engine
    checker: CheckerEngine | None


def prepared(
    recipe: Recipe,
    names: Iterable[str],
    engine: Engine | str,
    settings: EngineSettings,
    checker: EngineChoice | None = None,
) -> list[Prepared]:
    """
    Read and check what variants need, and make the engines. All problems of the recipe and its data come out here,
    before the first request.

    Args:
        recipe (`Recipe`):
            What to build.
        names (`Iterable[str]`):
            Its variants.
        engine (`Engine` or `str`):
            Who writes the rows.
        settings (`EngineSettings`):
            What the user said about the engine.
        checker (`EngineChoice`, *optional*):
            Who is asked what filters ask about rows; the engine itself when not given.

    Raises:
        SynthBuilderError: One of its kinds; a checker that nothing would use is a `RecipeError`.
    """
    setups = [set_up(recipe, name) for name in names]
    for setup in setups:
        setup.check_filters()
    if checker is not None and not any(setup.has_checks for setup in setups):
        raise RecipeError(
            f"A checker is named, but no filter of {', '.join(repr(setup.variant.name) for setup in setups)} asks a "
            "model about rows, so nothing would use it; add the filter 'verification', or leave the checker out."
        )
    made = make_engine(engine, settings)
    asked = _made_checker(checker, made) if checker is not None else None
    return [
        Prepared(
            setup,
            made if asks_a_model(setup.variant, has_checker=asked is not None) else NoEngine(),
            asked if setup.has_checks else None,
        )
        for setup in setups
    ]


def _made_checker(choice: EngineChoice, writer: Engine) -> CheckerEngine:
    try:
        made = make_engine(choice.engine, choice.settings)
    except RecipeError as error:
        raise type(error)(f"The checker: {error} On the command line its flags begin with --checker-.") from error
    if made is writer:
        raise RecipeError(
            "The checker is the engine that writes; give it an engine of its own, or leave it out: filters ask the "
            "one that writes then."
        )
    return CheckerEngine(made, digest({"engine": made.name, "model": choice.settings.model}))
