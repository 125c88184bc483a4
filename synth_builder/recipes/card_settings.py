from collections.abc import Iterable
from typing import Self

from pydantic import field_validator, model_validator

from synth_builder.recipes.hub_vocabulary import unknown_language, unknown_license, unknown_task
from synth_builder.recipes.strict import Strict


class CardSettings(Strict):
    """
    What the dataset card says that can't be computed.

    Args:
        pretty_name (`str`, *optional*):
            Title of the dataset.
        language (`tuple[str, ...]`, defaults to `("en",)`):
            ISO 639 codes, as the Hub has them.
        license (`str`, *optional*):
            Licence of the built dataset, as the Hub names it, for example `cc-by-4.0`.
        license_name, license_link (`str`, *optional*):
            With `license: other`: what it is called, and where it stands (`LICENSE` in the repository, or a URL).
        task_ids (`tuple[str, ...]`, defaults to `()`):
            The Hub's words for the task, for example `sentiment-classification`, beside those that follow from the
            number of labels and text columns.
        tags (`tuple[str, ...]`, defaults to `()`):
            Tags beside those that the builder sets.
    """

    pretty_name: str | None = None
    language: tuple[str, ...] = ("en",)
    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    task_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @field_validator("language")
    @classmethod
    def _languages_of_the_hub(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        _refuse(unknown_language(language) for language in languages)
        return languages

    @field_validator("license")
    @classmethod
    def _license_of_the_hub(cls, name: str | None) -> str | None:
        _refuse([unknown_license(name)] if name is not None else [])
        return name

    @field_validator("task_ids")
    @classmethod
    def _tasks_of_the_hub(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        _refuse(unknown_task(name) for name in names)
        return names

    @model_validator(mode="after")
    def _only_other_has_a_name(self) -> Self:
        for key in ("license_name", "license_link"):
            if getattr(self, key) is not None and self.license != "other":
                raise ValueError(
                    f"{key} is given with license: {self.license or '(none)'}, and the Hub reads it only with "
                    "license: other; leave one of them out"
                )
        return self


def _refuse(problems: Iterable[str | None]) -> None:
    """The first problem as an error."""
    for problem in problems:
        if problem is not None:
            raise ValueError(problem)
