from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal, Self

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """
    How the next token is drawn.

    Args:
        temperature (`float`, defaults to 1.0):
            The scores are divided by it; 0 takes the likeliest token each time (greedy).
        top_p (`float`, defaults to 1.0):
            Only the likeliest tokens whose probabilities sum up to this share are kept; 1.0 keeps all.
        top_k (`int`, *optional*):
            Only that many of the likeliest tokens are kept. All when not given.
        repetition_penalty (`float`, *optional*):
            Scores of tokens that already stand in the text are divided (or, when negative, multiplied) by it.
        max_new_tokens (`int`, defaults to 256):
            Tokens after which an answer is cut.
        stop (`tuple[str, ...]`, defaults to `()`):
            Strings at which an answer ends; they are not part of it.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int | None = None
    repetition_penalty: float | None = None
    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """
    One prompt with its sampling settings: either `messages` (chat form) or `prompt` (a plain text to be continued).

    Args:
        sampling (`Sampling`):
            How the tokens are drawn.
        seed (`int`):
            Seed of this one request, in `[0, 2**31)`: it fixes the answer whatever else the engine is asked.
        messages (`tuple[Message, ...]`, defaults to `()`):
            The chat so far. Empty in the completion form.
        prompt (`str`, *optional*):
            The text to be continued, sent as it is: no chat template is applied to it.
        schema (`dict`, *optional*):
            JSON schema of an object that the answer has to follow. Only given to engines whose
            `EngineInfo.grammar` is true.
    """

    sampling: Sampling
    seed: int
    messages: tuple[Message, ...] = ()
    prompt: str | None = None
    schema: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """
    The reply to one request.

    Args:
        text (`str`):
            What the model wrote, without the prompt, without a stop string, otherwise untouched.
        finish_reason (`"stop"` or `"length"`):
            `"length"` when the answer was cut at `max_new_tokens` or at the context's end.
        prompt_tokens (`int`, *optional*):
            Tokens of the prompt, where the engine tells.
        completion_tokens (`int`, *optional*):
            Tokens of the answer, where the engine tells.
        seed (`int`, *optional*):
            The seed that the engine says it used, or the one it was given. `None` for greedy answers.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """
    Who answers, as told by the server itself where it tells.

    Args:
        engine (`str`):
            The registry name: `tgi`, `openai`, `embedded`, ...
        model (`str`):
            Model id, as the server tells it.
        revision (`str`, *optional*):
            Commit or content hash of the model, where it is known.
        server (`str`):
            What runs the model, for example `text-generation-inference` or `transformers`.
        server_version (`str`, *optional*):
            Its version.
        chat_template (`bool`, defaults to `True`):
            Whether the model answers in the chat form.
        grammar (`bool`, defaults to `False`):
            Whether `Request.schema` is enforced.
        max_concurrent_requests (`int`, *optional*):
            More at a time are refused by the server.
        max_input_tokens, max_total_tokens (`int`, *optional*):
            Limits of one request.
        max_stop_sequences (`int`, *optional*):
            Stop strings that one request may have.
    """

    engine: str
    model: str
    revision: str | None = None
    server: str = ""
    server_version: str | None = None
    chat_template: bool = True
    grammar: bool = False
    max_concurrent_requests: int | None = None
    max_input_tokens: int | None = None
    max_total_tokens: int | None = None
    max_stop_sequences: int | None = None

    def identity(self) -> dict[str, Any]:
        """What has to be equal for two completions to come from the same model: the journal's keys cover it."""
        return {"engine": self.engine, "model": self.model, "revision": self.revision, "server": self.server}

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class EngineSettings:
    """
    What a user can say about an engine, on the command line or in Python.

    Args:
        endpoints (`tuple[str, ...]`, defaults to `()`):
            Base URLs of the servers.
        model (`str`, *optional*):
            Model id, or a local directory for the embedded engine.
        api_key_env (`str`, *optional*):
            Name of the environment variable that holds the endpoint's key. No other token is ever sent.
        concurrency (`int`, *optional*):
            Requests under way at once. Each engine has its own default.
        timeout (`float`, defaults to 300.0):
            Seconds that one request may take.
        replies (`str`, *optional*):
            File of the scripted engine.
        provider (`str`, *optional*):
            Provider's name for `inference_providers`.
    """

    endpoints: tuple[str, ...] = field(default=(), repr=False)  # a URL may hold a password
    model: str | None = None
    api_key_env: str | None = None
    concurrency: int | None = None
    timeout: float = 300.0
    replies: str | None = None
    provider: str | None = None


class Engine(ABC):
    """
    What answers prompts. Used as `async with engine: ...`, from one event loop.

    `complete` may be called many times at once: the caller keeps at most `concurrency` requests under way. An engine
    raises nothing but `EngineError`s; which of them are worth another try is decided in `engines/limits.py`, not here.
    """

    name: ClassVar[str]
    takes: ClassVar[frozenset[str]] = frozenset({"endpoints", "model", "api_key_env", "replies", "provider"})
    """Fields of `EngineSettings` that mean something to it; others are refused. All where a class does not say."""
    shared: ClassVar[bool] = True
    """Whether what answers is shared by all processes that ask it, and not a part of each of them."""
    concurrency: int

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """Make one from what the user said; raises `RecipeError` when something needed is missing."""

    @abstractmethod
    async def open(self) -> EngineInfo:
        """
        Connect or load, and tell who answers.

        Raises:
            EngineUnreachableError: Nobody listens there, or the model can't be found.
            EngineAuthError: A key is wanted.
        """

    @abstractmethod
    async def complete(self, request: Request) -> Completion:
        """
        Answer one request.

        Raises:
            EngineError: One of its kinds; see `synth_builder.errors`.
        """

    def capacities(self) -> dict[str, int]:
        """
        Requests that each server may be given at once by all processes together, once the engine is open; nothing for
        engines that can't keep to a share of it while they work.
        """
        return {}

    @property
    def takes_shares(self) -> bool:
        """Whether it can keep to a share of its servers while it works; known before it is open."""
        return type(self).capacities is not Engine.capacities

    def in_use(self) -> dict[str, int]:
        """Requests that are under way at each of these servers now."""
        return {}

    def allow(self, shares: Mapping[str, int]) -> None:
        """Keep to a share of each server's capacity from now on."""

    async def close(self) -> None:
        """Give back what `open` took. Nothing by default; calling it twice is fine."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
