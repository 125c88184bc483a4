from collections.abc import Mapping
from typing import Literal

from synth_builder.scoring.hyperparameters import MethodHyperparameters
from synth_builder.scoring.label_quality.share import Share
from synth_builder.scoring.results.record import Record
from synth_builder.scoring.results.results_file import ResultsFile, json_text
from synth_builder.scoring.results.scores import ClassifierUsed, Machine, RowsUsed


class RealAccuracy(Record):
    """
    How good the classifier that was trained on real rows is: what its agreement with the labels is worth.

    Args:
        right (`Share`):
            Real rows that it gets right.
        measured_on (`"test rows"` or `"training rows (cross-validated)"`):
            Which real rows.
        majority (`float`):
            What one reaches on them by always answering their most common label.
    """

    right: Share
    measured_on: Literal["test rows", "training rows (cross-validated)"]
    majority: float


class OfLabel(Record):
    """
    What was found about the rows of one label.

    Args:
        label (`str`):
            Its name.
        rows (`int`):
            Its synthetic rows.
        agreement (`Share`, *optional*):
            Those that the real-trained classifier reads the same way; `None` where no real row has the label.
        real_right (`Share`, *optional*):
            Real rows of the label that the same classifier gets right; `None` where it was tested on none.
        read_as (`dict[str, int]`):
            Other label -> rows that the real-trained classifier reads as that one; the most frequent first.
        issues (`int`, *optional*):
            Rows whose label confident learning calls wrong; `None` for a label with a single row.
        likely_wrong (`int`):
            Rows that are likely mislabelled; see `LabelQuality`.
    """

    label: str
    rows: int
    agreement: Share | None
    real_right: Share | None
    read_as: dict[str, int]
    issues: int | None
    likely_wrong: int


class DoubtfulRow(Record):
    """
    A row that at least one of both checks speaks against.

    Args:
        id (`str`):
            The row.
        texts (`tuple[str, ...]`):
            Its texts, whole.
        label (`str`):
            Its label.
        reads_as (`str`, *optional*):
            What the real-trained classifier says.
        reads_as_probability (`float`, *optional*):
            How probable it finds that.
        real_probability (`float`, *optional*):
            How probable it finds the row's own label.
        self_confidence (`float`, *optional*):
            How probable classifiers trained on the other synthetic rows find the row's own label.
        agrees (`bool`, *optional*):
            Whether the real-trained classifier says the row's label.
        issue (`bool`, *optional*):
            Whether confident learning calls the label wrong.
        likely_wrong (`bool`):
            See `LabelQuality`.
    """

    id: str
    texts: tuple[str, ...]
    label: str
    reads_as: str | None
    reads_as_probability: float | None
    real_probability: float | None
    self_confidence: float | None
    agrees: bool | None
    issue: bool | None
    likely_wrong: bool


class ConfusedPair(Record):
    """
    Two labels that a classifier trained on the synthetic rows confuses on real test rows.

    Args:
        labels (`tuple[str, str]`):
            Both.
        first_as_second, second_as_first (`int`):
            Real rows of the one that it takes for the other.
    """

    labels: tuple[str, str]
    first_as_second: int
    second_as_first: int


class GroupAgreement(Record):
    """
    How often the real-trained classifier agrees with rows that have something in common.

    Args:
        kind (`str`):
            `strategy`, `topic`, or an attribute's name after the word `attribute`.
        value (`str`):
            Which one.
        agreement (`Share`):
            Rows of the group that it agrees with.
    """

    kind: str
    value: str
    agreement: Share


class LabelQuality(ResultsFile):
    """
    How far the labels of a variant's rows can be trusted, with everything needed to repeat it.

    Args:
        dataset (`str`):
            Repository id, or the folder's name.
        variant (`str`):
            The variant.
        method (`"probe"` or `"tfidf"`):
            What was trained: a logistic regression on an encoder's embeddings, or one on TF-IDF.
        classifier (`ClassifierUsed`):
            Which encoder, or `tfidf`.
        hyperparameters (`ProbeHyperparameters` or `TfidfHyperparameters`):
            How it was trained.
        synthetic (`RowsUsed`):
            The variant's rows.
        real, test (`RowsUsed`, *optional*):
            Real rows that were trained on, and real rows that were tested on.
        folds (`int`):
            Parts of the cross-validation of the synthetic rows; no more than rows.
        real_accuracy (`RealAccuracy`, *optional*):
            What the agreement is worth.
        agreement (`Share`, *optional*):
            Rows that the real-trained classifier agrees with, of those whose label a real row has.
        issues (`Share`):
            Rows whose label confident learning calls wrong, of those whose label at least two rows have.
        likely_wrong (`Share`):
            Rows that are likely mislabelled, of all rows: confident learning calls the label wrong, and the
            real-trained classifier does not say that label either, or was never shown it.
        labels (`tuple[OfLabel, ...]`):
            The same label by label, in the task's order; labels without a row are left out.
        flagged (`int`):
            Rows that at least one check speaks against.
        ranked_by (`"self-confidence"`):
            Order of `doubtful`: rows that are likely wrong first, and among equals the least self-confidence first.
        doubtful (`tuple[DoubtfulRow, ...]`):
            The first of the flagged rows.
        synthetic_accuracy (`Share`, *optional*):
            Real test rows that a classifier trained on the synthetic rows gets right.
        confused (`tuple[ConfusedPair, ...]`):
            Labels that it confuses most, both directions together.
        groups (`tuple[GroupAgreement, ...]`):
            Topics, attributes and strategies with at least ten rows that are agreed with least.
        advice (`tuple[str, ...]`):
            What these numbers tell to do.
        notes (`tuple[str, ...]`):
            What a reader has to know: what could not be judged, and rows left out.
        machine (`Machine`):
            Where it was trained.
        versions (`dict[str, str]`):
            Library -> version.
        created (`str`):
            Time of the end in UTC, ISO 8601.
        seconds (`float`):
            What it took.
        schema_version (`int`, defaults to 1):
            Form of this file.
    """

    called = "a summary of label quality"
    written_by = "synth-builder label-quality"
    again = "judge the variant again"

    schema_version: Literal[1] = 1
    dataset: str
    variant: str
    method: Literal["probe", "tfidf"]
    classifier: ClassifierUsed
    hyperparameters: MethodHyperparameters
    synthetic: RowsUsed
    real: RowsUsed | None
    test: RowsUsed | None
    folds: int
    real_accuracy: RealAccuracy | None
    agreement: Share | None
    issues: Share
    likely_wrong: Share
    labels: tuple[OfLabel, ...]
    flagged: int
    ranked_by: Literal["self-confidence"] = "self-confidence"
    doubtful: tuple[DoubtfulRow, ...]
    synthetic_accuracy: Share | None
    confused: tuple[ConfusedPair, ...]
    groups: tuple[GroupAgreement, ...]
    advice: tuple[str, ...] = ()
    notes: tuple[str, ...]
    machine: Machine
    versions: dict[str, str]
    created: str
    seconds: float


def all_as_json(found: Mapping[str, LabelQuality]) -> str:
    """What was found about several variants as one text: an object of variant -> what `write` would write."""
    return json_text({variant: quality.model_dump(mode="json") for variant, quality in found.items()})
