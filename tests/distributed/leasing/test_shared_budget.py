import pytest

from synth_builder.distributed.leasing.shared_budget import SharedBudget
from synth_builder.generation.budget import Budget, Prices


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_shard_may_use_a_part_of_what_is_left_and_not_given_to_others() -> None:
    shared = SharedBudget(Budget(max_tokens=1000), (60, 40, 0, 0), seconds=10.0)
    assert shared.tell(0, (0, 0, 0, 0)) == (None, Budget(max_tokens=450))  # 900 are left; one more may begin
    assert shared.tell(1, (0, 0, 0, 0)) == (None, Budget(max_tokens=300))
    # 600 are left, of which the other one may use 300: a third part.
    assert shared.tell(0, (200, 100, 0, 0)) == (None, Budget(max_tokens=500))
    # 300 are left, of which the other one may use 200.
    assert shared.tell(1, (150, 150, 0, 0)) == (None, Budget(max_tokens=400))


def test_all_parts_together_are_never_more_than_there_is() -> None:
    shared, parts = SharedBudget(Budget(max_tokens=1000), (0, 0, 0, 0), seconds=10.0), {}
    for shard in [*range(20), *range(20)]:
        _, budget = shared.tell(shard, (0, 0, 0, 0))
        parts[shard] = budget.max_tokens
        assert sum(most or 0 for most in parts.values()) <= 1000 + len(parts)  # each is rounded up
    assert all(parts.values())


def test_what_all_have_used_stops_them() -> None:
    shared = SharedBudget(Budget(max_tokens=1000), (100, 0, 0, 0), seconds=10.0)
    shared.tell(0, (300, 200, 0, 0))
    stop, budget = shared.tell(1, (300, 50, 40, 10))
    assert stop == "1,000 tokens were used, 1,000 are allowed"
    assert budget == Budget(max_tokens=400)  # what it has used, and nothing more


def test_cost_is_divided_by_the_prices_of_both_models() -> None:
    whole = Budget(max_cost=0.01, prices=Prices(prompt=1.0, completion=2.0), checker_prices=Prices(prompt=4.0))
    shared = SharedBudget(whole, (1000, 1000, 250, 0), seconds=10.0)
    _, budget = shared.tell(0, (500, 250, 0, 0))
    assert budget.max_tokens is None
    assert budget.max_cost == pytest.approx(0.001 + (0.01 - 0.004 - 0.001) / 2)
    assert (budget.prices, budget.checker_prices) == (whole.prices, whole.checker_prices)


def test_the_part_of_one_that_ends_or_tells_nothing_any_more_is_free() -> None:
    clock = Clock()
    shared = SharedBudget(Budget(max_tokens=1200), (0, 0, 0, 0), seconds=10.0, clock=clock)
    shared.tell(0, (0, 0, 0, 0))
    assert shared.tell(1, (0, 0, 0, 0))[1] == Budget(max_tokens=400)
    shared.end(0)
    assert shared.tell(1, (0, 0, 0, 0))[1] == Budget(max_tokens=600)
    shared.tell(0, (0, 0, 0, 0))
    clock.now = 10.5
    assert shared.tell(1, (0, 0, 0, 0))[1] == Budget(max_tokens=600)
