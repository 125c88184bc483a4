from synth_builder.extras import require
from synth_builder.progress import bar
from synth_builder.scoring.diversity.measure import (
    MOST_ROWS,
    SELF_BLEU_ROWS,
    Settings,
    check_rows,
    measure_variants,
)
from synth_builder.scoring.diversity.results import Diversity
from synth_builder.scoring.given_values import path_text, whole_number
from synth_builder.scoring.rows.given_dataset import Given, open_given
from synth_builder.scoring.rows.in_memory import Columns, TextColumns, labelled_rows


def diversity_of_rows(
    synthetic: Given,
    real: "Given | None" = None,
    *,
    text_columns: TextColumns = None,
    label_column: str = "label",
    real_text_columns: TextColumns = None,
    real_label_column: str | None = None,
    encoder: str | None = "minilm",
    rows: int = MOST_ROWS,
    self_bleu_rows: int = SELF_BLEU_ROWS,
    seed: int = 0,
) -> Diversity:
    """
    Measure how varied rows are, and how near to real ones, as `diversity` does with a release, of rows that are at
    hand or on the Hub.

    Args:
        synthetic (`Dataset`, `Sequence[Mapping[str, Any]]` or `str`):
            The rows to measure: a `Dataset`, a list of dictionaries, or `owner/name`, `owner/name:split` or
            `owner/name:config:split` of a dataset on the Hub.
        real (`Dataset`, `Sequence[Mapping[str, Any]]` or `str`, *optional*):
            Real rows to compare with. Without them there is no likeness.
        text_columns (`str` or `Sequence[str]`, *optional*):
            One text column, or the two of a pair. All columns of texts but `id`, `provenance` and the label when not
            given.
        label_column (`str`, defaults to `"label"`):
            The column of the labels, by which the sample is stratified: a `ClassLabel`, texts or whole numbers; one
            label will do. Where the synthetic rows have no column `label` and no other is named, labels are not read;
            then name the text columns, where there are two.
        real_text_columns (`str` or `Sequence[str]`, *optional*):
            What the text columns are called in the real rows, in the same order. The same when not given.
        real_label_column (`str`, *optional*):
            What the column of the labels is called in the real rows. The same when not given.
        encoder (`str`, *optional*, defaults to `"minilm"`):
            Where embeddings come from: `minilm`, a Hub id, or a directory. With `None` the measures of embeddings are
            left out, and neither torch nor transformers is needed.
        rows (`int`, defaults to 10,000):
            Rows that are looked at, of each side; as many as the smaller one has, when that is less.
        self_bleu_rows (`int`, defaults to 1,000):
            Rows for Self-BLEU.
        seed (`int`, defaults to 0):
            Fixes which rows are drawn.

    Returns:
        `Diversity`: The same that `diversity` gives for a variant with these rows.

    Raises:
        MissingExtraError: Embeddings are wanted and the extra `score` is not installed.
        ScoringError: The rows can't be read or measured, or their labels do not agree; the message says why.
    """
    check_rows(rows, self_bleu_rows)
    whole_number(seed, "seed")
    if encoder is not None:
        encoder = path_text(encoder, "encoder", "'minilm', a Hub id or a directory, as a text, or None")
        for package in ("torch", "transformers"):
            require(package, extra="score")
    given = open_given(synthetic, "synthetic", "train")
    beside = None if real is None else open_given(real, "real", "train")
    labelled = labelled_rows(
        given,
        [] if beside is None else [beside],
        Columns(text_columns, label_column, real_text_columns, real_label_column),
        to_train=False,
    )
    embedder = None
    if encoder is not None:
        from synth_builder.scoring.methods.sentence_embeddings import open_embedder

        embedder = open_embedder(encoder)
    settings = Settings(
        rows=rows,
        self_bleu_rows=self_bleu_rows,
        seed=seed,
        dataset=given.name,
        real_reference=Settings.real_reference if beside is None else beside.reference,
        labelled=bool(labelled.label_names),
    )
    sides = labelled.rows.values()
    total = min(rows, *map(len, sides)) * len(sides) if embedder is not None else 0
    with bar(total, "embed", unit="row") as shown:
        variants = {given.variant: labelled.rows["synthetic"]}
        return next(measure_variants(variants, labelled.rows.get("real"), embedder, settings, on_rows=shown.update))
