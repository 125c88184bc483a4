import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from synth_builder.errors import StudyError, SynthBuilderError
from synth_builder.publishing.labelled_rows import LabelledRow, local_rows, published_rows
from synth_builder.publishing.published import Published, open_published, read_address
from synth_builder.publishing.rebuild_recipe import published_variants, recipe_to_rebuild
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import FileReference, parse_reference, shown_name
from synth_builder.registry import nearest
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.scoring.rows.real_rows import real_text_rows
from synth_builder.scoring.rows.source import Source
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.study import Study, StudyTask
from synth_builder.studies.study_folder import StudyFolder


@dataclass(frozen=True)
class Studied:
    """
    A task of a study, opened: where its rows come from.

    Args:
        name (`str`):
            What the study calls it.
        recipe (`Recipe`):
            Its recipe, with what the study changes in it.
        variants (`tuple[str, ...]`):
            The variants that are studied.
        release (`ReleaseFolder`):
            Where they are built; not used where they are published.
        published (`Published`, *optional*):
            The published version that the rows are read from.
    """

    name: str
    recipe: Recipe
    variants: tuple[str, ...]
    release: ReleaseFolder
    published: Published | None = field(default=None, repr=False)

    @property
    def source(self) -> str | None:
        """The published version, as `owner/name@v1.0.0`."""
        return None if self.published is None else self.published.name

    @property
    def label_names(self) -> list[str]:
        """Labels in the order of the indices."""
        return self.recipe.task.label_names

    def provenance(self, variant: str) -> Mapping[str, Any]:
        """What is known of how a variant was made; it has to be built."""
        found = (
            self.release.read_provenance(variant)
            if self.published is None
            else self.published.state.provenances.get(variant)
        )
        if found is None:
            raise StudyError(f"The variant {variant!r} of {self.name!r} is not built; run the study again.")
        return found

    def rows(self) -> dict[str, TextRows]:
        """Variant -> its training rows, all of them built."""
        return {variant: self._rows(variant) for variant in self.variants}

    @cached_property
    def test(self) -> tuple[str, TextRows]:
        """Where the real test rows are from, and the rows."""
        reference, rows = self._real("test")
        if reference is None or rows is None:
            raise StudyError(f"The recipe of the task {self.name!r} names no real test rows; give it real.test.")
        return shown_name(reference), rows

    @cached_property
    def real(self) -> tuple[str, TextRows] | None:
        """The same of real training rows; `None` where the recipe names none."""
        reference, rows = self._real("train")
        return None if reference is None or rows is None else (shown_name(reference), rows)

    def _real(self, part: Literal["train", "test"]) -> tuple[str | None, TextRows | None]:
        # Of the source, only the recipe matters here.
        return real_text_rows(None, part, Source(self.name, None, self.recipe), self.recipe.task)

    def _rows(self, variant: str) -> TextRows:
        provenance = self.provenance(variant)
        split = trained_split(provenance)
        if self.published is None:
            return _text_rows(list(local_rows(self.release, provenance, split)), self.label_names)
        return _text_rows(list(published_rows(self.published, provenance, split)), self.label_names)


def trained_split(provenance: Mapping[str, Any]) -> str:
    """The split whose rows are trained on: `train`, or the first one where there is none of that name."""
    splits: list[str] = list(provenance["splits"])
    return "train" if "train" in splits else splits[0]


def open_tasks(study: Study, folder: StudyFolder) -> list[Studied]:
    """
    Read and check the tasks of a study. Nothing is asked of a model.

    Args:
        study (`Study`):
            The study.
        folder (`StudyFolder`):
            Where its releases are built.

    Raises:
        StudyError: A recipe can't be used, or lacks a variant.
        PublishError: A published dataset can't be read.
    """
    return [_open(study, name, task, folder) for name, task in study.tasks.items()]


