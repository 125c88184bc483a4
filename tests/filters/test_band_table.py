from synth_builder.filters.band_table import SMALLEST, BandTable


def test_a_row_is_found_by_any_of_its_keys() -> None:
    table = BandTable(3)
    table.add((1, 2, 3))
    table.add((1, 5, 6))
    assert table.rows((9, 2, 9)) == {0}
    assert table.rows((1, 0, 0)) == {0, 1}
    assert table.rows((7, 8, 9)) == set()
    assert len(table) == 2


def test_keys_that_fall_on_one_place_are_told_apart() -> None:
    table = BandTable(1)
    for key in (5, 5 + SMALLEST, 5 + 2 * SMALLEST):
        table.add((key,))
    assert table.rows((5,)) == {0}
    assert table.rows((5 + 2 * SMALLEST,)) == {2}
    assert table.rows((6,)) == set()


def test_nothing_is_lost_when_the_table_grows() -> None:
    table = BandTable(2)
    for number in range(SMALLEST):
        table.add((number * 2654435761 & 0xFFFFFFFF, number))
    assert all(number in table.rows((number * 2654435761 & 0xFFFFFFFF,)) for number in range(SMALLEST))
