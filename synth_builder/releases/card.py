import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from synth_builder.errors import ReleaseError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card_tables import (
    filter_examples,
    filter_table,
    filter_warnings,
    label_table,
    length_table,
    rejection_table,
    score_notes,
    score_table,
    variant_table,
)
from synth_builder.releases.folder import ReleaseFolder, write_whole
from synth_builder.releases.front_matter import front_matter
from synth_builder.releases.markdown import escaped, fenced
from synth_builder.releases.statistics import split_statistics
from synth_builder.scoring.scores import Scores

BEGIN_BY_HAND = "<!-- written by hand: begin -->"
END_BY_HAND = "<!-- written by hand: end -->"


def write_card(release: ReleaseFolder, by_hand: str | None = None) -> None:
    """
    Write the dataset card from what stands in the release. Nothing in it is filled in from elsewhere: a section whose
    facts are missing is left out.

    Args:
        release (`ReleaseFolder`):
            A release with at least one variant.
        by_hand (`str`, *optional*):
            Sections of the card that a person wrote. Those that the card has already stay when not given.

    Raises:
        ReleaseError: No variant was built yet.
    """
    recipe = release.read_recipe()
    provenances = {
        name: provenance for name in release.variants() if (provenance := release.read_provenance(name)) is not None
    }
    if not provenances:
        raise ReleaseError(f"{str(release.path)!r} holds no variant; build one first.")
    if by_hand is None:
        by_hand = read_by_hand(release.card)
    write_whole(
        release.card, front_matter(release, recipe, provenances) + _body(release, recipe, provenances, by_hand)
    )


def read_by_hand(card: Path) -> str:
    """The hand-written sections of a card; empty when there is no card or it has none."""
    if not card.is_file():
        return ""
    # Marks on a line of their own: a text from a model, which may hold them too, stands behind its column's name.
    found = re.search(
        rf"^{re.escape(BEGIN_BY_HAND)}$(.*?)^{re.escape(END_BY_HAND)}$",
        card.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    return found[1].strip() if found else ""


def _body(release: ReleaseFolder, recipe: Recipe, provenances: dict[str, dict[str, Any]], by_hand: str) -> str:
    environment = Environment(
        loader=PackageLoader("synth_builder.releases", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML: everything from a model goes through `escaped` or `fenced`
    )
    environment.filters |= {"escaped": escaped, "fenced": fenced}
    statistics = {
        name: {split: split_statistics(release.data(name, split), recipe.task) for split in provenance["splits"]}
        for name, provenance in provenances.items()
    }
    scores = {name: Scores.read(release.scores(name)) for name in provenances if release.scores(name).is_file()}
    return environment.get_template("card.md.jinja").render(
        recipe=recipe,
        task=recipe.task,
        title=recipe.card.pretty_name or recipe.name,
        provenances=provenances,
        statistics=statistics,
        rows=sum(split.rows for splits in statistics.values() for split in splits.values()),
        engines=_models(provenances, "engine"),
        checkers=_models(provenances, "checker"),
        checked=[name for name, provenance in provenances.items() if "checker" in provenance],
        prompts={id: prompt for provenance in provenances.values() for id, prompt in provenance["prompts"].items()},
        variant_table=variant_table(provenances),
        label_table=label_table(statistics, recipe.task),
        length_table=length_table(statistics),
        rejection_table=rejection_table(provenances),
        filter_table=filter_table(provenances),
        filter_warnings=filter_warnings(provenances),
        filter_examples=filter_examples(provenances),
        score_table=score_table(scores),
        score_notes=score_notes(scores),
        example_columns=[*recipe.task.columns],
        example=_example,
        by_hand=by_hand,
        begin_by_hand=BEGIN_BY_HAND,
        end_by_hand=END_BY_HAND,
        first_variant=next(iter(provenances)),
    )


def _models(provenances: dict[str, dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """Who answered in a role, each model once."""
    told = [provenance[role] for provenance in provenances.values() if role in provenance]
    return list({(engine["model"], engine["revision"]): engine for engine in told}.values())


def _example(row: dict[str, Any], columns: list[str]) -> str:
    """A row as a code block: one line a column, and the topic where there was one."""
    lines = [f"{column}: {row[column]}" for column in columns]
    if row["provenance"]["topic"]:
        lines.append(f"(topic: {row['provenance']['topic']})")
    return fenced("\n".join(lines))
