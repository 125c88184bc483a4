import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, PrivateAttr, field_validator, model_validator

from synth_builder.errors import RecipeError, UnknownNameError
from synth_builder.recipes.card_settings import CardSettings
from synth_builder.recipes.generation import Generation
from synth_builder.recipes.quotas import label_counts
from synth_builder.recipes.reference import FileReference, parse_reference
from synth_builder.recipes.strict import Strict
from synth_builder.recipes.task import Task
from synth_builder.recipes.variant import PromptForm, Variant
from synth_builder.recipes.yaml_text import read_yaml, with_overrides, write_yaml
from synth_builder.registry import STRATEGIES, nearest

# What `datasets` accepts as the name of a config and the Hub as a part of a path.
CONFIG_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)


class RealData(Strict):
    """
    Real labelled rows that a task leans on: for demonstrations (`train`), for scoring and the contamination check
    (`test`).

    Args:
        train (`str`, *optional*):
            Hub `id:split`, or a local parquet, csv, json or jsonl file.
        test (`str`, *optional*):
            The same; its rows are never shown to a model nor trained on.
        columns (`dict[str, str]`, defaults to `{}`):
            Source column -> task column (or the label's column). Columns of equal name need no entry.
        labels (`dict[str, str]`, defaults to `{}`):
            Value in the source, as text -> label of the task. Equal names need no entry.
    """

    train: str | None = None
    test: str | None = None
    columns: dict[str, str] = {}
    labels: dict[str, str] = {}

    @field_validator("labels", mode="before")
    @classmethod
    def _text_keys(cls, labels: Any) -> Any:
        return {str(value): label for value, label in labels.items()} if isinstance(labels, dict) else labels

    @field_validator("train", "test")
    @classmethod
    def _well_formed(cls, reference: str | None) -> str | None:
        if reference is not None:
            try:
                parse_reference(reference, Path())
            except RecipeError as error:
                raise ValueError(str(error)) from error
        return reference


@dataclass(frozen=True)
class ResolvedVariant:
    """A variant with the recipe's defaults filled in."""

    name: str
    strategy: str
    options: BaseModel
    generation: Generation
    prompt_form: PromptForm | None
    prompt: str | None


