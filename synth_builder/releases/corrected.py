from collections.abc import Mapping
from typing import Any


def corrected_words(provenance: Mapping[str, Any]) -> str:
    """
    What people did to the rows of a variant after the build, in a few words; empty where they did nothing.

    Args:
        provenance (`Mapping[str, Any]`):
            What is known of the variant.
    """
    corrected: Mapping[str, Any] = provenance.get("corrected") or {}
    if not corrected:
        return ""
    changed = [told["changed"] for told in corrected.values()]
    removed = sum(told["removed"] for told in corrected.values())
    if None in changed:
        told = ["rows corrected by hand, not known how many"]
    else:
        told = [f"{_rows(sum(changed))} corrected by hand"] if any(changed) else []
    told += [f"{_rows(removed)} taken out{'' if told else ' by hand'}"] if removed else []
    return ", ".join(told) or "rows put into another order by hand"


def built_digests(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Split -> digest of its rows as they were built, before anybody corrected them."""
    corrected: Mapping[str, Any] = provenance.get("corrected") or {}
    return {split: corrected.get(split, told)["rows_sha256"] for split, told in provenance["splits"].items()}


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"
