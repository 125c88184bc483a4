"""
The libraries that turn a JSON schema into masks over a vocabulary, on one tokenizer and one schema: what they weigh,
how long they take, and whether their masks are right. `structured.py` runs it.
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Protocol

import numpy
import regex
from numpy.typing import NDArray

from synth_builder.strategies.replies import reply_schema

LABELS = ["entailment", "not_entailment"]
SCHEMA = reply_schema(["premise", "hypothesis"], "label", LABELS)
REPLY = (
    '{"premise":"The café at 12 Ocean Road, which opened in May, is closed: 東京 is far. 😀",'
    '"hypothesis":"No café is open; that much we know!","label":"not_entailment"}'
)
# What is installed for a library, beside what the extra `embedded` has without it.
WEIGHT = {
    "llguidance": ["llguidance"],
    "xgrammar": ["xgrammar", "apache-tvm-ffi", "triton"],
    "outlines-core": ["outlines-core"],
}
CHARACTER = (
    rb"(?:[\x20-\x21\x23-\x5b\x5d-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}"
    rb"|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4}))"
)
# All replies that follow the schema, written without spaces: the yardstick for the masks.
RIGHT = regex.compile(
    rb'\{"premise":"' + CHARACTER + rb'+","hypothesis":"' + CHARACTER + rb'+","label":"(?:not_)?entailment"\}'
)

Mask = NDArray[numpy.int32]


class State(Protocol):
    """One answer on its way."""

    def fill(self, mask: Mask) -> None:
        """Write the mask of the next token, one bit a token."""

    def take(self, token: int) -> None:
        """Go on with a token."""


class LLGuidanceState:
    """An answer in the hands of llguidance."""

    def __init__(self, matcher: Any) -> None:
        self.matcher = matcher

    def fill(self, mask: Mask) -> None:
        """Write the mask of the next token."""
        self.matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)

    def take(self, token: int) -> None:
        """Go on with a token."""
        assert self.matcher.consume_token(token)


class XGrammarState:
    """An answer in the hands of xgrammar."""

    def __init__(self, matcher: Any) -> None:
        self.matcher = matcher

    def fill(self, mask: Mask) -> None:
        """Write the mask of the next token."""
        import torch

        self.matcher.fill_next_token_bitmask(torch.from_numpy(mask)[None], 0)

    def take(self, token: int) -> None:
        """Go on with a token."""
        assert self.matcher.accept_token(token)


class OutlinesState:
    """An answer in the hands of outlines-core."""

    def __init__(self, guide: Any) -> None:
        self.guide = guide

    def fill(self, mask: Mask) -> None:
        """Write the mask of the next token."""
        self.guide.write_mask_into(mask.ctypes.data, mask.size, mask.itemsize)

    def take(self, token: int) -> None:
        """Go on with a token."""
        self.guide.advance(token, False)


Compile = Callable[[dict[str, Any]], Callable[[], State]]


def llguidance(tokenizer: Any, spelled: Sequence[bytes | None], end_id: int) -> Compile:
    """Read the tokenizer; what comes back compiles a schema, and what that gives starts an answer."""
    import llguidance.hf

    tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=len(spelled), eos_token=end_id)

    def compile_schema(schema: dict[str, Any]) -> Callable[[], State]:
        grammar = llguidance.LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})
        matcher = llguidance.LLMatcher(tokens, grammar)
        return lambda: LLGuidanceState(matcher.deep_copy())

    return compile_schema


def xgrammar(tokenizer: Any, spelled: Sequence[bytes | None], end_id: int) -> Compile:
    """The same with xgrammar."""
    import xgrammar as library

    info = library.TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(spelled), stop_token_ids=[end_id])
    compiler = library.GrammarCompiler(info, max_threads=1, cache_enabled=False)

    def compile_schema(schema: dict[str, Any]) -> Callable[[], State]:
        compiled = compiler.compile_json_schema(json.dumps(schema), any_whitespace=False, separators=(",", ":"))
        return lambda: XGrammarState(library.GrammarMatcher(compiled))

    return compile_schema


def outlines_core(tokenizer: Any, spelled: Sequence[bytes | None], end_id: int) -> Compile:
    """The same with outlines-core, which has to be given the bytes of each token."""
    import outlines_core as library
    from outlines_core.json_schema import build_regex_from_schema

    tokens: dict[bytes, list[int]] = {}
    for token, spelling in enumerate(spelled):
        if spelling is not None:
            tokens.setdefault(spelling, []).append(token)
    vocabulary = library.Vocabulary(end_id, tokens)

    def compile_schema(schema: dict[str, Any]) -> Callable[[], State]:
        index = library.Index(build_regex_from_schema(json.dumps(schema), ""), vocabulary)
        return lambda: OutlinesState(library.Guide(index))

    return compile_schema


LIBRARIES = {"llguidance": llguidance, "xgrammar": xgrammar, "outlines-core": outlines_core}


@dataclass(frozen=True)
class Yardstick:
    """The tokens of a reply, and for each of its states which tokens of the whole vocabulary may come next."""

    tokens: list[int]
    spelled: list[bytes | None]
    right: NDArray[numpy.bool_]
    special: NDArray[numpy.bool_]


def spellings(tokenizer: Any, size: int) -> list[bytes | None]:
    """The bytes of each token of a byte-level tokenizer, `None` for special ones."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(byte): byte for byte in plain}
    letters |= {chr(256 + place): byte for place, byte in enumerate(byte for byte in range(256) if byte not in plain)}
    spelled: list[bytes | None] = [None] * size
    for token, place in tokenizer.get_vocab().items():
        if place not in tokenizer.added_tokens_decoder:
            spelled[place] = bytes(letters[letter] for letter in token)
    return spelled


