"""
The rules that a text-generation-inference router checks a request against, with the words it refuses one in.

Written after router/src/validation.rs of version 3.3.
"""

import re
from dataclasses import dataclass, field
from typing import Any

KNOWN_PARAMETERS: dict[str, type | tuple[type, ...]] = {
    "max_new_tokens": int,
    "do_sample": bool,
    "temperature": (int, float),
    "top_k": int,
    "top_p": (int, float),
    "typical_p": (int, float),
    "repetition_penalty": (int, float),
    "frequency_penalty": (int, float),
    "seed": int,
    "best_of": int,
    "stop": list,
    "truncate": int,
    "top_n_tokens": int,
    "details": bool,
    "decoder_input_details": bool,
    "return_full_text": bool,
    "watermark": bool,
    "grammar": dict,
    "adapter_id": str,
}
KNOWN_CHAT_FIELDS: dict[str, type | tuple[type, ...]] = {
    "messages": list,
    "model": str,
    "max_tokens": int,
    "max_completion_tokens": int,
    "temperature": (int, float),
    "top_p": (int, float),
    "seed": int,
    "stop": list,
    "frequency_penalty": (int, float),
    "presence_penalty": (int, float),
    "logprobs": bool,
    "top_logprobs": int,
    "tools": list,
    "tool_choice": (str, dict),
    "tool_prompt": str,
    "response_format": dict,
    "stream": bool,
    "stream_options": dict,
}
UNSIGNED = ("max_new_tokens", "max_tokens", "max_completion_tokens", "seed", "best_of", "truncate", "top_n_tokens")


@dataclass(frozen=True)
class Limits:
    """A server's limits; TGI's own defaults where it has any."""

    max_concurrent_requests: int = 128
    max_best_of: int = 2
    max_stop_sequences: int = 4
    max_top_n_tokens: int = 5
    max_client_batch_size: int = 4
    max_input_tokens: int = 4095
    max_total_tokens: int = 4096
    payload_limit: int = 2_000_000


@dataclass
class Refusal(Exception):
    """A request that is refused: status, the text, and the word for it (`None`: the web framework's plain text)."""

    status: int
    error: str
    error_type: str | None = "validation"


@dataclass(frozen=True)
class Valid:
    """A request as the server takes it."""

    inputs: str
    input_tokens: int
    max_new_tokens: int
    sampled: bool
    seed: int | None
    stop: list[str]
    best_of: int = 1
    schema: dict[str, Any] | None = None
    regex: str | None = None
    details: bool = False
    return_full_text: bool | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


def tokens(text: str) -> list[str]:
    """The servers' tokenizer: words and signs, each with the white space before it; they join to the text again."""
    return re.findall(r"\s*(?:\w+|[^\w\s])|\s+\Z", text)


def check_types(values: dict[str, Any], known: dict[str, type | tuple[type, ...]]) -> set[str]:
    """Refuse values of a wrong type as the JSON layer does, and return the names that it does not know."""
    for name, value in values.items():
        if name not in known or value is None:
            continue
        wrong = not isinstance(value, known[name]) or (isinstance(value, bool) and known[name] is not bool)
        if wrong or (name in UNSIGNED and value < 0):
            raise Refusal(
                422,
                f"Failed to deserialize the JSON body into the target type: {name}: invalid value: {value!r}",
                None,
            )
    return set(values) - set(known)


def read_grammar(grammar: dict[str, Any] | None, enabled: bool) -> tuple[dict[str, Any] | None, str | None]:
    """Schema and regex out of the tagged union that `grammar` and `response_format` are."""
    if grammar is None:
        return None, None
    kind, value = grammar.get("type"), grammar.get("value")
    schema = value.get("schema") if kind == "json_schema" and isinstance(value, dict) else value
    fits = isinstance(schema, str if kind == "regex" else dict)
    if kind not in ("json", "json_object", "json_schema", "regex") or not fits:
        raise Refusal(
            422, "Failed to deserialize the JSON body into the target type: grammar: missing field `value`", None
        )
    if not enabled:
        raise Refusal(422, "Input validation error: grammar is not supported")
    if kind == "regex":
        return None, str(schema)
    assert isinstance(schema, dict)
    if not isinstance(schema.get("properties"), dict):
        raise Refusal(422, "Input validation error: grammar is not valid: Grammar must have a 'properties' field")
    return schema, None


