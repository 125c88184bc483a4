from synth_builder.studies.report.sections import contents
from synth_builder.studies.results.parts import Finding
from tests.studies.made_up import made_up
from tests.studies.report.studies import whole


def test_every_finding_stands_in_one_section() -> None:
    odd = Finding(key="odd", question="Odd?", answer="yes", because="So.", numbers={}, source="nobody")
    results = whole()
    results = results.model_copy(update={"findings": (*results.findings, odd)})
    told = [finding.key for section in contents(results).sections for finding in section.findings]
    assert sorted(told) == sorted(finding.key for finding in results.findings)
    assert contents(results).sections[-1].title == "Further questions"


def test_a_section_without_anything_is_left_out() -> None:
    keys = [section.key for section in contents(made_up(skills=(), study={})).sections]
    assert keys == ["together", "alone", "quantity", "rows"]


def test_names_of_files_are_told_apart() -> None:
    shown = contents(whole())
    assert len({table.name for table in shown.tables}) == len(shown.tables) > 20
    assert len({picture.name for picture in shown.pictures}) == len(shown.pictures) == 9