def yardstick(tokenizer: Any, size: int) -> Yardstick:
    """Judge every token at every state of the reply by a regular expression."""
    spelled = spellings(tokenizer, size)
    tokens = tokenizer(REPLY, add_special_tokens=False).input_ids
    right = numpy.zeros((len(tokens), size), dtype=numpy.bool_)
    prefix = b""
    for state, token in enumerate(tokens):
        for place, spelling in enumerate(spelled):
            right[state, place] = spelling is not None and RIGHT.fullmatch(prefix + spelling, partial=True) is not None
        prefix += spelled[token] or b""
    assert RIGHT.fullmatch(prefix)
    return Yardstick(tokens, spelled, right, numpy.array([spelling is None for spelling in spelled]))


def walk(start: Callable[[], State], tokens: Sequence[int], words: int) -> tuple[Mask, list[float]]:
    """The masks at every state of the reply, and the seconds that each took."""
    state, seconds = start(), []
    masks = numpy.zeros((len(tokens), words), dtype=numpy.int32)
    for mask, token in zip(masks, tokens, strict=True):
        started = time.perf_counter()
        state.fill(mask)
        seconds.append(time.perf_counter() - started)
        state.take(token)
    return masks, seconds


def installed_mib(names: Sequence[str]) -> dict[str, float | None]:
    """Size on the disk of each distribution, `None` where it is not installed."""
    sizes: dict[str, float | None] = {}
    for name in names:
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            sizes[name] = None
        else:
            paths = {Path(str(file.locate())) for file in files}
            sizes[name] = round(sum(path.stat().st_size for path in paths if path.is_file()) / 2**20, 1)
    return sizes


def measure(name: str, tokenizer: Any, end_id: int, ideal: Yardstick) -> dict[str, Any]:
    """Everything about one library, or why it was not measured."""
    try:
        version = distribution(name).version
    except PackageNotFoundError:
        return {"not_measured": "not installed"}
    size, words = len(ideal.spelled), (len(ideal.spelled) + 31) // 32
    started = time.perf_counter()
    compile_schema = LIBRARIES[name](tokenizer, ideal.spelled, end_id)
    reading = time.perf_counter() - started

    compiling = []
    for number in range(5):  # another label each time: nothing is found in a cache
        schema = reply_schema(["premise", "hypothesis"], "label", [*LABELS, f"label_{number}"])
        started = time.perf_counter()
        compile_schema(schema)()
        compiling.append(time.perf_counter() - started)
    start = compile_schema(SCHEMA)
    walk(start, ideal.tokens, words)
    masks, _ = walk(start, ideal.tokens, words)
    seconds = [second for _ in range(10) for second in walk(start, ideal.tokens, words)[1]]
    bits = numpy.unpackbits(masks.view(numpy.uint8), axis=1, count=size, bitorder="little").view(numpy.bool_)

    def rows(_: int) -> bool:
        return all(numpy.array_equal(walk(start, ideal.tokens, words)[0], masks) for _ in range(50))

    started = time.perf_counter()
    rows(0)
    alone = time.perf_counter() - started
    with ThreadPoolExecutor(2) as lanes:
        started = time.perf_counter()
        same = all(lanes.map(rows, range(2)))
        together = time.perf_counter() - started
    return {
        "version": version,
        "licence": distribution(name).metadata.get("License-Expression") or distribution(name).metadata.get("License"),
        "installed_mib": installed_mib(WEIGHT[name]),
        "read_tokenizer_s": round(reading, 3),
        "compile_schema_ms": round(1e3 * statistics.median(compiling), 2),
        "mask_us_per_token_and_row": {
            "median": round(1e6 * statistics.median(seconds), 1),
            "worst": round(1e6 * max(seconds), 1),
        },
        "whole_vocabulary": {
            "tokens": size,
            "states": len(ideal.tokens),
            "wrong_tokens_allowed": int((bits & ~ideal.right & ~ideal.special).sum()),
            "special_tokens_allowed": int((bits & ideal.special).sum()),
            "right_tokens_forbidden_share": round(float((~bits & ideal.right).sum() / ideal.right.sum()), 5),
            "quotation_mark_in_a_text_allowed": bool(_quoting(bits, ideal)),
        },
        "two_threads": {"same_masks": same, "time_of_twice_the_rows": round(together / alone, 2)},
    }


def _quoting(bits: NDArray[numpy.bool_], ideal: Yardstick) -> bool:
    """Whether an escaped quotation mark may stand inside of a text."""
    escaped = [place for place, spelling in enumerate(ideal.spelled) if spelling == b'\\"']
    inside = ideal.right[:, escaped].any(axis=1)
    return bool(bits[inside][:, escaped].all())
