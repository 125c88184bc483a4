"""Words for templates, found in real rows."""

from collections import Counter
from collections.abc import Iterable

from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.text_identity import WORD

SHORTEST = 3  # letters; shorter words are mostly those that stand in every text


def characteristic_words(rows: Iterable[RealRow], column: str, label: str, count: int) -> list[str]:
    """
    The words of a column that tell a label from the others: those that stand in a larger share of its rows than of the
    other rows, the largest difference first, equal ones by the alphabet.

    Args:
        rows (`Iterable[RealRow]`):
            Real train rows.
        column (`str`):
            Text column of the task.
        label (`str`):
            Label of the task.
        count (`int`):
            The most words.

    Returns:
        `list[str]`: Words of three letters or more, case folded, without digits.
    """
    inside, outside = Counter[str](), Counter[str]()
    rows_inside = rows_outside = 0
    for row in rows:
        words = {word for word in WORD.findall(row.columns[column].casefold()) if _is_word(word)}
        if row.label == label:
            inside.update(words)
            rows_inside += 1
        else:
            outside.update(words)
            rows_outside += 1
    difference = {
        word: found / rows_inside - (outside[word] / rows_outside if rows_outside else 0)
        for word, found in inside.items()
    }
    return sorted((word for word in difference if difference[word] > 0), key=lambda word: (-difference[word], word))[
        :count
    ]


def _is_word(word: str) -> bool:
    return word.isalpha() and len(word) >= SHORTEST
