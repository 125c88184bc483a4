from typing import Any, Literal

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.diversity.results import Likeness, Variety
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.results.record import Record
from synth_builder.scoring.results.regime_scores import Spread

Asked = Literal["gain", "alone", "more", "variant"]


class StudiedTask(Record):
    """
    A task of a study.

    Args:
        name (`str`):
            What the study calls it.
        description (`str`):
            What is to be decided.
        labels (`tuple[str, ...]`):
            Its labels, in the order of the indices.
        test_reference (`str`):
            Where the real test rows are from.
        test_rows (`int`):
            How many there are.
        test_fingerprint (`str`):
            SHA-256 over their texts and labels.
        real_rows (`int`):
            Real rows to train on; 0 where there are none.
        majority (`str`):
            The label that most test rows have.
        majority_accuracy, majority_macro_f1 (`float`):
            What one reaches by always giving it.
        random_accuracy (`float`):
            What one reaches by guessing, each label as often as the test rows have it.
        real_label_counts (`dict[str, int]`):
            Label -> real training rows; empty where there are none.
        real_fingerprint (`str`, *optional*):
            SHA-256 over texts and labels of the real training rows; `None` where there are none.
    """

    name: str
    description: str
    labels: tuple[str, ...]
    test_reference: str
    test_rows: int
    test_fingerprint: str
    real_rows: int
    majority: str
    majority_accuracy: float
    majority_macro_f1: float
    random_accuracy: float
    real_label_counts: dict[str, int]
    real_fingerprint: str | None = None


class StudiedVariant(Record):
    """
    A variant of a task: how its rows were made, and what they look like.

    Args:
        task, variant (`str`):
            Which one.
        strategy (`str`):
            How it was prompted.
        options (`dict[str, Any]`):
            The strategy's settings.
        engine, model (`str`):
            Who wrote the rows.
        revision (`str`, *optional*):
            Revision of the model, where the engine tells it.
        fingerprint (`str`):
            Of everything that decides the rows; the same as in the release's provenance.
        rows (`int`):
            Training rows.
        rows_fingerprint (`str`):
            SHA-256 over their texts and labels.
        label_counts (`dict[str, int]`):
            Label -> rows.
        requests (`int`):
            Requests that were made.
        rejected (`dict[str, int]`):
            Reason -> rows that were not used.
        prompt_tokens, completion_tokens (`int`):
            Tokens of the prompts and of the replies, as the engine counts them.
        variety (`Variety`, *optional*):
            How varied the rows are; `None` where the study does not ask for it.
        real_variety (`Variety`, *optional*):
            The same of as many real rows.
        likeness (`Likeness`, *optional*):
            How near they are to real rows.
        samples (`tuple[dict[str, str], ...]`):
            A few rows: columns and the label.
        source (`str`, *optional*):
            The published dataset that the rows were read from, as `owner/name@revision`; `None` where they were
            built by the study.
        short (`dict[str, int]`, *optional*):
            Label -> training rows that were asked for and are missing; empty where none are, `None` where nobody
            knows what was asked for.
    """

    task: str
    variant: str
    strategy: str
    options: dict[str, Any]
    engine: str
    model: str
    revision: str | None
    fingerprint: str
    rows: int
    rows_fingerprint: str
    label_counts: dict[str, int]
    requests: int
    rejected: dict[str, int]
    prompt_tokens: int
    completion_tokens: int
    variety: Variety | None = None
    real_variety: Variety | None = None
    likeness: Likeness | None = None
    samples: tuple[dict[str, str], ...] = ()
    source: str | None = None
    short: dict[str, int] | None = None


class StudiedClassifier(Record):
    """
    A classifier of a study.

    Args:
        title (`str`):
            What the study calls it: `minilm fine-tuned`, `minilm probe`, `tfidf`.
        name (`str`):
            The encoder, or `tfidf`.
        revision (`str`):
            Commit on the Hub, hash of the local files, or the version of scikit-learn.
        method (`str`):
            `fine_tuning`, `probe`, `setfit` or `tfidf`.
        loss (`str`):
            Which loss.
        hyperparameters (`dict[str, Any]`):
            How it was trained.
    """

    title: str
    name: str
    revision: str
    method: str
    loss: str
    hyperparameters: dict[str, Any]


class CellScores(Record):
    """
    What classifiers reach that were trained in one way, over the seeds.

    Args:
        task, classifier (`str`):
            Which task, and the classifier's title.
        variant (`str`, *optional*):
            Which variant; `None` for real rows alone, which all variants share.
        regime (`"synthetic"`, `"real"` or `"augmented"`):
            The variant's rows, real rows, or both.
        real_rows (`int`, *optional*):
            How many real rows; `None` in the regime `synthetic`.
        synthetic_rows (`int`, *optional*):
            How many of the variant's rows; `None` for all of them, and in the regime `real`.
        train_rows (`int`):
            Training rows in all.
        accuracy, macro_f1, weighted_f1, mcc, calibration_error (`Spread`):
            Mean and deviation over the seeds; accuracy and macro-F1 with a 95 % interval.
        accuracies (`tuple[float, ...]`):
            Accuracy of each seed.
        seconds (`float`):
            Time of all its trainings and tests.
    """

    task: str
    classifier: str
    variant: str | None
    regime: Regime
    real_rows: int | None
    synthetic_rows: int | None
    train_rows: int
    accuracy: Spread
    macro_f1: Spread
    weighted_f1: Spread
    mcc: Spread
    calibration_error: Spread
    accuracies: tuple[float, ...]
    seconds: float

    @property
    def cell(self) -> Cell:
        """Which way of training it was."""
        return Cell(self.regime, self.real_rows, self.synthetic_rows)