class Recipe(Strict):
    """
    What a user writes: one task, the real data it leans on, and one or more variants.

    Args:
        name (`str`):
            Name of the dataset, usable as a file name.
        task (`Task`):
            What is to be classified.
        real (`RealData`, *optional*):
            Real labelled rows.
        generation (`Generation`):
            Defaults of every variant.
        variants (`dict[str, Variant]`):
            Name -> variant; each becomes a config of the dataset.
        card (`CardSettings`):
            What the dataset card says.
    """

    name: str
    task: Task
    real: RealData | None = None
    generation: Generation = Field(default_factory=Generation)
    variants: dict[str, Variant] = Field(min_length=1)
    card: CardSettings = CardSettings()

    _directory: Path = PrivateAttr(default_factory=Path.cwd)
    _source: str = PrivateAttr(default="the recipe")
    _file: Path | None = PrivateAttr(default=None)

    @classmethod
    def load(cls, path: str | Path, overrides: Iterable[str] = (), *, check_files: bool = True) -> Self:
        """
        Read a recipe file. Nothing in it is executed.

        Args:
            path (`str` or `Path`):
                A YAML file.
            overrides (`Iterable[str]`, defaults to `()`):
                `key.path=value` each, for example `"generation.rows.train=200"`; values are read as YAML.
            check_files (`bool`, defaults to `True`):
                Whether local files of real data and prompts have to be there.

        Raises:
            RecipeError: The file is missing, is no YAML, or something in it does not fit.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise RecipeError(f"There is no recipe at {str(path)!r}. `synth-builder init` writes one.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"The recipe {str(path)!r} can't be read: {error}.") from error
        where = f"Recipe {path.name!r}"
        data = with_overrides(read_yaml(text, where), overrides, where)
        recipe = cls.from_dict(data, directory=path.resolve().parent, where=where, check_files=check_files)
        recipe._file = path.resolve()
        return recipe

    @classmethod
    def from_dict(
        cls, data: Any, *, directory: str | Path = ".", where: str = "The recipe", check_files: bool = True
    ) -> Self:
        """
        Make a recipe from plain values.

        Args:
            data (`dict`):
                The same keys as in a file.
            directory (`str` or `Path`, defaults to the current one):
                Where relative paths start.
            where (`str`, defaults to `"The recipe"`):
                What messages call it.
            check_files (`bool`, defaults to `True`):
                Whether local files of real data and prompts have to be there.

        Raises:
            RecipeError: Something does not fit.
        """
        if data is None:
            raise RecipeError(
                f"{where} is empty; expected keys such as name and task. `synth-builder init` writes a recipe."
            )
        if not isinstance(data, dict):
            raise RecipeError(f"{where} holds {type(data).__name__} at the top; expected keys such as name and task.")
        recipe = cls.parse(data, where)
        recipe._directory = Path(directory).resolve()
        recipe._source = where
        for name in recipe.variants:
            recipe.variant(name, check_files=check_files)
        if check_files and recipe.real is not None:
            for key in ("train", "test"):
                recipe._check_file(f"real.{key}", getattr(recipe.real, key))
        return recipe

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not CONFIG_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} can't be a name: use letters, digits, '_', '-' and '.', a letter or digit first"
            )
        return name

    @field_validator("variants")
    @classmethod
    def _config_names(cls, variants: dict[str, Variant]) -> dict[str, Variant]:
        for name in variants:
            if not CONFIG_NAME.fullmatch(name) or name == "default":
                raise ValueError(
                    f"the variant name {name!r} can't be the name of a dataset config: "
                    "use letters, digits, '_', '-' and '.', a letter or digit first, and not 'default'"
                )
        return variants

    @model_validator(mode="after")
    def _real_fits_task(self) -> "Recipe":
        if self.real is not None:
            targets = [*self.task.columns, self.task.label_column]
            taken: dict[str, str] = {}
            for source, target in self.real.columns.items():
                if target not in targets:
                    raise ValueError(
                        f"real.columns.{source} points to {target!r}, which is no column of the task."
                        f"{nearest(target, targets)} Columns: {', '.join(targets)}"
                    )
                if target in taken:
                    raise ValueError(
                        f"real.columns.{taken[target]} and real.columns.{source} both point to {target!r}; keep one"
                    )
                taken[target] = source
            for value, label in self.real.labels.items():
                if label not in self.task.labels:
                    raise ValueError(
                        f"real.labels.{value} points to {label!r}, which is no label of the task."
                        f"{nearest(label, self.task.label_names)} Labels: {', '.join(self.task.labels)}"
                    )
        return self

    @property
    def directory(self) -> Path:
        """Where relative paths of this recipe start."""
        return self._directory

    @property
    def file(self) -> Path | None:
        """The file that it was read from, if any."""
        return self._file

    def variant(self, name: str, *, check_files: bool = True) -> ResolvedVariant:
        """
        One variant with all defaults filled in.

        Raises:
            UnknownNameError: The recipe has no variant of that name.
            RecipeError: A value of the variant does not fit the task.
        """
        if name not in self.variants:
            raise UnknownNameError(
                f"{self._source} has no variant {name!r}.{nearest(name, list(self.variants))} "
                f"Variants: {', '.join(self.variants)}."
            )
        variant = self.variants[name]
        where = f"{self._source}: variants.{name}"
        generation = Generation.parse(variant.merged_generation(self.generation), f"{where}.generation")
        for split, rows in generation.rows.items():
            if rows < len(self.task.labels):
                raise RecipeError(
                    f"{where} asks for {rows} {split} rows, the task has {len(self.task.labels)} labels; "
                    f"ask for at least {len(self.task.labels)} so that each label gets a row."
                )
        for split, rows in generation.rows.items():
            counts = label_counts(rows, self.task, generation.label_distribution, where)
            shares = generation.label_distribution
            named = shares if isinstance(shares, dict) else {}
            empty = next((label for label, share in named.items() if share and not counts[label]), None)
            if empty is not None:
                raise RecipeError(
                    f"{where}: of {rows} {split} rows the label {empty!r} would get none, its share is "
                    f"{named[empty]:g}; ask for more rows or give it a larger share. A label that is to have no "
                    "row is left out of label_distribution."
                )
        filters = tuple(spec.in_languages(self.card.language) for spec in generation.filters)
        options = STRATEGIES.get(variant.strategy).Options.model_validate(variant.options)
        return ResolvedVariant(
            name=name,
            strategy=variant.strategy,
            options=options,
            generation=generation.model_copy(update={"filters": filters}),
            prompt_form=variant.prompt_form,
            prompt=self._prompt_text(variant, where) if check_files else variant.prompt,
        )

    def _prompt_text(self, variant: Variant, where: str) -> str | None:
        if variant.prompt_file is None:
            return variant.prompt
        path = self._directory / variant.prompt_file
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(
                f"{where}.prompt_file is {variant.prompt_file!r}, which can't be read: {error}."
            ) from error

    def _check_file(self, key: str, reference: str | None) -> None:
        if reference is None:
            return
        parsed = parse_reference(reference, self._directory)
        if isinstance(parsed, FileReference) and not parsed.path.is_file():
            started = (
                "" if Path(reference).expanduser().is_absolute() else "; the path is relative to the recipe's folder"
            )
            raise RecipeError(
                f"{self._source}: {key} is {reference!r}, and there is no such file{started}. Correct it, or give "
                f"another with --set {key}=PATH."
            )

    def to_yaml(self) -> str:
        """The recipe as YAML text, with defaults written out; `load` of it gives an equal recipe."""
        return write_yaml(self.model_dump(mode="json", exclude_none=True))
