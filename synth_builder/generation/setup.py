from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from synth_builder.engines.base import EngineInfo
from synth_builder.errors import RealDataError, RecipeError
from synth_builder.filters.base import Filter
from synth_builder.generation.plan import Plan
from synth_builder.recipes.fingerprint import ROWS_VERSION, fingerprint
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
        train_rows (`tuple[RealRow, ...]`):
            Real train rows, without those that also stand in the test rows, where a filter learns from them.
        fingerprint (`str`):
            Hash of everything that decides the rows, the model apart.
        templates (`dict[str, str]`):
            The templates of the prompts, and of what filters ask.
        inputs (`dict[str, Any]`):
            What the fingerprint covers beside recipe and templates: the rules for rows, and digests of the real rows.
    """

    recipe: Recipe
    variant: ResolvedVariant
    demonstrations: Demonstrations | None
    test_rows: tuple[RealRow, ...]
    train_rows: tuple[RealRow, ...]
    fingerprint: str
    templates: dict[str, str]
    inputs: dict[str, Any]

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
        return asks_a_model(self.variant)

    @property
    def has_checks(self) -> bool:
        """Whether a filter asks a model about rows."""
        return filters_ask(self.variant)

    @property
    def rows_per_request(self) -> int:
        """Rows that each request asks for."""
        assert isinstance(self.variant.options, StrategyOptions)
        return self.variant.options.rows_per_request

    def filters(
        self,
        prompt_form: PromptForm = "chat",
        grammar: bool = False,
        wanted: Callable[[type[Filter[Any]]], bool] = lambda _: True,
    ) -> list[Filter[Any]]:
        """
        The filters in the recipe's order, with nothing remembered yet. How the engine is asked, and whether it can
        hold a reply to a JSON schema, is for those that ask. Those that are not wanted are left out.
        """
        made = []
        for filter_class, options in self.filter_classes():
            if not wanted(filter_class):
                continue
            test_rows = self.test_rows if filter_class.needs_test_rows else ()
            if filter_class.needs_train_rows:
                one = filter_class(options, self.recipe.task, test_rows, self.train_rows)
            else:
                one = filter_class(options, self.recipe.task, test_rows)
            one.prompt_form = prompt_form
            one.grammar = grammar
            made.append(one)
        return made

    def fitted_filters(
        self,
        strategy: Strategy,
        info: EngineInfo,
        checker: EngineInfo | None,
        wanted: Callable[[type[Filter[Any]]], bool] = lambda _: True,
    ) -> list[Filter[Any]]:
        """The same, told how the model that they ask is asked: the checker, or else the one that writes."""
        if checker is None:
            return self.filters(strategy.setting.prompt_form, info.grammar, wanted)
        form: PromptForm = "chat" if checker.chat_template else "completion"
        return self.filters(form, checker.grammar, wanted)

    def filter_classes(self) -> Iterator[tuple[type[Filter[Any]], Any]]:
        """The filters' classes, as their options make them, and the options."""
        return _filter_classes(self.variant)

    def check_filters(self) -> None:
        """
        Make sure that what the filters need is there.

        Raises:
            SynthBuilderError: A package is missing, or an option names what does not exist here.
        """
        for filter_class, options in self.filter_classes():
            filter_class.require(options)

    def plan(self) -> Plan:
        """The slots of the build."""
        assert isinstance(self.variant.options, StrategyOptions)
        return Plan(self.variant.generation, self.recipe.task, self.variant.options.label_mode == "conditioned")


def asks_a_model(variant: ResolvedVariant, *, has_checker: bool = False) -> bool:
    """Whether the model that writes is asked for a variant's rows, or about them where no checker is asked that."""
    strategy_class: type[Strategy] = STRATEGIES.get(variant.strategy)
    return strategy_class.needs_engine or (filters_ask(variant) and not has_checker)


def filters_ask(variant: ResolvedVariant) -> bool:
    """Whether a filter asks a model about a variant's rows."""
    return any(one.asks for one, _ in _filter_classes(variant))


