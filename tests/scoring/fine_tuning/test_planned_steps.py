import pytest

from synth_builder.scoring.fine_tuning.planned_steps import PlannedSteps, planned_steps, steps_of
from synth_builder.scoring.hyperparameters import Hyperparameters


def test_a_small_set_is_passed_over_more_often() -> None:
    settings = Hyperparameters(epochs=4, min_steps=100, batch_size=16)
    assert steps_of(100, settings) == 100  # 4 epochs would be 28 steps.
    assert steps_of(500, settings) == 128  # 4 epochs of 32 batches.


def test_rows_that_are_held_out_are_in_no_step() -> None:
    settings = Hyperparameters(epochs=12, min_steps=0, batch_size=16, validation_share=0.2)
    assert planned_steps([0, 1] * 200, settings) == 240  # 12 epochs of 320 rows, 20 batches each.
    assert (
        planned_steps([0, 1] * 45, settings) == 72
    )  # 18 rows would be too few to tell anything, so all 90 are trained on: 6 batches.
    assert planned_steps([0] * 400, settings.model_copy(update={"validation_share": 0.0})) == 300


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, 2, 1, 2, 3], [1, 2, 2, 2, 3]),  # It started again after two steps.
        ([1, 2, 3, 4], [1, 2, 3, 3]),  # More than planned are not told.
    ],
)
def test_each_planned_step_is_told_once(reached: list[int], told: list[int]) -> None:
    calls: list[None] = []
    steps = PlannedSteps(3, lambda: calls.append(None))
    seen = []
    for step in reached:
        steps.reached(step)
        seen.append(len(calls))
    assert seen == told


def test_steps_that_were_not_needed_are_told_at_the_end() -> None:
    calls: list[None] = []
    steps = PlannedSteps(5, lambda: calls.append(None))
    steps.reached(2)
    steps.finish()
    assert len(calls) == 5
