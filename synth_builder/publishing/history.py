import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from synth_builder.errors import PublishError
from synth_builder.publishing.compare import changes, described
from synth_builder.publishing.place import Place
from synth_builder.publishing.published import read_version, versions_of
from synth_builder.publishing.release_notes import lines_of, sections
from synth_builder.publishing.state import State
from synth_builder.publishing.version import Version
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.scores import Scores

_DATED = re.compile(r"^## (v\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)", re.MULTILINE)


@dataclass(frozen=True)
class VersionEntry:
    """
    What a list of versions tells of one.

    Args:
        version (`Version`):
            Which one.
        revision (`str`):
            Names its state for ever: a commit, on the Hub.
        day (`date`, *optional*):
            Day of its publication, where the changelog tells it.
        rows (`Mapping[str, Mapping[str, int]]`):
            Variant -> split -> rows.
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of those that have some.
        changes (`str`):
            What changed, as Markdown: the section of the changelog, or a comparison with the version before.
        changes_computed (`bool`):
            Whether it was compared because the changelog has no section of it.
        problem (`str`, *optional*):
            Why it can't be read, where it can't; it has neither rows nor scores then.
    """

    version: Version
    revision: str
    day: date | None
    rows: Mapping[str, Mapping[str, int]]
    scores: Mapping[str, Scores]
    changes: str
    changes_computed: bool = False
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values; of the scores mean and deviation only."""
        return {
            "version": str(self.version),
            "tag": self.version.tag,
            "revision": self.revision,
            "date": self.day.isoformat() if self.day else None,
            "variants": {
                name: {"rows": dict(rows), "scores": _means(self.scores[name]) if name in self.scores else []}
                for name, rows in self.rows.items()
            },
            "changes": self.changes,
            "changes_computed": self.changes_computed,
            "problem": self.problem,
        }


@dataclass(frozen=True)
class History:
    """
    The versions of a dataset.

    Args:
        name (`str`):
            The dataset.
        link (`str`):
            Where a person can look at it.
        versions (`tuple[VersionEntry, ...]`):
            Its versions, the newest first.
    """

    name: str
    link: str
    versions: tuple[VersionEntry, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"name": self.name, "link": self.link, "versions": [entry.to_dict() for entry in self.versions]}


def history(place: Place) -> History:
    """
    List what is published. Rows are not fetched. A version that can't be read stays in the list, with the reason.

    Args:
        place (`Place`):
            Where to look.

    Raises:
        PublishError: There is nothing of that name, or it can't be reached.
    """
    known = versions_of(place)
    head = place.head() if known else None
    changelog = _changelog(place, head.revision) if head and "CHANGELOG.md" in head.files else ""
    entries: list[VersionEntry] = []
    before: State | None = None
    for version, revision in known.items():
        try:
            state = read_version(place, version, revision)
            entries.append(_entry(version, revision, state, before, changelog))
            before = state
        except PublishError as error:
            said = sections(changelog).get(version, "")
            entries.append(VersionEntry(version, revision, _day(changelog, version), {}, {}, said, problem=str(error)))
    return History(place.name, place.link, tuple(reversed(entries)))


def _entry(version: Version, revision: str, state: State, before: State | None, changelog: str) -> VersionEntry:
    rows = {
        name: {split: told["rows"] for split, told in provenance["splits"].items()}
        for name, provenance in state.provenances.items()
    }
    section = sections(changelog).get(version)
    return VersionEntry(
        version=version,
        revision=revision,
        # Whoever edits the newest changelog leaves the version's own as it was.
        day=_day(changelog, version) or _day(state.changelog, version),
        rows=rows,
        scores=state.read_scores(),
        changes=section if section else _compared(before, state),
        changes_computed=not section,
    )


def _compared(before: State | None, state: State) -> str:
    if before is None:
        lines = [f"{described(name, provenance)}." for name, provenance in state.provenances.items()]
    else:
        lines = lines_of(changes(before, state)) or ["Nothing but the wording of computed sections."]
    return "\n".join(f"- {line}" for line in lines)


def _changelog(place: Place, revision: str) -> str:
    return place.read("CHANGELOG.md", revision).decode("utf-8", "replace")


def _day(changelog: str, version: Version) -> date | None:
    for tag, day in _DATED.findall(changelog):
        if tag == version.tag:
            try:
                return date.fromisoformat(day)
            except ValueError:
                return None  # people may write into a changelog what they like
    return None


def _means(scores: Scores) -> list[dict[str, Any]]:
    return [_mean(result) for result in scores.results]


def _mean(result: RegimeScores) -> dict[str, Any]:
    return {
        "regime": result.regime,
        "real_rows": result.real_rows,
        "synthetic_rows": result.synthetic_rows,
        "train_rows": result.train_rows,
        "seeds": len(result.runs),
        "accuracy": result.accuracy.model_dump(),
        "macro_f1": result.macro_f1.model_dump(),
    }
