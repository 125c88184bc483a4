import pytest

from synth_builder.releases.front_matter import size_category


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (99_999_999, "10M<n<100M"),
        (999_999_999, "100M<n<1B"),
    ],
)
def test_size_categories_as_the_hub_names_them(rows: int, name: str) -> None:
    assert size_category(rows) == name
