from synth_builder.scoring.diversity.catalogue import LIKENESS, VARIETY


def test_measures_between_two_bounds_differ_by_their_distance_at_most() -> None:
    widths = {each.title: each.width for each in (*VARIETY, *LIKENESS)}
    assert widths["Self-BLEU-4"] == widths["recall"] == 1.0
    assert widths["remote-clique"] == widths["top-5 similarity"] == 2.0
    assert widths["Vendi score"] is widths["mean words"] is widths["compression ratio"] is None
