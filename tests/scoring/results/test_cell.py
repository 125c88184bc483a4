from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.rows.text_rows import TextRows

NO_ROWS = TextRows((), (), ())


def test_a_title_says_what_is_trained_on() -> None:
    assert [
        cell.title
        for cell in (
            Cell("synthetic"),
            Cell("synthetic", None, 50),
            Cell("real", 100),
            Cell("augmented", 100),
            Cell("augmented", 100, 50),
        )
    ] == ["synthetic", "synthetic 50", "real 100", "real 100 + synthetic", "real 100 + synthetic 50"]


def test_the_cells_are_all_sizes_in_order_and_a_size_of_all_rows_is_no_cell_of_its_own() -> None:
    comparison = Comparison(
        label_names=["a"],
        test=NO_ROWS,
        test_reference="test.csv",
        regimes=("real", "augmented", "synthetic"),
        real_rows=(20, 10, 20),
        synthetic_rows=(30, 5, 40),
        method="tfidf",
    )
    assert [cell.title for cell in comparison.cells(30)] == [
        "synthetic 5",
        "synthetic 40",
        "synthetic",
        "real 10",
        "real 20",
        "real 10 + synthetic 5",
        "real 10 + synthetic 40",
        "real 10 + synthetic",
        "real 20 + synthetic 5",
        "real 20 + synthetic 40",
        "real 20 + synthetic",
    ]
