import re
from itertools import islice

from synth_builder.releases.card.hub_links import model_page
from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.board.entries import Entry
from synth_builder.studies.leaderboard.board.published_rows import PublishedRows
from synth_builder.studies.leaderboard.pages.page_templates import filled
from synth_builder.studies.leaderboard.pages.view import View
from synth_builder.studies.options_shown import options_shown
from synth_builder.studies.results.fingerprint import results_fingerprint
from synth_builder.studies.results.parts import StudiedVariant
from synth_builder.studies.results.study_results import StudyResults

SAMPLES = 10
MOST_NOTES = 20
COLUMNS_OF_A_SAMPLE = 5

QUESTIONS = {
    "gain": "adds to real rows",
    "alone": "instead of real rows",
    "more": "all rows or fewer",
    "variant": "or another variant",
}

Fact = tuple[str, str, str | None]
"""Name, value, and address of a page about it."""


def entry_page(board: Board, view: View, entry: Entry) -> str:
    """
    The page of one entry: scores, provenance, comparisons and samples of its variant.

    Args:
        board (`Board`):
            Where it stands.
        view (`View`):
            What the visitor looks at; links lead back to it.
        entry (`Entry`):
            Which one.
    """
    results = board.results(entry)
    task, _, name = entry.named
    variant = None if name is None else results.variant(task, name)
    published = PublishedRows.parse(variant.source) if variant else None
    scores = [
        (other, cell.mcc.mean)
        for other, cell in zip(_of_study(board, entry), results.cells, strict=True)
        if other.named[0] == task and other.named[2] in (None, name)
    ]
    ends = [other.accuracy.ends for other, _ in scores]
    return filled(
        "entry",
        board=board,
        view=view,
        entry=entry,
        variant=variant,
        rank=board.rank(entry, view.measure),
        measure_name=view.measure.replace("macro_f1", "macro-F1"),
        compare_link=View(
            task=entry.task, classifier=entry.classifier, regime=entry.regime, measure=view.measure, compare=entry.id
        ).href(),
        facts=_facts(results, entry, variant, published),
        load_code=published.load_code(variant.variant) if published and variant else None,
        scores=scores,
        low=min(low for low, _ in ends),
        high=max(high for _, high in ends),
        differences=[
            (QUESTIONS[difference.asked], difference)
            for difference in results.differences
            if difference.task == task and difference.variant == name
        ],
        worths=[worth for worth in results.worths if worth.task == task and worth.variant == name],
        samples=[
            list(islice(sample.items(), COLUMNS_OF_A_SAMPLE))
            for sample in (variant.samples[:SAMPLES] if variant else ())
        ],
    )


def _of_study(board: Board, entry: Entry) -> list[Entry]:
    """Its study's entries, in the order of the cells."""
    return [other for other in board.entries if other.file == entry.file]


def _facts(
    results: StudyResults, entry: Entry, variant: StudiedVariant | None, published: PublishedRows | None
) -> list[Fact]:
    """What is known of where the rows and the scores are from."""
    task = results.task(entry.named[0])
    found: list[Fact] = []
    if variant is not None:
        made = {"engine": variant.engine, "model": variant.model}
        found += [
            ("Model", variant.model, model_page(made)),
            ("Revision of the model", variant.revision or "not told", None),
            ("Engine", variant.engine, None),
            ("Strategy", variant.strategy, None),
            ("Its settings", options_shown(variant.options) or "the defaults", None),
            ("Rows", _counts(variant.rows, variant.label_counts), None),
            ("Requests", f"{variant.requests:,}", None),
            ("Not used", _counts(sum(variant.rejected.values()), variant.rejected), None),
            ("Tokens", f"{variant.prompt_tokens:,} in prompts, {variant.completion_tokens:,} in replies", None),
            ("Fingerprint of the rows", variant.fingerprint, None),
        ]
        if variant.source is not None:
            found.append(("Published as", variant.source, published.page if published else None))
    computed = results_fingerprint(results.study, results.variants, results.tasks)
    agrees = "as computed" if computed == results.fingerprint else "not what the file gives"
    found += [
        ("Test rows", f"{task.test_rows:,} of {task.test_reference}", None),
        ("Always the commonest label", f"accuracy {task.majority_accuracy:.3f}", None),
        ("Study", f"{results.name}, {results.created}", None),
        ("Fingerprint of the results", f"{results.fingerprint} ({agrees})", None),
        ("Trained on", f"{results.machine.device}, {results.seeds} seeds", None),
        ("Versions", ", ".join(f"{library} {number}" for library, number in results.versions.items()), None),
        ("Read from", entry.file, None),
    ]
    others = [other for other in results.task_names if other != task.name]
    notes = (note for note in results.notes if not any(_names(note, other) for other in others))
    return [*found, *(("Note", note, None) for note in islice(notes, MOST_NOTES))]


def _names(note: str, task: str) -> bool:
    """Whether a note names a task, and not one whose name is longer."""
    return re.search(rf"(?<![\w.-]){re.escape(task)}(?![\w-]|\.\w)", note) is not None


def _counts(total: int, parts: dict[str, int]) -> str:
    told = ", ".join(f"{name} {count:,}" for name, count in islice(parts.items(), 30))
    return f"{total:,} ({told})" if told else f"{total:,}"
