"""
How many prompt tokens a model has to read for a variant's first 512 requests.

    python benchmarks/prefixes.py

Counts, with the small model's tokenizer and the prompts of dataset_scripts/customer_messages.yaml: all tokens of the
prompts; those that the embedded engine reads, which reads equal prompts, and what all prompts of a batch begin with,
once; and those that a server reads whose prefix cache keeps everything (vLLM, SGLang, TGI 3). Writes
benchmarks/results/prefixes.json.
"""

import json
from pathlib import Path
from typing import Any

from synth_builder.engines.base import EngineInfo
from synth_builder.engines.embedded import CONCURRENCY
from synth_builder.engines.embedded_decoding import make_row
from synth_builder.engines.embedded_model import find_model, load_model
from synth_builder.engines.embedded_prompts import tokens_to_read
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe

HERE = Path(__file__).resolve().parent
RECIPE = HERE.parent / "dataset_scripts" / "customer_messages.yaml"
RESULTS = HERE / "results" / "prefixes.json"
REQUESTS = 512
BATCH = CONCURRENCY // 2  # on two cores the engine has two batches under way
TOPICS = "[parcel, refund, password, sizes, invoice, voucher, newsletter, battery, shoes, repair]"


def with_prefix_cache(prompts: list[tuple[int, ...]]) -> int:
    """Tokens that are read when every beginning that was read before is known."""
    known: dict[int, Any] = {}
    read = 0
    for prompt in prompts:
        node = known
        for position, token in enumerate(prompt):
            # The last token is read in any case: the scores of the next one come from it.
            read += token not in node or position == len(prompt) - 1
            node = node.setdefault(token, {})
    return read


def main() -> None:
    """Count, and write the results."""
    loaded = load_model(find_model(None))
    info = EngineInfo(engine="embedded", model=loaded.model_id, chat_template=True)
    variants = {}
    for form in ("chat", "completion"):
        settings = [f"variants.zero_shot_topic.topics={TOPICS}"]
        recipe = Recipe.load(RECIPE, settings)
        for name in recipe.variants:
            changed = Recipe.load(RECIPE, [*settings, f"variants.{name}.prompt_form={form}"])
            setup = set_up(changed, name)
            strategy = setup.strategy(info)
            for _ in strategy.prepare():
                break  # the topics are given: nothing is asked first
            slots = [slot for _, slot in zip(range(REQUESTS), setup.plan().slots(), strict=False)]
            prompts = [make_row(loaded, strategy.draw(slot).request).prompt for slot in slots]
            total = sum(map(len, prompts))
            batches = [prompts[start : start + BATCH] for start in range(0, len(prompts), BATCH)]
            embedded, cached = sum(map(tokens_to_read, batches)), with_prefix_cache(prompts)
            variants[f"{name}, {form}"] = {
                "requests": len(prompts),
                "prompt_tokens": total,
                "read_by_the_embedded_engine": embedded,
                "read_with_a_prefix_cache": cached,
                "share_read_by_the_embedded_engine": round(embedded / total, 3),
                "share_read_with_a_prefix_cache": round(cached / total, 3),
            }
            print(name, form, variants[f"{name}, {form}"], flush=True)
    found = {
        "command": "python benchmarks/prefixes.py",
        "model": loaded.model_id,
        "batch": BATCH,
        "variants": variants,
    }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
