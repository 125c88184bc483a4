import re

from synth_builder.recipes.task import Task

# The sign of a number is a part of it: `-1` and `1` are two labels.
_NOT_A_WORD = re.compile(r"(?:(?!(?<!\w)[+-]\d)[\W_])+", re.UNICODE)


def read_label(written: str, task: Task) -> str | None:
    """
    The task's label that a model wrote, read strictly: the whole answer has to be the label's name or one of its
    aliases; case, punctuation around it and `_` or `-` for a space do not matter. A label is never guessed.

    Args:
        written (`str`):
            What stands where the label should.
        task (`Task`):
            Labels and their aliases.

    Returns:
        `str`: The label, or `None` when what is written is none.
    """
    if written.strip() in task.labels:  # `C` and `C++` have one key
        return written.strip()
    key = _key(written)
    matches = {
        label
        for label in task.labels
        if key and key in {_key(label), *(_key(alias) for alias in task.aliases.get(label, ()))}
    }
    return matches.pop() if len(matches) == 1 else None


def _key(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()
