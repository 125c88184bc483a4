import pytest

from synth_builder.scoring.fine_tuning.step_parts import parts_of


def test_a_step_that_fits_is_one_part() -> None:
    (part,) = parts_of([7, 3, 5], at_once=3)
    assert (part.positions, part.factor) == ((7, 3, 5), 1.0)


def test_rows_that_do_not_fit_are_split_evenly_and_count_by_their_share() -> None:
    parts = parts_of([0, 1, 2, 3, 4], at_once=2)
    assert [part.positions for part in parts] == [(0,), (1, 2), (3, 4)]
    assert [part.factor for part in parts] == pytest.approx([1 / 5, 2 / 5, 2 / 5])


def test_processes_share_the_rows_of_a_step() -> None:
    one, two = (parts_of(list(range(16)), at_once=4, processes=2, process=process) for process in (0, 1))
    assert [part.positions for part in one] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    assert [part.positions for part in two] == [(8, 9, 10, 11), (12, 13, 14, 15)]
    # Gradients are averaged over two processes: each part of four rows counts 4 / 16, twice.
    assert {part.factor for part in one + two} == {0.5}


def test_a_process_without_a_row_takes_part_with_one_that_does_not_count() -> None:
    parts = [parts_of([9], at_once=4, processes=3, process=process) for process in range(3)]
    assert [(part.positions, part.factor) for (part,) in parts] == [((9,), 0.0), ((9,), 0.0), ((9,), 3.0)]


@pytest.mark.parametrize("at_once", [1, 3, 8])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_row_counts_once_and_no_part_is_too_large(at_once: int, processes: int) -> None:
    for rows in range(1, 40):
        step = [position * 10 for position in range(rows)]
        of_processes = [parts_of(step, at_once, processes, process) for process in range(processes)]
        assert len({len(parts) for parts in of_processes}) == 1
        parts = [part for parts in of_processes for part in parts]
        assert [position for part in parts if part.factor for position in part.positions] == step
        assert all(1 <= len(part.positions) <= at_once for part in parts)
        assert sum(part.factor for part in parts) / processes == pytest.approx(1)
