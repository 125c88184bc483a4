from datetime import date

from synth_builder.publishing.release_notes import sections, with_version
from synth_builder.publishing.version import Version


def test_the_sections_of_a_changelog_are_found_by_version() -> None:
    text = with_version("", Version(1, 0, 0), date(2026, 1, 2), ["The first."])
    text = with_version(text, Version(1, 1, 0), date(2026, 1, 3), ["More.", "And more."])
    assert sections(text) == {Version(1, 1, 0): "- More.\n- And more.", Version(1, 0, 0): "- The first."}


def test_a_changelog_of_people_may_have_no_section_or_odd_ones() -> None:
    assert sections("") == {}
    assert sections("# Changelog\n\nNothing to see.\n") == {}
    assert sections("## v01.0.0\n\nOld.\n\n## v1.0.0\n\nNew.\n") == {Version(1, 0, 0): "New."}


def test_a_changelog_of_other_people_stays_whole_below_the_new_section() -> None:
    day, version = date(2026, 1, 2), Version(1, 0, 0)
    new = "# Changelog\n\n## v1.0.0 (2026-01-02)\n\n- Ours."
    for theirs in ("# History\n\n- old", "## v0.9.0\n\n- see # Changelog above"):
        assert with_version(theirs, version, day, ["Ours."]) == f"{new}\n\n{theirs}\n"
    assert with_version("Hello.\n\n# Changelog of films\r\n\n## v0.9.0\n", version, day, ["Ours."]) == (
        "Hello.\n\n# Changelog of films\n\n## v1.0.0 (2026-01-02)\n\n- Ours.\n\n## v0.9.0\n"
    )
