from synth_builder.recipes.reference import shown_name
from synth_builder.scoring.results.scores import Scores


def shown_scores(found: Scores) -> Scores:
    """
    Scores as readers are told of them: of real data in local files only the file's name, in their notes as well.

    Args:
        found (`Scores`):
            Scores as they were measured.
    """
    used = {part: rows for part in ("real", "test") if (rows := getattr(found, part)) is not None}
    shown = {part: rows.model_copy(update={"reference": shown_name(rows.reference)}) for part, rows in used.items()}
    notes = list(found.notes)
    for rows in used.values():
        # A note quotes what it is about.
        notes = [note.replace(repr(rows.reference), repr(shown_name(rows.reference))) for note in notes]
    return found.model_copy(update={**shown, "notes": tuple(notes)})
