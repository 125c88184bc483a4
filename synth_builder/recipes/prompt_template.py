from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateError, TemplateNotFound
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from synth_builder.errors import RecipeError


def packaged_prompt(package: str, name: str) -> str:
    """Text of a template that ships in the folder `prompts` of a package."""
    return (files(package) / "prompts" / f"{name}.jinja").read_text(encoding="utf-8")


class _Included(BaseLoader):
    """Templates may include those of one package, and nothing else on the disk."""

    def __init__(self, package: str | None) -> None:
        self._package = package

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        if self._package is None or "/" in template or "\\" in template or not template.endswith(".jinja"):
            raise TemplateNotFound(template)
        try:
            return packaged_prompt(self._package, template.removesuffix(".jinja")), None, None
        except FileNotFoundError as error:
            raise TemplateNotFound(template) from error


@cache
def _environment(includes: str | None) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=_Included(includes), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["sentence_case"] = _sentence_case
    return environment


def _sentence_case(text: str) -> str:
    """A text with a capital first letter; the others stay as they are, unlike with Jinja's `capitalize`."""
    return text[:1].upper() + text[1:]


class PromptTemplate:
    """
    A prompt as a Jinja text, rendered in a sandbox.

    A text with the blocks `system`, `user` and `completion` is rendered a block at a time: the first two make the chat
    form, the last the completion form. A text without blocks is the user's message of a chat, or the whole text to be
    continued.

    Args:
        text (`str`):
            The template.
        name (`str`):
            What messages call it.
        includes (`str`, *optional*):
            Package whose templates it may include; none when not given.

    Raises:
        RecipeError: It is no valid template.
    """

    def __init__(self, text: str, name: str, includes: str | None = None) -> None:
        self.text = text
        self.name = name
        self._includes = includes
        try:
            self._template: Template = _environment(includes).from_string(text)
        except TemplateError as error:
            raise RecipeError(f"The prompt of {name} is no valid Jinja template: {error}.") from error

    def has(self, block: str) -> bool:
        """Whether there is a block of that name."""
        return block in self._template.blocks

    def included(self) -> dict[str, str]:
        """Name -> text of the templates of the package that are included, directly or by one of them."""
        found: dict[str, str] = {}
        waiting = [self.text]
        while self._includes is not None and waiting:
            for name in find_referenced_templates(_environment(self._includes).parse(waiting.pop())):
                word = (name or "").removesuffix(".jinja")
                if word.isidentifier() and word not in found:
                    try:
                        found[word] = packaged_prompt(self._includes, word)
                    except FileNotFoundError:
                        continue  # told when it is rendered
                    waiting.append(found[word])
        return dict(sorted(found.items()))

    def uses(self, variable: str) -> bool:
        """Whether the variable stands in the text, or in a template that it includes."""
        texts = (self.text, *self.included().values())
        return any(variable in find_undeclared_variables(_environment(self._includes).parse(text)) for text in texts)

    def render(self, block: str | None, variables: Mapping[str, Any]) -> str:
        """
        One block, or with `None` the whole text, without white space around it.

        Raises:
            RecipeError: The template uses a variable that prompts do not have, or something the sandbox forbids.
        """
        try:
            if block is None:
                return self._template.render(variables).strip()
            context = self._template.new_context(dict(variables))
            return "".join(self._template.blocks[block](context)).strip()
        except TemplateNotFound as error:
            raise RecipeError(
                f"The prompt of {self.name} includes {error.name!r}; a prompt may include those that ship with the "
                "package, such as 'reply.jinja', and no other file."
            ) from error
        # The others are what an expression of the template may end in: `{{ 1 / 0 }}`, `{{ label + 1 }}`.
        except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
            raise RecipeError(
                f"The prompt of {self.name} can't be rendered: {str(error).rstrip('.')}. "
                f"Variables: {', '.join(sorted(variables))}."
            ) from error
