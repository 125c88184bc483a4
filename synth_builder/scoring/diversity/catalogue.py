from dataclasses import dataclass
from typing import Literal

from synth_builder.scoring.diversity.results import Likeness, Variety

Good = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Measure:
    """
    How a measure is read.

    Args:
        name (`str`):
            Its field in the results.
        title (`str`):
            What tables call it.
        good (`"higher"`, `"lower"` or `"neither"`):
            Which values are those of more diverse, or closer, rows.
        range (`str`):
            Which values it can have.
        source (`str`):
            The arXiv id of the paper that defines it, or what there is instead.
        key (`int`, *optional*):
            Which n, where the field has several.
    """

    name: str
    title: str
    good: Good
    range: str
    source: str
    key: int | None = None

    @property
    def width(self) -> float | None:
        """By how much two values can differ at most; `None` where nothing bounds them."""
        least, _, most = self.range.partition(" to ")
        try:
            return float(most) - float(least)
        except ValueError:
            return None  # "0 and more", "1 to rows"

    def of(self, values: Variety | Likeness | None) -> float | None:
        """Its value among the results of one side."""
        found = getattr(values, self.name, None)
        return found.get(self.key) if isinstance(found, dict) else found


VARIETY = (
    Measure("mean_words", "mean words", "neither", "0 and more", "none"),
    *(Measure("distinct", f"distinct-{n}", "higher", "0 to 1", "1510.03055", n) for n in (1, 2, 3)),
    *(Measure("self_bleu", f"Self-BLEU-{n}", "lower", "0 to 1", "1802.01886", n) for n in (2, 3, 4, 5)),
    Measure("self_repetition", "self-repetition", "lower", "0 and more", "2210.08145"),
    Measure("compression_ratio", "compression ratio", "lower", "about 1 and more", "2403.00553"),
    Measure("remote_clique", "remote-clique", "higher", "0 to 2", "2101.06030"),
    Measure("chamfer_distance", "Chamfer distance", "higher", "0 to 2", "2101.06030"),
    Measure("vendi_score", "Vendi score", "higher", "1 to rows", "2210.02410"),
)

LIKENESS = (
    Measure("precision", "precision", "higher", "0 to 1", "1904.06991"),
    Measure("recall", "recall", "higher", "0 to 1", "1904.06991"),
    Measure("density", "density", "higher", "0 and more", "2002.09797"),
    Measure("coverage", "coverage", "higher", "0 to 1", "2002.09797"),
    Measure("similarity_to_real", "top-5 similarity", "higher", "-1 to 1", "2310.07849"),
    Measure("length_divergence", "length divergence", "lower", "0 to 1", "Lin 1991"),
    Measure("vocabulary_divergence", "vocabulary divergence", "lower", "0 to 1", "Lin 1991"),
    Measure("copy_rate", "copy rate", "lower", "0 to 1", "none"),
    Measure("copied_run_rate", "copied runs of 8 words", "lower", "0 to 1", "2005.14165"),
)
