from collections.abc import Mapping, Sequence
from typing import Any

from synth_builder.errors import MissingExtraError, RealDataError, ScoringError
from synth_builder.extras import require
from synth_builder.recipes.real_data import RealRow, read_real_rows
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import shown_name
from synth_builder.releases.card.card_pictures import rows_shown
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.pictures.embedding_map import (
    FEWEST,
    REAL,
    SYNTHETIC,
    embedding_map,
    map_caption,
    map_in_words,
)
from synth_builder.releases.pictures.label_picture import draw_labels, labels_in_words
from synth_builder.releases.pictures.map_picture import draw_map
from synth_builder.releases.pictures.picture_files import save_picture
from synth_builder.releases.row_measures import AT_MOST
from synth_builder.releases.sampled_rows import SampledRow, sampled_rows, some
from synth_builder.releases.statistics import SplitStatistics

EXTRA = "pictures"


def draw_pictures(
    release: ReleaseFolder, name: str, provenance: Mapping[str, Any], recipe: Recipe
) -> tuple[dict[str, Any], list[str]]:
    """
    Draw the pictures of a variant into the release, light and dark: rows and lengths by label, and a map of meanings
    where the extra `score` is installed.

    Args:
        release (`ReleaseFolder`):
            Where the rows are, and the pictures go.
        name (`str`):
            The variant.
        provenance (`Mapping[str, Any]`):
            What is known of it.
        recipe (`Recipe`):
            Task and real data.

    Returns:
        `tuple[dict[str, Any], list[str]]`: What the provenance tells of the pictures, and a sentence for each thing
        that is not on them.

    Raises:
        MissingExtraError: The extra `pictures` is not installed.
    """
    require("matplotlib", extra=EXTRA)
    _, rows = sampled_rows(release.all_data_files(provenance), recipe.task, AT_MOST)
    counts = {split: SplitStatistics.from_dict(told["statistics"]) for split, told in provenance["splits"].items()}
    save_picture(lambda theme: draw_labels(theme, counts, rows), release, name, "labels")
    kinds = {
        "labels": {
            "alt": labels_in_words(name, counts, rows),
            "caption": "Rows of each label, and the lengths of their texts: half of them lie in the box, nine in ten "
            "between the ends of the lines.",
        }
    }
    told, notes = _draw_map(release, name, rows, recipe)
    return {"rows": rows_shown(provenance), "kinds": kinds | ({"map": told} if told else {})}, notes


def _draw_map(
    release: ReleaseFolder, name: str, rows: Sequence[SampledRow], recipe: Recipe
) -> tuple[dict[str, str] | None, list[str]]:
    real, real_name, notes = _real_rows(recipe)
    synthetic = [(row.text, row.label) for row in some(rows, SYNTHETIC)]
    beside = [("\n".join(row.columns.values()), row.label) for row in some(real, REAL)]
    if len(synthetic) + len(beside) < FEWEST:
        return None, [f"{name}: no map is drawn of fewer than {FEWEST} rows."]
    try:
        found = embedding_map(synthetic, beside)
    except (MissingExtraError, ScoringError) as error:
        return None, [f"{name}: the map of meanings is left out. {error}"]
    save_picture(lambda theme: draw_map(theme, found, recipe.task.label_names), release, name, "map")
    return {"alt": map_in_words(name, found, recipe.task.label_names), "caption": map_caption(found, real_name)}, notes


def _real_rows(recipe: Recipe) -> tuple[Sequence[RealRow], str | None, list[str]]:
    """Real rows to stand beside the synthetic ones: those for testing, else those for training."""
    reference = (recipe.real.test or recipe.real.train) if recipe.real else None
    if reference is None:
        return (), None, []
    key = "real.test" if recipe.real and recipe.real.test else "real.train"
    try:
        rows = read_real_rows(reference, recipe.task, recipe.real, recipe.directory, named_by=key)
        return rows, shown_name(reference), []
    except RealDataError as error:
        return (), None, [f"The map shows no real rows. {error}"]
