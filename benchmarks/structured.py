"""
Structured output: which library holds a reply to a JSON schema in the embedded engine, and what a schema is worth with
each engine that can be had on one machine.

    python benchmarks/structured.py --python ENVIRONMENT/bin/python

Compares the libraries that are installed, then counts how many replies of SmolLM2-135M-Instruct give a row, with and
without a grammar: 60 of the embedded engine, 30 of the engine `openai` with llama-cpp-python, 6 with `transformers
serve`, which is slow. Writes benchmarks/results/structured.json. model_servers.py tells what the servers need. To have
all libraries beside the pinned versions: `pip install --no-deps --target DIR xgrammar apache-tvm-ffi triton
outlines-core`, and DIR at the end of PYTHONPATH.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import transformers
from grammar_libraries import LIBRARIES, measure, yardstick
from model_servers import LLAMA_CPP, TRANSFORMERS, ModelServer, running

from synth_builder.engines.base import Completion, Engine, EngineInfo, EngineSettings, Request
from synth_builder.engines.embedded import EmbeddedEngine
from synth_builder.engines.embedded_model import find_model, load_model
from synth_builder.engines.limits import RetryPolicy, complete_with_retries
from synth_builder.engines.openai import OpenAIEngine
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.strategies.base import Draft

RESULT = Path(__file__).resolve().parent / "results" / "structured.json"
EMBEDDED = "embedded"
REPLIES = {EMBEDDED: 60, LLAMA_CPP: 30, TRANSFORMERS: 6}
GENERATION = {
    "rows": {"train": max(REPLIES.values())},
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
    engine: Engine, info: EngineInfo, task: dict[str, Any], replies: int, json_form: bool, held: bool
) -> Any:
    """What becomes of the replies to the first draws of a plan, before any filter."""
    setup = set_up(Recipe.from_dict({**task, "generation": GENERATION}), "measured")
    strategy = setup.strategy(replace(info, grammar=json_form))
    slots = list(setup.plan().slots())[:replies]
    draws = [strategy.draw(slot) for slot in slots]
    requests: list[Request] = [draw.request if held else replace(draw.request, schema=None) for draw in draws]
    started = time.perf_counter()
    policy = RetryPolicy()  # a server may close a connection that was idle
    waiting = (complete_with_retries(engine.complete, request, policy) for request in requests)
    completions: list[Completion] = list(await asyncio.gather(*waiting))
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
        "different_replies": len({completion.text for completion in completions}),
        "labels": dict(Counter(draft.label for draft in rows).most_common()),
        "tokens": tokens,
        "tokens_per_second": round(tokens / seconds, 1),
    }


async def of_engine(engine: Engine, replies: int) -> dict[str, Any]:
    """Each task in each form."""
    found: dict[str, Any] = {}
    async with engine:
        info = await engine.open()
        if isinstance(engine, EmbeddedEngine):
            await asyncio.gather(*(engine.complete(request) for request in warm_up()))
        for name, task in TASKS.items():
            for form, (json_form, held) in FORMS.items():
                counted = await count_rows(engine, info, task, replies, json_form, held)
                found.setdefault(name, {})[form] = counted
                print(f"{name}, {form}: {counted['rows']} of {counted['replies']} replies give a row", flush=True)
    return {"schema_is_promised": info.grammar, "revision": info.revision, "tasks": found}


def of_server(server: ModelServer) -> dict[str, Any]:
    """The same through the engine `openai`."""
    settings = EngineSettings(endpoints=(server.url,), model=server.model, concurrency=8)
    counted = asyncio.run(of_engine(OpenAIEngine.from_settings(settings), REPLIES[server.name]))
    return {"server": {**server.libraries, "started with": server.settings}, **counted}


def replies(engine: str, python: str) -> dict[str, Any]:
    """What the replies of one engine, or one server, come to."""
    print(engine, flush=True)
    if engine == EMBEDDED:
        return asyncio.run(of_engine(EmbeddedEngine(), REPLIES[EMBEDDED]))
    with running(engine, python, samples=True, threads=1) as server:
        return of_server(server)


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
    parts = ["libraries", *REPLIES]
    parser.add_argument("--only", choices=parts, help="keep the other parts of the results file")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has llama-cpp-python")
    chosen = parser.parse_args()
    result = json.loads(RESULT.read_text(encoding="utf-8")) if chosen.only else {}
    result |= {
        "what": "libraries for grammars on one tokenizer; replies that give a row with and without a grammar",
        "command": "python benchmarks/structured.py --python INTERPRETER",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}, torch "
        f"{torch.__version__}, transformers {transformers.__version__}",
        "model": "HuggingFaceTB/SmolLM2-135M-Instruct",
    }
    for part in [chosen.only] if chosen.only else parts:
        if part == "libraries":
            result["libraries"] = libraries()
        else:
            result.setdefault("replies", {})[part] = replies(part, chosen.python)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
