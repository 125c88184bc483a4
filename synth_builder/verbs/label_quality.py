from collections.abc import Sequence
from pathlib import Path

from synth_builder.errors import ScoringError
from synth_builder.extras import require
from synth_builder.progress import bar
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.scoring.choices import TFIDF
from synth_builder.scoring.label_quality.clean_copy import write_clean_copy
from synth_builder.scoring.label_quality.confident_learning import EXTRA, PACKAGE
from synth_builder.scoring.label_quality.groups import groups_of_rows
from synth_builder.scoring.label_quality.judge import NO_ROWS, TOP, Beside, check_labels, judge_labels
from synth_builder.scoring.label_quality.results import LabelQuality, all_as_json
from synth_builder.scoring.methods.row_classifier import open_row_classifier
from synth_builder.scoring.rows.real_rows import real_text_rows
from synth_builder.scoring.rows.source import open_source, task_of, text_rows, variant_datasets


def label_quality(
    release: str | Path,
    variants: Sequence[str] | None = None,
    *,
    real: str | None = None,
    test: str | None = None,
    classifier: str = "minilm",
    cache: str | Path | None = None,
    top: int = TOP,
    write_clean: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, LabelQuality]:
    """
    Find out how far the labels of a dataset's variants can be trusted, and which rows are likely mislabelled.

    Args:
        release (`str` or `Path`):
            The folder of a release, or a dataset's id on the Hub; anybody's dataset will do.
        variants (`Sequence[str]`, *optional*):
            Which variants. All when not given.
        real (`str`, *optional*):
            Real training rows: Hub `id:split` or a local file, relative to the current directory. The recipe's
            `real.train` when not given.
        test (`str`, *optional*):
            Real test rows, in the same form. The recipe's `real.test` when not given.
        classifier (`str`, defaults to `"minilm"`):
            What is trained: a logistic regression on the embeddings of an encoder, as `minilm` (all-MiniLM-L6-v2), a
            Hub id or a directory; or `tfidf`, one on TF-IDF of words and characters, which needs no torch.
        cache (`str` or `Path`, *optional*):
            Folder where embeddings are kept. One of the Hugging Face cache when not given.
        top (`int`, defaults to 20):
            Rows that are listed, at most.
        write_clean (`str` or `Path`, *optional*):
            Parquet file for the rows of a single variant that are not likely mislabelled.
        out (`str` or `Path`, *optional*):
            File for the summaries: one JSON object, variant -> summary. When not given, they are written to
            `scores/<variant>.labels.json` of a release folder, and what was found about each row beside it, to
            `scores/<variant>.labels.parquet`; neither is written for other datasets.

    Returns:
        `dict[str, LabelQuality]`: Variant -> what was found.

    Raises:
        MissingExtraError: The extra `label-quality` is not installed, or with an encoder the extra `score`.
        RealDataError: The real rows can't be read.
        ScoringError: The dataset can't be judged; the message says why.
        UnknownNameError: There is no such variant.
    """
    if top < 0:
        raise ScoringError(f"A list of {top} rows is asked for; expected at least 0.")
    for package in () if classifier == TFIDF else ("torch", "transformers", "accelerate"):
        require(package, extra="score")
    for package in ("sklearn", PACKAGE):
        require(package, extra=EXTRA)
    source = open_source(release)
    datasets = variant_datasets(source, variants)
    task = task_of(source, next(iter(datasets.values())))
    if write_clean is not None and len(datasets) != 1:
        raise ScoringError(
            f"A clean copy holds the rows of one variant, and {len(datasets)} are asked for: {', '.join(datasets)}. "
            "Name one of them."
        )
    by_variant = {}
    for variant, dataset in datasets.items():
        name = f"the variant {variant!r} of {source.name!r}"
        by_variant[variant] = text_rows(dataset, task, name)
        check_labels(by_variant[variant], name)
    real_reference, real_rows = real_text_rows(real, "train", source, task)
    test_reference, test_rows = real_text_rows(test, "test", source, task)
    beside = Beside(
        dataset=source.name,
        label_names=task.label_names,
        real=real_rows or NO_ROWS,
        real_reference=real_reference or Beside.real_reference,
        test=test_rows or NO_ROWS,
        test_reference=test_reference or Beside.test_reference,
        top=top,
    )
    trained = open_row_classifier(classifier, cache)
    found: dict[str, LabelQuality] = {}
    total = sum(len(beside.real) + len(beside.test) + len(rows) for rows in by_variant.values())
    with bar(total, "label quality", unit="row") as shown:
        for variant, rows in by_variant.items():
            groups = groups_of_rows(datasets[variant])
            found[variant], verdicts = judge_labels(variant, rows, groups, beside, trained, on_rows=shown.update)
            if out is None and source.folder is not None and source.recipe is not None:
                verdicts.write(ReleaseFolder(source.folder).row_labels(variant))
                found[variant].write(ReleaseFolder(source.folder).label_quality(variant))
            if write_clean is not None:
                wrong = [place for place in range(len(rows)) if verdicts.likely_wrong(place)]
                write_clean_copy(datasets[variant], wrong, Path(write_clean))
    if out is not None:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(all_as_json(found) + "\n", encoding="utf-8")
    return found
