from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synth_builder.publishing.labelled_rows import local_rows, published_rows
from synth_builder.publishing.making import made_differently
from synth_builder.publishing.published import Published
from synth_builder.publishing.row_comparison import equal_rows
from synth_builder.releases.corrected import built_digests, corrected_words
from synth_builder.releases.folder import ReleaseFolder

_FORMS = {"prompt_form": "prompts", "reply_form": "replies"}
# What `made_differently` tells, too, and is told in other words here.
_NOT_INPUTS = ("engine", "model", "revision", "fingerprint", "prompts", "prompt form")


@dataclass(frozen=True)
class RebuiltVariant:
    """
    A variant that was built again, beside the published one.

    Args:
        name (`str`):
            The variant.
        same (`bool`):
            Whether the rows are the published ones, with their ids and requests, in their order.
        published_rows, rows (`int`):
            Rows that were published, and rows that there are now.
        equal (`int`):
            Rows that both have, by texts and label.
        reasons (`tuple[str, ...]`):
            Why the rows are others, as far as it can be known; a sentence each. Empty where they are the same.
        missing (`int`):
            Rows that are short of what the recipe asks for.
    """

    name: str
    same: bool
    published_rows: int
    rows: int
    equal: int
    reasons: tuple[str, ...]
    missing: int

    @property
    def same_texts(self) -> bool:
        """Whether texts and labels are the published ones, in whatever order and from whatever requests."""
        return self.equal == self.published_rows == self.rows


def rebuilt_variant(
    published: Published, release: ReleaseFolder, provenance: Mapping[str, Any], *, new_draw: bool = False
) -> RebuiltVariant:
    """
    Compare a variant that was built again with the published one.

    Args:
        published (`Published`):
            The version that it was built from.
        release (`ReleaseFolder`):
            Where it was built.
        provenance (`Mapping[str, Any]`):
            What is known of the new build.
        new_draw (`bool`, defaults to `False`):
            Whether other rows were asked for.

    Raises:
        PublishError: The published rows can't be loaded.
    """
    name = provenance["variant"]
    old = published.state.provenances[name]
    same = old["task"] == provenance["task"] and _digests(old) == _digests(provenance)
    now, before = (sum(told["rows"] for told in one["splits"].values()) for one in (provenance, old))
    equal = before
    if not same:
        equal = sum(
            equal_rows(published_rows(published, old, split), local_rows(release, provenance, split))
            for split in old["splits"]
            if split in provenance["splits"]
        )
    return RebuiltVariant(
        name=name,
        same=same,
        published_rows=before,
        rows=now,
        equal=equal,
        reasons=() if same else tuple(_reasons(old, provenance, new_draw=new_draw)),
        missing=sum(sum(labels.values()) for labels in provenance["tally"]["short"].values()),
    )


def _reasons(old: Mapping[str, Any], new: Mapping[str, Any], *, new_draw: bool) -> Iterator[str]:
    by_hand = corrected_words(old)
    if by_hand:
        yield f"The published rows were corrected after the build: {by_hand}."
    if not by_hand or old["task"] != new["task"] or built_digests(old) != _digests(new):
        yield from why_others(old, new, new_draw=new_draw)


def why_others(old: Mapping[str, Any], new: Mapping[str, Any], *, new_draw: bool = False) -> Iterator[str]:
    """
    Why a build from a published recipe has other rows than were published, as far as the two provenances tell.

    Args:
        old (`Mapping[str, Any]`):
            Provenance of the published rows.
        new (`Mapping[str, Any]`):
            Provenance of the new ones.
        new_draw (`bool`, defaults to `False`):
            Whether other rows were asked for.
    """
    ignored = set(_NOT_INPUTS)
    if new_draw:
        ignored.add("generation.seed")
        seeds = old["generation"]["seed"], new["generation"]["seed"]
        yield f"A new draw was asked for: the seed is {seeds[1]} in place of {seeds[0]}."
    if old["fingerprint"] != new["fingerprint"]:
        inputs = list(_other_inputs(old, new, ignored))
        yield from inputs if inputs or new_draw else [_unknown_input(old)]
    one, other = old["engine"], new["engine"]
    for key, words in (("engine", "kind of engine"), ("model", "model"), ("server", "kind of server")):
        if one[key] != other[key]:
            yield f"Another {words} answered: {other[key]!r} in place of {one[key]!r}."
    if one["model"] == other["model"] and one["revision"] != other["revision"]:
        yield f"Another revision of the model answered: {other['revision']} in place of {one['revision']}."
    forms = [(words, old[key], new[key]) for key, words in _FORMS.items() if old[key] != new[key]]
    for words, before, after in forms:
        yield f"The {words} have the form {after!r} in place of {before!r}: the server can do other things."
    if old["identity"] == new["identity"] and not forms:
        revision = "" if one["revision"] else " The model's revision is not known, so it may be another one."
        yield (
            "The same was asked of the same model, so the server does not repeat itself: it samples without regard to "
            f"the seeds, or its batches change what it computes.{revision}{_libraries(old, new)}"
        )


def _other_inputs(old: Mapping[str, Any], new: Mapping[str, Any], ignored: Collection[str]) -> Iterator[str]:
    """What the fingerprints cover and is not the same."""
    before, after = old.get("inputs") or {}, new["inputs"]
    if before and before["rows_version"] != after["rows_version"]:
        yield (
            f"The published rows were made by the rules {before['rows_version']} of synth-builder "
            f"{old['libraries']['synth-builder']}, these by the rules {after['rows_version']} of "
            f"{new['libraries']['synth-builder']}; that version of synth-builder makes the published ones."
        )
    for key, words in (("demonstrations", "train"), ("test_rows", "test")):
        if before and before[key] != after[key]:
            if after[key] is None:
                yield f"The published rows were made with real {words} rows, these without any."
            elif before[key] is None:
                yield f"The published rows were made without real {words} rows, these with some."
            else:
                yield f"The real {words} rows are not those that the published rows were made with."
    templates = [{prompt["name"]: key for key, prompt in one["prompts"].items()} for one in (old, new)]
    changed = [name for name in {**templates[0], **templates[1]} if templates[0].get(name) != templates[1].get(name)]
    if changed:
        yield f"The prompts are others: {', '.join(sorted(changed))}."
    for setting, one, other in made_differently(old, new):
        if setting not in ignored:
            yield f"{setting} is {other!r} in place of {one!r}."


def _unknown_input(old: Mapping[str, Any]) -> str:
    if old.get("inputs"):
        return "The task in the published recipe is another one than the rows were made from."
    return (
        "The published provenance does not tell what differs: the real rows, the task, or the rules for rows of "
        f"synth-builder {old['libraries']['synth-builder']}."
    )


def _libraries(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    one, other = old["libraries"], new["libraries"]
    found = [
        f"{name} {other.get(name, 'none')} in place of {one.get(name, 'none')}"
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    ]
    return f" Libraries differ, too: {', '.join(found)}." if found else ""


def _digests(provenance: Mapping[str, Any]) -> dict[str, str]:
    return {split: told["rows_sha256"] for split, told in provenance["splits"].items()}
