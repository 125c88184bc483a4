from typing import Literal

from synth_builder.errors import ScoringError

Regime = Literal["synthetic", "real", "augmented"]
LossName = Literal["cross_entropy", "focal", "imp", "dimp"]
MethodName = Literal["fine_tuning", "probe", "setfit", "tfidf"]
EncoderMethod = Literal["fine_tuning", "probe", "setfit"]

REGIMES: tuple[Regime, ...] = ("synthetic", "real", "augmented")
LOSS_NAMES: tuple[LossName, ...] = ("cross_entropy", "focal", "imp", "dimp")
ENCODER_METHODS: tuple[EncoderMethod, ...] = ("fine_tuning", "probe", "setfit")
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
