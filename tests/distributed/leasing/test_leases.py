import random

from synth_builder.distributed.leasing.leases import Leases

SERVER = "http://a"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_holder_gets_all_places_and_two_share_them() -> None:
    leases = Leases()
    assert leases.renew("one", {}, {SERVER: 9}) == {SERVER: 9}
    assert leases.renew("two", {}, {SERVER: 9}) == {SERVER: 0}  # the first one still holds nine
    assert leases.renew("one", {SERVER: 0}, {SERVER: 9}) == {SERVER: 5}
    assert leases.renew("two", {}, {SERVER: 9}) == {SERVER: 4}


def test_a_share_that_shrinks_is_free_for_others_only_when_it_is_not_used_any_more() -> None:
    leases = Leases()
    leases.renew("one", {}, {SERVER: 4})
    leases.renew("two", {}, {SERVER: 4})
    assert leases.renew("one", {SERVER: 4}, {SERVER: 4}) == {SERVER: 2}
    assert leases.renew("two", {}, {SERVER: 4}) == {SERVER: 0}
    leases.renew("one", {SERVER: 3}, {SERVER: 4})
    assert leases.renew("two", {}, {SERVER: 4}) == {SERVER: 1}


def test_places_of_one_that_died_come_back_after_its_lease() -> None:
    clock = Clock()
    leases = Leases(seconds=10, clock=clock)
    leases.renew("dead", {SERVER: 4}, {SERVER: 4})
    clock.now = 9.9
    assert leases.renew("alive", {}, {SERVER: 4}) == {SERVER: 0}
    clock.now = 10.1
    assert leases.renew("alive", {}, {SERVER: 4}) == {SERVER: 4}


def test_what_is_given_back_is_free_at_once() -> None:
    leases = Leases()
    leases.renew("one", {}, {SERVER: 4})
    leases.release("one")
    leases.release("nobody")
    assert leases.renew("two", {}, {SERVER: 4}) == {SERVER: 4}


def test_the_least_capacity_that_was_told_counts() -> None:
    leases = Leases()
    leases.renew("one", {}, {SERVER: 8})
    assert leases.renew("two", {}, {SERVER: 2}) == {SERVER: 0}
    assert leases.renew("one", {}, {SERVER: 8}) == {SERVER: 1}


def test_a_holder_that_uses_another_server_takes_no_share_of_this_one() -> None:
    leases = Leases()
    leases.renew("writer", {}, {SERVER: 4, "http://b": 6})
    assert leases.renew("other", {}, {"http://c": 3}) == {"http://c": 3}
    assert leases.renew("writer", {}, {SERVER: 4, "http://b": 6}) == {SERVER: 4, "http://b": 6}


def test_leases_that_were_forgotten_are_waited_for() -> None:
    clock = Clock()
    leases = Leases(seconds=10, clock=clock, after=10)
    assert leases.renew("one", {}, {SERVER: 4}) == {SERVER: 0}
    clock.now = 10
    assert leases.renew("one", {}, {SERVER: 4}) == {SERVER: 4}


def test_however_holders_come_go_and_die_there_are_never_more_places_in_use_than_there_are() -> None:
    rng, clock = random.Random(0), Clock()
    leases = Leases(seconds=10, clock=clock)
    granted: dict[str, int] = {}
    in_use: dict[str, int] = {}
    renewed: dict[str, float] = {}
    most = 0
    for number in range(20_000):
        clock.now += rng.random()
        # The places of the dead stay busy for as long as their lease, and no longer.
        for name in [name for name in in_use if name.endswith("dead") and clock.now - renewed[name] > 10]:
            del in_use[name], renewed[name]
        alive = [name for name in in_use if not name.endswith("dead")]
        if len(alive) < 3 or rng.random() < 0.02:
            alive.append(f"h{number}")
            in_use[alive[-1]] = 0
        name = rng.choice(alive)
        if rng.random() < 0.03:
            in_use[f"{name}dead"], renewed[f"{name}dead"] = in_use.pop(name), renewed.get(name, clock.now)
            granted.pop(name, None)
            continue
        if clock.now - renewed.get(name, clock.now) > 5:
            granted[name] = in_use[name] = 0  # as the keeper does, before others may get it
        granted[name] = leases.renew(name, {SERVER: in_use[name]}, {SERVER: 7})[SERVER]
        renewed[name] = clock.now
        in_use[name] = granted[name] if in_use[name] <= granted[name] else rng.randint(granted[name], in_use[name])
        most = max(most, sum(in_use.values()))
        for other in alive:
            if clock.now - renewed.get(other, clock.now) > 5:
                granted[other] = in_use[other] = 0
    assert most == 7
