import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.errors import ReleaseError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.shown_provenance import shown_provenance
from synth_builder.releases.split_files import each_told, file_name, named_files

# Journals and half-made files: not part of what is published.
WORK = ".synth-builder"

PICTURES = "pictures"

# Form of the provenance files. 2: with features, figures and a digest of the rows, so that a card needs no rows.
PROVENANCE_FORMAT = 2


@dataclass(frozen=True)
class ReleaseFolder:
    """
    A folder that is a complete dataset repository: where each thing stands in it.

    Args:
        path (`Path`):
            The folder.
    """

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe as resolved."""
        return self.path / "recipe.yaml"

    @property
    def card(self) -> Path:
        """The dataset card."""
        return self.path / "README.md"

    @property
    def changelog(self) -> Path:
        """One section per version."""
        return self.path / "CHANGELOG.md"

    def data(self, variant: str, split: str) -> Path:
        """Rows of one split of a variant, where one file holds them; see `data_files`."""
        return self.path / "data" / variant / file_name(split)

    def data_files(self, variant: str, split: str, told: Mapping[str, Any]) -> tuple[Path, ...]:
        """
        Rows of one split of a variant. Of the provenance only the number of files counts, so that no path that
        somebody wrote into it leads anywhere.

        Args:
            variant (`str`):
                The variant.
            split (`str`):
                One of its splits.
            told (`Mapping[str, Any]`):
                What the provenance tells of that split.
        """
        return named_files(self.data(variant, split), len(each_told(told)))

    def all_data_files(self, provenance: Mapping[str, Any]) -> dict[str, tuple[Path, ...]]:
        """Split -> its files, of the variant of a provenance."""
        name = provenance["variant"]
        return {split: self.data_files(name, split, told) for split, told in provenance["splits"].items()}

    def provenance(self, variant: str) -> Path:
        """What is known of how a variant was made."""
        return self.path / "provenance" / f"{variant}.json"

    def rejections(self, variant: str) -> Path:
        """What was not used, and why."""
        return self.path / "rejections" / f"{variant}.parquet"

    def scores(self, variant: str) -> Path:
        """What classifiers trained on a variant reach."""
        return self.path / "scores" / f"{variant}.json"

    def row_weights(self, variant: str) -> Path:
        """What checkers found about a variant's rows, for the losses `imp` and `dimp`."""
        return self.path / "scores" / f"{variant}.rows.parquet"

    def label_quality(self, variant: str) -> Path:
        """How far the labels of a variant's rows can be trusted."""
        return self.path / "scores" / f"{variant}.labels.json"

    def row_labels(self, variant: str) -> Path:
        """What was found about the label of each of a variant's rows."""
        return self.path / "scores" / f"{variant}.labels.parquet"

    def diversity(self, variant: str) -> Path:
        """How varied a variant's rows are, and how near to real ones."""
        return self.path / "diversity" / f"{variant}.json"

    def measures(self, variant: str) -> list[Path]:
        """All that was measured of a variant's rows and says nothing of others."""
        return [
            self.scores(variant),
            self.row_weights(variant),
            self.label_quality(variant),
            self.row_labels(variant),
            self.diversity(variant),
        ]

    def picture(self, variant: str, kind: str, theme: str) -> Path:
        """A picture of a variant's rows; neither kind nor theme holds a `-`, so the name tells the variant."""
        return self.path / PICTURES / f"{variant}-{kind}-{theme}.png"

    def pictures(self, variant: str | None = None) -> list[str]:
        """Pictures that are there, of one variant or of all, as paths within the release."""
        found = sorted(path.name for path in (self.path / PICTURES).glob("*-*-*.png"))
        return [f"{PICTURES}/{name}" for name in found if variant in (None, name.rsplit("-", 2)[0])]

    def work(self, variant: str) -> Path:
        """Journal and half-made files of a variant."""
        return self.path / WORK / variant

    def variants(self) -> list[str]:
        """Variants that were built, in the recipe's order; those that the recipe no longer has come last."""
        built = {path.stem for path in (self.path / "provenance").glob("*.json")}
        named = list(self.read_recipe().variants) if self.recipe.is_file() else []
        return [name for name in named if name in built] + sorted(built.difference(named))

    def read_recipe(self) -> Recipe:
        """
        The recipe that the release was built from.

        Raises:
            ReleaseError: There is none, so this is no release.
        """
        if not self.recipe.is_file():
            raise ReleaseError(
                f"{str(self.path)!r} is no release: it has no recipe.yaml. `synth-builder build` makes one."
            )
        return Recipe.load(self.recipe, check_files=False)

    def read_provenance(self, variant: str) -> dict[str, Any] | None:
        """
        The provenance of a variant, or `None` when it was not built.

        Raises:
            ReleaseError: The file is damaged.
        """
        found = read_json(self.provenance(variant))
        return shown_provenance(found) if found is not None else None

    def write_provenance(self, variant: str, provenance: Mapping[str, Any]) -> None:
        """Write the provenance of a variant."""
        write_whole(self.provenance(variant), provenance_text(provenance))

    def provenances(self) -> dict[str, dict[str, Any]]:
        """
        Variant -> its provenance, in the order of `variants`.

        Raises:
            ReleaseError: A file is damaged, or from another version of this package.
        """
        found = {}
        for name in self.variants():
            provenance = self.read_provenance(name)
            if provenance is None:
                continue
            if provenance.get("format") != PROVENANCE_FORMAT:
                raise ReleaseError(
                    f"{str(self.provenance(name))!r} has the form {provenance.get('format')!r} of another version of "
                    f"synth-builder, expected {PROVENANCE_FORMAT}. Build that variant again: what was answered is "
                    "kept, no request is repeated."
                )
            found[name] = provenance
        return found

    def read_scores(self, variant: str) -> dict[str, Any] | None:
        """
        The scores of a variant, or `None` when there are none.

        Raises:
            ReleaseError: The file is damaged.
        """
        return read_json(self.scores(variant))


def provenance_text(provenance: Mapping[str, Any]) -> str:
    """The text of a provenance file."""
    return json.dumps(provenance, indent=2, ensure_ascii=False) + "\n"


def read_json(path: Path) -> dict[str, Any] | None:
    """An object from a JSON file, or `None` when there is no such file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{str(path)!r} can't be read: {error}. Build that variant again.") from error
    if not isinstance(value, dict):
        raise ReleaseError(
            f"{str(path)!r} holds {type(value).__name__}, expected an object. Build that variant again."
        )
    return value


def write_whole(path: Path, text: str) -> None:
    """Write a text so that a reader, or a kill, finds the old file or the new one and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