def validate(
    inputs: str, parameters: dict[str, Any], limits: Limits, *, random_seed: int, grammar_support: bool, stream: bool
) -> Valid:
    """
    Check the parameters of `/generate`, in the router's order.

    Raises:
        Refusal: The first rule that is broken.
    """

    def refuse(text: str) -> Refusal:
        return Refusal(422, f"Input validation error: {text}")

    given = {name: value for name, value in parameters.items() if value is not None}
    best_of = given.get("best_of", 1)
    if not 0 < best_of <= limits.max_best_of:
        raise refuse(f"`best_of` must be > 0 and <= {limits.max_best_of}. Given: {best_of}")
    sampled = (
        given.get("do_sample", False)
        or given.get("temperature", 1.0) != 1.0
        or any(name in given for name in ("top_k", "top_p", "typical_p"))
    )
    if best_of > 1 and not sampled:
        raise refuse("you must use sampling when `best_of` is > 1")
    if best_of > 1 and stream:
        raise refuse("`best_of` != 1 is not supported when streaming tokens")
    if stream and given.get("decoder_input_details"):
        raise refuse("`decoder_input_details` == true is not supported when streaming tokens")
    if given.get("temperature", 1.0) <= 0:
        raise refuse("`temperature` must be strictly positive")
    if given.get("repetition_penalty", 1.0) <= 0:
        raise refuse("`repetition_penalty` must be strictly positive")
    if not -2 <= given.get("frequency_penalty", 0.0) <= 2:
        raise refuse("`frequency_penalty` must be >= -2.0 and <= 2.0")
    for name in ("top_p", "typical_p"):
        if not 0 < given.get(name, 0.5) < 1:
            raise refuse(f"`{name}` must be > 0.0 and < 1.0")
    if given.get("top_k", 1) <= 0:
        raise refuse("`top_k` must be strictly positive")
    if given.get("max_new_tokens") == 0:
        raise refuse("`max_new_tokens` must be strictly positive")
    stop = given.get("stop", [])
    if len(stop) > limits.max_stop_sequences:
        raise refuse(f"`stop` supports up to {limits.max_stop_sequences} stop sequences. Given: {len(stop)}")
    if best_of > 1 and "seed" in given:
        raise refuse("`seed` must not be set when `best_of` > 1")
    if not 0 <= given.get("top_n_tokens", 0) <= limits.max_top_n_tokens:
        raise refuse(f"`top_n_tokens` must be >= 0 and <= {limits.max_top_n_tokens}. Given: {given['top_n_tokens']}")
    if not inputs:
        raise refuse("`inputs` cannot be empty")
    pieces = tokens(inputs)
    truncate = given.get("truncate")
    if truncate is not None:
        if not 0 < truncate <= limits.max_input_tokens:
            raise refuse(
                f"`truncate` must be strictly positive and less than {limits.max_input_tokens}. Given: {truncate}"
            )
        pieces = pieces[-truncate:]
    length = len(pieces)
    asked = given.get("max_new_tokens", max(1, limits.max_total_tokens - length))
    if length + min(asked, 1024) > limits.max_total_tokens:
        raise refuse(
            f"`inputs` tokens + `max_new_tokens` must be <= {limits.max_total_tokens}. "
            f"Given: {length} `inputs` tokens and {asked} `max_new_tokens`"
        )
    if length > limits.max_input_tokens:
        raise refuse(f"`inputs` must have less than {limits.max_input_tokens} tokens. Given: {length}")
    schema, regex = read_grammar(given.get("grammar"), grammar_support)
    return Valid(
        inputs="".join(pieces),
        input_tokens=length,
        max_new_tokens=min(asked, limits.max_total_tokens - length),
        sampled=bool(sampled),
        seed=given.get("seed", random_seed) if sampled else None,
        stop=stop,
        best_of=best_of,
        schema=schema,
        regex=regex,
        details=bool(given.get("details") or given.get("decoder_input_details")),
        return_full_text=given.get("return_full_text"),
        parameters=given,
    )
