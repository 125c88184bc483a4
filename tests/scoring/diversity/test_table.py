import json
import re
from pathlib import Path

from synth_builder.scoring.diversity.catalogue import LIKENESS, VARIETY
from synth_builder.scoring.diversity.measure import Settings, measure_diversity, measure_variants
from synth_builder.scoring.diversity.results import Likeness, Variety
from synth_builder.scoring.diversity.table import diversity_table
from tests.scoring.tiny_encoder import toy_rows

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "diversity.md").read_text(encoding="utf-8")


def test_variants_stand_beside_each_other_and_beside_the_real_rows() -> None:
    variants = {"one_shot": toy_rows(8), "zero_shot": toy_rows(8, start=40)}
    found = list(measure_variants(variants, toy_rows(9, start=200), settings=Settings(real_reference="real.csv")))
    lines = diversity_table(found).splitlines()
    assert lines[0] == "8 rows of each, beside as many of real.csv; Self-BLEU of 8"
    assert lines[2].split() == ["measure", "one_shot", "zero_shot", "real", "better"]
    assert lines[4].split() == ["mean", "words", "4.000", "4.000", "4.000", "neither"]
    assert re.fullmatch(r"copy rate +0\.000 +0\.000 +lower", next(line for line in lines if "copy rate" in line))
    assert lines[-1] == "Note: Measures of embeddings were left out, as there was no encoder."
    # What was not measured takes no line.
    assert "Vendi" not in "\n".join(lines)


def test_without_real_rows_there_is_no_column_for_them() -> None:
    lines = diversity_table([measure_diversity(toy_rows(8))]).splitlines()
    assert lines[2].split() == ["measure", "default", "better"]
    assert not any("copy" in line for line in lines)


def test_the_times_on_the_page_are_those_of_the_results_file() -> None:
    found = json.loads((ROOT / "benchmarks" / "results" / "diversity.json").read_text(encoding="utf-8"))
    seconds, cpu, machine = found["seconds"], found["cpu_seconds"], found["machine"]
    assert (
        f"For {found['rows_of_each_side']:,} rows of {found['words_of_a_row']['synthetic']:.0f} words beside as many "
        f"real ones all measures take {seconds['all_but_embedding']:.0f} s on {machine['cores']} cores, and the "
        f"embedding of both by all-MiniLM-L6-v2 {seconds['embedding']:.0f} s"
    ) in PAGE
    assert f"load {machine['load_before']:.1f}" in PAGE and f"{cpu['all']:.0f} s of processor time" in PAGE


def test_every_measure_has_its_line_in_the_catalogue_and_on_the_page() -> None:
    assert {measure.name for measure in VARIETY} == set(Variety.model_fields)
    assert {measure.name for measure in LIKENESS} == set(Likeness.model_fields)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")]
    told = {row[0]: row for row in rows}
    for measure in (*VARIETY, *LIKENESS):
        title = re.sub(r"-\d$", "-n", measure.title) if measure.key else measure.title
        assert measure.good in told[title][2], title
        assert measure.range in told[title][3], title
        assert measure.source in told[title][4], title
