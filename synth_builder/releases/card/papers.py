from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Paper:
    """
    A paper that a strategy follows.

    Args:
        key (`str`):
            Its BibTeX key.
        title (`str`):
            Its title.
        authors (`tuple[str, ...]`):
            Its authors.
    """

    key: str
    title: str
    authors: tuple[str, ...]


PAPERS = {
    "2306.15895": Paper(
        "yu2023attributed",
        "Large Language Model as Attributed Training Data Generator: A Tale of Diversity and Bias",
        (
            "Yue Yu",
            "Yuchen Zhuang",
            "Jieyu Zhang",
            "Yu Meng",
            "Alexander Ratner",
            "Ranjay Krishna",
            "Jiaming Shen",
            "Chao Zhang",
        ),
    ),
    "2310.07830": Paper(
        "gholami2023synthetic",
        "Does Synthetic Data Make Large Language Models More Efficient?",
        ("Sia Gholami", "Marwan Omar"),
    ),
    "2310.07849": Paper(
        "li2023synthetic",
        "Synthetic Data Generation with Large Language Models for Text Classification: Potential and Limitations",
        ("Zhuoyan Li", "Hangxiao Zhu", "Zhuoran Lu", "Ming Yin"),
    ),
    "2407.12813": Paper(
        "li2024datageneration",
        "Data Generation Using Large Language Models for Text Classification: An Empirical Case Study",
        ("Yinheng Li", "Rogerio Bonatti", "Sara Abdali", "Justin Wagle", "Kazuhito Koishida"),
    ),
    "2410.15226": Paper(
        "chen2024diversity",
        "On the Diversity of Synthetic Data and its Impact on Training Large Language Models",
        ("Hao Chen", "Abdul Waheed", "Xiang Li", "Yidong Wang", "Jindong Wang", "Bhiksha Raj", "Marah I. Abdin"),
    ),
}


def followed(provenances: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Papers of the strategies that were really used: arXiv id -> those strategies."""
    found: dict[str, list[str]] = {}
    for provenance in provenances.values():
        for paper in provenance.get("papers", ()):
            strategies = found.setdefault(paper, [])
            if provenance["strategy"] not in strategies:
                strategies.append(provenance["strategy"])
    return found


def cited(papers: Mapping[str, list[str]]) -> list[str]:
    """A line for each paper, as Markdown. The Hub reads the ids out of such links and makes tags of them."""
    lines = []
    for id, strategies in papers.items():
        named = ", ".join(f"`{strategy}`" for strategy in strategies)
        link = f"[arXiv:{id}](https://arxiv.org/abs/{id})"
        paper = PAPERS.get(id)
        told = f"{paper.authors[0].rsplit(' ', 1)[-1]} et al., *{paper.title}*, {link}" if paper else link
        lines.append(f"- {named}: {told}")
    return lines


def bibtex(ids: Iterable[str]) -> str:
    """BibTeX entries of those papers whose title and authors are known here."""
    entries = []
    for id in ids:
        paper = PAPERS.get(id)
        if paper is not None:
            fields = {
                "title": paper.title,
                "author": " and ".join(paper.authors),
                "year": f"20{id[:2]}",
                "eprint": id,
                "archivePrefix": "arXiv",
            }
            lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
            entries.append(f"@misc{{{paper.key},\n{lines}\n}}")
    return "\n\n".join(entries)
