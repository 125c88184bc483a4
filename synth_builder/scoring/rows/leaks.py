from synth_builder.errors import LeakedTestRowsError
from synth_builder.recipes.text_identity import normalised
from synth_builder.scoring.rows.text_rows import TextRows

SHOWN_ROWS = 5
SHOWN_CHARACTERS = 60


def leaked_positions(training: TextRows, test: TextRows) -> list[int]:
    """
    Positions of the training rows whose texts stand in the test rows too, whatever their labels.

    All text columns have to be equal, in the form of `normalised`: the same question about another passage is no leak.
    """
    known = {normalised(texts) for texts in test.texts}
    return [position for position, texts in enumerate(training.texts) if normalised(texts) in known]


def refuse_leaks(training: TextRows, test: TextRows, name: str) -> None:
    """
    Make sure that no test row stands in a training set.

    Args:
        training (`TextRows`):
            What a classifier would be trained on.
        test (`TextRows`):
            What it would be tested on.
        name (`str`):
            The training set's name, for the message.

    Raises:
        LeakedTestRowsError: At least one does; the message says how many and shows the first ones.
    """
    leaked = leaked_positions(training, test)
    if not leaked:
        return
    id_of = {normalised(texts): row_id for texts, row_id in zip(reversed(test.texts), reversed(test.ids), strict=True)}
    shown = []
    for position in leaked[:SHOWN_ROWS]:
        text = " | ".join(training.texts[position])
        cut = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
        test_id = id_of[normalised(training.texts[position])]
        shown.append(f"  {training.ids[position]!r} is the test row {test_id!r}: {cut!r}")
    more = f"\n  and {len(leaked) - SHOWN_ROWS} more" if len(leaked) > SHOWN_ROWS else ""
    raise LeakedTestRowsError(
        f"{len(leaked)} of the {len(training)} rows of {name} stand in the test rows, so a score on these would be "
        "worth nothing. Build the rows again with the filter 'contamination', or choose other test rows.\n"
        + "\n".join(shown)
        + more
    )
