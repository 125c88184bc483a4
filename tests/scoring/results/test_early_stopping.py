import json

from synth_builder.releases.card.card_tables import score_notes
from synth_builder.scoring.results.early_stopping import EarlyStop, early_stopping_note
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.results.table import ScoreTable
from tests.releases.scored import scored
from tests.scoring.results.test_scores import regime


def stop(epochs: int, best: int | None, loss: float | None, rows: int = 400) -> EarlyStop:
    """A fifth of the rows was held out, of twelve epochs."""
    return EarlyStop(
        stopped=epochs < 12,
        epochs=epochs,
        planned_epochs=12,
        best_epoch=best,
        validation_loss=loss,
        validation_rows=rows // 5,
        trained_rows=rows - rows // 5,
    )


def stopped(result: RegimeScores, *stops: EarlyStop | None) -> RegimeScores:
    runs = tuple(run.model_copy(update={"early_stopping": each}) for run, each in zip(result.runs, stops, strict=True))
    return result.model_copy(update={"runs": runs})


def test_a_single_training_is_told_in_plain_numbers() -> None:
    found = scored(stopped(regime("synthetic", None, 0.8), stop(4, 2, 0.3456)))
    assert early_stopping_note([found]) == (
        "Stopped early: 1 of 1 training, after epoch 4 of 12; best at epoch 2 (validation loss 0.346); of 400 "
        "training rows, 80 were held out for validation and 320 trained on."
    )


def test_many_trainings_are_one_sentence_and_those_that_variants_share_count_once() -> None:
    real = stopped(regime("real", 100, 0.6, 0.6), stop(12, 12, 0.25, rows=1500), stop(12, 9, 0.5, rows=1500))
    one = scored(stopped(regime("synthetic", None, 0.8, 0.8), stop(4, 2, 0.31), stop(3, 1, 0.45)), real)
    two = scored(stopped(regime("synthetic", None, 0.8, 0.8), stop(7, 5, 0.2), None), real)
    note = (
        "Stopped early: 3 of 5 trainings, after epoch 3 to 7 of 12; best at epoch 1 to 12 (validation loss 0.200 to "
        "0.500); of 400 to 1,500 training rows, 80 to 300 were held out for validation and 320 to 1,200 trained on."
    )
    assert early_stopping_note([one, two]) == note
    assert ScoreTable.of([one, two]).notes[-1] == note
    assert note in score_notes({"one": one, "two": two})


def test_that_none_stopped_is_told_too() -> None:
    found = scored(stopped(regime("synthetic", None, 0.8, 0.8), stop(12, None, None), stop(12, None, None)))
    assert early_stopping_note([found]) == (
        "Stopped early: none of 2 trainings, in 12 epochs; of 400 training rows, 80 were held out for validation and "
        "320 trained on."
    )


def test_without_rows_held_out_there_is_nothing_to_tell() -> None:
    found = scored(regime("synthetic", None, 0.8))
    assert early_stopping_note([found]) is None
    assert not any("Stopped early" in note for note in ScoreTable.of([found]).notes)


def test_it_is_written_and_read_and_files_of_earlier_versions_lack_it() -> None:
    found = scored(stopped(regime("synthetic", None, 0.8), stop(4, 2, 0.25)))
    told = json.loads(found.to_json())
    assert told["results"][0]["runs"][0]["early_stopping"] == {
        "stopped": True,
        "epochs": 4,
        "planned_epochs": 12,
        "best_epoch": 2,
        "validation_loss": 0.25,
        "validation_rows": 80,
        "trained_rows": 320,
    }
    assert Scores.parse(found.to_json(), "it") == found
    del told["results"][0]["runs"][0]["early_stopping"]
    assert Scores.parse(json.dumps(told), "an older file").results[0].runs[0].early_stopping is None
