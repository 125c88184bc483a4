import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning.examples import Example, LengthBuckets, Padder, tokenize  # noqa: E402
from synth_builder.scoring.rows.text_rows import TextRows  # noqa: E402
from tests.scoring.tiny_encoder import WORDS  # noqa: E402

CLS, SEP, UNK = 2, 3, 1
WORD = {word: index + 4 for index, word in enumerate(WORDS)}


def test_a_text_is_tokenised_in_its_frame(encoder: Encoder) -> None:
    (example,) = tokenize(TextRows((("The film surprised",),), (1,), ("a",)), encoder.tokenizer, max_length=16)
    assert example.inputs["input_ids"] == [CLS, WORD["the"], WORD["film"], UNK, SEP]
    assert example.label == 1


def test_a_pair_is_tokenised_as_a_pair(encoder: Encoder) -> None:
    (example,) = tokenize(TextRows((("the premise", "claim"),), (0,), ("a",)), encoder.tokenizer, max_length=16)
    assert example.inputs["input_ids"] == [CLS, WORD["the"], WORD["premise"], SEP, WORD["claim"], SEP]
    assert example.inputs["token_type_ids"] == [0, 0, 0, 0, 1, 1]


def test_the_longer_text_of_a_pair_is_cut(encoder: Encoder) -> None:
    rows = TextRows((("the film was very very very good", "bad claim"),), (0,), ("a",))
    (example,) = tokenize(rows, encoder.tokenizer, max_length=8)
    # Eight tokens with three of the frame: two of the claim, three of the seven of the premise.
    assert example.inputs["input_ids"] == [
        CLS,
        WORD["the"],
        WORD["film"],
        WORD["was"],
        SEP,
        WORD["bad"],
        WORD["claim"],
        SEP,
    ]


def test_a_batch_is_padded_to_its_longest_row(encoder: Encoder) -> None:
    rows = TextRows((("good",), ("the film",)), (1, 0), ("a", "b"))
    batch = Padder(encoder.tokenizer)(list(enumerate(tokenize(rows, encoder.tokenizer, max_length=16))))
    assert batch["input_ids"].tolist() == [[CLS, WORD["good"], SEP, 0], [CLS, WORD["the"], WORD["film"], SEP]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert batch["labels"].tolist() == [1, 0]
    assert batch["positions"].tolist() == [0, 1]


def test_each_pass_holds_every_row_once_in_batches_of_similar_length() -> None:
    lengths = [1 + 37 * number % 50 for number in range(50)]
    buckets = LengthBuckets(lengths, batch_size=5, bucket_batches=10, seed=0)
    batches = list(buckets)
    assert len(batches) == len(buckets) == 10
    assert sorted(position for batch in batches for position in batch) == list(range(50))
    assert sorted(max(lengths[p] for p in batch) - min(lengths[p] for p in batch) for batch in batches) == [4] * 10


def test_passes_differ_and_the_seed_fixes_them() -> None:
    one, two = (LengthBuckets([3] * 20, batch_size=4, bucket_batches=2, seed=7) for _ in range(2))
    first, second = list(one), list(one)
    assert first != second
    assert [first, second] == [list(two), list(two)]


def test_the_last_batch_may_be_short() -> None:
    assert sorted(map(len, LengthBuckets([1] * 7, batch_size=3, bucket_batches=1, seed=0))) == [1, 3, 3]


def test_the_length_of_an_example_is_its_tokens() -> None:
    assert len(Example({"input_ids": [2, 5, 3]}, label=0)) == 3
