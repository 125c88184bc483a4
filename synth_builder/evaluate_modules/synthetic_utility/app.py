from typing import TYPE_CHECKING, Any

from synth_builder.errors import SynthBuilderError
from synth_builder.scoring.choices import EncoderMethod
from synth_builder.scoring.results.table import ScoreTable
from synth_builder.verbs.score_rows import score_rows

if TYPE_CHECKING:
    import gradio

# What a visitor may choose. Any other encoder would be downloaded and run for whoever asks.
CLASSIFIERS: dict[str, tuple[str, EncoderMethod | None]] = {
    "tfidf": ("tfidf", None),
    "minilm, probed": ("minilm", "probe"),
    "minilm, fine-tuned": ("minilm", "fine_tuning"),
}
MOST_SEEDS = 5

DESCRIPTION = """
Classifiers are trained on the synthetic rows, on 100 real rows, and on both, and tested on real rows. `tfidf` takes
seconds; fine-tuning takes minutes to hours without an accelerator. In the same way:
`synth-builder score`, or `evaluate.load` of this Space and `compute`.
"""


def answer(
    synthetic: str | None,
    real_test: str | None,
    real_train: str | None,
    text_columns: str | None,
    label_column: str | None,
    real_text_columns: str | None,
    real_label_column: str | None,
    classifier: str,
    seeds: float,
) -> tuple[str, dict[str, Any] | None]:
    """
    What the page shows for what was filled in.

    Args:
        synthetic (`str`, *optional*):
            `owner/name`, `owner/name:split` or `owner/name:config:split` on the Hub.
        real_test (`str`, *optional*):
            In the same form.
        real_train (`str`, *optional*):
            In the same form; none when empty.
        text_columns (`str`, *optional*):
            One or two names with a comma between them; those that are found when empty.
        label_column (`str`, *optional*):
            A name; `label` when empty.
        real_text_columns (`str`, *optional*):
            As `text_columns`; the same names when empty.
        real_label_column (`str`, *optional*):
            As `label_column`; the same name when empty.
        classifier (`str`):
            One of `CLASSIFIERS`.
        seeds (`float`):
            Trainings per regime, from 1 to 5.

    Returns:
        `tuple[str, dict[str, Any]]`: The table, and the results; or what is wrong, and `None`.
    """
    if classifier not in CLASSIFIERS:
        return f"Unknown classifier {classifier!r}. Known: {', '.join(CLASSIFIERS)}.", None
    if not 1 <= seeds <= MOST_SEEDS:
        return f"{seeds:g} seeds are asked for; expected 1 to {MOST_SEEDS}.", None
    name, method = CLASSIFIERS[classifier]
    try:
        scores = score_rows(
            _text(synthetic),
            _text(real_test),
            _text(real_train) or None,
            text_columns=_names(text_columns),
            label_column=_text(label_column) or "label",
            real_text_columns=_names(real_text_columns),
            real_label_column=_text(real_label_column) or None,
            classifier=name,
            method=method,
            seeds=int(seeds),
        )
    except SynthBuilderError as error:
        return str(error), None
    return str(ScoreTable.of([scores])), scores.model_dump(mode="json")


def _text(field: str | None) -> str:
    return (field or "").strip()  # a field that was never touched may be None


def _names(columns: str | None) -> list[str] | None:
    return [name.strip() for name in _text(columns).split(",") if name.strip()] or None


def page() -> "gradio.Interface":
    """The page; `launch` shows it."""
    import gradio

    hub = "owner/name, owner/name:split or owner/name:config:split"
    same = "empty: as in the synthetic rows"
    return gradio.Interface(
        fn=answer,
        inputs=[
            gradio.Textbox(label="Synthetic rows", value="", placeholder=hub),
            gradio.Textbox(label="Real rows to test on", value="", placeholder=hub),
            gradio.Textbox(label="Real rows to train on, if any", value="", placeholder=hub),
            gradio.Textbox(label="Text columns", value="", placeholder="empty: all columns of texts"),
            gradio.Textbox(label="Label column", value="label"),
            gradio.Textbox(label="Text columns of the real rows", value="", placeholder=same),
            gradio.Textbox(label="Label column of the real rows", value="", placeholder=same),
            gradio.Dropdown(label="Classifier", choices=list(CLASSIFIERS), value="tfidf"),
            gradio.Slider(label="Seeds", minimum=1, maximum=MOST_SEEDS, step=1, value=3),
        ],
        outputs=[gradio.Code(label="Table, or what is wrong", language=None), gradio.JSON(label="Results")],
        title="synthetic_utility",
        description=DESCRIPTION,
        flagging_mode="never",
        api_name="compute",
    )


if __name__ == "__main__":
    page().launch()
