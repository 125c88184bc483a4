import pytest

from synth_builder.engines.pace import START, Pace


class Clock:
    """Time that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def window(pace: Pace, clock: Clock, seconds: float, refused: int = 0, rate: float | None = None) -> None:
    """One window of answers that take so long each, some of them refused."""
    outcomes = max(20, pace.limit)
    clock.now += outcomes / rate if rate else seconds
    for _ in range(refused):
        pace.refused()
    for _ in range(outcomes - refused):
        pace.answered(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_doubles_from_the_start_to_the_cap(clock: Clock) -> None:
    pace = Pace(200, clock)
    limits = []
    for _ in range(5):
        limits.append(pace.limit)
        window(pace, clock, 0.05)
    assert limits == [START, 64, 128, 200, 200]


def test_it_never_begins_above_the_cap() -> None:
    assert Pace(3).limit == 3
    assert Pace(0).limit == 1


def test_a_window_of_refusals_lowers_it_and_good_windows_raise_it_by_steps(clock: Clock) -> None:
    pace = Pace(100, clock)
    window(pace, clock, 0.05)
    window(pace, clock, 0.05)
    assert pace.limit == 100
    window(pace, clock, 0.05, refused=50)
    assert pace.limit == 70
    window(pace, clock, 0.05)
    assert pace.limit == 75  # a twentieth of the cap


def test_scattered_refusals_change_nothing(clock: Clock) -> None:
    pace = Pace(100, clock)
    for _ in range(10):
        window(pace, clock, 0.05, refused=2)
    assert pace.limit == 100


def test_a_storm_of_refusals_leads_down_to_one_and_no_further(clock: Clock) -> None:
    pace = Pace(64, clock)
    for _ in range(40):
        window(pace, clock, 0.05, refused=20)
    assert pace.limit == 1


def test_answers_that_take_longer_without_coming_faster_lower_it(clock: Clock) -> None:
    pace = Pace(1000, clock)
    window(pace, clock, 0.1, rate=300)
    window(pace, clock, 0.15, rate=400)
    assert pace.limit == 128
    window(pace, clock, 0.35, rate=400)
    assert pace.limit == 115


def test_answers_that_take_longer_and_come_faster_do_not(clock: Clock) -> None:
    pace = Pace(1000, clock)
    for seconds, rate in ((0.1, 300), (0.25, 400), (0.4, 500)):
        window(pace, clock, seconds, rate=rate)
    assert pace.limit == 256


def test_a_server_that_was_away_begins_with_one(clock: Clock) -> None:
    pace = Pace(100, clock)
    window(pace, clock, 0.05)
    pace.restart()
    limits = []
    for _ in range(4 + 8 + 16 + 20):
        limits.append(pace.limit)
        pace.answered(0.05)
    assert limits == [1] * 4 + [2] * 8 + [4] * 16 + [8] * 20  # four answers for each one under way, twenty at most
