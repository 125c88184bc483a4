from collections.abc import Mapping
from typing import Any

from synth_builder.releases.split_files import file_name
from synth_builder.releases.statistics import SplitStatistics

# What is read of a published provenance without a look whether it is there.
_FORM: dict[str, Any] = {
    "variant": str,
    "strategy": str,
    "fingerprint": str,
    "task": {"columns": list, "label_column": str, "labels": list},
    "options": dict,
    "generation": {"seed": int, "sampling": dict},
    "engine": {"engine": str, "model": str, "server": str},
    "prompts": dict,
    "facts": dict,
    "tally": dict,
    "filters": list,
    "features": dict,
    "splits": dict,
    "real_data": dict,
    "contamination_check": {"checked": bool},
    "times": dict,
    "libraries": dict,
}
_MEASURED: dict[str, Any] = {"measured": {"rows": int}}
_CHECKER: dict[str, Any] = {
    "checker": {"engine": str, "model": str, "server": str},
    "tally": {"check_requests": int, "checker_prompt_tokens": int, "checker_completion_tokens": int},
}
_CORRECTED_FORM: dict[str, Any] = {"rows_sha256": str, "rows": int, "removed": int}
_FILE_FORM: dict[str, Any] = {"file": str, "bytes": int, "sha256": str}
_SPLIT_FORM: dict[str, Any] = {
    "rows": int,
    "file": str,
    "bytes": int,
    "num_bytes": int,
    "rows_sha256": str,
    "statistics": dict,
}


def form_problem(provenance: Mapping[str, Any], variant: str) -> str | None:
    """
    What is wrong with the form of a provenance that anybody may have written.

    Args:
        provenance (`Mapping[str, Any]`):
            The object of its file.
        variant (`str`):
            The variant that the file is named after.

    Returns:
        `str`, *optional*: What was found, and what was expected; `None` when all is well.
    """
    problem = _problem(provenance, _FORM, "")
    if problem is None and "measured" in provenance:
        problem = _problem(provenance, _MEASURED, "")
    if problem is None and "checker" in provenance:
        problem = _problem(provenance, _CHECKER, "")
    if problem is None and "corrected" in provenance:
        problem = _corrected_problem(provenance)
    if problem is not None:
        return problem
    if provenance["variant"] != variant:
        return f"variant is {provenance['variant']!r}, expected {variant!r}"
    for split, told in provenance["splits"].items():
        problem = _problem({split: told}, {split: _SPLIT_FORM}, "splits.")
        problem = problem or _files_problem(told, variant, split)
        if problem is not None:
            return problem
        try:
            SplitStatistics.from_dict(told["statistics"])
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            return f"splits.{split}.statistics can't be read ({error})"
    return None


def _files_problem(told: Mapping[str, Any], variant: str, split: str) -> str | None:
    """What is wrong with the list of a split's files, where there are several."""
    if "files" not in told:
        return None
    problem = _problem(told, {"files": list}, f"splits.{split}.")
    if problem is not None:
        return problem
    for number, file in enumerate(told["files"]):
        path = f"splits.{split}.files.{number}"
        problem = _problem({path: file}, {path: _FILE_FORM}, "")
        if problem is not None:
            return problem
        expected = f"data/{variant}/{file_name(split, number, len(told['files']))}"
        if file["file"] != expected:
            return f"{path}.file is {file['file']!r}, expected {expected!r}"
    return None if told["files"] else f"splits.{split}.files is empty, expected the files of the split"


def _corrected_problem(provenance: Mapping[str, Any]) -> str | None:
    """What is wrong with what is told of corrections by hand; how many rows were changed may be unknown."""
    problem = _problem(provenance, {"corrected": dict}, "")
    if problem is not None:
        return problem
    for split, told in provenance["corrected"].items():
        problem = _problem({split: told}, {split: _CORRECTED_FORM}, "corrected.")
        if problem is not None:
            return problem
        if not isinstance(told.get("changed", ""), int | None):
            return f"corrected.{split}.changed is no number"
        if told["removed"] < 0:
            return f"corrected.{split}.removed is below 0"
    return None


def _problem(value: Mapping[str, Any], form: Mapping[str, Any], path: str) -> str | None:
    for key, expected in form.items():
        found = value.get(key)
        kind = dict if isinstance(expected, dict) else expected
        if not isinstance(found, kind):
            return (
                f"{path}{key} is {'missing' if key not in value else type(found).__name__}, expected {kind.__name__}"
            )
        if isinstance(expected, dict) and (problem := _problem(found, expected, f"{path}{key}.")) is not None:
            return problem
    return None
