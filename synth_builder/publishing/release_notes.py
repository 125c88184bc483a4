import re
from collections.abc import Iterable
from datetime import date

from synth_builder.publishing.compare import Change
from synth_builder.publishing.version import Version

HEADING = "# Changelog"
_HEADING = re.compile(r"^# Changelog\b[^\r\n]*", re.MULTILINE)
_SECTION = re.compile(r"^## (v\d+\.\d+\.\d+)\b.*$", re.MULTILINE)


def with_version(changelog: str, version: Version, day: date, lines: Iterable[str]) -> str:
    """
    A changelog with a section for a new version, above the older ones. Whatever people wrote into it stays.

    Args:
        changelog (`str`):
            The published one, or an empty text.
        version (`Version`):
            The new version.
        day (`date`):
            Its day.
        lines (`Iterable[str]`):
            What changed, a line of Markdown each.
    """
    found = _HEADING.search(changelog)
    head, rest = (changelog[: found.end()], changelog[found.end() :]) if found else (HEADING, changelog)
    section = "\n".join([f"## {version.tag} ({day.isoformat()})", "", *(f"- {line}" for line in lines)])
    parts = [head.strip(), section, rest.strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def sections(changelog: str) -> dict[Version, str]:
    """The sections of a changelog by version, without their headings; empty when it has none."""
    found = list(_SECTION.finditer(changelog))
    ends = [match.start() for match in found[1:]] + [len(changelog)]
    return {
        version: changelog[match.end() : end].strip()
        for match, end in zip(found, ends, strict=False)  # without a section, there is one end too many
        if (version := Version.of_tag(match[1])) is not None
    }


def lines_of(found: Iterable[Change]) -> list[str]:
    """The changes as lines, the weightiest first."""
    weight = {"major": 0, "minor": 1, "patch": 2}
    return [change.text for change in sorted(found, key=lambda change: weight[change.bump])]
