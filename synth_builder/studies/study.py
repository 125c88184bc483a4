from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from synth_builder.errors import RecipeError, StudyError
from synth_builder.recipes.recipe import CONFIG_NAME
from synth_builder.recipes.strict import Strict
from synth_builder.recipes.yaml_text import read_yaml, with_overrides
from synth_builder.scoring.choices import TFIDF, EncoderMethod, LossName, MethodName, Regime, method_of
from synth_builder.studies.machine_paths import without_paths


class StudyTask(Strict):
    """
    A task: a recipe to build, or a published dataset whose rows are taken as they are.

    Args:
        recipe (`str`, *optional*):
            A recipe file, relative to the study's.
        published (`str`, *optional*):
            A version that `publish` made, as `owner/name@v1.0.0`; the last one when no version is named. Only studies
            of published rows can be repeated by others to the row.
        set (`dict[str, Any]`, defaults to `{}`):
            `key.path: value` over the recipe, as with `build --set`; local files relative to the study's.
    """

    recipe: str | None = None
    published: str | None = None
    set: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_of_both(self) -> "StudyTask":
        if (self.recipe is None) == (self.published is None):
            raise ValueError("expected a recipe, or a published dataset, and not both")
        return self


class StudyClassifier(Strict):
    """
    A classifier, as the verb `score` has it.

    Args:
        classifier (`str`, defaults to `"minilm"`):
            An encoder, or `tfidf`.
        method (`"fine_tuning"`, `"probe"` or `"setfit"`, *optional*):
            What is done with an encoder; `fine_tuning` when not given.
        loss (`"cross_entropy"`, `"focal"`, `"imp"` or `"dimp"`, defaults to `"cross_entropy"`):
            Which loss.
        hyperparameters (`dict[str, Any]`, defaults to `{}`):
            How to fine-tune, where it is not by default.
    """

    classifier: str = "minilm"
    method: EncoderMethod | None = None
    loss: LossName = "cross_entropy"
    hyperparameters: dict[str, Any] = {}

    @property
    def trained_by(self) -> MethodName:
        """How it is trained."""
        return method_of(self.classifier, self.method)

    @property
    def title(self) -> str:
        """A short name, which tells it from the others of most studies."""
        if self.classifier == TFIDF:
            return TFIDF
        loss = "" if self.loss == "cross_entropy" else f", {self.loss}"
        return f"{without_paths(self.classifier)} {self.trained_by.replace('_', '-')}{loss}"


class RealShare(Strict):
    """
    Training sets of one size, of which some part is real.

    Args:
        rows (`int`):
            Rows of each training set.
        shares (`list[int]`, defaults to 0, 25, 50, 75 and 100):
            Real rows of it, in percent.
    """

    rows: int = Field(ge=4)
    shares: tuple[int, ...] = (0, 25, 50, 75, 100)

    @field_validator("shares")
    @classmethod
    def _percent(cls, shares: tuple[int, ...]) -> tuple[int, ...]:
        if not shares or any(not 0 <= share <= 100 for share in shares):
            raise ValueError("expected percentages from 0 to 100")
        return tuple(sorted(set(shares)))


class LanguageModelSkill(Strict):
    """
    The language model itself as a classifier.

    Args:
        test_rows (`int`, defaults to 200):
            Real test rows that it is asked about, at most; a random part, stratified by label.
        demonstrations (`list[int]`, defaults to 0 and 5):
            Real rows that it is shown with each question.
        prompt_form (`"chat"` or `"completion"`, *optional*):
            As in a recipe; by the model when not given.
    """

    test_rows: int = Field(default=200, ge=10)
    demonstrations: tuple[int, ...] = (0, 5)
    prompt_form: Literal["chat", "completion"] | None = None

    @field_validator("demonstrations")
    @classmethod
    def _not_negative(cls, counts: tuple[int, ...]) -> tuple[int, ...]:
        if not counts or min(counts) < 0:
            raise ValueError("expected numbers of demonstrations, 0 or more")
        return tuple(sorted(set(counts)))


