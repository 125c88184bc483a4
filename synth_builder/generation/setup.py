from dataclasses import dataclass
from typing import Any

from synth_builder.engines.base import EngineInfo
from synth_builder.errors import RecipeError
from synth_builder.filters.base import Filter
from synth_builder.generation.plan import Plan
from synth_builder.recipes.fingerprint import fingerprint
from synth_builder.recipes.quotas import label_counts
from synth_builder.recipes.real_data import RealRow, read_real_rows, rows_digest
from synth_builder.recipes.recipe import Recipe, ResolvedVariant
from synth_builder.recipes.variant import PromptForm
from synth_builder.registry import FILTERS, STRATEGIES
from synth_builder.strategies.base import Setting, Strategy, StrategyOptions
from synth_builder.strategies.demonstrations import Demonstrations


@dataclass(frozen=True)
class Setup:
    """
    Everything that a variant's build needs before the first request, read and checked.

    Args:
        recipe (`Recipe`):
            What the user wrote.
        variant (`ResolvedVariant`):
            One of its variants.
        demonstrations (`Demonstrations`, *optional*):
            Real rows that prompts may show, where the strategy shows some.
        test_rows (`tuple[RealRow, ...]`):
            Real test rows, where they are compared with.
        fingerprint (`str`):
            Hash of everything that decides the rows, the model apart.
        templates (`dict[str, str]`):
            The prompts' templates.
    """

    recipe: Recipe
    variant: ResolvedVariant
    demonstrations: Demonstrations | None
    test_rows: tuple[RealRow, ...]
    fingerprint: str
    templates: dict[str, str]

    def strategy(self, info: EngineInfo) -> Strategy:
        """
        The strategy, fitted to the engine: chat form where the model has a template, JSON where replies can be held
        to it.

        Raises:
            RecipeError: The recipe asks for the chat form of a model without a chat template.
        """
        form = self.variant.prompt_form or ("chat" if info.chat_template else "completion")
        if form == "chat" and not info.chat_template:
            raise RecipeError(
                f"Variant {self.variant.name!r} asks for prompt_form: chat, and {info.model!r} has no chat template; "
                "set prompt_form: completion."
            )
        return _strategy(self.recipe, self.variant, self.demonstrations, form, info.grammar)

    @property
    def needs_engine(self) -> bool:
        """Whether a model is asked at all."""
        strategy_class: type[Strategy] = STRATEGIES.get(self.variant.strategy)
        return strategy_class.needs_engine or any(
            FILTERS.get(spec.name).asks for spec in self.variant.generation.filters
        )

    def filters(self, prompt_form: PromptForm = "chat") -> list[Filter[Any]]:
        """The filters in the recipe's order, with nothing remembered yet; `prompt_form` is for those that ask."""
        made = []
        for spec in self.variant.generation.filters:
            filter_class: type[Filter[Any]] = FILTERS.get(spec.name)
            rows = self.test_rows if filter_class.needs_test_rows else ()
            one = filter_class(filter_class.Options.model_validate(spec.options), self.recipe.task, rows)
            one.prompt_form = prompt_form
            made.append(one)
        return made

    def check_filters(self) -> None:
        """
        Make sure that what the filters need is there.

        Raises:
            SynthBuilderError: A package is missing, or an option names what does not exist here.
        """
        for spec in self.variant.generation.filters:
            filter_class: type[Filter[Any]] = FILTERS.get(spec.name)
            filter_class.require(filter_class.Options.model_validate(spec.options))

    def plan(self) -> Plan:
        """The slots of the build."""
        assert isinstance(self.variant.options, StrategyOptions)
        return Plan(self.variant.generation, self.recipe.task, self.variant.options.label_mode == "conditioned")


def set_up(recipe: Recipe, variant_name: str) -> Setup:
    """
    Read the real rows that a variant leans on, and check that they suffice.

    Raises:
        RecipeError: The recipe has no such variant, or needs real rows and names none.
        RealDataError: The real rows are missing or do not fit the task.
    """
    variant = recipe.variant(variant_name)
    strategy_class: type[Strategy] = STRATEGIES.get(variant.strategy)
    shows = strategy_class.shows_real_rows(_checked_options(variant))
    compares = any(FILTERS.get(spec.name).needs_test_rows for spec in variant.generation.filters)
    real = recipe.real
    test_rows: tuple[RealRow, ...] = ()
    if real is not None and real.test is not None and (compares or shows):
        test_rows = tuple(read_real_rows(real.test, recipe.task, real, recipe.directory))
    demonstrations = None
    if real is not None and real.train is not None and shows:
        train_rows = read_real_rows(real.train, recipe.task, real, recipe.directory)
        demonstrations = Demonstrations(train_rows, recipe.task, test_rows)
    # The templates do not depend on the form; any will do to read them and to check that there are rows enough to
    # show.
    templates = _strategy(recipe, variant, demonstrations, variant.prompt_form or "chat", False).templates()
    return Setup(
        recipe=recipe,
        variant=variant,
        demonstrations=demonstrations,
        test_rows=test_rows,
        fingerprint=fingerprint(
            recipe.task,
            variant,
            templates=templates,
            demonstrations=rows_digest(demonstrations.rows) if demonstrations else None,
            test_rows=rows_digest(test_rows) if compares and test_rows else None,
        ),
        templates=templates,
    )


def _strategy(
    recipe: Recipe, variant: ResolvedVariant, demonstrations: Demonstrations | None, form: Any, grammar: bool
) -> Strategy:
    strategy_class: type[Strategy] = STRATEGIES.get(variant.strategy)
    return strategy_class(
        Setting(
            task=recipe.task,
            sampling=variant.generation.sampling,
            prompt_form=form,
            grammar=grammar,
            seed=variant.generation.seed,
            demonstrations=demonstrations,
            prompt=variant.prompt,
            variant=variant.name,
            quotas={
                split: label_counts(rows, recipe.task, variant.generation.label_distribution)
                for split, rows in variant.generation.rows.items()
            },
        ),
        _checked_options(variant),
    )


def _checked_options(variant: ResolvedVariant) -> StrategyOptions:
    if not isinstance(variant.options, StrategyOptions):
        raise RecipeError(
            f"The options of strategy {variant.strategy!r} are no StrategyOptions; its package has to mend it."
        )
    return variant.options
