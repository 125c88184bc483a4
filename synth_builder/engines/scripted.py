import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import yaml

from synth_builder.engines.answers import cut_at_stop
from synth_builder.engines.base import Completion, Engine, EngineInfo, EngineSettings, FinishReason, Request
from synth_builder.errors import RecipeError


def read_replies(path: Path) -> list[str]:
    """
    Read a file of replies: `.jsonl` (one JSON string per line), `.yaml` or `.yml` (a list of strings), else plain
    lines. Empty lines of a plain file and of a `.jsonl` file are passed over.

    Args:
        path (`Path`):
            The file.

    Raises:
        RecipeError: It can't be read, is empty, or holds something else than strings.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"The replies in {str(path)!r} can't be read: {error}.") from error
    if path.suffix in (".yaml", ".yml"):
        try:
            replies = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise RecipeError(f"The replies in {str(path)!r} are no valid YAML: {error}.") from error
        if not isinstance(replies, list):
            raise RecipeError(f"The replies in {str(path)!r} are no list. Expected a YAML list of strings.")
    elif path.suffix == ".jsonl":
        replies = []
        for number, line in enumerate(text.split("\n"), start=1):
            try:
                replies += [json.loads(line)] if line.strip() else []
            except ValueError as error:
                raise RecipeError(
                    f"Line {number} of {str(path)!r} is no valid JSON: {error}. Expected one JSON string per line."
                ) from error
    else:
        replies = [line for line in text.splitlines() if line.strip()]
    for number, reply in enumerate(replies, start=1):
        if not isinstance(reply, str):
            raise RecipeError(f"Reply {number} of {str(path)!r} is {reply!r}. Expected a string.")
    if not replies:
        raise RecipeError(f"The file {str(path)!r} holds no reply. Expected at least one.")
    return replies


class ScriptedEngine(Engine):
    """
    An engine without a model, for tests, docs and dry runs: it answers from a list, a function or a file.

    A list is asked by the request's seed (`replies[seed % len(replies)]`), not by the order of arrival: so the same
    build gets the same answers whatever its concurrency. Like a model behind a server, it ends an answer at a stop
    string and cuts it at `max_new_tokens`; a token is a word between white space.

    Args:
        replies (`Sequence[str]` or `Callable[[Request], str]`):
            The answers, or what makes one. A function may raise `EngineError`s, as a server would.
        in_order (`bool`, defaults to `False`):
            Whether a list is gone through in the order of arrival, over and over.
        chat_template (`bool`, defaults to `True`):
            What `EngineInfo.chat_template` tells.
        grammar (`bool`, defaults to `False`):
            What `EngineInfo.grammar` tells. The replies are not checked against a schema.
        revision (`str`, *optional*):
            Revision to tell. The hash of the replies when not given, or the function's name.
        concurrency (`int`, defaults to 8):
            Requests under way at once.
    """

    takes = frozenset({"replies"})
    name = "scripted"
    shared = False

    def __init__(
        self,
        replies: Sequence[str] | Callable[[Request], str],
        *,
        in_order: bool = False,
        chat_template: bool = True,
        grammar: bool = False,
        revision: str | None = None,
        concurrency: int = 8,
    ) -> None:
        if not callable(replies) and (isinstance(replies, str) or not replies):
            raise RecipeError(f"The scripted engine got {replies!r}. Expected a list with at least one reply.")
        self.replies = replies if callable(replies) else tuple(replies)
        self.in_order = in_order
        self.chat_template = chat_template
        self.grammar = grammar
        self.revision = revision or replies_revision(self.replies)
        self.concurrency = concurrency
        self.requests: list[Request] = []

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """
        Make one from a file of replies.

        Raises:
            RecipeError: No file is named, or it can't be used.
        """
        if settings.replies is None:
            raise RecipeError(
                "The engine 'scripted' needs a file of replies (--replies FILE): .jsonl with one JSON string per "
                "line, a YAML list, or plain lines."
            )
        return cls(read_replies(Path(settings.replies)), concurrency=settings.concurrency or 8)

    async def open(self) -> EngineInfo:
        """Tell about the script. Never fails."""
        return EngineInfo(
            engine=self.name,
            model="scripted",
            revision=self.revision,
            server="synth-builder",
            chat_template=self.chat_template,
            grammar=self.grammar,
        )

    async def complete(self, request: Request) -> Completion:
        """Answer from the script, and keep the request in `requests`."""
        arrived = len(self.requests)
        self.requests.append(request)
        if callable(self.replies):
            reply = self.replies(request)
        else:
            reply = self.replies[(arrived if self.in_order else request.seed) % len(self.replies)]
        text, _ = cut_at_stop(reply, request.sampling.stop)
        words = list(re.finditer(r"\S+", text))
        finish_reason: FinishReason = "stop"
        if len(words) > request.sampling.max_new_tokens:
            words = words[: request.sampling.max_new_tokens]
            text = text[: words[-1].end()] if words else ""
            finish_reason = "length"
        shown = request.prompt or " ".join(message.content for message in request.messages)
        return Completion(
            text=text,
            finish_reason=finish_reason,
            prompt_tokens=len(shown.split()),
            completion_tokens=len(words),
            seed=request.seed if request.sampling.temperature > 0 else None,
        )


def replies_revision(replies: tuple[str, ...] | Callable[[Request], str]) -> str:
    """What tells one script from another: the hash of a list, the full name of a function."""
    if isinstance(replies, tuple):
        return hashlib.sha256(json.dumps(replies).encode()).hexdigest()[:16]
    return f"{replies.__module__}.{getattr(replies, '__qualname__', type(replies).__qualname__)}"
