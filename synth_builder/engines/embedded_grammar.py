"""How the embedded engine holds an answer to a JSON schema: which tokens may come next, for each row by itself."""

import json
import logging
import threading
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from typing import Any

from synth_builder.errors import RequestRefusedError
from synth_builder.extras import require

logger = logging.getLogger(__name__)

LIBRARY = "llguidance"

# One way to write the white space, that of `json.dumps`: where a model may choose, a small one can go on with line
# breaks until its tokens are used up.
SPELLING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Grammar:
    """
    Turns schemas into grammars over a tokenizer's whole vocabulary, byte tokens among it.

    Args:
        tokens (`llguidance.LLTokenizer`):
            The vocabulary with its end tokens.
    """

    def __init__(self, tokens: Any) -> None:
        self._tokens = tokens
        self._compiled: dict[str, Any] = {}
        self._compiling = threading.Lock()

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""
        return int(self._tokens.vocab_size)

    def start(self, schema: dict[str, Any]) -> Any:
        """
        The state of an answer that is not begun yet. Each row has its own, so rows share nothing but what is compiled.

        Args:
            schema (`dict`):
                JSON schema of the answer.

        Returns:
            `llguidance.LLMatcher`: At the answer's first token.

        Raises:
            RequestRefusedError: The library can't enforce the schema.
        """
        matchers = require(LIBRARY, extra="embedded").LLMatcher
        key = json.dumps(schema)
        with self._compiling:
            if key not in self._compiled:
                grammar = matchers.grammar_from_json_schema(schema, overrides=SPELLING)
                self._compiled[key] = matchers(self._tokens, grammar)
            compiled = self._compiled[key]
            if compiled.is_error():
                reason = (compiled.get_error().strip() or "no reason given").splitlines()[0]
                raise RequestRefusedError(
                    f"The embedded engine can't hold an answer to this JSON schema ({reason}). Expected an object "
                    "with string properties."
                )
            return compiled.deep_copy()


def load_grammar(tokenizer: Any, vocabulary: int, end_ids: Collection[int]) -> Grammar | None:
    """
    Read a tokenizer for grammars.

    Args:
        tokenizer (`transformers.PreTrainedTokenizerBase`):
            The model's tokenizer.
        vocabulary (`int`):
            Tokens that the model has scores for.
        end_ids (collection of `int`):
            Tokens that end an answer.

    Returns:
        `Grammar`: `None` where llguidance is not installed, or can't read a tokenizer of this kind; answers are then
        held to nothing.
    """
    if find_spec(LIBRARY) is None:
        return None
    from_tokenizer = require(f"{LIBRARY}.hf", extra="embedded").from_tokenizer
    try:
        # One end token will do: an answer ends with its last bracket, before an end token could come.
        tokens = from_tokenizer(
            tokenizer, n_vocab=max(vocabulary, len(tokenizer)), eos_token=min(end_ids, default=None)
        )
    except ValueError as error:
        logger.warning(
            "Answers are not held to a JSON schema: %s can't read the tokenizer of this model (%s).", LIBRARY, error
        )
        return None
    return Grammar(tokens)


def allowed_tokens(grammar: Grammar, states: Sequence[Any | None], vocabulary: int) -> Any:
    """
    Which tokens may come next.

    Args:
        grammar (`Grammar`):
            What the states were started from.
        states (sequence of `llguidance.LLMatcher` or `None`):
            One per row; `None` for a row that may write anything.
        vocabulary (`int`):
            Tokens that the model has scores for.

    Returns:
        `numpy.ndarray` of shape `(rows, vocabulary)`, boolean.
    """
    import numpy

    fill = require(f"{LIBRARY}.numpy", extra="embedded").fill_next_token_bitmask
    words = (grammar.vocabulary + 31) // 32
    bits = numpy.full((len(states), words), -1, dtype=numpy.int32)
    for row, state in enumerate(states):
        if state is not None:
            fill(state, bits, row)
    return numpy.unpackbits(bits.view(numpy.uint8), axis=1, count=vocabulary, bitorder="little").view(numpy.bool_)
