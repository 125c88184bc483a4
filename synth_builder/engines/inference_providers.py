import json
from typing import TYPE_CHECKING, Any, Self

from synth_builder.engines.answers import blot, clean_text, count, cut_at_stop, error_text, shown
from synth_builder.engines.base import Completion, Engine, EngineInfo, EngineSettings, FinishReason, Request
from synth_builder.engines.chat_answers import FINISH_REASONS
from synth_builder.engines.endpoints import api_key
from synth_builder.engines.http import error_for_status, seconds_to_wait
from synth_builder.errors import (
    EngineAuthError,
    EngineError,
    EngineOverloadedError,
    EngineReplyError,
    EngineUnreachableError,
    RecipeError,
    RequestRefusedError,
)

if TYPE_CHECKING:
    from huggingface_hub import AsyncInferenceClient


class InferenceProvidersEngine(Engine):
    """
    Hugging Face's Inference Providers, through `huggingface_hub.AsyncInferenceClient`.

    This is the only engine that uses the token of the Hub, as its host is Hugging Face itself: the one of the
    environment variable named by `--api-key-env`, or else the one that `hf auth login` or `HF_TOKEN` gave to
    huggingface_hub. Chats work with every provider, plain prompts only with those that serve text generation. Which
    weights a provider runs is not told, so the provenance has no revision.

    Args:
        model (`str`):
            Id of a model on the Hub.
        provider (`str`, defaults to `"auto"`):
            Name of the provider; `"auto"` takes the first one of the user's own order.
        token (`str`, *optional*):
            Token to send. The login of huggingface_hub when not given.
        concurrency (`int`, defaults to 8):
            Requests under way at once.
        timeout (`float`, defaults to 300.0):
            Seconds that one request may take.
        client (`AsyncInferenceClient`, *optional*):
            A client to use. Made by `open` when not given.
    """

    takes = frozenset({"endpoints", "model", "api_key_env", "provider"})
    name = "inference_providers"

    def __init__(
        self,
        model: str,
        *,
        provider: str = "auto",
        token: str | None = None,
        concurrency: int = 8,
        timeout: float = 300.0,
        client: "AsyncInferenceClient | None" = None,
    ) -> None:
        self.model = model
        self.provider = provider
        self.concurrency = concurrency
        self.timeout = timeout
        self._token = token
        self._client = client

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """
        Make one from what the user said.

        Raises:
            RecipeError: No model, an endpoint, or a named environment variable that holds no token.
        """
        if settings.model is None:
            raise RecipeError("The engine 'inference_providers' needs a model on the Hub. Name it with --model.")
        if settings.endpoints:
            raise RecipeError(
                "The engine 'inference_providers' asks Hugging Face and takes no --endpoint. For a server of your own "
                "use --engine tgi or --engine openai."
            )
        return cls(
            settings.model,
            provider=settings.provider or "auto",
            token=api_key(settings),
            concurrency=settings.concurrency or 8,
            timeout=settings.timeout,
        )

    async def open(self) -> EngineInfo:
        """
        Make the client. Nothing is sent yet.

        Raises:
            EngineAuthError: There is no token to send.
            EngineUnreachableError: The provider is unknown.
        """
        if self._client is None:
            from huggingface_hub import AsyncInferenceClient, get_token

            token = self._token or get_token()
            if token is None:
                raise EngineAuthError(
                    "Inference Providers want a Hugging Face token, and there is none. Log in with `hf auth login`, "
                    "or name an environment variable that holds one with --api-key-env NAME."
                )
            self._token = token
            self._client = AsyncInferenceClient(
                model=self.model,
                provider=self.provider,  # type: ignore[arg-type]  # a Literal of all providers there
                api_key=token,
                timeout=self.timeout,
            )
        return EngineInfo(engine=self.name, model=self.model, server=f"inference-providers/{self.provider}")

    async def close(self) -> None:
        """Close the client's connections."""
        if self._client is not None:
            await self._client.close()  # type: ignore[no-untyped-call]
            self._client = None

    async def complete(self, request: Request) -> Completion:
        """
        Answer one request.

        Raises:
            EngineError: One of its kinds.
        """
        # HTTPError is that of httpx or httpx2, whichever the installed huggingface_hub speaks.
        from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

        if self._client is None:
            raise EngineUnreachableError(f"The engine {self.name!r} is not open. Call `await engine.open()` first.")
        try:
            if request.prompt is None:
                answer = await self._client.chat_completion(**chat_arguments(request))
                return read_chat_output(answer, request)
            answer = await self._client.text_generation(**text_arguments(request))
            return read_text_output(answer, request)
        except OfflineModeIsEnabled as error:
            raise EngineUnreachableError(
                "HF_HUB_OFFLINE is set, so Inference Providers can't be asked. Unset it, or use another --engine."
            ) from error
        except HTTPError as error:
            raise self._ours(error) from error
        except json.JSONDecodeError as error:
            raise EngineReplyError(
                f"{self.model!r} through provider {self.provider!r} was answered with no valid JSON: "
                f"{self._blotted(error)}."
            ) from error
        except ValueError as error:
            # The client's word for a provider that does not serve the model, or does not know the task.
            raise EngineUnreachableError(
                f"{self.model!r} can't be asked through provider {self.provider!r}: {self._blotted(error)}"
            ) from error

    def _ours(self, error: Exception) -> EngineError:
        """The error of ours for one of the client's: by its status, by TGI's own word, or a lost connection."""
        from huggingface_hub.errors import InferenceTimeoutError, TextGenerationError, ValidationError

        where = f"{self.model!r} through provider {self.provider!r}"
        if isinstance(error, InferenceTimeoutError):
            return EngineOverloadedError(f"{where} did not answer within {self.timeout:g} s.")
        if isinstance(error, TextGenerationError):
            said = self._blotted(error)
            if isinstance(error, ValidationError):
                return RequestRefusedError(f"{where} refused the request: {said}.")
            return EngineOverloadedError(f"{where} did not answer: {said}.")
        response = getattr(error, "response", None)
        if response is None:
            return EngineOverloadedError(f"{where} was not answered: {type(error).__name__} {self._blotted(error)}.")
        return error_for_status(
            response.status_code,
            where,
            self._secretless(getattr(error, "server_message", None) or error_text(response.text)),
            retry_after=seconds_to_wait(response.headers.get("Retry-After")),
            hint="Does the provider serve this model?",
        )

    def _secretless(self, text: str) -> str:
        return blot(text, (self._token,) if self._token else ())

    def _blotted(self, error: Exception) -> str:
        return shown(self._secretless(str(error)))


