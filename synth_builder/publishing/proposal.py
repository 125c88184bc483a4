from collections.abc import Sequence

from synth_builder.publishing.state import State
from synth_builder.releases.card.card_tables import label_table, rejection_table, score_table
from synth_builder.releases.card.markdown import escaped, fenced
from synth_builder.releases.statistics import SplitStatistics


def proposal(state: State, lines: Sequence[str], names: Sequence[str]) -> str:
    """
    Text of a pull request: what changes, what the variants are worth, what was checked, and rows to look at.

    Args:
        state (`State`):
            The release as it would be.
        lines (`Sequence[str]`):
            What changes, a line of Markdown each.
        names (`Sequence[str]`):
            The variants that are proposed.
    """
    provenances = {name: state.provenances[name] for name in names}
    statistics = {
        name: {split: SplitStatistics.from_dict(told["statistics"]) for split, told in provenance["splits"].items()}
        for name, provenance in provenances.items()
    }
    scores = {name: found for name, found in state.read_scores().items() if name in names}
    parts = ["\n".join(f"- {line}" for line in lines), "### Rows", label_table(statistics, state.recipe.task)]
    if scores:
        parts += ["### Scores", score_table(scores)]
    else:
        parts += ["No scores yet: `synth-builder score` makes them."]
    parts += ["### Checks", rejection_table(provenances)]
    for name, provenance in provenances.items():
        check = provenance["contamination_check"]
        parts.append(
            f"`{name}`: compared with {check['test_rows']} real test rows, {check['rows_removed']} rows removed."
            if check["checked"]
            else f"`{name}`: not compared with real test rows."
        )
    parts.append("### Samples")
    for name, splits in statistics.items():
        for label, examples in next(iter(splits.values())).examples.items():
            if examples:
                text = "\n".join(str(examples[0][column]) for column in state.recipe.task.columns)
                parts.append(f"`{name}`, {escaped(label)}:\n\n{fenced(text)}")
    return "\n\n".join(parts)
