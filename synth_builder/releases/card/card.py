from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from synth_builder.errors import ReleaseError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.card.card_pictures import picture_parts, score_picture_parts
from synth_builder.releases.card.card_sections import CardParts
from synth_builder.releases.card.card_tables import (
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
from synth_builder.releases.card.difference_list import difference_lists
from synth_builder.releases.card.front_matter import front_matter, with_others
from synth_builder.releases.card.hub_links import linked_data, linked_model
from synth_builder.releases.card.markdown import escaped, fenced
from synth_builder.releases.card.papers import bibtex, cited, followed
from synth_builder.releases.card.risks import model_limits, risk_notes, risk_table
from synth_builder.releases.card.worth import worth_tables
from synth_builder.releases.corrected import corrected_words
from synth_builder.releases.folder import ReleaseFolder, write_whole
from synth_builder.releases.pictures.score_pictures import pictures_for_card
from synth_builder.releases.statistics import SplitStatistics
from synth_builder.scoring.results.scores import Scores


def write_card(release: ReleaseFolder, by_hand: str | None = None) -> None:
    """
    Write the dataset card from what stands in the release. Nothing in it is filled in from elsewhere: a section whose
    facts are missing is left out. What people wrote into the card, outside of the computed sections, stays.

    Args:
        release (`ReleaseFolder`):
            A release with at least one variant.
        by_hand (`str`, *optional*):
            Sections of the card that a person wrote in a file. Those that the card has already stay when not given.

    Raises:
        ReleaseError: No variant was built yet, or the card that is there can't be read.
    """
    recipe = release.read_recipe()
    provenances = release.provenances()
    if not provenances:
        raise ReleaseError(f"{str(release.path)!r} holds no variant; build one first.")
    scores = {name: Scores.read(release.scores(name)) for name in provenances if release.scores(name).is_file()}
    try:
        card = CardParts.parse(release.card.read_text(encoding="utf-8")) if release.card.is_file() else CardParts()
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{str(release.card)!r} is no UTF-8 text; save it as UTF-8.") from error
    if by_hand is not None:
        card = replace(card, by_hand=by_hand)
    front = with_others(front_matter(recipe, provenances), card.front)
    sections = computed_sections(recipe, provenances, scores, pictures_for_card(release, scores))
    write_whole(release.card, card.with_sections(front, sections).to_text())


def computed_sections(
    recipe: Recipe,
    provenances: Mapping[str, Mapping[str, Any]],
    scores: Mapping[str, Scores],
    pictures: Collection[str] = (),
    *,
    source: str | None = None,
    download: str | None = None,
    pictures_base: str = "",
) -> dict[str, str]:
    """
    The computed sections of a card.

    Args:
        recipe (`Recipe`):
            Task and card settings.
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it; at least one.
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of those that have some.
        pictures (`Collection[str]`, defaults to `()`):
            Pictures that are there, as paths within the release. Those that were drawn of other rows are not shown;
            those of scores have to be of these.
        source (`str`, *optional*):
            What `load_dataset` is to be given; a placeholder when not known.
        download (`str`, *optional*):
            URL of the folder that has to be copied to `source` first, for places that `load_dataset` can't read.
        pictures_base (`str`, defaults to `""`):
            What goes before the paths of pictures; they are relative when it is empty.

    Returns:
        `dict[str, str]`: Name -> Markdown, in order; empty where there is nothing to say.
    """
    environment = Environment(
        loader=PackageLoader("synth_builder.releases.card", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML: everything from a model goes through `escaped` or `fenced`
    )
    environment.filters |= {
        "escaped": escaped,
        "fenced": fenced,
        "linked_model": linked_model,
        "linked_data": linked_data,
    }
    statistics = {
        name: {split: SplitStatistics.from_dict(told["statistics"]) for split, told in provenance["splits"].items()}
        for name, provenance in provenances.items()
    }
    by_model = [
        provenance["engine"] for provenance in provenances.values() if provenance["engine"]["engine"] != "none"
    ]
    checkers = {name: provenance["checker"] for name, provenance in provenances.items() if "checker" in provenance}
    papers = followed(provenances)
    template = environment.get_template("card.md.jinja")
    context = template.new_context(
        dict(
            recipe=recipe,
            task=recipe.task,
            title=recipe.card.pretty_name or recipe.name,
            provenances=provenances,
            statistics=statistics,
            rows=sum(split.rows for splits in statistics.values() for split in splits.values()),
            engines=_models(by_model),
            all_by_models=len(by_model) == len(provenances),
            checkers=_models(checkers.values()),
            checked=list(checkers),
            corrected={name: words for name, told in provenances.items() if (words := corrected_words(told))},
            papers=cited(papers),
            bibtex=bibtex(papers),
            prompts={
                id: prompt for provenance in provenances.values() for id, prompt in provenance["prompts"].items()
            },
            variant_table=variant_table(provenances),
            picture_parts=picture_parts(provenances, pictures, pictures_base),
            label_table=label_table(statistics, recipe.task),
            length_table=length_table(statistics),
            rejection_table=rejection_table(provenances),
            filter_table=filter_table(provenances),
            filter_warnings=filter_warnings(provenances),
            filter_examples=filter_examples(provenances),
            worth_tables=worth_tables(scores),
            score_table=score_table(scores),
            score_notes=score_notes(scores),
            difference_lists=difference_lists(scores),
            score_picture_parts=score_picture_parts(scores, pictures, pictures_base),
            these_rows_scored=any(found.regime != "real" for each in scores.values() for found in each.results),
            risk_table=risk_table(provenances),
            risk_notes=risk_notes(provenances),
            model_limits=model_limits(provenances),
            example_columns=[*recipe.task.columns],
            example=_example,
            is_published=source is not None and download is None,
            rebuild_with=_rebuild_with(by_model),
            source=source or "path/or/repository/of/this/dataset",
            download=download,
            first_variant=next(iter(provenances)),
        )
    )
    return {name: "".join(block(context)).strip("\n") for name, block in template.blocks.items()}


def _rebuild_with(engines: Sequence[Mapping[str, Any]]) -> str:
    """The flags that name the engine of the first variant, with a place for an address, which nobody else has."""
    if not engines:
        return ""
    first = engines[0]
    at = " --endpoint URL" if first["engine"] in ("tgi", "openai") else ""
    named = first["engine"] in ("openai", "inference_providers") and "model_digest" not in first
    model = f" --model {first['model']}" if named else ""
    return f" --engine {first['engine']}{at}{model}"


def _models(told: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each model once."""
    return list({(engine["model"], engine["revision"]): engine for engine in told}.values())


def _example(row: dict[str, Any], columns: list[str]) -> str:
    """A row as a code block: one line a column, and the topic where there was one."""
    lines = [f"{column}: {row[column]}" for column in columns]
    if row["topic"]:
        lines.append(f"(topic: {row['topic']})")
    return fenced("\n".join(lines))
