from synth_builder.studies.report.sections import contents
from synth_builder.studies.report.tables.label_table import label_table
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.made_up import made_up


def study() -> StudyResults:
    """Two tasks; `a` lacks a label in one variant, `b` has no real rows and lacks a variant."""
    results = made_up(("a", "b"), ("zero_shot", "few_shot"))
    zero, few, only = results.variants[0], results.variants[1], results.variants[2]
    variants = (
        zero.model_copy(update={"label_counts": {"negative": 1_500, "positive": 500}}),
        few.model_copy(update={"label_counts": {"positive": 200}}),
        only.model_copy(update={"label_counts": {}}),
    )
    tasks = (
        results.tasks[0],
        results.tasks[1].model_copy(update={"labels": ("yes",), "real_label_counts": {}}),
    )
    return results.model_copy(update={"tasks": tasks, "variants": variants})


def test_each_label_has_its_rows_in_each_variant_and_in_the_real_rows() -> None:
    table = label_table(study())
    assert table is not None
    assert table.header == ("task", "label", "zero_shot", "few_shot", "real rows")
    assert table.rows == (
        ("a", "negative", "1,500 (75.0 %)", "0 (0.0 %)", "1,040 (52.0 %)"),
        ("a", "positive", "500 (25.0 %)", "200 (100.0 %)", "960 (48.0 %)"),
        ("b", "yes", "0", "-", "-"),
    )


def test_it_stands_beside_what_the_rows_are_like() -> None:
    named = {section.key: [table.name for table in section.tables] for section in contents(study()).sections}
    assert named["rows"] == ["diversity", "labels"]


def test_without_variants_there_is_no_table() -> None:
    assert label_table(made_up(variants=())) is None
