import argparse
import sys

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.choose import EngineChoice, default_engine
from synth_builder.errors import RecipeError
from synth_builder.registry import ENGINES


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """What every verb that asks a model takes."""
    parser.add_argument(
        "--engine",
        choices=ENGINES.names(),
        help="who writes the rows (default: tgi with an --endpoint, otherwise a small model in this process)",
    )
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="URL", help="where the server listens; may be repeated"
    )
    parser.add_argument("--model", metavar="M", help="model id or local directory, where the engine lets one choose")
    parser.add_argument("--provider", metavar="P", help="provider, for --engine inference_providers")
    parser.add_argument("--replies", metavar="FILE", help="file of replies, for --engine scripted")
    parser.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="environment variable that holds the endpoint's key; no other token is sent",
    )
    parser.add_argument("--concurrency", type=positive, metavar="N", help="requests under way at once, at most")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="how long one request may take (default: 300)",
    )


# What says who the checker is, and what says more about it.
_CHECKER = ("checker_engine", "checker_endpoint")
_MORE = ("checker_model", "checker_provider", "checker_replies", "checker_api_key_env", "checker_concurrency")
CHECKER_ARGUMENTS = (*_CHECKER, *_MORE)


def add_checker_arguments(parser: argparse.ArgumentParser) -> None:
    """The same about the model that filters ask, where that is another."""
    group = parser.add_argument_group(
        "checker",
        "another model for what filters ask about rows (verification); without it the one that writes is asked",
    )
    group.add_argument(
        "--checker-engine", choices=ENGINES.names(), help="who is asked (default: tgi with a --checker-endpoint)"
    )
    group.add_argument(
        "--checker-endpoint",
        action="append",
        default=[],
        metavar="URL",
        help="where its server listens; may be repeated",
    )
    group.add_argument("--checker-model", metavar="M", help="its model; naming another one has all rows checked anew")
    group.add_argument("--checker-provider", metavar="P", help="as --provider")
    group.add_argument("--checker-replies", metavar="FILE", help="as --replies")
    group.add_argument("--checker-api-key-env", metavar="NAME", help="as --api-key-env, for its endpoint")
    group.add_argument(
        "--checker-concurrency", type=positive, metavar="N", help="requests under way to it at once, at most"
    )


def checker_choice(arguments: argparse.Namespace) -> EngineChoice | None:
    """
    The checker that was named, if one was.

    Raises:
        RecipeError: Something is said about a checker, and not where it is.
    """
    if not any(getattr(arguments, name) for name in _CHECKER):
        given = next((name for name in _MORE if getattr(arguments, name)), None)
        if given is not None:
            raise RecipeError(
                f"--{given.replace('_', '-')} was given without a checker; say where it is with --checker-endpoint "
                "URL, or what it is with --checker-engine."
            )
        return None
    settings = EngineSettings(
        endpoints=tuple(arguments.checker_endpoint),
        model=arguments.checker_model,
        api_key_env=arguments.checker_api_key_env,
        concurrency=arguments.checker_concurrency,
        timeout=arguments.timeout,
        replies=arguments.checker_replies,
        provider=arguments.checker_provider,
    )
    return EngineChoice(arguments.checker_engine or "tgi", settings)


def engine_settings(arguments: argparse.Namespace) -> EngineSettings:
    """What the user said about the engine."""
    return EngineSettings(
        endpoints=tuple(arguments.endpoint),
        model=arguments.model,
        api_key_env=arguments.api_key_env,
        concurrency=arguments.concurrency,
        timeout=arguments.timeout,
        replies=arguments.replies,
        provider=arguments.provider,
    )


def engine_name(arguments: argparse.Namespace, *, is_asked: bool = True) -> str:
    """The engine that was named, or that follows from what was; told where it `is_asked` anything."""
    if is_asked and arguments.engine is None and not arguments.endpoint:
        print(
            "No --endpoint and no --engine: a small model answers in this process (--engine embedded).",
            file=sys.stderr,
        )
    return arguments.engine or default_engine(engine_settings(arguments))


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 10**6:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: a number of seconds above 0")
    return value