def _open(study: Study, name: str, task: StudyTask, folder: StudyFolder) -> Studied:
    release = ReleaseFolder(folder.release(name))
    if task.published is not None:
        published = open_published(*read_address(task.published))
        names = published_variants(published, study.variants)
        overrides = [*_moved(name, published.state.recipe, study), *_overrides(task, study)]
        _refuse_local_data(name, published, overrides)
        recipe = recipe_to_rebuild(published, names, overrides)
        return Studied(name, recipe, tuple(names), release, published)
    assert task.recipe is not None  # one of both is there
    path = study.directory / task.recipe
    try:
        moved = _moved(name, Recipe.load(path, check_files=False), study)
        recipe = Recipe.load(path, [*moved, *_overrides(task, study)])
    except SynthBuilderError as error:
        raise type(error)(f"Task {name!r}: {error}") from error
    names = list(study.variants or recipe.variants)
    for variant in names:
        if variant not in recipe.variants:
            known = list(recipe.variants)
            raise StudyError(
                f"The recipe {path.name!r} of the task {name!r} has no variant {variant!r}.{nearest(variant, known)} "
                f"It has: {', '.join(known)}."
            )
    return Studied(name, recipe, tuple(names), release)


def _overrides(task: StudyTask, study: Study) -> list[str]:
    """What the study changes, as `key.path=value`; local files of real data start at its folder."""
    found = []
    for key, value in task.set.items():
        if key in ("real.train", "real.test") and isinstance(value, str):
            value = _from(value, _data(study) or study.directory)
        found.append(_override(key, value))
    return found


def _override(key: str, value: Any) -> str:
    """A setting as the command line has it: the value is YAML on one line, whatever signs are in it."""
    return f"{key}={json.dumps(value, ensure_ascii=False)}"


def _refuse_local_data(name: str, published: Published, overrides: Sequence[str]) -> None:
    """No file of this machine is read because somebody's published recipe names it."""
    real = published.state.recipe.real
    given = {override.partition("=")[0] for override in overrides}
    for part in ("train", "test"):
        reference = None if real is None else getattr(real, part)
        local = reference is not None and isinstance(parse_reference(reference, Path()), FileReference)
        if local and not given & {"real", f"real.{part}"}:
            raise StudyError(
                f"The recipe of {published.name} leans on the local file {reference!r}, which is not published; give "
                f"your own with tasks.{name}.set: {{real.{part}: PATH}}, or the folder that it lies in with --data."
            )


def _moved(task: str, recipe: Recipe, study: Study) -> list[str]:
    """
    The recipe's own local files of real data, where they start in another folder than its own; those that the study
    names itself are left out.
    """
    folder = _data(study)
    if folder is None or recipe.real is None:
        return []
    moved = []
    for key, value in (("real.train", recipe.real.train), ("real.test", recipe.real.test)):
        if value is None or {"real", key} & {*study.tasks[task].set}:
            continue
        parsed = parse_reference(value, folder)
        if isinstance(parsed, FileReference):
            if not parsed.path.is_file():
                raise StudyError(
                    f"{key} is {value!r}, and there is no such file in {str(folder)!r}, where this study's real data "
                    f"start; give the folder that it lies in with --data, or the file itself with tasks.{task}.set: "
                    f"{{{key}: PATH}}."
                )
            moved.append(_override(key, str(parsed.path)))
    return moved


def _data(study: Study) -> Path | None:
    return None if study.data is None else (study.directory / Path(study.data).expanduser()).resolve()


def _from(reference: str, folder: Path) -> str:
    parsed = parse_reference(reference, folder)
    return str(parsed.path) if isinstance(parsed, FileReference) else reference


def _text_rows(rows: Sequence[LabelledRow], label_names: Sequence[str]) -> TextRows:
    index_of = {name: index for index, name in enumerate(label_names)}
    return TextRows(
        texts=tuple(texts for texts, _ in rows),
        labels=tuple(index_of[label] for _, label in rows),
        ids=tuple(str(number) for number in range(len(rows))),
    )
