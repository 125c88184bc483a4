from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from synth_builder.extras import require
from synth_builder.scoring.statistics.resamples import interval
from synth_builder.studies.results.parts import TaskSubjectivity
from synth_builder.studies.subjectivity.votes import Vote, refuse_separate_groups

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PENALTY = 0.1
"""
As a belief: scores come from a normal distribution with a deviation of `1 / sqrt(0.1)`, about 3.2. Ours; it hardly
moves tasks with some ten votes in either direction, and keeps the score of one that wins every vote finite.
"""
RESAMPLES = 1_000


def bradley_terry(
    votes: Sequence[Vote],
    shown: Collection[str] | None = None,
    *,
    penalty: float = PENALTY,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[TaskSubjectivity, ...]:
    """
    Scores of tasks from pairwise votes (Bradley and Terry, Biometrika 39, 1952).

    A vote calls task `i` more subjective than `j` with probability `1 / (1 + exp(s_j - s_i))`. The scores are those of
    a logistic regression without intercept, with +1 at the one task and -1 at the other of each vote, and least
    `penalty / 2 * sum(s_i ** 2) - log likelihood`. Their intervals are percentiles of a bootstrap over the votes.

    How arXiv 2310.07849 ranks tasks by its votes is not known; this is our choice.

    Args:
        votes (`Sequence[Vote]`):
            At least one.
        shown (`Collection[str]`, *optional*):
            Tasks whose scores are given, and over which their mean is 0; all when not given. The others still link
            them.
        penalty (`float`, defaults to 0.1):
            More than 0.
        resamples (`int`, defaults to 1,000):
            Of the bootstrap.
        seed (`int`, defaults to 0):
            Of its draws.

    Returns:
        `tuple[TaskSubjectivity, ...]`: The most subjective task first. Tasks without votes are not among them.

    Raises:
        StudyError: Some tasks are not linked to the others by any votes, so their scores can't be compared.
        MissingExtraError: scikit-learn is not installed.
    """
    import numpy as np

    refuse_separate_groups(votes)
    tasks = sorted({task for vote in votes for task in vote})
    counts = Counter(votes)
    pairs = [(tasks.index(vote.more), tasks.index(vote.less)) for vote in counts]
    of_pairs = np.array(list(counts.values()), dtype=float)
    centre = [place for place, task in enumerate(tasks) if shown is None or task in shown]
    scores = _fitted(pairs, of_pairs, len(tasks), penalty)
    scores -= scores[centre].mean()
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(votes), of_pairs / len(votes), size=resamples).astype(float)
    resampled = np.stack([_fitted(pairs, weights, len(tasks), penalty) for weights in drawn])
    resampled -= resampled[:, centre].mean(axis=1, keepdims=True)
    found = []
    for place in centre:
        task = tasks[place]
        low, high = interval(resampled[:, place])
        taken_part = sum(count for vote, count in counts.items() if task in vote)
        found.append(TaskSubjectivity(task=task, score=float(scores[place]), low=low, high=high, votes=taken_part))
    return tuple(sorted(found, key=lambda each: (-each.score, each.task)))


def _fitted(
    pairs: Sequence[tuple[int, int]], weights: "NDArray[np.float64]", tasks: int, penalty: float
) -> "NDArray[np.float64]":
    import numpy as np

    linear_model = require("sklearn.linear_model", extra="score")
    design = np.zeros((len(pairs), tasks))
    for row, (more, less) in enumerate(pairs):
        design[row, more], design[row, less] = 1.0, -1.0
    # Each vote is shown from both sides, half each: the likelihood is the same, and scikit-learn has its two classes.
    model = linear_model.LogisticRegression(C=1 / penalty, fit_intercept=False, solver="newton-cholesky", tol=1e-8)
    model.fit(
        np.concatenate([design, -design]),
        np.repeat([1, 0], len(pairs)),
        sample_weight=np.concatenate([weights, weights]) / 2,
    )
    found: NDArray[np.float64] = model.coef_[0]
    return found
