from pathlib import Path

import pytest

from synth_builder.errors import StudyError
from synth_builder.studies.subjectivity.votes import Vote, compared_groups, read_votes, refuse_separate_groups


def read(folder: Path, content: str) -> tuple[Vote, ...]:
    (folder / "votes.csv").write_text(content, encoding="utf-8")
    return read_votes(folder / "votes.csv", called="the file 'votes.csv'")


def test_votes_are_read_in_their_order(tmp_path: Path) -> None:
    found = read(tmp_path, "who,less_subjective,more_subjective\n1,news,humor \n2,humor,irony\n")
    assert found == (Vote("humor", "news"), Vote("irony", "humor"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("more_subjective,less_subjective\n", "holds no rows; expected at least one"),
        ("more,less\na,b\n", "has no column 'more_subjective'"),
        ("more_subjective,less_subjective\nb,a\na,\n", "holds '' in column 'less_subjective' of row 1"),
        ("more_subjective,less_subjective\nb,a\na,a\n", "Row 1 of the file 'votes.csv' compares 'a' with itself"),
    ],
)
def test_what_is_no_vote_is_an_error_that_names_the_row(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(StudyError) as found:
        read(tmp_path, content)
    assert told in str(found.value)


def test_tasks_are_linked_over_others() -> None:
    votes = [Vote("a", "b"), Vote("c", "d"), Vote("e", "f"), Vote("b", "e"), Vote("d", "c")]
    assert compared_groups(votes) == [{"a", "b", "e", "f"}, {"c", "d"}]
    assert compared_groups([*votes, Vote("f", "c")]) == [{"a", "b", "c", "d", "e", "f"}]


def test_groups_that_nobody_compared_are_refused_by_name() -> None:
    refuse_separate_groups([Vote("a", "b"), Vote("b", "c")])
    with pytest.raises(StudyError, match=r"tasks of 2 groups, .*: a, b; c, d. Scores of separate groups"):
        refuse_separate_groups([Vote("a", "b"), Vote("d", "c")])
