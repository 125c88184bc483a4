import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal, Self

from pydantic import ValidationError

from synth_builder.errors import ScoringError
from synth_builder.scoring.choices import LossName, MethodName, Precision, Regime
from synth_builder.scoring.hyperparameters import MethodHyperparameters
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.difference import Difference
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.results.record import Record
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.whole_file import whole_file

MAX_KEPT_PREDICTIONS = 20_000

_INTEGERS_ON_LINES = re.compile(r"\[\n\s+(-?\d+(?:,\s+-?\d+)*)\s+\]")


class RowsUsed(Record):
    """
    Which rows were used.

    Args:
        reference (`str`):
            Where they are from.
        rows (`int`):
            How many.
        label_counts (`dict[str, int]`):
            Label -> rows.
        fingerprint (`str`):
            SHA-256 over texts and labels, in order.
        left_out (`tuple[str, ...]`, defaults to `()`):
            Ids of rows that were not used because they stand in the test rows; not counted in `rows`.
    """

    reference: str
    rows: int
    label_counts: dict[str, int]
    fingerprint: str
    left_out: tuple[str, ...] = ()


class ClassifierUsed(Record):
    """
    Which classifier was trained.

    Args:
        name (`str`):
            As the user gave it: an encoder, or `tfidf`.
        revision (`str`):
            Commit on the Hub, or hash of the local files; of `tfidf` the version of scikit-learn.
    """

    name: str
    revision: str


class Machine(Record):
    """
    Where it was trained; scores are equal to the last digit only on the same one.

    Args:
        device (`str`):
            `cpu`, or the name of the accelerator.
        threads (`int`):
            Threads of torch; 1 where there is none.
        processes (`int`):
            Processes that trained together.
        mixed_precision (`"no"`, `"fp16"`, `"bf16"` or `"fp8"`):
            What was computed in where float32 was not; `no` where all was in float32.
    """

    device: str
    threads: int
    processes: int
    mixed_precision: Precision


class Majority(Record):
    """
    What one reaches by always answering the label that most test rows have: no constant answer has a better accuracy.

    Args:
        label (`str`):
            That label.
        accuracy, macro_f1 (`float`):
            What it reaches.
    """

    label: str
    accuracy: float
    macro_f1: float


class RandomGuess(Record):
    """
    What one reaches by guessing, each label as often as the test rows have it.

    Args:
        accuracy (`float`):
            Its expected accuracy.
    """

    accuracy: float


