import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth_builder.publishing.state import State
from synth_builder.publishing.version import BUMPS, Bump
from synth_builder.releases.corrected import corrected_words
from synth_builder.releases.pictures.score_pictures import score_pictures_of


@dataclass(frozen=True)
class Change:
    """
    One thing that is different.

    Args:
        bump (`"major"`, `"minor"` or `"patch"`):
            What it does to the version.
        text (`str`):
            A line of Markdown for the changelog.
        variant (`str`, *optional*):
            The variant that it is about.
    """

    bump: Bump
    text: str
    variant: str | None = None


FOR_THE_CARD = ("measured", "pictures")
"""What `synth-builder card` adds to a provenance; it says nothing of how the rows were made."""


def other(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> bool:
    """Whether `after` knows something under a key that `before` does not, or not as well."""
    if key not in after or after[key] == before.get(key):
        return False
    # `build` looks at fewer rows than `card` does.
    return key != "measured" or key not in before or after[key]["rows"] >= before[key]["rows"]


def same_rows(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two provenances are of the same rows, made in the same way by the same model."""
    return _making(one) == _making(other) and _digests(one) == _digests(other)


def changes(before: State, after: State) -> list[Change]:
    """
    What a release has that an earlier one had not, by the rule for versions: other columns or labels, or a variant
    that is gone, are major; a new variant and one of another recipe or model are minor; other rows of the same recipe
    and model, what was not used, scores, settings of the card and hand-written sections are patches.

    Args:
        before (`State`):
            The earlier release.
        after (`State`):
            The later one.

    Returns:
        `list[Change]`: Empty when nothing is different but the wording of computed sections.
    """
    found = _variant_changes(before, after)
    changed = {change.variant for change in found}
    for name, text in after.scores.items():
        if before.scores.get(name) != text:
            found.append(Change("patch", f"`{name}`: {'new' if name in before.scores else 'first'} scores.", name))
        elif name not in changed and score_pictures_of(after.files, name) - before.files:
            found.append(Change("patch", f"`{name}`: pictures of the scores on the card.", name))
    for name in before.scores:
        if name not in after.scores and name in after.provenances and name not in changed:
            found.append(Change("patch", f"`{name}`: its scores are gone.", name))
    for name in after.provenances:
        path = f"rejections/{name}.parquet"
        if path in after.files and path not in before.files and name in before.provenances and name not in changed:
            found.append(Change("patch", f"`{name}`: what was not used is published, too.", name))
    for key, value in after.recipe.card.model_dump().items():
        if before.recipe.card.model_dump()[key] != value:
            found.append(Change("patch", f"Card: `{key}` is another one."))
    if before.recipe.real != after.recipe.real:
        found.append(Change("patch", "The recipe names other real data."))
    if (before.card.by_hand, before.card.between) != (after.card.by_hand, after.card.between):
        found.append(Change("patch", "Hand-written sections of the card changed."))
    return found


def verdict(found: list[Change]) -> Bump:
    """The smallest bump that the rule allows: the largest that one of the changes asks for."""
    return max((change.bump for change in found), key=BUMPS.index)


def described(name: str, provenance: Mapping[str, Any]) -> str:
    """A new variant in a few words."""
    return f"`{name}`: {_rows(provenance)} by `{provenance['strategy']}` with {_model(provenance)}"


def _variant_changes(before: State, after: State) -> list[Change]:
    found = []
    for name, provenance in after.provenances.items():
        old = before.provenances.get(name)
        if old is None:
            found.append(Change("minor", f"{described(name, provenance)}: a new variant.", name))
        elif old["task"] != provenance["task"]:
            found.append(Change("major", f"`{name}`: other columns or labels; {_rows(provenance)}.", name))
        elif same_rows(old, provenance):
            if any(other(old, provenance, key) for key in FOR_THE_CARD):
                found.append(Change("patch", f"`{name}`: measures or pictures on the card.", name))
        elif old["engine"]["model"] != provenance["engine"]["model"]:
            models = f"{_model(provenance)} in place of {_model(old)}"
            found.append(Change("minor", f"`{name}`: another model, {models}; {_rows(provenance)}.", name))
        elif _making(old) != _making(provenance):
            what = "recipe" if old["fingerprint"] != provenance["fingerprint"] else "revision of the model"
            found.append(Change("minor", f"`{name}`: another {what}; {_rows(provenance)}.", name))
        else:
            by_hand = corrected_words(provenance) if provenance.get("corrected") != old.get("corrected") else ""
            told = f"corrected rows of the same recipe{f': {by_hand}' if by_hand else ''}; {_rows(provenance)}"
            found.append(Change("patch", f"`{name}`: {told}.", name))
    gone = [name for name in before.provenances if name not in after.provenances]
    return found + [Change("major", f"`{name}` is gone.", name) for name in gone]


def _model(provenance: Mapping[str, Any]) -> str:
    """The model's name, which a server may make up, on one line and without HTML."""
    return html.escape(" ".join(str(provenance["engine"]["model"]).split()), quote=False)


def _making(provenance: Mapping[str, Any]) -> tuple[Any, ...]:
    models = [provenance["engine"], provenance.get("checker") or {}]
    told = [model.get(key) for model in models for key in ("engine", "model", "model_digest", "revision")]
    return provenance["fingerprint"], provenance["task"], *told


def _digests(provenance: Mapping[str, Any]) -> dict[str, str]:
    return {split: told["rows_sha256"] for split, told in provenance["splits"].items()}


def _rows(provenance: Mapping[str, Any]) -> str:
    return ", ".join(f"{told['rows']} {split} rows" for split, told in provenance["splits"].items())