def set_up(recipe: Recipe, variant_name: str) -> Setup:
    """
    Read the real rows that a variant leans on, and check that they suffice.

    Raises:
        RecipeError: The recipe has no such variant, or needs real rows and names none.
        RealDataError: The real rows are missing or do not fit the task.
    """
    variant = recipe.variant(variant_name)
    strategy_class: type[Strategy] = STRATEGIES.get(variant.strategy)
    filter_classes = [found for found, _ in _filter_classes(variant)]
    compares = any(found.needs_test_rows for found in filter_classes)
    learns = any(found.needs_train_rows for found in filter_classes)
    shows = strategy_class.shows_real_rows(_checked_options(variant))
    real, needed = recipe.real, real_data_needed(recipe, variant)
    test_rows: tuple[RealRow, ...] = ()
    if real is not None and real.test is not None and "test" in needed:
        test_rows = tuple(read_real_rows(real.test, recipe.task, real, recipe.directory, named_by="real.test"))
    usable = None
    if real is not None and real.train is not None and "train" in needed:
        train_rows = read_real_rows(real.train, recipe.task, real, recipe.directory, named_by="real.train")
        usable = Demonstrations(train_rows, recipe.task, test_rows)
    if learns:
        _need_train_rows(usable, recipe, variant, filter_classes)
    demonstrations = usable if shows else None
    # The templates do not depend on the form; any will do to read them and to check that there are rows enough to
    # show.
    templates = _strategy(recipe, variant, demonstrations, variant.prompt_form or "chat", False).templates()
    for found in filter_classes:
        templates |= found.templates()
    digests = {
        "demonstrations": rows_digest(usable.rows) if usable else None,
        "test_rows": rows_digest(test_rows) if compares and test_rows else None,
    }
    return Setup(
        recipe=recipe,
        variant=variant,
        demonstrations=demonstrations,
        test_rows=test_rows,
        train_rows=tuple(usable.rows) if usable is not None and learns else (),
        fingerprint=fingerprint(recipe.task, variant, templates=templates, **digests),
        templates=templates,
        inputs={"rows_version": ROWS_VERSION, **digests},
    )


def real_data_needed(recipe: Recipe, variant: ResolvedVariant) -> list[str]:
    """
    Which of the real data that a recipe names, `train` and `test`, a variant's build reads.

    Args:
        recipe (`Recipe`):
            The recipe.
        variant (`ResolvedVariant`):
            One of its variants.
    """
    if recipe.real is None:
        return []
    filter_classes = [found for found, _ in _filter_classes(variant)]
    compares = any(found.needs_test_rows for found in filter_classes)
    learns = any(found.needs_train_rows for found in filter_classes)
    shows = STRATEGIES.get(variant.strategy).shows_real_rows(_checked_options(variant))
    wanted = {"train": learns or shows, "test": compares or learns or shows}
    return [part for part, is_wanted in wanted.items() if is_wanted and getattr(recipe.real, part) is not None]


def _filter_classes(variant: ResolvedVariant) -> Iterator[tuple[type[Filter[Any]], Any]]:
    """The filters' classes, as their options make them, and the options."""
    for spec in variant.generation.filters:
        named: type[Filter[Any]] = FILTERS.get(spec.name)
        options = named.Options.model_validate(spec.options)
        yield named.for_options(options), options


def _need_train_rows(
    usable: Demonstrations | None, recipe: Recipe, variant: ResolvedVariant, filters: Iterable[type[Filter[Any]]]
) -> None:
    """A filter that learns from real rows has at least one of each label."""
    name = next(found.name for found in filters if found.needs_train_rows)
    if usable is None:
        raise RecipeError(
            f"The filter {name!r} of variant {variant.name!r} learns from real train rows, and the recipe names none; "
            "add real.train, or choose a filter that needs none."
        )
    there = {row.label for row in usable.rows}
    missing = [label for label in recipe.task.labels if label not in there]
    if missing:
        raise RealDataError(
            f"The filter {name!r} of variant {variant.name!r} learns from real train rows, and real.train has no "
            f"usable row of {', '.join(map(repr, missing))}; give at least one of each label."
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
