import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import synth_builder
from synth_builder.generation.generate import Generated
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.reference import shown_name
from synth_builder.recipes.task import Task
from synth_builder.registry import STRATEGIES
from synth_builder.releases.folder import PROVENANCE_FORMAT
from synth_builder.releases.row_measures import AT_BUILD, flagged_by, row_measures
from synth_builder.releases.rows import Written, feature_dict
from synth_builder.releases.shown_provenance import shown_provenance
from synth_builder.releases.split_files import files_told
from synth_builder.releases.statistics import split_statistics

LIBRARIES = (
    "datasets",
    "huggingface-hub",
    "jinja2",
    "json-repair",
    "pyarrow",
    "pydantic",
    "aiohttp",
    "llguidance",
    "torch",
    "transformers",
)


def provenance_of(generated: Generated, written: Mapping[str, Written]) -> dict[str, Any]:
    """
    Everything that is known of how a variant was made, as plain JSON values. It holds no path, key or name of the
    machine.

    Args:
        generated (`Generated`):
            The generation.
        written (`Mapping[str, Written]`):
            Split -> size and digest of its rows, and the files that hold them.
    """
    setup = generated.setup
    variant = setup.variant
    real = setup.recipe.real
    removed = generated.tally.rejected.get("contamination", 0)
    checked = any(spec.name == "contamination" for spec in variant.generation.filters) and bool(setup.test_rows)
    first_and_last = generated.answered_between
    told = {
        "format": PROVENANCE_FORMAT,
        "variant": variant.name,
        "task": task_columns(setup.recipe.task),
        "strategy": variant.strategy,
        "papers": list(STRATEGIES.get(variant.strategy).papers),
        "options": variant.options.model_dump(mode="json"),
        "generation": variant.generation.model_dump(mode="json"),
        "prompt_form": generated.prompt_form,
        "reply_form": generated.reply_form,
        "fingerprint": setup.fingerprint,
        "inputs": setup.inputs,
        "identity": generated.identity,
        "engine": generated.info.to_dict(),
        **({"checker": generated.checker.to_dict()} if generated.checker is not None else {}),
        "prompts": {digest(text, 12): {"name": template, "text": text} for template, text in setup.templates.items()},
        "facts": generated.facts,
        "tally": generated.tally.to_dict(),
        "filters": generated.filter_report.to_list(),
        "features": feature_dict(setup.recipe.task),
        "splits": {
            split: split_told(
                variant.name, sum(generated.tally.accepted.get(split, {}).values()), one, setup.recipe.task
            )
            for split, one in written.items()
        },
        "measured": row_measures(
            {split: one.files for split, one in written.items()},
            setup.recipe.task,
            AT_BUILD,
            flagged=flagged_by(variant.generation.filters),
        ),
        "real_data": {
            "train": shown_name(real.train) if real and real.train else None,
            "test": shown_name(real.test) if real and real.test else None,
            "rows_to_show": len(setup.demonstrations.rows) if setup.demonstrations else 0,
            "rows_filters_learn_from": len(setup.train_rows),
            "rows_not_shown_because_in_test": setup.demonstrations.left_out if setup.demonstrations else 0,
        },
        "contamination_check": {"checked": checked, "test_rows": len(setup.test_rows), "rows_removed": removed},
        "times": {
            "first_answer": _time(first_and_last[0]) if first_and_last else None,
            "last_answer": _time(first_and_last[1]) if first_and_last else None,
        },
        "libraries": {"synth-builder": synth_builder.__version__, "python": platform.python_version(), **_versions()},
    }
    return shown_provenance(told)


def split_told(variant: str, rows: int, written: Written, task: Task) -> dict[str, Any]:
    """
    What a provenance tells of one split.

    Args:
        variant (`str`):
            The variant.
        rows (`int`):
            How many rows were written.
        written (`Written`):
            Size and digest of these, and their files.
        task (`Task`):
            Says which columns and labels there are.
    """
    files = files_told(written.files, variant)
    return {
        "rows": rows,
        "file": files.pop("file"),
        "bytes": files.pop("bytes"),
        "num_bytes": written.num_bytes,
        **files,
        "rows_sha256": written.rows_sha256,
        "statistics": asdict(split_statistics(written.files, task)),
    }


def task_columns(task: Task) -> dict[str, Any]:
    """What has to be equal for two variants to stand in one release."""
    return {"columns": list(task.columns), "label_column": task.label_column, "labels": task.label_names}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # an extra that is not installed took no part
    return found
