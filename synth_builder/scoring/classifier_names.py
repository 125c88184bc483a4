from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from synth_builder.errors import ScoringError
from synth_builder.registry import nearest
from synth_builder.scoring.choices import ENCODER_METHODS, TFIDF

MINILM = "minilm"


def refuse_mistyped(name: str, kind: Literal["classifier", "encoder"]) -> None:
    """
    Refuse a name that is most likely one of our words, mistyped, or a word of something else. The Hub would be asked
    for it, several times, to say in the end that there is no such model.

    Args:
        name (`str`):
            What the user gave. A directory that exists and `owner/name` always pass, and so does the name of a model
            on the Hub without an owner (`bert-base-uncased`) that is like none of our words.
        kind (`"classifier"` or `"encoder"`):
            What it was given as; `tfidf` is a classifier and no encoder.

    Raises:
        ScoringError: The message says which word was meant.
    """
    words: Sequence[str] = (MINILM, TFIDF) if kind == "classifier" else (MINILM,)
    if name in words or "/" in name or Path(name).is_dir():
        return
    meant = nearest(name.lower(), list(words))
    if name in ENCODER_METHODS:
        meant = f" It is a method; give it as the method, and an encoder as the {kind}."
    if meant or name == TFIDF:
        raise ScoringError(
            f"Unknown {kind} {name!r}.{meant} Expected {', '.join(map(repr, words))}, a directory with an encoder, or "
            "'owner/name' of one on the Hub."
        )