class StudyEngine(Strict):
    """
    Who writes the rows, as the verb `build` has it. Keys stay in environment variables.

    Args:
        name (`str`, *optional*):
            `tgi`, `openai`, `inference_providers`, `embedded` or `scripted`; by the endpoint when not given.
        endpoint (`list[str]`, defaults to none):
            URLs of the servers.
        model (`str`, *optional*):
            Model id or directory.
        concurrency (`int`, *optional*):
            Requests under way at once.
        api_key_env (`str`, *optional*):
            Name of the environment variable that holds the key.
        replies (`str`, *optional*):
            File of replies of the engine `scripted`, relative to the study's.
    """

    name: str | None = None
    endpoint: tuple[str, ...] = ()
    model: str | None = None
    concurrency: Annotated[int, Field(ge=1)] | None = None
    api_key_env: str | None = None
    replies: str | None = None

    @property
    def is_small_model(self) -> bool:
        """Whether it is the small model in the same process that is asked where nothing is named."""
        return self.name in (None, "embedded") and not self.endpoint and self.model is None

    @field_validator("endpoint", mode="before")
    @classmethod
    def _one_or_more(cls, endpoint: Any) -> Any:
        return (endpoint,) if isinstance(endpoint, str) else endpoint

    @model_validator(mode="after")
    def _replies_of_a_script(self) -> "StudyEngine":
        if self.name == "scripted" and self.replies is None:
            raise ValueError(
                "the engine 'scripted' needs the key replies: a file relative to the study's, .jsonl with one JSON "
                "string per line, a YAML list, or plain lines"
            )
        if self.name != "scripted" and self.replies is not None:
            raise ValueError("replies are for the engine 'scripted'; give name: scripted, or leave them out")
        return self


class Subjectivity(Strict):
    """
    What people said about how subjective tasks and rows are (arXiv 2310.07849).

    Args:
        votes (`str`, *optional*):
            A csv, json, jsonl or parquet file, relative to the study's, with a row for each vote and the columns
            `more_subjective` and `less_subjective`: names of tasks.
        annotations (`dict[str, str]`, defaults to `{}`):
            Task -> a file with the task's text columns and the column `annotations`: the labels that each annotator
            gave to a test row.
        agreements (`list[float]`, defaults to 0, 0.6, 0.7, 0.8, 0.9 and 1):
            Least agreements of a curve.
    """

    votes: str | None = None
    annotations: dict[str, str] = {}
    agreements: tuple[float, ...] = (0.0, 0.6, 0.7, 0.8, 0.9, 1.0)

    @field_validator("agreements")
    @classmethod
    def _shares(cls, agreements: tuple[float, ...]) -> tuple[float, ...]:
        if not agreements or any(not 0 <= share <= 1 for share in agreements):
            raise ValueError("expected shares from 0 to 1, as 0.8 where four of five annotators agree")
        return agreements


