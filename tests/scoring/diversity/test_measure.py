from pathlib import Path

import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.diversity.measure import Settings, measure_diversity, measure_variants
from synth_builder.scoring.diversity.results import Diversity, Likeness, Variety
from synth_builder.scoring.encoder_files import Encoder
from synth_builder.scoring.rows.text_rows import TextRows
from tests.scoring.tiny_encoder import toy_rows


def rows_of(*texts: str) -> TextRows:
    return TextRows(tuple((text,) for text in texts), (0,) * len(texts), tuple(map(str, range(len(texts)))))


def values_of(part: Variety | Likeness | None) -> list[float | None]:
    assert part is not None
    values = part.model_dump().values()
    return [one for value in values for one in (value.values() if isinstance(value, dict) else [value])]


def test_measures_of_wording_need_no_encoder() -> None:
    found = measure_diversity(rows_of("a b c", "a b d"))
    assert found.variety.mean_words == 3.0
    assert found.variety.distinct == {1: 4 / 6, 2: 3 / 4, 3: 1.0}
    assert found.variety.self_bleu[2] == pytest.approx((2 / 3 * 1 / 2) ** 0.5)
    assert found.variety.self_repetition == 0.0
    assert (found.variety.remote_clique, found.variety.chamfer_distance, found.variety.vendi_score) == (None,) * 3
    assert (found.encoder, found.real, found.real_variety, found.likeness) == (None,) * 4
    assert found.notes == (
        "There are no real rows, so the likeness was left out; give rows with --real.",
        "Measures of embeddings were left out, as there was no encoder.",
    )


def test_as_many_real_rows_as_synthetic_ones_are_measured_and_copies_are_sought_among_all() -> None:
    synthetic = rows_of("the film", "the food")
    real = rows_of(*(f"number {number}" for number in range(50)), "The  FILM")
    found = measure_diversity(synthetic, real)
    assert found.sampling.rows == 2
    assert found.real is not None and found.real.rows == 51
    assert found.real_variety is not None and found.real_variety.mean_words == 2.0
    assert found.likeness is not None
    assert found.likeness.copy_rate == 1 / 2
    assert found.likeness.length_divergence == 0.0


def test_where_there_are_fewer_real_rows_it_is_said() -> None:
    found = measure_diversity(toy_rows(12), toy_rows(7, start=100))
    assert found.sampling.rows == 7
    assert "There are 7 real rows, so as many of the 12 synthetic rows were measured." in found.notes


def test_variants_are_measured_on_equally_many_rows() -> None:
    variants = {"small": toy_rows(10), "large": toy_rows(40, start=100)}
    found = list(measure_variants(variants, settings=Settings(self_bleu_rows=4, dataset="films")))
    assert [(one.variant, one.sampling.rows, one.sampling.self_bleu_rows) for one in found] == [
        ("small", 10, 4),
        ("large", 10, 4),
    ]
    assert [one.synthetic.reference for one in found] == ["films:small", "films:large"]
    assert found[1].synthetic.rows == 40


def test_the_same_seed_draws_the_same_rows_and_another_one_others() -> None:
    rows = toy_rows(60)
    first, again, other = (
        measure_diversity(rows, settings=Settings(rows=10, seed=seed)).variety for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("on_real", [False, True])
def test_rows_that_are_not_there_are_refused(on_real: bool) -> None:
    nothing = TextRows((), (), ())
    with pytest.raises(ScoringError, match=r"There are no rows of .* to measure; expected at least one"):
        measure_diversity(toy_rows(3) if on_real else nothing, nothing if on_real else toy_rows(3))
    with pytest.raises(ScoringError, match="0 rows are asked for; expected at least 1"):
        measure_diversity(toy_rows(3), settings=Settings(rows=0))


def test_with_an_encoder_nothing_is_left_out(encoder: Encoder) -> None:
    from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder

    done: list[int] = []
    (found,) = measure_variants(
        {"toy": toy_rows(20)}, toy_rows(30, start=100), SentenceEmbedder(encoder), on_rows=done.append
    )
    assert None not in values_of(found.variety) + values_of(found.real_variety) + values_of(found.likeness)
    assert sum(done) == 2 * found.sampling.rows == 40
    assert found.encoder is not None and found.encoder.revision == encoder.revision
    assert found.notes == ()
    assert set(found.seconds) == {"embedding", "measures of wording", "measures of embeddings"}


def test_rows_beside_themselves_are_as_close_as_can_be(encoder: Encoder) -> None:
    from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder

    found = measure_diversity(toy_rows(20), toy_rows(20), SentenceEmbedder(encoder))
    assert found.likeness is not None
    assert (found.likeness.precision, found.likeness.recall, found.likeness.coverage) == (1, 1, 1)
    assert (found.likeness.length_divergence, found.likeness.vocabulary_divergence) == (0, 0)
    assert found.likeness.copy_rate == 1
    assert found.variety == found.real_variety


def test_too_few_rows_for_neighbours_are_told(encoder: Encoder) -> None:
    from synth_builder.scoring.methods.sentence_embeddings import SentenceEmbedder

    found = measure_diversity(toy_rows(5), toy_rows(9, start=100), SentenceEmbedder(encoder))
    assert found.likeness is not None and found.likeness.precision is None
    assert found.notes == (
        "5 rows of each side are too few for precision, recall, density and coverage; they need more than 5.",
    )


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = measure_diversity(toy_rows(8), toy_rows(8, start=50))
    found.write(tmp_path / "new" / "toy.json")
    assert Diversity.read(tmp_path / "new" / "toy.json") == found
    (tmp_path / "other.json").write_text('{"schema_version": 2}', encoding="utf-8")
    with pytest.raises(ScoringError, match="can't be read as measures of diversity"):
        Diversity.read(tmp_path / "other.json")
