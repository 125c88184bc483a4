import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth_builder.distributed.storage.known_storages import bring_home
from synth_builder.engines.base import Engine, EngineSettings
from synth_builder.engines.choose import EngineChoice
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import ReleaseError
from synth_builder.generation.generate import Generated, generate
from synth_builder.generation.lock import BuildLock
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import WORK, ReleaseFolder, write_whole
from synth_builder.scoring.diversity.distinct import distinct_n
from synth_builder.scoring.diversity.overlap import mean_overlap
from synth_builder.scoring.diversity.words import mean_words
from synth_builder.strategies.base import StrategyOptions
from synth_builder.verbs.preparation import Prepared, prepared

CHECK = "verification"
MOST_KEPT = 20  # figures of earlier samples
NO_LABEL = "(no label)"


@dataclass(frozen=True)
class Figures:
    """
    What is measured on a sample, and kept for the next.

    Args:
        date (`str`):
            When it was taken, in UTC.
        prompt (`str`):
            Fingerprint of what the prompts are made of: templates, task, the strategy with its options.
        fingerprint (`str`):
            Fingerprint of everything that decides the rows, the model apart.
        model (`str`):
            Who answered.
        wanted (`int`):
            Rows that were wanted.
        asked, accepted (`int`):
            Rows that were asked for, and those that stayed.
        by_label (`dict[str, list[int]]`):
            Label -> accepted and asked rows.
        rejected (`dict[str, int]`):
            Reason -> rows that were not used.
        prompt_tokens, completion_tokens (`int`):
            Tokens, those of what filters ask among them where no checker is asked that.
        confirmed (`list[int]`, *optional*):
            Rows whose label the filter `verification` let pass, and rows that it saw; where the recipe has it.
        agreement (`float`, *optional*):
            Mean agreement of the accepted rows; where the recipe has that filter.
        distinct_2, overlap, words (`float`, *optional*):
            Distinct-2, mean pairwise overlap of words, and mean length in words of the accepted rows; see
            `scoring/diversity/`.
        checker (`str`, *optional*):
            The model that filters asked, where that was another than the one that wrote.
        checker_tokens (`int`, *optional*):
            Its tokens, of prompts and replies.
    """

    date: str
    prompt: str
    fingerprint: str
    model: str
    wanted: int
    asked: int
    accepted: int
    by_label: dict[str, list[int]]
    rejected: dict[str, int]
    prompt_tokens: int
    completion_tokens: int
    confirmed: list[int] | None
    agreement: float | None
    distinct_2: float | None
    overlap: float | None
    words: float | None
    checker: str | None = None
    checker_tokens: int | None = None

    @property
    def identity(self) -> tuple[str, str, str | None, int]:
        """Equal for samples that ask the same."""
        return self.fingerprint, self.model, self.checker, self.wanted


@dataclass(frozen=True)
class Sample:
    """
    A few rows of a variant, before the whole is paid for.

    Args:
        name (`str`):
            The variant.
        rows (`list[dict[str, Any]]`):
            Accepted rows, as a release would have them.
        rejections (`list[dict[str, Any]]`):
            What was not used, with reason and raw reply.
        figures (`Figures`):
            What is measured on them.
        last (`Figures`, *optional*):
            The same of the last sample that asked something else.
    """

    name: str
    rows: list[dict[str, Any]]
    rejections: list[dict[str, Any]]
    figures: Figures
    last: Figures | None


def sample(
    recipe: Recipe,
    names: Iterable[str],
    release: ReleaseFolder,
    engine: Engine | str,
    settings: EngineSettings,
    rows: int,
    *,
    checker: EngineChoice | None = None,
    policy: RetryPolicy | None = None,
) -> list[Sample]:
    """
    Generate the first rows of variants, to look at. The answers stand in the journals of the release folder, so that a
    build with the same prompts does not ask for them again. No row is released.

    Args:
        recipe (`Recipe`):
            What to try.
        names (`Iterable[str]`):
            Its variants.
        release (`ReleaseFolder`):
            Where a build would go.
        engine (`Engine` or `str`):
            Who writes the rows.
        settings (`EngineSettings`):
            What the user said about the engine.
        rows (`int`):
            Rows to ask for; requests for several rows are not cut, so there may be a few more.
        checker (`EngineChoice`, *optional*):
            Who is asked what filters ask about rows; the engine itself when not given.
        policy (`RetryPolicy`, *optional*):
            How patient to be with the engines.

    Raises:
        SynthBuilderError: One of its kinds; see `synth_builder.errors`.
    """
    variants = prepared(recipe, names, engine, settings, checker)
    with BuildLock(release.path / WORK):
        return [_sample(variant, release, rows, policy) for variant in variants]


