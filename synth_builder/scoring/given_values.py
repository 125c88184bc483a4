"""Values of arguments, read as what is expected there; anything else is refused in one sentence."""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any

from synth_builder.errors import ScoringError
from synth_builder.registry import nearest


def whole_number(value: Any, argument: str, expected: str = "a whole number") -> int:
    """
    One whole number; NumPy's are as good as Python's, `True` is none.

    Args:
        value (`Any`):
            What was given.
        argument (`str`):
            What it was given as, for the message.
        expected (`str`, defaults to `"a whole number"`):
            What the message asks for.

    Raises:
        ScoringError: It is something else: a text, a fraction, a list.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise _refusal(value, argument, expected)
    return int(value)


def whole_numbers(value: Any, argument: str) -> tuple[int, ...]:
    """
    Several whole numbers; a single one stands for a list of one. Arguments are those of `whole_number`.

    Raises:
        ScoringError: It is something else, or holds something else.
    """
    expected = "a whole number or a list of them, as in [100, 1000]"
    if isinstance(value, Integral):
        return (whole_number(value, argument, expected),)
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise _refusal(value, argument, expected)
    return tuple(whole_number(each, f"A part of {argument}") for each in value)


def word(value: Any, argument: str, expected: str = "a text") -> str:
    """
    One text. Arguments are those of `whole_number`.

    Raises:
        ScoringError: It is something else.
    """
    if not isinstance(value, str):
        raise _refusal(value, argument, expected)
    return value


def words(value: Any, argument: str) -> tuple[str, ...]:
    """
    Several texts; a single one stands for a list of one. Arguments are those of `whole_number`.

    Raises:
        ScoringError: It is something else, or holds something else.
    """
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bytes | Mapping) or not isinstance(value, Iterable):
        raise _refusal(value, argument, "a text or a list of texts")
    return tuple(word(each, f"A part of {argument}") for each in value)


def path_text(value: Any, argument: str, expected: str) -> str:
    """
    A text, or a path as a text. Arguments are those of `whole_number`.

    Raises:
        ScoringError: It is something else.
    """
    return word(os.fspath(value) if isinstance(value, os.PathLike) else value, argument, expected)


def keyed(value: Any, argument: str) -> dict[str, Any]:
    """
    A dictionary with texts as keys. Arguments are those of `whole_number`.

    Raises:
        ScoringError: It is something else, or a key is.
    """
    if not isinstance(value, Mapping):
        raise _refusal(value, argument, "a dictionary, as in {'epochs': 6}")
    return {word(key, f"A key of {argument}"): each for key, each in value.items()}


def refuse_unknown(arguments: Iterable[str], function: Callable[..., Any]) -> None:
    """
    Make sure that a function has arguments of these names, for a `compute` that hands on what it does not know.

    Args:
        arguments (`Iterable[str]`):
            The names.
        function (`Callable`):
            Who gets them.

    Raises:
        ScoringError: It has no such argument; the message tells the nearest.
    """
    known = list(inspect.signature(function).parameters)
    for argument in arguments:
        if argument not in known:
            raise ScoringError(
                f"compute() has no argument {argument!r}.{nearest(argument, known)} It has: {', '.join(known)}."
            )


def _refusal(value: Any, argument: str, expected: str) -> ScoringError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return ScoringError(f"{argument} is {shown}; expected {expected}.")
