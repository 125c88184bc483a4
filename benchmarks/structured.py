"""
Structured output with the embedded engine: which library holds a reply to a JSON schema, and what it is worth.

    python benchmarks/structured.py

Compares the libraries that are installed, then counts how many of 60 replies of SmolLM2-135M-Instruct give a row, with
and without a grammar, and writes benchmarks/results/structured.json. To have all libraries beside the pinned versions:
`pip install --no-deps --target DIR xgrammar apache-tvm-ffi triton outlines-core`, and DIR at the end of PYTHONPATH.
"""

import argparse
import asyncio
import json
import os
import platform
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import transformers
from grammar_libraries import LIBRARIES, measure, yardstick

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.engines.embedded import EmbeddedEngine
from synth_builder.engines.embedded_model import find_model, load_model
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.strategies.base import Draft

RESULT = Path(__file__).resolve().parent / "results" / "structured.json"
REPLIES = 60
GENERATION = {
    "rows": {"train": REPLIES},
    "seed": 7,
    "sampling": {"temperature": 1.0, "top_p": 0.95, "max_new_tokens": 96},
}

TASKS: dict[str, dict[str, Any]] = {
    "two columns": {
        "name": "pairs",
        "task": {
            "kind": "text_pair_classification",
            "description": "Decide whether the hypothesis follows from the premise.",
            "columns": {"premise": "one or two sentences", "hypothesis": "one sentence"},
            "label_column": "label",
            "labels": {
                "entailment": "the hypothesis follows from the premise",
                "not_entailment": "the hypothesis does not follow from the premise",
            },
        },
        "variants": {"measured": {"strategy": "zero_shot"}},
    },
    "label_mode generated": {
        "name": "reviews",
        "task": {
            "description": "Decide whether a sentence from a film review is positive or negative.",
            "columns": {"text": "a sentence from a film review"},
            "label_column": "label",
            "labels": {"negative": "the writer dislikes the film", "positive": "the writer likes the film"},
        },
        "variants": {"measured": {"strategy": "zero_shot", "label_mode": "generated"}},
    },
}
# Name -> whether the prompt asks for JSON, whether the reply is held to the schema.
FORMS = {
    "tagged lines, no grammar": (False, False),
    "JSON, no grammar": (True, False),
    "JSON under the grammar": (True, True),
}


async def count_rows(
    engine: EmbeddedEngine, info: EngineInfo, task: dict[str, Any], json_form: bool, held: bool
) -> Any:
    """What becomes of the replies to the first draws of a plan, before any filter."""
    setup = set_up(Recipe.from_dict({**task, "generation": GENERATION}), "measured")
    strategy = setup.strategy(replace(info, grammar=json_form))
    slots = list(setup.plan().slots())[:REPLIES]
    draws = [strategy.draw(slot) for slot in slots]
    requests: list[Request] = [draw.request if held else replace(draw.request, schema=None) for draw in draws]
    started = time.perf_counter()
    completions: list[Completion] = list(await asyncio.gather(*map(engine.complete, requests)))
    seconds = time.perf_counter() - started
    read = [strategy.read(*triple) for triple in zip(slots, completions, draws, strict=True)]
    rows = [draft for draft in read if isinstance(draft, Draft)]
    tokens = sum(completion.completion_tokens or 0 for completion in completions)
    return {
        "replies": len(read),
        "rows": len(rows),
        "rows_after_repair": sum(draft.repaired for draft in rows),
        "without_a_row": dict(Counter(found.reason for found in read if not isinstance(found, Draft)).most_common()),
        "cut_by_max_new_tokens": sum(completion.finish_reason == "length" for completion in completions),
        "labels": dict(Counter(draft.label for draft in rows).most_common()),
        "tokens": tokens,
        "tokens_per_second": round(tokens / seconds, 1),
    }


async def replies() -> dict[str, Any]:
    """Each task in each form."""
    found: dict[str, Any] = {}
    async with EmbeddedEngine() as engine:
        info = await engine.open()
        await asyncio.gather(*(engine.complete(request) for request in warm_up()))
        for name, task in TASKS.items():
            for form, (json_form, held) in FORMS.items():
                found.setdefault(name, {})[form] = counted = await count_rows(engine, info, task, json_form, held)
                print(f"{name}, {form}: {counted['rows']} of {counted['replies']} replies give a row", flush=True)
    return {"model": info.model, "revision": info.revision, "tasks": found}


def warm_up() -> list[Request]:
    """A few requests, so that the first measured ones do not pay for the first touch of everything."""
    setup = set_up(Recipe.from_dict({**TASKS["two columns"], "generation": GENERATION}), "measured")
    strategy = setup.strategy(EngineInfo(engine="embedded", model="", grammar=True))
    return [strategy.draw(slot).request for slot in list(setup.plan().slots())[:4]]


def libraries() -> dict[str, Any]:
    """Each library on the model's tokenizer."""
    loaded = load_model(find_model(None))
    ideal = yardstick(loaded.tokenizer, loaded.model.config.vocab_size)
    found = {}
    for name in LIBRARIES:
        found[name] = measured = measure(name, loaded.tokenizer, loaded.tokenizer.eos_token_id, ideal)
        print(name, json.dumps(measured), flush=True)
    return found


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["libraries", "replies"], help="keep the other half of the results file")
    only = parser.parse_args().only
    result = json.loads(RESULT.read_text(encoding="utf-8")) if only else {}
    result |= {
        "what": "libraries for grammars on one tokenizer; replies that give a row with and without a grammar",
        "command": "python benchmarks/structured.py",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}, torch "
        f"{torch.__version__}, transformers {transformers.__version__}",
    }
    if only != "replies":
        result["libraries"] = libraries()
    if only != "libraries":
        result["replies"] = asyncio.run(replies())
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
