from importlib.metadata import EntryPoint

import pytest

from synth_builder import registry
from synth_builder.errors import UnknownNameError
from synth_builder.registry import FILTERS, STRATEGIES, Registry, nearest


@pytest.mark.parametrize("table", [STRATEGIES, FILTERS], ids=["strategies", "filters"])
def test_the_word_of_a_recipe_is_the_name_of_the_class_and_of_its_file(table: Registry) -> None:
    assert table.names()
    for name in table.table:
        found = table.get(name)
        assert found.name == name
        assert found.__module__.rpartition(".")[2] == name


def test_an_unknown_name_is_answered_with_the_nearest_and_all_others() -> None:
    with pytest.raises(UnknownNameError) as found:
        FILTERS.get("duplicate")
    assert str(found.value) == (
        "Unknown filter 'duplicate'. Did you mean 'duplicates'? Known: contamination, demonstration_copies, "
        "duplicates, label_leakage, language, length, pii, refusal, semantic_duplicates, toxicity, verification. "
        "One of your own is registered under the entry point 'synth_builder.filters'."
    )


def test_a_package_adds_a_name_and_can_not_replace_one(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {
        name: EntryPoint(name, "collections:OrderedDict", "synth_builder.filters") for name in ("zz_other", "length")
    }
    monkeypatch.setattr(registry, "_plugins", lambda group: points if group == "synth_builder.filters" else {})
    assert FILTERS.names()[-1] == "zz_other"
    assert FILTERS.names().count("length") == 1
    assert FILTERS.get("zz_other").__name__ == "OrderedDict"
    assert FILTERS.get("length").__name__ == "Length"
    assert "zz_other" not in STRATEGIES.names()


@pytest.mark.parametrize(
    ("word", "hint"),
    [("colums", " Did you mean 'columns'?"), ("xyz", ""), ("", ""), ("label", " Did you mean 'labels'?")],
)
def test_a_hint_is_given_where_a_known_word_is_near(word: str, hint: str) -> None:
    assert nearest(word, ["columns", "labels"]) == hint
