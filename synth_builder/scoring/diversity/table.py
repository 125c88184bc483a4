from collections.abc import Iterator, Sequence

from synth_builder.scoring.diversity.catalogue import LIKENESS, VARIETY
from synth_builder.scoring.diversity.results import Diversity

ABSENT = "-"


def diversity_table(found: Sequence[Diversity]) -> str:
    """
    The measures of variants as a table in plain text, best read in a fixed-width font.

    Args:
        found (`Sequence[Diversity]`):
            Variants that were measured together; at least one.

    Returns:
        `str`: What was measured, a row per measure with a column per variant and one for the real rows, and the notes.
    """
    lines = [_heading(found[0]), ""]
    cells = [*_cells(found)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for number, row in enumerate(cells):
        numbers = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *numbers, row[-1]]))
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    notes = list(dict.fromkeys(note for one in found for note in one.notes))
    return "\n".join(lines + ([""] if notes else []) + [f"Note: {note}" for note in notes])


def _heading(one: Diversity) -> str:
    told = f"{one.sampling.rows:,} rows of each"
    if one.real is not None:
        told += f", beside as many of {one.real.reference}"
    told += f"; Self-BLEU of {one.sampling.self_bleu_rows:,}"
    return told + (f"; embeddings of {one.encoder.name}" if one.encoder is not None else "")


def _cells(found: Sequence[Diversity]) -> Iterator[tuple[str, ...]]:
    with_real = found[0].real is not None
    yield ("measure", *(one.variant for one in found), *(["real"] if with_real else []), "better")
    for measure in VARIETY:
        values = [measure.of(one.variety) for one in found]
        values += [measure.of(found[0].real_variety)] if with_real else []
        if any(value is not None for value in values):
            yield (measure.title, *map(_number, values), measure.good)
    for measure in LIKENESS if with_real else ():
        values = [measure.of(one.likeness) for one in found]
        if any(value is not None for value in values):
            yield (measure.title, *map(_number, values), "", measure.good)


def _number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.3f}"
