from synth_builder.engines.answers import Answer, clean_text, count, cut_at_stop
from synth_builder.engines.base import Completion, FinishReason, Request
from synth_builder.errors import RequestRefusedError

FINISH_REASONS: dict[object, FinishReason] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "eos_token": "stop",
    "length": "length",
}


def finish_reason(told: object) -> FinishReason | None:
    """Our word for what a server says; `None` for anything that is no such word."""
    return FINISH_REASONS.get(told) if isinstance(told, str) else None


def read_chat(answer: Answer, request: Request) -> Completion:
    """
    Read the answer of `/v1/chat/completions` or `/v1/completions`, as TGI, vLLM and others send it.

    Args:
        answer (`Answer`):
            What the server sent with a 200.
        request (`Request`):
            What was asked.

    Returns:
        `Completion`: The text cut at the first stop string. These routes tell no seed: the one of the request stands
        for it.

    Raises:
        EngineReplyError: It has not the form that the protocol promises.
        RequestRefusedError: The server's content filter held the text back.
    """
    value = answer.json()
    choices = value.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise answer.unexpected("'choices' with one choice")
    if request.prompt is None:
        message = choice.get("message")
        if not isinstance(message, dict):
            raise answer.unexpected("a choice with a 'message'")
        text = message.get("content")
        text = "" if text is None else text  # null where a model spent all its tokens on thinking
    else:
        text = choice.get("text")
    if not isinstance(text, str):
        raise answer.unexpected("a text in the first choice")
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        raise RequestRefusedError(f"{answer.where} was answered, but the server's content filter held the text back.")
    if finish_reason(reason) is None:
        raise answer.unexpected(f"a finish_reason out of {', '.join(map(str, FINISH_REASONS))}")
    text, stopped = cut_at_stop(clean_text(text), request.sampling.stop)
    usage = value.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Completion(
        text=text,
        finish_reason="stop" if stopped else FINISH_REASONS[reason],
        prompt_tokens=count(usage.get("prompt_tokens")),
        completion_tokens=count(usage.get("completion_tokens")),
        seed=request.seed if request.sampling.temperature > 0 else None,
    )
