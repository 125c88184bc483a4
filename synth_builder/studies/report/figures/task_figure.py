from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_builder.releases.pictures.picture_style import Theme, dressed, figure, short, with_grid
from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.figures.picture import Picture, legend, named, numbers_of, style
from synth_builder.studies.report.file_stem import file_stem
from synth_builder.studies.report.tables.task_tables import main_cells, variants_of
from synth_builder.studies.results.parts import CellScores, StudiedTask
from synth_builder.studies.results.study_results import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 0.6
"""Of a column: what variants stand beside each other in."""
REAL = "real rows alone"


def task_picture(results: StudyResults, task: StudiedTask, classifier: str) -> Picture | None:
    """Accuracy on a task by variant and way of training, with intervals; `None` where nothing was trained."""
    cells = main_cells(results, task.name, classifier)
    if not cells:
        return None
    rows: dict[str, list[CellScores | None]] = {}
    if any(cell.regime == "real" for cell in cells):
        rows[REAL] = [results.scored(task.name, classifier, cell) if cell.regime == "real" else None for cell in cells]
    for variant in variants_of(results, task.name):
        rows[variant] = [
            None if cell.regime == "real" else results.scored(task.name, classifier, cell, variant) for cell in cells
        ]
    number = f"{results.task_names.index(task.name) + 1:02}"
    return Picture(
        name=file_stem("accuracy", number, task.name),
        caption=(
            f"Accuracy on {task.name} by what {classifier} was trained on; the bars are 95 % intervals over test rows "
            f"and seeds. The dotted line is always answering {task.majority}."
        ),
        alt=_in_words(task, cells, rows),
        draw=lambda theme: _draw(theme, task, cells, rows, {REAL: 0, **numbers_of(results)}),
    )


def _draw(
    theme: Theme,
    task: StudiedTask,
    cells: Sequence[Cell],
    rows: dict[str, list[CellScores | None]],
    numbers: dict[str, int],
) -> "Figure":
    drawn = figure(theme, 3.8)
    axes = drawn.subplots()
    dressed(axes, theme, short(plain(task.name), 60))
    with_grid(axes, theme)
    axes.grid(axis="x", visible=False)
    variants = [name for name in rows if name != REAL]
    for name, scored in rows.items():
        color, marker, _ = style(theme, numbers[name])
        beside = 0.0 if name == REAL else _offset(variants.index(name), len(variants))
        found = [(at + beside, each.accuracy) for at, each in enumerate(scored) if each is not None]
        means = [spread.mean for _, spread in found]
        axes.errorbar(
            [at for at, _ in found],
            means,
            yerr=[
                [
                    mean - (spread.low if spread.low is not None else mean)
                    for (_, spread), mean in zip(found, means, strict=True)
                ],
                [
                    (spread.high if spread.high is not None else mean) - mean
                    for (_, spread), mean in zip(found, means, strict=True)
                ],
            ],
            fmt=marker,
            color=color,
            ecolor=color,
            elinewidth=1.4,
            capsize=2.5,
            markersize=6,
            label=short(plain(name), 40),
        )
    axes.axhline(task.majority_accuracy, color=theme.text, linewidth=1, linestyle=":", zorder=1.5)
    axes.set_xticks(range(len(cells)), [cell.title.replace(" + ", "\n+ ") for cell in cells])
    axes.set_xlim(-0.5, len(cells) - 0.5)
    named(axes, theme, "trained on", "accuracy")
    legend(drawn, theme, 4)
    return drawn


def _offset(number: int, count: int) -> float:
    return 0.0 if count == 1 else WIDTH * (number / (count - 1) - 0.5)


def _in_words(task: StudiedTask, cells: Sequence[Cell], rows: dict[str, list[CellScores | None]]) -> str:
    parts = []
    for name, scored in rows.items():
        told = [f"{cell.title} {each.accuracy.mean:.3f}" for cell, each in zip(cells, scored, strict=True) if each]
        parts.append(f"{name}: {', '.join(told)}")
    return (
        f"Accuracy on {task.name} by what was trained on. {'; '.join(parts)}. Always answering {task.majority}: "
        f"{task.majority_accuracy:.3f}."
    )
