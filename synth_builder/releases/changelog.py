from collections.abc import Mapping
from typing import Any


def changelog(provenances: Mapping[str, Mapping[str, Any]]) -> str:
    """
    The changelog of a release that is not published yet: what each variant holds.

    Args:
        provenances (`Mapping[str, Mapping[str, Any]]`):
            Variant -> what is known of it.
    """
    lines = ["# Changelog", "", "## Unreleased", ""]
    for name, provenance in provenances.items():
        rows = ", ".join(f"{told['rows']} {split} rows" for split, told in provenance["splits"].items())
        lines.append(f"- `{name}`: {rows} (fingerprint `{provenance['fingerprint']}`).")
    return "\n".join(lines) + "\n"
