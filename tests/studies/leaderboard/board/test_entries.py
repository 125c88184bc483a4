"""Results of studies, one by one."""

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.board.board import Board, Measure
from synth_builder.studies.leaderboard.board.entries import Entry, entries_of
from synth_builder.studies.leaderboard.board.ranking import Interval, Rank
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.leaderboard.handed_in import LONG, hostile, small
from tests.studies.made_up import made_up, spread


def rank_of(board: Board, entry: Entry, measure: Measure = "accuracy") -> Rank:
    rank = board.rank(entry, measure)
    assert rank is not None
    return rank


def test_each_way_of_training_is_an_entry_with_its_numbers() -> None:
    results = small()
    entries = entries_of([("a/results.json", results)])
    assert len(entries) == len(results.cells) == 18  # 2 of real rows alone, 8 of each variant
    (entry,) = [each for each in entries if each.variant == "few_shot" and each.regime == "real 100 + synthetic"]
    scored = results.scored("sst2", "tfidf", Cell("augmented", 100), "few_shot")
    assert scored is not None
    low, high = scored.accuracy.low, scored.accuracy.high
    assert low is not None and high is not None
    assert entry.accuracy == Interval(scored.accuracy.mean, low, high)
    assert entry.macro_f1.mean == scored.macro_f1.mean
    assert (entry.study, entry.task, entry.classifier) == ("made_up", "sst2", "tfidf")
    assert (entry.model, entry.engine, entry.strategy) == ("SmolLM2-135M-Instruct", "embedded", "few_shot")
    assert (entry.rows, entry.seeds, entry.file) == (300, 3, "a/results.json")
    assert entry.fingerprint == results.fingerprint


def test_ends_that_rounding_put_beside_0_or_1_are_0_or_1() -> None:
    results = small()
    first, *others = results.cells
    told = Spread(mean=1.0000000000000002, std=None, low=-1e-16, high=1.0000000000000002)
    bare = Spread(mean=0.5, std=None)
    cells = (first.model_copy(update={"accuracy": told, "macro_f1": bare}), *others)
    entry = entries_of([("f", results.model_copy(update={"cells": cells}))])[0]
    assert entry.accuracy == Interval(1.0, 0.0, 1.0)
    assert entry.macro_f1 == Interval(0.5, None, None)


def test_real_rows_alone_have_no_model() -> None:
    real = [each for each in entries_of([("f", small())]) if each.variant is None]
    assert [(each.regime, each.model, each.strategy, each.title) for each in real] == [
        ("real 100", None, None, "real rows alone"),
        ("real 1000", None, None, "real rows alone"),
    ]


def test_an_entry_has_the_same_link_wherever_the_file_lies_and_no_two_share_one() -> None:
    here, there = entries_of([("here", made_up())]), entries_of([("there", made_up())])
    assert [each.id for each in here] == [each.id for each in there]
    assert len({each.id for each in here}) == len(here)
    assert not {each.id for each in here} & {each.id for each in entries_of([("f", made_up(seed=1))])}


def with_test_rows(results: StudyResults, fingerprint: str) -> StudyResults:
    return results.model_copy(
        update={"tasks": tuple(task.model_copy(update={"test_fingerprint": fingerprint}) for task in results.tasks)}
    )


def test_tasks_of_one_name_with_other_test_rows_are_not_ranked_together() -> None:
    first, same, other = small(), small(seed=1), with_test_rows(small(seed=2), "other rows")
    board = Board([("a", first), ("b", same)])
    assert {each.task for each in board.entries} == {"sst2"}
    assert rank_of(board, board.entries[0]).of == 2
    board = Board([("a", first), ("b", other)])
    names = {each.task for each in board.entries}
    assert len(names) == 2 and all(name.startswith("sst2 (") for name in names)
    assert rank_of(board, board.entries[0]).of == 1


def with_real_rows(results: StudyResults, fingerprint: str | None) -> StudyResults:
    return results.model_copy(
        update={"tasks": tuple(task.model_copy(update={"real_fingerprint": fingerprint}) for task in results.tasks)}
    )


def test_tasks_of_one_name_with_other_real_training_rows_are_not_ranked_together() -> None:
    first, same = with_real_rows(small(), "rows"), with_real_rows(small(seed=1), "rows")
    board = Board([("a", first), ("b", same)])
    assert {each.task for each in board.entries} == {"sst2"} and rank_of(board, board.entries[0]).of == 2
    for other in ("other rows", None):  # where nobody knows them, they may be others
        board = Board([("a", first), ("b", with_real_rows(same, other))])
        names = {each.task for each in board.entries}
        assert len(names) == 2 and all(name.startswith("sst2 (") for name in names)
        assert rank_of(board, board.entries[0]).of == 1


def test_classifiers_of_one_title_with_other_settings_are_not_ranked_together() -> None:
    first, other = small(), small(seed=1)
    changed = other.classifiers[0].model_copy(update={"hyperparameters": {"c": 10}})
    newer = other.classifiers[0].model_copy(update={"revision": "another machine's"})
    apart = Board([("a", first), ("b", other.model_copy(update={"classifiers": (changed,)}))])
    assert len({each.classifier for each in apart.entries}) == 2
    together = Board([("a", first), ("b", other.model_copy(update={"classifiers": (newer,)}))])
    assert {each.classifier for each in together.entries} == {"tfidf"}


def test_ranks_are_within_task_classifier_and_regime() -> None:
    results = made_up(("sst2",), ("zero_shot", "few_shot"), ("tfidf",))
    means = {"zero_shot": 0.8, "few_shot": 0.7, None: 0.99}
    cells = tuple(
        cell.model_copy(update={"accuracy": spread(means[cell.variant]), "macro_f1": spread(0.5)})
        for cell in results.cells
    )
    board = Board([("f", results.model_copy(update={"cells": cells}))])
    for entry in board.entries:
        place = {"zero_shot": 1, "few_shot": 2, None: 1}[entry.variant]
        assert board.rank(entry, "accuracy") == (place, False, 1 if entry.variant is None else 2)
        assert rank_of(board, entry, "macro_f1").place == 1  # all the same


def test_hostile_names_are_harmless_and_stay_different() -> None:
    entries = entries_of([("f", hostile())])
    for entry in entries:
        for name in (entry.study, entry.task, entry.classifier, entry.title, entry.model, entry.strategy):
            assert name is None or (len(name) <= 110 and not {"\u202e", "\u2066", "\x00", "\x1b"} & set(name))
    assert len({entry.task for entry in entries}) == 2
    longer = made_up(("sst2",), (LONG + "a", LONG + "b"), ("tfidf",))
    assert len({entry.variant for entry in entries_of([("f", longer)])}) == 3
