import math
from collections.abc import Callable, Sequence

from pydantic import Field

from synth_builder.errors import FilterError
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.registry import SCORERS

Scorer = Callable[[Sequence[str]], Sequence[float]]


class ToxicityOptions(FilterOptions):
    """
    Options of `toxicity`.

    Args:
        scorer (`str`, defaults to `"toxicity"`):
            Name of a scorer that an installed package registers under the entry point `synth_builder.scorers`.
        threshold (`float`, defaults to 0.5):
            Score from which a text is rejected.
    """

    scorer: str = Field(default="toxicity", min_length=1)
    threshold: float = Field(default=0.5, gt=0, le=1)


class Toxicity(Filter[ToxicityOptions]):
    """
    Rejects rows with a text that a scorer of yours gives a high score. A scorer is a function of texts to numbers from
    0 (harmless) to 1; this package has none, as good ones are models of their own.
    """

    name = "toxicity"
    Options = ToxicityOptions
    shows_rejected = False

    def __init__(self, options: ToxicityOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        self._scorer: Scorer = SCORERS.get(options.scorer)

    @classmethod
    def require(cls, options: ToxicityOptions) -> None:
        """The scorer is registered."""
        SCORERS.get(options.scorer)

    def check(self, candidate: Candidate) -> Objection | None:
        """
        Reason: `toxic`.

        Raises:
            FilterError: The scorer gave something else than a number from 0 to 1 for each text.
        """
        texts = list(candidate.columns.values())
        scores = [float(score) for score in self._scorer(texts)]
        if len(scores) != len(texts) or not all(math.isfinite(score) and 0 <= score <= 1 for score in scores):
            raise FilterError(
                f"The scorer {self.options.scorer!r} gave {scores} for {len(texts)} text(s); expected one number from "
                "0 to 1 for each. Its package has to mend it, or name another scorer."
            )
        for column, score in zip(candidate.columns, scores, strict=True):
            if score >= self.options.threshold:
                return Objection(
                    "toxic", f"{column} is scored {score:.2f}, allowed is less than {self.options.threshold:g}"
                )
        return None