class Scores(Record):
    """
    What classifiers trained on a variant reach on real test rows, with everything needed to repeat it.

    Args:
        dataset (`str`):
            Repository id, or the folder's name.
        variant (`str`):
            The scored variant.
        label_names (`tuple[str, ...]`):
            Labels in the order of the indices.
        classifier (`ClassifierUsed`):
            Which encoder was trained, or `tfidf`.
        loss (`"cross_entropy"`, `"focal"`, `"imp"` or `"dimp"`):
            Which loss.
        hyperparameters (`Hyperparameters`, `ProbeHyperparameters`, `SetFitHyperparameters`, `TfidfHyperparameters`):
            How it was trained.
        seeds (`tuple[int, ...]`):
            One training per regime each.
        synthetic, test (`RowsUsed`):
            The variant's rows, and the real rows that it was tested on.
        real (`RowsUsed`, *optional*):
            The real rows that training rows were drawn from.
        test_labels (`tuple[int, ...]`, *optional*):
            Right label of each test row; left out together with the predictions.
        majority (`Majority`):
            The baseline.
        random_guess (`RandomGuess`, *optional*):
            Another one; files of earlier versions lack it.
        results (`tuple[RegimeScores, ...]`):
            One per regime and number of real rows.
        notes (`tuple[str, ...]`):
            What a reader has to know: rows left out, labels without training rows, regimes left out.
        machine (`Machine`):
            Where it was trained.
        versions (`dict[str, str]`):
            Library -> version.
        created (`str`):
            Time of the end in UTC, ISO 8601.
        seconds (`float`):
            Time of all trainings and tests of this variant; those without its rows are counted in each variant.
        method (`"fine_tuning"`, `"probe"`, `"setfit"` or `"tfidf"`, defaults to `"fine_tuning"`):
            What was trained: the whole encoder; a logistic regression on its embeddings; the encoder on pairs, and
            then the regression; or one on TF-IDF.
        worth (`RealWorth`, *optional*):
            What the variant is worth in real rows; `None` where real rows alone were not trained on.
        differences (`tuple[Difference, ...]`, defaults to `()`):
            What the variant's rows add to real rows, and how it differs from the variants scored before it in the same
            call; each with a verdict that holds over all of them together.
        schema_version (`int`, defaults to 1):
            Form of this file.
    """

    schema_version: Literal[1] = 1
    dataset: str
    variant: str
    label_names: tuple[str, ...]
    classifier: ClassifierUsed
    loss: LossName
    hyperparameters: MethodHyperparameters
    seeds: tuple[int, ...]
    synthetic: RowsUsed
    real: RowsUsed | None
    test: RowsUsed
    test_labels: tuple[int, ...] | None
    majority: Majority
    random_guess: RandomGuess | None = None
    results: tuple[RegimeScores, ...]
    notes: tuple[str, ...]
    machine: Machine
    versions: dict[str, str]
    created: str
    seconds: float
    method: MethodName = "fine_tuning"
    worth: RealWorth | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def trained(self) -> str:
        """What was trained, in words, for tables and cards."""
        if self.method == "tfidf":
            return "logistic regression on TF-IDF of words and characters"
        if self.method == "probe":
            return f"logistic regression on embeddings of {self.classifier.name}"
        if self.method == "setfit":
            return f"{self.classifier.name} trained with SetFit"
        return f"{self.classifier.name} fine-tuned with {self.loss.replace('_', ' ')}{self.precision}{self.otherwise}"

    @property
    def precision(self) -> str:
        """The mixed precision of the training in words, with a space before; empty for float32."""
        return "" if self.machine.mixed_precision == "no" else f" in {self.machine.mixed_precision}"

    @property
    def otherwise(self) -> str:
        """Hyperparameters that are not those by default, in brackets; empty where there are none."""
        usual = type(self.hyperparameters)().model_dump()
        changed = {name: value for name, value in self.hyperparameters.model_dump().items() if value != usual[name]}
        return f" ({', '.join(f'{name} {value}' for name, value in changed.items())})" if changed else ""

    def result(self, regime: Regime, real_rows: int | None = None, synthetic_rows: int | None = None) -> RegimeScores:
        """
        The scores of one way of training.

        Args:
            regime (`"synthetic"`, `"real"` or `"augmented"`):
                Which regime.
            real_rows (`int`, *optional*):
                Number of real rows; `None` for the regime `synthetic`.
            synthetic_rows (`int`, *optional*):
                Number of synthetic rows, where not all of them were taken.

        Raises:
            ScoringError: It was not scored; the message lists what was.
        """
        cell = Cell(regime, real_rows, synthetic_rows)
        for result in self.results:
            if result.cell == cell:
                return result
        raise ScoringError(
            f"{cell.title!r} was not scored for the variant {self.variant!r}. "
            f"Scored: {', '.join(result.title for result in self.results)}."
        )

    def to_json(self) -> str:
        """The file's text; lists of integers stand on one line."""
        return _as_text(self.model_dump(mode="json"))

    def write(self, path: Path) -> None:
        """
        Write the file, and the folder that it is in when it is missing; never half of it.

        Raises:
            ScoringError: It can't be written.
        """
        _write(path, self.to_json())

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read a file that `write` wrote.

        Raises:
            ScoringError: It is no such file, or one of another version of the form.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ScoringError(f"{str(path)!r} can't be read as scores: {error}. Score the variant again.") from error
        return cls.parse(text, repr(str(path)))

    @classmethod
    def parse(cls, text: str, where: str) -> Self:
        """
        Read the text of such a file.

        Args:
            text (`str`):
                Its text.
            where (`str`):
                What messages call it.

        Raises:
            ScoringError: It is none, or one of another version of the form.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise ScoringError(
                f"{where} can't be read as scores: {error}\nExpected a file that `synth-builder score` wrote; "
                "score the variant again."
            ) from error


def write_all(scores: Mapping[str, Scores], path: Path) -> None:
    """
    Write the scores of several variants into one file, never half of it: an object of variant -> what `Scores.write`
    would write.

    Raises:
        ScoringError: It can't be written.
    """
    _write(path, _as_text({variant: score.model_dump(mode="json") for variant, score in scores.items()}))


def require_writable(path: Path) -> None:
    """
    Make sure that a file can be written, before the work that it is for. Nothing is made.

    Raises:
        ScoringError: It can't be.
    """
    if path.is_dir():
        raise ScoringError(f"Scores can't be written to {str(path)!r}: that is a folder. Name a file in it.")
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritten(path, error) from error


def _write(path: Path, text: str) -> None:
    try:
        with whole_file(path) as stream:
            stream.write(text.encode())
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> ScoringError:
    return ScoringError(
        f"Scores can't be written to {str(path)!r}: {error.strerror or error}. Name another file with --out, or make "
        "room for this one; finished trainings are kept."
    )


def _as_text(value: object) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    # A line break never stands inside a JSON string, so nothing but lists is matched.
    return _INTEGERS_ON_LINES.sub(lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text) + "\n"
