from collections.abc import Sequence
from pathlib import Path

from synth_builder.extras import require
from synth_builder.progress import bar
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.scoring.diversity.measure import (
    MOST_ROWS,
    SELF_BLEU_ROWS,
    Settings,
    check_rows,
    measure_variants,
)
from synth_builder.scoring.diversity.results import Diversity, write_all
from synth_builder.scoring.rows.real_rows import real_text_rows
from synth_builder.scoring.rows.source import measured_rows, open_source


def diversity(
    release: str | Path,
    variants: Sequence[str] | None = None,
    *,
    real: str | None = None,
    encoder: str | None = "minilm",
    rows: int = MOST_ROWS,
    self_bleu_rows: int = SELF_BLEU_ROWS,
    seed: int = 0,
    out: str | Path | None = None,
) -> dict[str, Diversity]:
    """
    Measure how varied the rows of a dataset's variants are, and how near to real rows. Nothing is trained.

    Args:
        release (`str` or `Path`):
            The folder of a release, or a dataset's id on the Hub; anybody's dataset will do, with one
            label or several in a column `label`, or with texts alone.
        variants (`Sequence[str]`, *optional*):
            Which variants. All when not given.
        real (`str`, *optional*):
            Real rows to compare with: Hub `id:split` or a local file, relative to the current directory. The recipe's
            `real.train` when not given.
        encoder (`str`, *optional*, defaults to `"minilm"`):
            Where embeddings come from: `minilm` (all-MiniLM-L6-v2), a Hub id, or a directory. With `None` the measures
            of embeddings are left out, and neither torch nor transformers is needed.
        rows (`int`, defaults to 10,000):
            Rows that are looked at, of each variant and of the real rows. As many as the smallest of them has, when
            that is less: most measures depend on the number.
        self_bleu_rows (`int`, defaults to 1,000):
            Rows for Self-BLEU.
        seed (`int`, defaults to 0):
            Fixes which rows are drawn.
        out (`str` or `Path`, *optional*):
            File for the measures: one JSON object, variant -> measures. When not given, they are written to
            `diversity/<variant>.json` of a release folder; nothing is written for other datasets.

    Returns:
        `dict[str, Diversity]`: Variant -> its measures.

    Raises:
        MissingExtraError: Embeddings are wanted and the extra `score` is not installed.
        RealDataError: The real rows can't be read.
        ScoringError: The dataset can't be measured; the message says why.
        UnknownNameError: There is no such variant.
    """
    check_rows(rows, self_bleu_rows)
    if encoder is not None:
        for package in ("torch", "transformers"):
            require(package, extra="score")
    source = open_source(release)
    terms, by_variant = measured_rows(source, variants)
    reference, real_rows = real_text_rows(real, "train", source, terms)
    embedder = None
    if encoder is not None:
        from synth_builder.scoring.methods.sentence_embeddings import open_embedder

        embedder = open_embedder(encoder)
    settings = Settings(
        rows=rows,
        self_bleu_rows=self_bleu_rows,
        seed=seed,
        dataset=source.name,
        real_reference=reference or Settings.real_reference,
        labelled=terms.label_column is not None,
    )
    sides = [*by_variant.values(), *([real_rows] if real_rows is not None else [])]
    total = min(rows, *map(len, sides)) * len(sides) if embedder is not None else 0
    found: dict[str, Diversity] = {}
    with bar(total, "embed", unit="row") as shown:
        for measured in measure_variants(by_variant, real_rows, embedder, settings, on_rows=shown.update):
            found[measured.variant] = measured
            if out is None and source.folder is not None and source.recipe is not None:
                measured.write(ReleaseFolder(source.folder).diversity(measured.variant))
    if out is not None:
        write_all(found, Path(out))
    return found
