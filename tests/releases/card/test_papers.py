import re

from synth_builder.registry import STRATEGIES
from synth_builder.releases.card.papers import PAPERS, bibtex, cited, followed


def test_papers_of_the_strategies_that_were_used_and_no_others() -> None:
    found = followed(
        {
            "a": {"strategy": "few_shot", "papers": ["2407.12813"]},
            "b": {"strategy": "zero_shot", "papers": ["2407.12813"]},
            "c": {"strategy": "few_shot", "papers": ["2407.12813"]},
            "d": {"strategy": "paraphrase", "papers": []},
            "e": {"strategy": "theirs", "papers": ["2401.00001"]},
        }
    )
    assert found == {"2407.12813": ["few_shot", "zero_shot"], "2401.00001": ["theirs"]}
    known, theirs = cited(found)
    assert known == (
        "- `few_shot`, `zero_shot`: Li et al., *Data Generation Using Large Language Models for Text Classification: "
        "An Empirical Case Study*, [arXiv:2407.12813](https://arxiv.org/abs/2407.12813)"
    )
    # Of a paper that is not known here nothing is made up.
    assert theirs == "- `theirs`: [arXiv:2401.00001](https://arxiv.org/abs/2401.00001)"
    assert bibtex(found).count("@misc{") == 1
    assert "  year = {2024},\n  eprint = {2407.12813},\n" in bibtex(found)
    assert bibtex(["2401.00001"]) == ""


def test_every_paper_of_a_strategy_is_known() -> None:
    ids = {paper for name in STRATEGIES.table for paper in STRATEGIES.get(name).papers}
    assert ids == set(PAPERS)
    assert all(re.fullmatch(r"\d{4}\.\d{5}", id) for id in ids)
    assert len({paper.key for paper in PAPERS.values()}) == len(PAPERS)
