import re
from dataclasses import dataclass
from typing import Self

from synth_builder.recipes.recipe import CONFIG_NAME

_SOURCE = re.compile(
    r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<revision>[A-Za-z0-9](?:[\w.-]|/(?=[\w-]))*)", re.ASCII
)


@dataclass(frozen=True)
class PublishedRows:
    """
    A published dataset that a study read a variant's rows from.

    Args:
        repo (`str`):
            `owner/name`.
        revision (`str`):
            Tag, branch or commit.
    """

    repo: str
    revision: str

    @classmethod
    def parse(cls, source: str | None) -> Self | None:
        """
        Read the `source` of a variant.

        Args:
            source (`str`, *optional*):
                `owner/name@revision`.

        Returns:
            `PublishedRows`, *optional*: `None` where there is none, or it has another form.
        """
        match = _SOURCE.fullmatch(source or "")
        return None if match is None else cls(match["repo"], match["revision"])

    def load_code(self, variant: str) -> str | None:
        """One line of Python that loads a variant's rows; `None` for a name that no variant can have."""
        if not CONFIG_NAME.fullmatch(variant):
            return None
        return f'load_dataset("{self.repo}", "{variant}", revision="{self.revision}")'

    @property
    def page(self) -> str:
        """Its page on the Hub."""
        return f"https://huggingface.co/datasets/{self.repo}"