def _sample(variant: Prepared, release: ReleaseFolder, rows: int, policy: RetryPolicy | None) -> Sample:
    setup = variant.setup
    work = release.work(setup.variant.name)
    work.mkdir(parents=True, exist_ok=True)
    bring_home(work)
    assert isinstance(setup.variant.options, StrategyOptions)
    requests = math.ceil(rows / setup.variant.options.rows_per_request)
    generated = generate(setup, variant.engine, work, policy, pilot=requests, checker=variant.checker)
    try:
        accepted = [row for split in setup.variant.generation.rows for row in generated.rows(split)]
        rejections = list(generated.rejected())
    finally:
        generated.close()
    figures = figures_of(generated, accepted, rejections, rows)
    path = work / "samples.json"
    earlier = [one for one in read_figures(path) if one.identity != figures.identity]
    kept = [asdict(one) for one in [*earlier, figures][-MOST_KEPT:]]
    write_whole(path, json.dumps({"samples": kept}, indent=2, ensure_ascii=False) + "\n")
    return Sample(setup.variant.name, accepted, rejections, figures, earlier[-1] if earlier else None)


def figures_of(
    generated: Generated, rows: list[dict[str, Any]], rejections: list[dict[str, Any]], wanted: int
) -> Figures:
    """Measure a sample."""
    task = generated.setup.recipe.task
    accepted = Counter(row[task.label_column] for row in rows)
    refused = Counter(found["label"] or NO_LABEL for found in rejections)
    labels = [label for label in (*task.labels, NO_LABEL) if accepted[label] + refused[label]]
    check = next((entry for entry in generated.filter_report.to_list() if entry["name"] == CHECK), None)
    agreements = [found for row in rows if (found := agreement_of(row)) is not None]
    texts = ["\n".join(row[column] for column in task.columns) for row in rows]
    return Figures(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        prompt=_prompt_fingerprint(generated),
        fingerprint=generated.setup.fingerprint,
        model=generated.info.model,
        wanted=wanted,
        asked=generated.tally.asked,
        accepted=len(rows),
        by_label={label: [accepted[label], accepted[label] + refused[label]] for label in labels},
        rejected=dict(Counter(found["reason"] for found in rejections).most_common()),
        prompt_tokens=generated.tally.prompt_tokens,
        completion_tokens=generated.tally.completion_tokens,
        confirmed=[check["reached"] - check["rejected"], check["reached"]] if check is not None else None,
        agreement=sum(agreements) / len(agreements) if agreements else None,
        distinct_2=distinct_n(texts, 2),
        overlap=mean_overlap(texts),
        words=mean_words(texts),
        checker=generated.checker.model if generated.checker is not None else None,
        checker_tokens=sum(generated.tally.checker_tokens) if generated.checker is not None else None,
    )


def _prompt_fingerprint(generated: Generated) -> str:
    setup = generated.setup
    made_of = {
        "templates": setup.templates,
        "task": setup.recipe.task.model_dump(mode="json"),
        "strategy": setup.variant.strategy,
        "options": setup.variant.options.model_dump(mode="json"),
        "form": generated.prompt_form,
    }
    return digest(made_of, 12)


def agreement_of(row: Mapping[str, Any]) -> float | None:
    """What the filter `verification` found out about a row, if it did."""
    return next((found["value"] for found in row["provenance"]["checks"] if found["name"] == "agreement"), None)


def read_figures(path: Path) -> list[Figures]:
    """
    Figures of earlier samples, the newest last.

    Raises:
        ReleaseError: The file is damaged.
    """
    try:
        return [Figures(**one) for one in json.loads(path.read_text(encoding="utf-8"))["samples"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ReleaseError(
            f"The figures of earlier samples in {str(path)!r} can't be read: {error}. Remove that file; nothing else "
            "is in it."
        ) from error
