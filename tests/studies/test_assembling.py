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