def chat_arguments(request: Request) -> dict[str, Any]:
    """Arguments of the client's `chat_completion`; only settings that differ from no setting at all."""
    sampling = request.sampling
    arguments: dict[str, Any] = {
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
    }
    more: dict[str, Any] = {}
    if sampling.temperature > 0:
        arguments["seed"] = request.seed
        if sampling.top_p < 1:
            arguments["top_p"] = sampling.top_p
        if sampling.top_k is not None:
            more["top_k"] = sampling.top_k
    if sampling.repetition_penalty is not None:
        more["repetition_penalty"] = sampling.repetition_penalty
    if more:
        arguments["extra_body"] = more
    if sampling.stop:
        arguments["stop"] = list(sampling.stop)
    return arguments


def text_arguments(request: Request) -> dict[str, Any]:
    """Arguments of the client's `text_generation`; the prompt is not wanted back."""
    sampling = request.sampling
    arguments: dict[str, Any] = {
        "prompt": request.prompt,
        "details": True,
        "return_full_text": False,
        "max_new_tokens": sampling.max_new_tokens,
        "do_sample": sampling.temperature > 0,
    }
    if sampling.temperature > 0:
        arguments |= {"temperature": sampling.temperature, "seed": request.seed}
        if sampling.top_p < 1:
            arguments["top_p"] = sampling.top_p
        if sampling.top_k is not None:
            arguments["top_k"] = sampling.top_k
    if sampling.repetition_penalty is not None:
        arguments["repetition_penalty"] = sampling.repetition_penalty
    if sampling.stop:
        arguments["stop"] = list(sampling.stop)
    return arguments


def read_chat_output(answer: Any, request: Request) -> Completion:
    """
    Read what `chat_completion` gave.

    Raises:
        EngineReplyError: It has no choice with a text in it.
    """
    choice = answer.choices[0] if answer.choices else None
    if choice is None:
        raise EngineReplyError("The provider's answer has no 'choices'. Expected one.")
    usage = answer.usage
    return _completion(
        request,
        choice.message.content or "",
        choice.finish_reason,
        prompt_tokens=count(usage.prompt_tokens) if usage is not None else None,
        completion_tokens=count(usage.completion_tokens) if usage is not None else None,
    )


def read_text_output(answer: Any, request: Request) -> Completion:
    """
    Read what `text_generation` gave.

    Raises:
        EngineReplyError: It does not say why the text ends.
    """
    if answer.details is None:
        raise EngineReplyError("The provider's answer has no 'details', though they were asked for.")
    reason, tokens = answer.details.finish_reason, count(answer.details.generated_tokens)
    return _completion(request, answer.generated_text, reason, prompt_tokens=None, completion_tokens=tokens)


def _completion(
    request: Request, text: str, reason: object, *, prompt_tokens: int | None, completion_tokens: int | None
) -> Completion:
    if reason not in FINISH_REASONS:
        raise EngineReplyError(
            f"The provider's finish_reason is {reason!r}. Expected one of {', '.join(map(str, FINISH_REASONS))}."
        )
    text, stopped = cut_at_stop(clean_text(text), request.sampling.stop)
    finish_reason: FinishReason = "stop" if stopped else FINISH_REASONS[reason]
    seed = request.seed if request.sampling.temperature > 0 else None
    return Completion(text, finish_reason, prompt_tokens, completion_tokens, seed)
