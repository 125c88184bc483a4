"""The risks of a dataset that can be computed, from what the provenance tells."""

from collections.abc import Mapping
from typing import Any

from synth_builder.releases.card.hub_links import model_page
from synth_builder.releases.card.markdown import escaped, table

EVEN = 1.2
"""Up to this ratio of the most frequent label to the rarest one, labels count as even."""

Provenances = Mapping[str, Mapping[str, Any]]


def risk_table(provenances: Provenances) -> str:
    """A row for each variant; a column only where some variant has something to say in it."""
    columns = {
        "labels": _labels,
        "near duplicates": _near_duplicates,
        "refusals": _refusals,
        "labels confirmed": _confirmed,
        "real test rows": _test_rows,
        "languages": _languages,
    }
    cells = {title: {name: told(provenances[name]) for name in provenances} for title, told in columns.items()}
    shown = [title for title in columns if any(cells[title].values())]
    rows = [[f"`{name}`", *(cells[title][name] or "not measured" for title in shown)] for name in provenances]
    return table(["variant", *shown], rows)


def risk_notes(provenances: Provenances) -> list[str]:
    """How the figures of the table are meant."""
    notes = []
    measured = [provenance["measured"] for provenance in provenances.values() if "measured" in provenance]
    if measured:
        share = measured[0]["near_duplicates"]["share_of_words"]
        notes.append(
            f"Near duplicates share at least {share:.0%} of their words with another row that was looked at. "
            "Refusals are replies or rows in which the model refuses or speaks of itself, told by fixed phrases."
        )
        if any(found["rows"] < found["of"] for found in measured):
            notes.append(
                "Where a sample was looked at, it was drawn at random with a fixed seed, and there are more near "
                "duplicates among all rows than within it."
            )
    if any("languages" in found for found in measured):
        notes.append("Languages were told by fastText's small model, which is unsure of short texts.")
    return notes


def model_limits(provenances: Provenances) -> list[str]:
    """Links to what is known of the models, of those that have a page."""
    pages = {
        provenance["engine"]["model"]: page
        for provenance in provenances.values()
        if (page := model_page(provenance["engine"])) is not None
    }
    return [f"[{escaped(model)}]({page})" for model, page in pages.items()]


def _labels(provenance: Mapping[str, Any]) -> str:
    counts: dict[str, int] = {}
    for split in provenance["splits"].values():
        for label, count in split["statistics"]["labels"].items():
            counts[label] = counts.get(label, 0) + count
    most = max(counts, key=lambda label: counts[label])
    least = min(counts, key=lambda label: counts[label])
    if counts[least] and counts[most] <= EVEN * counts[least]:
        return "even"
    told = f"{escaped(most)} {counts[most]}, {escaped(least)} {counts[least]}"
    return f"{counts[most] / counts[least]:.1f} to 1 ({told})" if counts[least] else f"uneven ({told})"


def _near_duplicates(provenance: Mapping[str, Any]) -> str:
    measured = provenance.get("measured")
    return _share(measured["near_duplicates"]["rows"], measured) if measured else ""


def _refusals(provenance: Mapping[str, Any]) -> str:
    told = []
    entry = _filter(provenance, "refusal")
    if entry is not None and entry["reached"]:
        share = f"{entry['share']:.1%}" if entry["rejected"] else "none"
        told.append(f"{share} of {entry['reached']} replies, rejected")
    measured = provenance.get("measured")
    if measured:
        told.append(f"{_share(measured['refusals'], measured)} kept")
    return "; ".join(told)


def _confirmed(provenance: Mapping[str, Any]) -> str:
    entry = _filter(provenance, "verification")
    if entry is None or not entry["reached"]:
        return ""
    options = verification_options(provenance) or {}
    by = "a classifier" if options.get("by") == "classifier" else "the model itself"
    flagged = provenance.get("measured", {}).get("labels")
    if flagged:
        share = flagged["confirmed"] / flagged["checked"] if flagged["checked"] else 0.0
        return f"{share:.0%} of {flagged['checked']} rows, by {by}; the others stayed"
    return f"all, by {by}, which rejected {entry['share']:.0%} of {entry['reached']} rows"


def _test_rows(provenance: Mapping[str, Any]) -> str:
    check = provenance["contamination_check"]
    if not check["checked"]:
        return "not compared"
    return f"no copy of {check['test_rows']}; {check['rows_removed']} removed"


def _languages(provenance: Mapping[str, Any]) -> str:
    counts: Mapping[str, int] = provenance.get("measured", {}).get("languages", {})
    total = sum(counts.values())
    shown = [f"{language or 'not told'} {count / total:.1%}" for language, count in list(counts.items())[:3]]
    others = sum(list(counts.values())[3:])
    return ", ".join([*shown, *([f"others {others / total:.1%}"] if others else [])])


def verification_options(provenance: Mapping[str, Any]) -> dict[str, Any] | None:
    """Options of the filter `verification` of a variant; `None` when it has none."""
    for spec in provenance["generation"]["filters"]:
        name, options = next(iter(spec.items())) if isinstance(spec, Mapping) else (spec, {})
        if name == "verification":
            return dict(options)
    return None


def _filter(provenance: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((entry for entry in provenance.get("filters", ()) if entry["name"] == name), None)


def _share(count: int, measured: Mapping[str, Any]) -> str:
    rows = measured["rows"]
    looked_at = f"{rows} rows" if rows == measured["of"] else f"{rows} of {measured['of']} rows"
    return f"{f'{count / rows:.1%}' if count else 'none'} of {looked_at}"
