from synth_builder.studies.options_shown import options_shown


def test_settings_stand_in_words_without_those_that_are_long() -> None:
    told = options_shown({"k": 3, "shots": "same_label", "topics": ["a", "b"], "more": {"a": 1}})
    assert told == "k 3, shots same_label"
    assert options_shown({}) == ""


def test_what_nearly_every_variant_has_is_not_worth_a_word() -> None:
    assert options_shown({"label_mode": "conditioned", "rows_per_request": 1, "k": 5}) == "k 5"
    assert (
        options_shown({"label_mode": "generated", "rows_per_request": 4}) == "label_mode generated, rows_per_request 4"
    )
