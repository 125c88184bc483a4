from synth_builder.recipes import prompt_template

_PACKAGE = "synth_builder.strategies"


def shipped_prompt(name: str) -> str:
    """Text of a template that ships with the package, for example `"few_shot"`."""
    return prompt_template.packaged_prompt(_PACKAGE, name)


class PromptTemplate(prompt_template.PromptTemplate):
    """
    A template of a strategy's prompt, which may include those that ship with the package.

    Args:
        text (`str`):
            The template.
        name (`str`):
            What messages call it.

    Raises:
        RecipeError: It is no valid template.
    """

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name, _PACKAGE)
