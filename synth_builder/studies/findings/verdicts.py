from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from synth_builder.studies.findings.over_tasks import Answer, over_tasks
from synth_builder.studies.findings.wording import in_points, numbers_of
from synth_builder.studies.results.parts import Asked, StudiedDifference
from synth_builder.studies.results.study_results import StudyResults


@dataclass(frozen=True)
class VerdictCounts:
    """
    How often a candidate was better.

    Args:
        better, worse, within_noise (`int`):
            Comparisons with that verdict.
    """

    better: int
    worse: int
    within_noise: int

    @classmethod
    def of(cls, differences: Iterable[StudiedDifference]) -> "VerdictCounts":
        """Count the verdicts of comparisons."""
        found = [difference.verdict for difference in differences]
        return cls(found.count("better"), found.count("worse"), found.count("within noise"))

    @property
    def compared(self) -> int:
        """All of them."""
        return self.better + self.worse + self.within_noise

    @property
    def numbers(self) -> dict[str, float | None]:
        """By name, for a finding."""
        return {
            "better": float(self.better),
            "worse": float(self.worse),
            "within noise": float(self.within_noise),
        }

    def answer(self, wanted: Literal["better", "worse"] = "better") -> Answer:
        """
        What a single task answers: `yes` if more than half of the comparisons have the wanted verdict and none the
        opposite one, `no` if it is the other way round, else `not decided`.
        """
        for answer, verdict in (("yes", wanted), ("no", "worse" if wanted == "better" else "better")):
            these, others = (self.better, self.worse) if verdict == "better" else (self.worse, self.better)
            if 2 * these > self.compared and not others:
                return "yes" if answer == "yes" else "no"
        return "not decided"

    def in_words(self, corrected: int) -> str:
        """
        A sentence, with the number of comparisons that Holm's correction is over.

        Args:
            corrected (`int`):
                Differences of the family.
        """
        return (
            f"Better in {self.better} of {self.compared}, worse in {self.worse}, within noise in {self.within_noise}, "
            f"after Holm's correction over {corrected:,} comparisons"
        )


@dataclass(frozen=True)
class Decision:
    """An answer, the sentences that it rests on, and their numbers (`answer`, `because`, `numbers`)."""

    answer: Answer
    because: str
    numbers: dict[str, float | None]


def first_classifier(results: StudyResults) -> str | None:
    """Title of the classifier that the findings are about; `None` where the study has none."""
    return results.classifiers[0].title if results.classifiers else None


def differences_of(results: StudyResults, asked: Asked) -> list[StudiedDifference]:
    """What was compared for one question, by the first classifier."""
    title = first_classifier(results)
    return [each for each in results.differences if each.asked == asked and each.classifier == title]


def family_of(results: StudyResults, one: StudiedDifference) -> list[StudiedDifference]:
    """What Holm's correction of a comparison is over: the same question by the same classifier."""
    return [each for each in results.differences if (each.asked, each.classifier) == (one.asked, one.classifier)]


def decided_by_differences(
    results: StudyResults, differences: Sequence[StudiedDifference], wanted: Literal["better", "worse"], subject: str
) -> Decision:
    """
    Decide a question about differences of accuracy.

    With two tasks or more, by the 95 % interval of the mean difference over the tasks (`over_tasks`; variants within a
    task are averaged): `yes` if it lies on the wanted side of 0, `no` on the other. With one task, by the verdicts of
    its paired comparisons (`VerdictCounts.answer`).

    Args:
        results (`StudyResults`):
            The study, for the number of comparisons that are corrected together.
        differences (`Sequence[StudiedDifference]`):
            Those of the question; at least one.
        wanted (`"better"` or `"worse"`):
            Which way the question asks.
        subject (`str`):
            How the sentence begins: what is compared with what.
    """
    values: dict[str, list[float]] = {}
    for each in differences:
        values.setdefault(each.task, []).append(each.difference)
    found, counts = over_tasks(values, most=1.0), VerdictCounts.of(differences)
    asked: Literal["above", "below"] = "above" if wanted == "better" else "below"
    answer = counts.answer(wanted) if found.low is None else found.answer(asked)
    because = f"{subject}: {in_points(found)}. {counts.in_words(len(family_of(results, differences[0])))}."
    return Decision(answer, because, numbers_of(found, "difference") | counts.numbers)
