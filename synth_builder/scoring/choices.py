from collections.abc import Sequence
from typing import Literal

from synth_builder.errors import ScoringError
from synth_builder.registry import nearest

Regime = Literal["synthetic", "real", "augmented"]
LossName = Literal["cross_entropy", "focal", "imp", "dimp"]
MethodName = Literal["fine_tuning", "probe", "setfit", "tfidf"]
EncoderMethod = Literal["fine_tuning", "probe", "setfit"]
Precision = Literal["no", "fp16", "bf16", "fp8"]
"""As Accelerate names mixed precision."""

REGIMES: tuple[Regime, ...] = ("synthetic", "real", "augmented")
LOSSES_WITH_CHECKERS: tuple[LossName, ...] = ("imp", "dimp")
LOSS_NAMES: tuple[LossName, ...] = ("cross_entropy", "focal", "imp", "dimp")
ENCODER_METHODS: tuple[EncoderMethod, ...] = ("fine_tuning", "probe", "setfit")
PRECISIONS: tuple[Precision, ...] = ("no", "fp16", "bf16", "fp8")
TFIDF: Literal["tfidf"] = "tfidf"
"""The one classifier that is no encoder."""


def method_of(classifier: str, asked: EncoderMethod | None) -> MethodName:
    """
    How a classifier is trained.

    Args:
        classifier (`str`):
            An encoder, or `tfidf`.
        asked (`"fine_tuning"`, `"probe"` or `"setfit"`, *optional*):
            What the user wants; `fine_tuning` when not given.

    Raises:
        ScoringError: A method of encoders is asked for `tfidf`.
    """
    if classifier != TFIDF:
        return asked or "fine_tuning"
    if asked is not None:
        raise ScoringError(
            f"The method {asked!r} needs an encoder, and the classifier is 'tfidf', which has a method of its own; "
            "leave the method out, or take another classifier."
        )
    return TFIDF


def refuse_loss(loss: str, method: MethodName) -> None:
    """Raise a `ScoringError` where a loss is asked for that only fine-tuning has."""
    if loss != "cross_entropy" and method != "fine_tuning":
        raise ScoringError(
            f"The loss {loss!r} goes with fine-tuning only, and the method is {method!r}; leave the loss out, or "
            "fine-tune an encoder."
        )


def refuse_checker_rows(checker_rows: int | None, loss: str) -> None:
    """Raise a `ScoringError` where rows for a quality checker are asked for and the loss has none."""
    if checker_rows is not None and loss not in LOSSES_WITH_CHECKERS:
        raise ScoringError(
            f"{checker_rows} rows are asked for to train the quality checker on, and the loss {loss!r} has none; "
            f"leave them out, or take the loss {' or '.join(map(repr, LOSSES_WITH_CHECKERS))}."
        )


def check_choices(
    regimes: Sequence[str] | None,
    real_rows: Sequence[int] | None,
    synthetic_rows: Sequence[int] | None,
    loss: str,
    checker_rows: int | None,
    seeds: int,
    method: str | None,
) -> None:
    """Raise a `ScoringError` where a word is unknown or a number is too small; see `verbs/score.py` for each."""
    if regimes is not None and not regimes:
        raise ScoringError(f"No regime is asked for; expected some of {', '.join(REGIMES)}.")
    for word, kind, known in [
        *((regime, "regime", REGIMES) for regime in regimes or ()),
        (loss, "loss", LOSS_NAMES),
        *([(method, "method", ENCODER_METHODS)] if method is not None else []),
    ]:
        if word not in known:
            raise ScoringError(f"Unknown {kind} {word!r}.{nearest(word, list(known))} Known: {', '.join(known)}.")
    for count, what in [
        *((count, "real rows") for count in real_rows or ()),
        *((count, "synthetic rows") for count in synthetic_rows or ()),
        *([(checker_rows, "rows for the quality checker")] if checker_rows is not None else []),
        (seeds, "seeds"),
    ]:
        if count < 1:
            raise ScoringError(f"{count} {what} are asked for; expected at least 1.")