class StudiedDifference(Record):
    """
    Two ways of training, compared on the same test rows. Those of one question by one classifier, over all tasks and
    variants, are one family: Holm's correction is over them.

    Args:
        task, classifier (`str`):
            Where.
        variant (`str`):
            The variant that is asked about; the candidate of `variant`.
        asked (`"gain"`, `"alone"`, `"more"` or `"variant"`):
            What it adds to real rows; the variant's rows alone against real rows alone; all of its rows against fewer;
            or this variant against another one, each alone.
        baseline, candidate (`str`):
            Titles of the ways of training, or names of the variants.
        real_rows (`int`, *optional*):
            Real rows of the baseline, in `gain` and `alone`.
        baseline_rows, candidate_rows (`int`, *optional*):
            Synthetic rows of both sides, in `more`.
        difference (`float`):
            Mean accuracy over the seeds, candidate minus baseline.
        low, high (`float`):
            Ends of its 95 % interval, by a paired bootstrap over the test rows.
        p_value (`float`):
            The greatest of the p-values of three tests.
        adjusted_p_value (`float`):
            The same after Holm's correction over the family.
        verdict (`"better"`, `"worse"` or `"within noise"`):
            Of the candidate, after the correction.
    """

    task: str
    classifier: str
    variant: str
    asked: Asked
    baseline: str
    candidate: str
    real_rows: int | None = None
    baseline_rows: int | None = None
    candidate_rows: int | None = None
    difference: float
    low: float
    high: float
    p_value: float
    adjusted_p_value: float
    verdict: Literal["better", "worse", "within noise"]


class StudiedWorth(Record):
    """What a variant is worth in real rows, for a classifier (`task`, `variant`, `classifier`, `worth`)."""

    task: str
    variant: str
    classifier: str
    worth: RealWorth


class Skill(Record):
    """
    The language model itself as a classifier of real test rows.

    Args:
        task (`str`):
            Which task.
        model (`str`):
            Which model.
        demonstrations (`int`):
            Real rows that it was shown with each question; 0 for zero-shot.
        rows (`int`):
            Test rows that it answered about: a random part of them, stratified by label.
        accuracy, macro_f1 (`Spread`):
            With a 95 % interval, Wilson's and by a bootstrap over the rows. An answer without a label counts as wrong.
        unreadable (`int`):
            Answers without a label.
        failed (`int`, defaults to 0):
            Further rows about which the engine refused to answer, for example because the prompt is too long. They are
            not counted anywhere else.
        majority_accuracy (`float`):
            What one reaches on the same rows by always giving the commonest label.
    """

    task: str
    model: str
    demonstrations: int
    rows: int
    accuracy: Spread
    macro_f1: Spread
    unreadable: int
    majority_accuracy: float
    failed: int = 0


class AgreementPoint(Record):
    """
    Accuracy on the test rows that annotators agree on at least so far.

    Args:
        agreement (`float`):
            The least agreement, from 0 to 1.
        rows (`int`):
            Test rows that have it.
        accuracy (`Spread`):
            Over the seeds, with a 95 % interval.
    """

    agreement: float
    rows: int
    accuracy: Spread


class AgreementCurve(Record):
    """
    How the accuracy of a way of training rises with the annotators' agreement (arXiv 2310.07849, instance level).

    Args:
        task, classifier (`str`):
            Where.
        variant (`str`, *optional*):
            Which variant; `None` for real rows alone.
        trained_on (`str`):
            The way of training, in words.
        points (`tuple[AgreementPoint, ...]`):
            By rising agreement.
    """

    task: str
    classifier: str
    variant: str | None
    trained_on: str
    points: tuple[AgreementPoint, ...]


class TaskSubjectivity(Record):
    """
    How subjective a task is, from pairwise votes (arXiv 2310.07849, task level).

    Args:
        task (`str`):
            Which task.
        score (`float`):
            Bradley-Terry score on the log scale, the mean over the tasks is 0; more is more subjective.
        low, high (`float`):
            Ends of its 95 % interval, by a bootstrap over the votes.
        votes (`int`):
            Votes that the task took part in.
    """

    task: str
    score: float
    low: float
    high: float
    votes: int


class Finding(Record):
    """
    A question that a paper asks, answered by this study.

    Args:
        key (`str`):
            A word for it.
        question (`str`):
            The question, answered by yes or no.
        answer (`"yes"`, `"no"` or `"not decided"`):
            What these data say.
        because (`str`):
            One or two sentences with the numbers.
        numbers (`dict[str, float | None]`):
            Name -> value of everything that the answer rests on.
        source (`str`):
            The paper that asks it, and what is known of its answer.
    """

    key: str
    question: str
    answer: Literal["yes", "no", "not decided"]
    because: str
    numbers: dict[str, float | None]
    source: str
