from synth_builder.scoring.label_quality.confusion import confused_pairs

NAMES = ["bad", "good", "meh"]


def test_both_directions_of_a_pair_are_counted_and_the_worst_pair_comes_first() -> None:
    labels = [0, 0, 0, 1, 1, 2, 2, 2, 2]
    answers = [0, 1, 2, 0, 1, 0, 0, 1, 2]
    found = confused_pairs(labels, answers, NAMES)
    # bad and meh: 0 -> 2 once, 2 -> 0 twice; bad and good: once each way; good and meh: 2 -> 1 once.
    assert [(pair.labels, pair.first_as_second, pair.second_as_first) for pair in found] == [
        (("bad", "meh"), 1, 2),
        (("bad", "good"), 1, 1),
        (("good", "meh"), 0, 1),
    ]
    assert confused_pairs(labels, answers, NAMES, most=1) == found[:1]


def test_right_answers_confuse_nothing() -> None:
    assert confused_pairs([0, 1, 2], [0, 1, 2], NAMES) == ()
