from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from synth_builder.errors import ScoringError
from synth_builder.extras import require
from synth_builder.registry import nearest
from synth_builder.scoring.choices import (
    TFIDF,
    EncoderMethod,
    LossName,
    MethodName,
    Regime,
    check_choices,
    method_of,
    refuse_checker_rows,
    refuse_loss,
)
from synth_builder.scoring.classifier_names import refuse_mistyped
from synth_builder.scoring.given_values import keyed, path_text, whole_number, whole_numbers, word, words
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.processes import first_process
from synth_builder.scoring.regimes import choose_real_rows, choose_regimes
from synth_builder.scoring.results.finished_runs import default_folder
from synth_builder.scoring.results.old_runs import remove_old_runs
from synth_builder.scoring.rows.text_rows import TextRows

if TYPE_CHECKING:
    from synth_builder.scoring.comparison import Comparison

EXPECTED_CLASSIFIER = "'minilm', 'tfidf', a Hub id or a directory, as a text"


@dataclass(frozen=True)
class ScoreSettings:
    """
    What a user asks of a score, checked. See the verb `score` for each field; where a list is taken, a single word or
    number stands for a list of one.

    Raises:
        ScoringError: A value is of another kind, a word is unknown, a number is too small, or two settings do not go
            together.
        MissingExtraError: The method needs a package that is not installed.
    """

    regimes: Regime | Sequence[Regime] | None = None
    real_rows: int | Sequence[int] | None = None
    synthetic_rows: int | Sequence[int] | None = None
    classifier: str = "minilm"
    loss: LossName = "cross_entropy"
    checker_rows: int | None = None
    seeds: int = 3
    method: EncoderMethod | None = None
    hyperparameters: Mapping[str, Any] | None = None
    cache: str | Path | None = None
    fresh: bool = False
    chosen_regimes: tuple[Regime, ...] | None = field(init=False)
    real_sizes: tuple[int, ...] | None = field(init=False)
    synthetic_sizes: tuple[int, ...] = field(init=False)
    trained_by: MethodName = field(init=False)
    training: Hyperparameters = field(init=False)

    def __post_init__(self) -> None:
        for name, value in self._read().items():
            object.__setattr__(self, name, value)
        check_choices(
            self.chosen_regimes,
            self.real_sizes,
            self.synthetic_sizes,
            self.loss,
            self.checker_rows,
            self.seeds,
            self.method,
        )
        refuse_mistyped(self.classifier, "classifier")
        method = method_of(self.classifier, self.method)
        refuse_loss(self.loss, method)
        refuse_checker_rows(self.checker_rows, self.loss)
        object.__setattr__(self, "trained_by", method)
        object.__setattr__(self, "training", _hyperparameters(self.hyperparameters or {}, method))
        extra = "tfidf" if method == TFIDF else "score"
        encoders = () if method == TFIDF else ("torch", "transformers", "accelerate")
        for package in (*encoders, "sklearn", "scipy", "statsmodels"):
            require(package, extra=extra)

    def _read(self) -> dict[str, Any]:
        """Fields as what they should be."""
        read: dict[str, Any] = {
            "classifier": path_text(self.classifier, "classifier", EXPECTED_CLASSIFIER),
            "loss": word(self.loss, "loss"),
            "seeds": whole_number(self.seeds, "seeds"),
            "chosen_regimes": None if self.regimes is None else words(self.regimes, "regimes"),
            "real_sizes": None if self.real_rows is None else whole_numbers(self.real_rows, "real_rows"),
            "synthetic_sizes": ()
            if self.synthetic_rows is None
            else whole_numbers(self.synthetic_rows, "synthetic_rows"),
        }
        if self.checker_rows is not None:
            read["checker_rows"] = whole_number(self.checker_rows, "checker_rows")
        if self.method is not None:
            read["method"] = word(self.method, "method")
        if self.hyperparameters is not None:
            read["hyperparameters"] = keyed(self.hyperparameters, "hyperparameters")
        if self.cache is not None:
            read["cache"] = path_text(self.cache, "cache", "a folder")
        return read

    @property
    def needs_real_rows(self) -> bool:
        """Whether real training rows are of any use."""
        return (
            self.chosen_regimes is None
            or any(regime != "synthetic" for regime in self.chosen_regimes)
            or self.loss in ("imp", "dimp")
        )

    def comparison(
        self,
        label_names: Sequence[str],
        test: tuple[str, TextRows],
        real: tuple[str, TextRows] | None,
        given_with: str,
    ) -> "Comparison":
        """
        What is the same for all variants.

        Args:
            label_names (`Sequence[str]`):
                Labels in the order of the indices.
            test (`tuple[str, TextRows]`):
                Where the test rows are from, and the rows.
            real (`tuple[str, TextRows]`, *optional*):
                The same of real training rows.
            given_with (`str`):
                How the user gives real training rows, for messages: a flag or an argument.

        Raises:
            ScoringError: A regime needs real rows, and there are none; or there is no such encoder.
        """
        from synth_builder.scoring.comparison import Comparison
        from synth_builder.scoring.encoder_files import load_encoder

        reference, rows = real or (None, None)
        regimes, notes = choose_regimes(self.chosen_regimes, rows, given_with)
        cache = None if self.cache is None else Path(self.cache)
        return Comparison(
            label_names=label_names,
            test=test[1],
            test_reference=test[0],
            encoder=None if self.trained_by == TFIDF else load_encoder(self.classifier),
            real=rows,
            real_reference=reference,
            regimes=regimes,
            real_rows=choose_real_rows(self.real_sizes, rows, test[1]),
            synthetic_rows=self.synthetic_sizes,
            seeds=self.seeds,
            loss=self.loss,
            checker_rows=self.checker_rows,
            hyperparameters=self.training,
            method=self.trained_by,
            cache=cache,
            runs=None if self.fresh else default_folder() if cache is None else cache / "runs",
            notes=notes,
        )

    def clean_up(self) -> None:
        """
        Remove finished trainings that were not used for long, at the end of a call; see `remove_old_runs`. A folder
        that the user named is left alone.
        """
        if self.cache is None and not self.fresh and first_process():
            remove_old_runs(default_folder())


def _hyperparameters(values: Mapping[str, Any], method: MethodName) -> Hyperparameters:
    if values and method != "fine_tuning":
        raise ScoringError(
            f"Hyperparameters are given ({', '.join(values)}), and those of the method {method!r} are fixed; leave "
            "them out, or fine-tune an encoder."
        )
    for name in values:
        if name not in Hyperparameters.model_fields:
            known = list(Hyperparameters.model_fields)
            raise ScoringError(f"Unknown hyperparameter {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
    if "patience" in values and "validation_share" not in values:
        raise ScoringError(
            f"The hyperparameter patience is {values['patience']!r}, and without validation_share there is no early "
            "stopping that it could matter to; give validation_share too, as 0.2, or leave patience out."
        )
    try:
        return Hyperparameters.model_validate(dict(values))
    except ValidationError as error:
        found = error.errors()[0]
        raise ScoringError(
            f"The hyperparameter {found['loc'][0]} is {found['input']!r}; {found['msg'][0].lower()}{found['msg'][1:]}."
        ) from error