class Study(Strict):
    """
    What a user writes: tasks, variants, ways of training, classifiers.

    Args:
        name (`str`):
            Usable as a file name.
        description (`str`, defaults to none):
            What it is about.
        tasks (`dict[str, StudyTask]`):
            Name -> task. A recipe file alone may stand for one.
        data (`str`, *optional*):
            Folder where the local files of real data start that recipes name by a relative path; relative to the
            study's. Beside each recipe when not given.
        variants (`list[str]`, *optional*):
            Variants of the recipes; all when not given. Each recipe has to have them.
        regimes (`list[str]`, defaults to all):
            `synthetic`, `real`, `augmented`.
        real_rows (`list[int]`, defaults to 100 and 1,000):
            Real rows of the regimes `real` and `augmented`.
        synthetic_rows (`list[int]`, defaults to none):
            Points of a quantity curve, besides all rows.
        real_share (`RealShare`, *optional*):
            A sweep over the share of real rows at one size.
        classifiers (`list[StudyClassifier]`, defaults to a fine-tuned `minilm`):
            The findings are about the first.
        seeds (`int`, defaults to 3):
            Trainings of each cell.
        engine (`StudyEngine`):
            Who writes the rows.
        language_model (`LanguageModelSkill`, *optional*):
            Whether the language model itself is tried as a classifier.
        diversity (`bool`, defaults to `True`):
            Whether rows are measured.
        subjectivity (`Subjectivity`, *optional*):
            What people said about the tasks.
    """

    name: str
    description: str = ""
    tasks: dict[str, StudyTask] = Field(min_length=1)
    data: str | None = None
    variants: tuple[str, ...] | None = None
    regimes: tuple[Regime, ...] = ("synthetic", "real", "augmented")
    real_rows: tuple[int, ...] = (100, 1000)
    synthetic_rows: tuple[int, ...] = ()
    real_share: RealShare | None = None
    classifiers: tuple[StudyClassifier, ...] = (StudyClassifier(),)
    seeds: int = Field(default=3, ge=1)
    engine: StudyEngine = StudyEngine()
    language_model: LanguageModelSkill | None = None
    diversity: bool = True
    subjectivity: Subjectivity | None = None

    _directory: Path = PrivateAttr(default_factory=Path.cwd)
    _file: Path | None = PrivateAttr(default=None)

    @classmethod
    def load(cls, path: str | Path, overrides: Iterable[str] = ()) -> Self:
        """
        Read a study file. Nothing in it is executed.

        Args:
            path (`str` or `Path`):
                A YAML file.
            overrides (`Iterable[str]`, defaults to `()`):
                `key.path=value` each, for example `"seeds=1"`.

        Raises:
            StudyError: The file is missing, is no YAML, or something in it does not fit.
        """
        path = Path(path)
        where = f"Study {path.name!r}"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StudyError(f"The study {str(path)!r} can't be read: {error}.") from error
        try:
            data = read_yaml(text, where)
            if isinstance(data, dict) and "tasks" in data:
                # So that `--set tasks.NAME.set...` finds its place.
                data |= {"tasks": _with_recipes(data["tasks"])}
            data = with_overrides(data, overrides, where)
            if not isinstance(data, dict):
                raise StudyError(f"{where} has no keys; expected some such as name and tasks.")
            study = cls.parse(data, where)
        except RecipeError as error:
            raise StudyError(str(error)) from error
        file = path.resolve()
        if study.engine.replies is not None:
            replies = str(file.parent / Path(study.engine.replies).expanduser())
            study = study.model_copy(update={"engine": study.engine.model_copy(update={"replies": replies})})
        study._file, study._directory = file, file.parent
        return study

    @property
    def directory(self) -> Path:
        """Where relative paths start."""
        return self._directory

    @property
    def file(self) -> Path | None:
        """The file that it was read from, if any."""
        return self._file

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        return _plain(name)

    @field_validator("tasks", mode="before")
    @classmethod
    def _recipe_alone(cls, tasks: Any) -> Any:
        return _with_recipes(tasks)

    @field_validator("tasks")
    @classmethod
    def _plain_tasks(cls, tasks: dict[str, StudyTask]) -> dict[str, StudyTask]:
        for name in tasks:
            _plain(name)
        return tasks

    @field_validator("variants")
    @classmethod
    def _each_once(cls, variants: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if variants is None:
            return None
        if not variants:
            raise ValueError("no variant is named; leave the key out for all of each recipe")
        for name in variants:
            if variants.count(name) > 1:
                raise ValueError(f"the variant {name!r} stands there twice")
        return variants

    @field_validator("real_rows", "synthetic_rows")
    @classmethod
    def _sizes(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if any(size < 1 for size in sizes):
            raise ValueError("expected numbers of rows, 1 or more")
        return tuple(sorted(set(sizes)))

    @model_validator(mode="after")
    def _fits_together(self) -> "Study":
        if not self.regimes:
            raise ValueError("no regime is asked for; expected some of synthetic, real, augmented")
        titles = [classifier.title for classifier in self.classifiers]
        if not titles:
            raise ValueError("no classifier is named; leave the key out for a fine-tuned minilm")
        for title in titles:
            if titles.count(title) > 1:
                raise ValueError(f"two classifiers are {title!r}: they differ in nothing that a table could show")
        for name in [*(self.subjectivity.annotations if self.subjectivity else ())]:
            if name not in self.tasks:
                raise ValueError(f"subjectivity.annotations has {name!r}, which is no task of the study")
        return self


def _plain(name: str) -> str:
    if not CONFIG_NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't be a name: use letters, digits, '_', '-' and '.', a letter or digit first")
    return name


def _with_recipes(tasks: Any) -> Any:
    """`task: {recipe: FILE}` for `task: FILE`; what is no mapping stays as it is."""
    if not isinstance(tasks, dict):
        return tasks
    return {name: {"recipe": task} if isinstance(task, str) else task for name, task in tasks.items()}
