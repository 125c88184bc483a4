from typing import Literal

from synth_builder.scoring.results.record import Record

Question = Literal["gain", "variant"]


class Difference(Record):
    """
    Two ways of training, compared on the same test rows: is the one better, or is it chance?

    Args:
        question (`"gain"` or `"variant"`):
            What is asked: what do synthetic rows add to so many real rows; or is this variant better than another one.
        baseline, candidate (`str`):
            Titles of the ways of training, or names of the variants.
        difference (`float`):
            Mean accuracy over the seeds, candidate minus baseline.
        low, high (`float`):
            Ends of its 95 % interval, by a paired bootstrap over the test rows.
        p_value (`float`):
            The greatest of three tests' p-values: see `compare_predictions`.
        adjusted_p_value (`float`):
            The same after Holm's correction over all differences of one call.
        compared (`int`):
            How many those were.
        verdict (`"better"`, `"worse"` or `"within noise"`):
            Of the candidate, after the correction.
        basis (`str`):
            What the verdict rests on, in words.
        baseline_rows (`str`, *optional*):
            Fingerprint of the rows of the variant that it is compared with; `None` in a gain.
    """

    question: Question
    baseline: str
    candidate: str
    difference: float
    low: float
    high: float
    p_value: float
    adjusted_p_value: float
    compared: int
    verdict: Literal["better", "worse", "within noise"]
    basis: str
    baseline_rows: str | None = None

    def __str__(self) -> str:
        points = f"{100 * self.difference:+.1f} points [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"
        p = "p < 0.001" if self.adjusted_p_value < 0.001 else f"p = {self.adjusted_p_value:.3f}"
        return f"{self.candidate} against {self.baseline}: {points}, {p}: {self.verdict}"
