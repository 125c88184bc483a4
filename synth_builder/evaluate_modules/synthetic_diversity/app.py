from typing import TYPE_CHECKING, Any

from synth_builder.errors import SynthBuilderError
from synth_builder.scoring.diversity.table import diversity_table
from synth_builder.verbs.diversity_of_rows import diversity_of_rows

if TYPE_CHECKING:
    import gradio

# What a visitor may choose. Any other encoder would be downloaded and run for whoever asks.
ENCODERS: dict[str, str | None] = {"none": None, "minilm": "minilm"}
MOST_ROWS = 10_000

DESCRIPTION = """
How varied synthetic rows are among themselves, and how near to real ones. Without an encoder, only the wording is
measured, which takes seconds. In the same way: `synth-builder diversity`, or `evaluate.load` of this Space and
`compute`.
"""


def answer(
    synthetic: str | None,
    real: str | None,
    text_columns: str | None,
    label_column: str | None,
    real_text_columns: str | None,
    real_label_column: str | None,
    encoder: str,
    rows: float,
) -> tuple[str, dict[str, Any] | None]:
    """
    What the page shows for what was filled in.

    Args:
        synthetic (`str`, *optional*):
            `owner/name`, `owner/name:split` or `owner/name:config:split` on the Hub.
        real (`str`, *optional*):
            In the same form; none when empty.
        text_columns (`str`, *optional*):
            One or two names with a comma between them; those that are found when empty.
        label_column (`str`, *optional*):
            A name; `label` when empty.
        real_text_columns (`str`, *optional*):
            As `text_columns`; the same names when empty.
        real_label_column (`str`, *optional*):
            As `label_column`; the same name when empty.
        encoder (`str`):
            One of `ENCODERS`.
        rows (`float`):
            Rows of each side that are looked at, from 1 to 10,000.

    Returns:
        `tuple[str, dict[str, Any]]`: The table, and the results; or what is wrong, and `None`.
    """
    if encoder not in ENCODERS:
        return f"Unknown encoder {encoder!r}. Known: {', '.join(ENCODERS)}.", None
    if not 1 <= rows <= MOST_ROWS:
        return f"{rows:g} rows are asked for; expected 1 to {MOST_ROWS:,}.", None
    try:
        measured = diversity_of_rows(
            _text(synthetic),
            _text(real) or None,
            text_columns=_names(text_columns),
            label_column=_text(label_column) or "label",
            real_text_columns=_names(real_text_columns),
            real_label_column=_text(real_label_column) or None,
            encoder=ENCODERS[encoder],
            rows=int(rows),
        )
    except SynthBuilderError as error:
        return str(error), None
    return diversity_table([measured]), measured.model_dump(mode="json")


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
            gradio.Textbox(label="Real rows to compare with, if any", value="", placeholder=hub),
            gradio.Textbox(label="Text columns", value="", placeholder="empty: all columns of texts"),
            gradio.Textbox(label="Label column", value="label"),
            gradio.Textbox(label="Text columns of the real rows", value="", placeholder=same),
            gradio.Textbox(label="Label column of the real rows", value="", placeholder=same),
            gradio.Dropdown(label="Encoder", choices=list(ENCODERS), value="none"),
            gradio.Number(label="Rows of each side at most", value=1_000, minimum=1, maximum=MOST_ROWS, precision=0),
        ],
        outputs=[gradio.Code(label="Table, or what is wrong", language=None), gradio.JSON(label="Results")],
        title="synthetic_diversity",
        description=DESCRIPTION,
        flagging_mode="never",
        api_name="compute",
    )


if __name__ == "__main__":
    page().launch()
