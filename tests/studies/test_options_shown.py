from synth_builder.studies.options_shown import options_shown


def test_settings_stand_in_words_without_those_that_are_long() -> None:
    told = options_shown({"k": 3, "shots": "same_label", "topics": ["a", "b"], "more": {"a": 1}})
    assert told == "k 3, shots same_label"
    assert options_shown({}) == ""
