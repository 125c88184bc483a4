import importlib.util
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("torch")
pytest.importorskip("transformers")

from synth_builder.errors import FilterError, MissingExtraError
from synth_builder.filters.base import Candidate
from synth_builder.filters.label_classifier import VerificationByClassifier, some_of_each_label
from synth_builder.filters.verification import Verification, VerificationOptions
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task

TASK = Task(description="d", columns={"text": "t"}, labels={"negative": "n", "positive": "p", "mixed": "m"})
# Where each text points: the two labels lie opposite each other, and `between` is as far from one as from the other.
DIRECTIONS = {"good": (1.0, 0.0), "bad": (-1.0, 0.0), "better": (1.0, 0.0), "between": (0.0, 1.0)}
TRAIN = [
    RealRow({"text": text}, label, f"train:{n}")
    for n, (text, label) in enumerate([("good", "positive"), ("bad", "negative")] * 10)
]


def row(text: str, label: str) -> Candidate:
    return Candidate({"text": text}, label)


def filter_of(directory: Path, **options: Any) -> VerificationByClassifier:
    chosen = VerificationOptions(by="classifier", encoder=str(directory), **options)
    return VerificationByClassifier(chosen, TASK, train_rows=TRAIN)


def test_the_probability_of_the_label_is_its_agreement(encoder_directory: Path, by_direction: list[str]) -> None:
    one = filter_of(encoder_directory, min_probability=0.6)
    right, wrong = (one.agreement(row("better", label)) for label in ("positive", "negative"))
    assert right > 0.9 and right + wrong == pytest.approx(1)
    assert one.measures(row("between", "negative")) == {"agreement": pytest.approx(0.5, abs=1e-4)}
    assert one.check(row("better", "positive")) is None
    found = one.check(row("between", "negative"))
    assert found is not None and found.reason == "label_disagreement"
    assert found.detail.startswith("a classifier gives 'negative' a probability of 0.50, asked is 0.6; the likeliest ")
    # A label without a train row has no probability.
    assert one.agreement(row("better", "mixed")) == 0.0


def test_from_the_least_probability_on_a_row_stays(encoder_directory: Path, by_direction: list[str]) -> None:
    assert filter_of(encoder_directory, min_probability=0.49).check(row("between", "negative")) is None
    assert filter_of(encoder_directory, min_probability=0.51).check(row("between", "negative")) is not None
    assert filter_of(encoder_directory, min_probability=0.51, action="flag").check(row("between", "negative")) is None


def test_a_row_goes_through_the_encoder_once(encoder_directory: Path, by_direction: list[str]) -> None:
    one = filter_of(encoder_directory)
    by_direction.clear()
    one.check(row("better", "positive"))
    one.keep(row("better", "positive"))
    one.measures(row("better", "positive"))
    assert by_direction == ["better"]


def test_it_asks_no_model_and_has_no_template(encoder_directory: Path, by_direction: list[str]) -> None:
    assert Verification.for_options(VerificationOptions(by="classifier")) is VerificationByClassifier
    assert Verification.for_options(VerificationOptions()) is Verification
    one = filter_of(encoder_directory)
    assert (one.asks, one.needs_train_rows, one.templates()) == (False, True, {})
    assert one.requests(row("good", "positive")) == []


def test_at_most_so_many_rows_of_each_label_are_taken_in_their_order() -> None:
    rows = [RealRow({"text": f"t{n}"}, "positive" if n % 4 else "negative", f"train:{n}") for n in range(40)]
    some = some_of_each_label(rows, 10)
    assert [sum(row.label == label for row in some) for label in ("positive", "negative")] == [10, 10]
    places = [int(row.id.removeprefix("train:")) for row in some]
    assert places == sorted(places)
    assert some == some_of_each_label(rows, 10)
    assert places[-10:] != list(range(30, 40))
    assert some_of_each_label(rows, 100) == rows


def test_an_encoder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match="The filter 'verification' has no encoder to compare with"):
        filter_of(tmp_path)


def test_a_package_that_is_missing_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def without_sklearn(name: str, package: str | None = None) -> Any:
        if name == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without_sklearn)
    with pytest.raises(MissingExtraError, match=r"synth-builder\[score\]"):
        VerificationByClassifier.require(VerificationOptions(by="classifier"))
