from synth_builder.scoring.results.scores import Scores
from synth_builder.studies.assembling import _notes
from tests.releases.scored import scored
from tests.scoring.results.test_early_stopping import stop, stopped
from tests.scoring.results.test_scores import regime


def test_a_study_tells_which_classifier_stopped_early_on_which_task() -> None:
    found = scored(stopped(regime("synthetic", None, 0.8), stop(4, 2, 0.3456)))
    found = found.model_copy(update={"notes": ()})
    assert _notes([], {"films": {"minilm": {"few_shot": found}}}) == [
        "films, minilm: Stopped early: 1 of 1 training, after epoch 4 of 12; best at epoch 2 (validation loss 0.346); "
        "of 400 training rows, 80 were held out for validation and 320 trained on."
    ]


def test_a_note_stands_once_with_the_classifiers_that_it_is_about() -> None:
    def with_notes(*notes: str) -> Scores:
        return scored(regime("synthetic", None, 0.8)).model_copy(update={"notes": notes})

    rows, few = "3 of the 20 real training rows were left out.", "Two rows are few."
    of_both = {"zero_shot": with_notes(rows), "few_shot": with_notes(rows)}
    of_one = {"zero_shot": with_notes(rows, few), "few_shot": with_notes(rows)}
    assert _notes([], {"films": {"minilm": of_both, "tfidf": of_one}}) == [f"films: {rows}", f"films, tfidf: {few}"]
    assert _notes([], {"films": {"minilm": of_both}}) == [f"films, minilm: {rows}"]
