import pytest

from synth_builder.errors import LedgerError
from synth_builder.generation.tally import Tally


def tally() -> Tally:
    """Six asked: three accepted, two rejected, one failed."""
    made = Tally({"train": {"a": 2, "b": 2}, "test": {"a": 1, "b": 0}})
    made.asked = 6
    made.accept("train", "a")
    made.accept("train", "a", repaired=True)
    made.accept("test", "a")
    made.reject("too_short", "b")
    made.reject("unknown_label", None)
    made.failed = 1
    made.spend(10, 5)
    made.spend(None, None)
    return made


def test_a_ledger_that_adds_up_passes() -> None:
    tally().balance()
    assert tally().rows == 3


@pytest.mark.parametrize("field", ["asked", "failed"])
def test_a_ledger_that_does_not_add_up_is_a_defect(field: str) -> None:
    broken = tally()
    setattr(broken, field, getattr(broken, field) + 1)
    with pytest.raises(LedgerError, match=r"does not add up: \d asked, but 3 accepted \+ 2 rejected \+ \d failed"):
        broken.balance()


def test_an_accepted_row_that_was_not_asked_is_a_defect() -> None:
    broken = tally()
    broken.accept("train", "b")
    with pytest.raises(LedgerError, match="6 asked, but 4 accepted"):
        broken.balance()


def test_more_rows_of_a_label_than_asked_are_a_defect_even_if_the_sum_is_right() -> None:
    broken = tally()
    broken.accept("train", "a")
    broken.failed = 0
    with pytest.raises(LedgerError, match="3 train rows of 'a' were accepted, 2 were asked"):
        broken.balance()


def test_a_label_nobody_asked_for_is_a_defect() -> None:
    broken = tally()
    broken.accept("test", "c")
    broken.failed = 0
    with pytest.raises(LedgerError, match="1 test rows of 'c' were accepted, 0 were asked"):
        broken.balance()


def test_there_is_room_until_the_quota_is_met() -> None:
    made = tally()
    assert not made.room("train", "a")
    assert made.room("train", "b")
    assert not made.room("test", "b")
    assert not made.room("test", "a")
    assert not made.room("train", "never asked")


def test_what_is_short_is_told_by_split_and_label() -> None:
    assert tally().short() == {"train": {"b": 2}}
    full = tally()
    full.accept("train", "b")
    full.accept("train", "b")
    assert full.short() == {}


def test_the_ledger_as_plain_values() -> None:
    assert tally().to_dict() == {
        "asked": 6,
        "accepted": {"train": {"a": 2}, "test": {"a": 1}},
        "accepted_rows": 3,
        "check_requests": 0,
        "repaired": 1,
        "rejected": {"too_short": 1, "unknown_label": 1},
        "rejected_by_label": {"too_short": {"b": 1}, "unknown_label": {"?": 1}},
        "failed": 1,
        "short": {"train": {"b": 2}},
        "preparation_requests": 0,
        "prompt_tokens": 10,
        "completion_tokens": 5,
    }
