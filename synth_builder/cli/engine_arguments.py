import argparse
import sys

from synth_builder.engines.base import EngineSettings
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
    return arguments.engine or ("tgi" if arguments.endpoint else "embedded")


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
