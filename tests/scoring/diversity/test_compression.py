from synth_builder.scoring.diversity.compression import compression_ratio


def test_the_ratio_of_one_letter_by_hand() -> None:
    # 10 bytes in front, 8 behind, and 18 bits between them: 3 for the kind of block, 8 for the letter, 7 for the end.
    assert compression_ratio(["a"]) == 1 / (10 + 3 + 8)


def test_what_is_said_again_takes_less() -> None:
    said_once = compression_ratio([f"sentence number {number * 7919 % 1000}" for number in range(200)])
    said_again = compression_ratio(["sentence number 7919"] * 200)
    assert said_once is not None and said_again is not None
    assert 1 < said_once < said_again / 5


def test_there_has_to_be_a_letter() -> None:
    assert compression_ratio([]) is None
    assert compression_ratio(["", ""]) is None
