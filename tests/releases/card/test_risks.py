from typing import Any

from synth_builder.releases.card.risks import model_limits, risk_notes, risk_table, verification_options

MEASURED = {
    "rows": 500,
    "of": 2_000,
    "seed": 0,
    "near_duplicates": {"share_of_words": 0.7, "rows": 30},
    "refusals": 1,
}


def provenance(*filters: dict[str, Any], **told: Any) -> dict[str, Any]:
    return {
        "engine": {"engine": "openai", "model": "local"},
        "generation": {"filters": ["length"]},
        "filters": [*filters],
        "splits": {
            "train": {"statistics": {"labels": {"bad": 40, "good": 90}}},
            "test": {"statistics": {"labels": {"bad": 20, "good": 30}}},
        },
        "contamination_check": {"checked": False, "test_rows": 0, "rows_removed": 0},
        "measured": MEASURED,
        **told,
    }


def cells(**provenances: dict[str, Any]) -> dict[str, dict[str, str]]:
    header, _, *rows = risk_table(provenances).splitlines()
    titles = [cell.strip() for cell in header.strip("|").split("|")]
    found = [dict(zip(titles, (cell.strip() for cell in row.strip("|").split("|")), strict=True)) for row in rows]
    return {row["variant"]: row for row in found}


def test_figures_by_hand() -> None:
    assert cells(a=provenance())["`a`"] == {
        "variant": "`a`",
        "labels": "2.0 to 1 (good 120, bad 60)",
        "near duplicates": "6.0% of 500 of 2000 rows",
        "refusals": "0.2% of 500 of 2000 rows kept",
        "real test rows": "not compared",
    }


def test_labels_of_about_one_size_are_even_and_a_missing_one_is_told() -> None:
    even = {"train": {"statistics": {"labels": {"bad": 100, "good": 119}}}}
    lost = {"train": {"statistics": {"labels": {"b|d": 0, "good": 119}}}}
    found = cells(a=provenance(splits=even), b=provenance(splits=lost | even))
    assert found["`a`"]["labels"] == "even"
    *_, row = risk_table({"b": provenance(splits=lost)}).splitlines()
    assert r"| uneven (good 119, b\|d 0) |" in row


def test_what_filters_found_stands_beside_what_was_measured() -> None:
    refusal = {"name": "refusal", "reached": 800, "rejected": 20, "share": 0.025, "examples": []}
    check = {"checked": True, "test_rows": 300, "rows_removed": 4}
    found = cells(
        a=provenance(refusal, contamination_check=check, measured=MEASURED | {"rows": 2_000}), b=provenance()
    )["`a`"]
    assert found["refusals"] == "2.5% of 800 replies, rejected; 0.1% of 2000 rows kept"
    assert found["real test rows"] == "no copy of 300; 4 removed"


def test_none_is_told_as_none() -> None:
    refusal = {"name": "refusal", "reached": 800, "rejected": 0, "share": 0.0, "examples": []}
    clean = MEASURED | {"of": 500, "refusals": 0, "near_duplicates": {"share_of_words": 0.7, "rows": 0}}
    found = cells(a=provenance(refusal, measured=clean))["`a`"]
    assert found["refusals"] == "none of 800 replies, rejected; none of 500 rows kept"
    assert found["near duplicates"] == "none of 500 rows"


def test_confirmed_labels_stand_there_only_where_they_were_checked() -> None:
    entry = {"name": "verification", "reached": 400, "rejected": 100, "share": 0.25, "examples": []}
    model = provenance(entry, generation={"filters": ["length", "verification"]})
    classifier = provenance(
        entry | {"rejected": 0, "share": 0.0},
        generation={"filters": [{"verification": {"by": "classifier", "action": "flag"}}]},
        measured=MEASURED | {"labels": {"checked": 500, "confirmed": 450}},
    )
    found = cells(a=model, b=classifier, c=provenance())
    assert found["`a`"]["labels confirmed"] == "all, by the model itself, which rejected 25% of 400 rows"
    assert found["`b`"]["labels confirmed"] == "90% of 500 rows, by a classifier; the others stayed"
    assert found["`c`"]["labels confirmed"] == "not measured"
    assert "labels confirmed" not in cells(c=provenance())["`c`"]
    assert verification_options(provenance()) is None


def test_languages_stand_there_only_where_they_were_told() -> None:
    told = MEASURED | {"languages": {"en": 480, "": 12, "de": 4, "fr": 3, "es": 1}}
    found = cells(a=provenance(measured=told), b=provenance())
    assert found["`a`"]["languages"] == "en 96.0%, not told 2.4%, de 0.8%, others 0.8%"
    assert found["`b`"]["languages"] == "not measured"
    assert any("fastText" in note for note in risk_notes({"a": provenance(measured=told)}))
    assert not any("fastText" in note for note in risk_notes({"a": provenance()}))


def test_notes_tell_of_a_sample_only_where_there_is_one() -> None:
    assert any("drawn at random" in note for note in risk_notes({"a": provenance()}))
    assert not any("drawn" in note for note in risk_notes({"a": provenance(measured=MEASURED | {"rows": 2_000})}))
    bare = provenance()
    del bare["measured"]
    assert risk_notes({"a": bare}) == [] and "near duplicates" not in risk_table({"a": bare})


def test_limits_of_a_model_are_a_link_or_nothing() -> None:
    theirs = provenance(engine={"engine": "tgi", "model": "owner/model_1"})
    assert model_limits({"a": theirs, "b": provenance(), "c": theirs}) == [
        r"[owner/model\_1](https://huggingface.co/owner/model_1)"
    ]
