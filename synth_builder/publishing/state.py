import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth_builder.errors import PublishError, RecipeError, ReleaseError, ScoringError
from synth_builder.publishing.place import Place, Snapshot
from synth_builder.publishing.provenance_form import form_problem
from synth_builder.recipes.recipe import CONFIG_NAME, Recipe
from synth_builder.recipes.yaml_text import read_yaml
from synth_builder.releases.card.card_sections import CardParts
from synth_builder.releases.folder import PROVENANCE_FORMAT
from synth_builder.releases.shown_provenance import shown_provenance
from synth_builder.scoring.results.scores import Scores

_PROVENANCE = re.compile(r"provenance/([^/]+)\.json")


@dataclass(frozen=True)
class State:
    """
    What is known of a release, without its rows: enough to compare, to merge and to write its card.

    Args:
        recipe (`Recipe`):
            Its recipe.
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it, in the recipe's order.
        scores (`Mapping[str, str]`):
            Variant -> text of its scores, of those that have some.
        card (`CardParts`):
            Its card.
        changelog (`str`):
            Its changelog, empty when there is none.
        files (`frozenset[str]`):
            Paths of all its files.
    """

    recipe: Recipe
    provenances: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, str] = field(default_factory=dict)
    card: CardParts = field(default_factory=CardParts)
    changelog: str = ""
    files: frozenset[str] = frozenset()

    def read_scores(self) -> dict[str, Scores]:
        """
        Variant -> its scores.

        Raises:
            PublishError: Scores can't be read.
        """
        try:
            return {name: Scores.parse(text, f"scores/{name}.json") for name, text in self.scores.items()}
        except ScoringError as error:
            raise PublishError(str(error)) from error


def is_ours(snapshot: Snapshot) -> bool:
    """Whether the files look like a release of this package."""
    return "recipe.yaml" in snapshot.files and any(_PROVENANCE.fullmatch(path) for path in snapshot.files)


def read_state(place: Place, snapshot: Snapshot) -> State:
    """
    Read a published release. Nothing of it is executed, and rows are not fetched.

    Args:
        place (`Place`):
            Where it is.
        snapshot (`Snapshot`):
            Which state of it; one of `is_ours`.

    Raises:
        PublishError: A file of it is damaged, or from another version of this package.
    """

    def read(path: str) -> str:
        return read_text(place, snapshot, path)

    card = read_card(place, snapshot)
    try:
        where = f"recipe.yaml of {place.name}"
        recipe = Recipe.from_dict(read_yaml(read("recipe.yaml"), where), where=where, check_files=False)
    except RecipeError as error:
        raise PublishError(f"{place.name} holds a file that can't be read. {error}") from error
    names = {found[1] for path in snapshot.files if (found := _PROVENANCE.fullmatch(path))}
    names = {name for name in names if CONFIG_NAME.fullmatch(name)}
    ordered = [name for name in recipe.variants if name in names] + sorted(names.difference(recipe.variants))
    return State(
        recipe=recipe,
        provenances={
            name: _provenance(name, read(f"provenance/{name}.json"), f"provenance/{name}.json of {place.name}")
            for name in ordered
        },
        scores={name: text for name in ordered if (text := read(f"scores/{name}.json"))},
        card=card,
        changelog=read("CHANGELOG.md"),
        files=snapshot.files,
    )


def read_text(place: Place, snapshot: Snapshot, path: str) -> str:
    """
    A text file of a place, empty when it is not there.

    Raises:
        PublishError: It is no UTF-8 text.
    """
    try:
        return place.read(path, snapshot.revision).decode("utf-8") if path in snapshot.files else ""
    except UnicodeDecodeError as error:
        raise PublishError(f"{path} of {place.name} is no UTF-8 text; correct it there.") from error


def read_card(place: Place, snapshot: Snapshot) -> CardParts:
    """
    The card of a place, be it of a release or not.

    Raises:
        PublishError: It can't be taken apart.
    """
    try:
        return CardParts.parse(read_text(place, snapshot, "README.md"))
    except ReleaseError as error:
        raise PublishError(f"{place.name} holds a file that can't be read. {error}") from error


def _provenance(name: str, text: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PublishError(f"{where} is no JSON: {error}. Correct it there.") from error
    form = value.get("format") if isinstance(value, dict) else None
    if form != PROVENANCE_FORMAT:
        raise PublishError(
            f"{where} has the form {form!r}, expected {PROVENANCE_FORMAT}: it was published by another version of "
            "synth-builder. Use that version, or a newer one."
        )
    problem = form_problem(value, name)
    if problem is not None:
        raise PublishError(f"{where} is damaged: {problem}. Correct it there.")
    return shown_provenance(value)
