from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import make_engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.engines.without import NoEngine
from synth_builder.errors import LedgerError, RecipeError
from synth_builder.generation.generate import Generated, generate
from synth_builder.generation.setup import Setup, set_up
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.task import Task
from synth_builder.releases.rows import feature_dict


@dataclass
class VariantConfig(datasets.BuilderConfig):  # type: ignore[misc]  # datasets has no types
    """
    A variant as a config of the dataset.

    Args:
        strategy (`str`):
            How its prompts are made.
        fingerprint (`str`):
            Hash of everything that decides its rows, the model apart; part of the cache's path, so that a changed
            recipe never gives old rows.
        asked_of (`str`):
            Hash of the engine, its model and endpoints as they were named; part of the cache's path as well.
    """

    strategy: str = ""
    fingerprint: str = ""
    asked_of: str = ""

    def create_config_id(self, config_kwargs: dict[str, Any], custom_features: Any = None) -> str:
        """Name of the folder in the cache."""
        return "-".join(part for part in (self.name, self.fingerprint, self.asked_of) if part)


def features_of(task: Task) -> datasets.Features:
    """The columns of a built dataset: texts, label, `id`, and where the row comes from."""
    return datasets.Features.from_dict(feature_dict(task))


class SyntheticDatasetBuilder(datasets.GeneratorBasedBuilder):  # type: ignore[misc]
    """
    A `datasets` builder whose rows are written by a language model. Each variant of a recipe is one of its configs.

    Generation happens in `_split_generators`, so that its errors come out as they are and what was answered stays in
    the journal; `_generate_examples` only replays the rows that were accepted.

    Args:
        recipe (`Recipe`, `str` or `Path`):
            The recipe, or where it is.
        config_name (`str`, *optional*):
            The variant. May be left out when the recipe has just one.
        engine (`Engine` or `str`, defaults to `"embedded"`):
            Who answers: an engine, or the name of one.
        settings (`EngineSettings`, *optional*):
            Endpoints, model and key, for an engine given by its name.
        journal_dir (`str` or `Path`, *optional*):
            Where the journal is kept. In the cache when not given.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engine.
        cache_dir (`str`, *optional*):
            Where the prepared dataset goes; the cache of `datasets` when not given.
        setup (`Setup`, *optional*):
            What was read for this variant already; the real rows are read anew when not given.

    Raises:
        RecipeError: The recipe can't be used, or has several variants and none is named.
        RealDataError: The real rows that the variant needs are missing or do not fit.

    Example:
        >>> builder = SyntheticDatasetBuilder(recipe="recipe.yaml", config_name="few_shot")  # doctest: +SKIP
        >>> builder.download_and_prepare()  # doctest: +SKIP
        >>> builder.as_dataset(split="train")  # doctest: +SKIP
    """

    BUILDER_CONFIG_CLASS = VariantConfig

    def __init__(
        self,
        recipe: Recipe | str | Path,
        config_name: str | None = None,
        *,
        engine: Engine | str = "embedded",
        settings: EngineSettings | None = None,
        journal_dir: str | Path | None = None,
        policy: RetryPolicy | None = None,
        cache_dir: str | None = None,
        setup: Setup | None = None,
    ) -> None:
        self.recipe = recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)
        if config_name is None:
            if len(self.recipe.variants) > 1:
                raise RecipeError(
                    f"The recipe {self.recipe.name!r} has several variants ({', '.join(self.recipe.variants)}); name "
                    "one."
                )
            config_name = next(iter(self.recipe.variants))
        settings = settings or EngineSettings()
        self.setup: Setup = setup or set_up(self.recipe, config_name)
        self.engine = make_engine(engine, settings) if self.setup.needs_engine else NoEngine()
        self.generated: Generated | None = None
        self._policy = policy
        asked_of = digest({"engine": self.engine.name, "model": settings.model, "endpoints": list(settings.endpoints)})
        super().__init__(
            cache_dir=cache_dir,
            dataset_name=self.recipe.name,
            config_name=config_name,
            strategy=self.setup.variant.strategy,
            fingerprint=self.setup.fingerprint,
            asked_of=asked_of,
        )
        self.journal_dir = Path(journal_dir) if journal_dir else Path(self.cache_dir + ".journal")

    @staticmethod
    def variant_configs(recipe: Recipe) -> list[VariantConfig]:
        """One config for each variant of a recipe, in its order."""
        configs = []
        for name in recipe.variants:
            setup = set_up(recipe, name)
            configs.append(VariantConfig(name=name, strategy=setup.variant.strategy, fingerprint=setup.fingerprint))
        return configs

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description=self.recipe.task.description,
            features=features_of(self.recipe.task),
            license=self.recipe.card.license or "",
        )

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        self.journal_dir.mkdir(parents=True, exist_ok=True)
        self.generated = generate(self.setup, self.engine, self.journal_dir, self._policy)
        splits = []
        for split in self.setup.variant.generation.rows:
            positions = self.generated.accepted.positions(split)
            if len(positions) != len(set(positions)):
                raise LedgerError(f"Two rows of {split} have the same key. Please report this as a defect.")
            if positions:  # `load_dataset` refuses a dataset that has a split without rows
                splits.append(datasets.SplitGenerator(name=split, gen_kwargs={"split": split}))
        return splits

    def _generate_examples(self, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        assert self.generated is not None  # made in _split_generators
        for row in self.generated.rows(split):
            yield row["id"], row
