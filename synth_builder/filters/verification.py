import random
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from synth_builder.engines.base import Completion, Message, Request, Sampling
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.filters.label_answer import label_in_answer, label_schema
from synth_builder.recipes.prompt_template import PromptTemplate, packaged_prompt
from synth_builder.recipes.seeds import derived_seed

# Options that only one way of verifying has.
_ONLY = {
    "model": ("votes", "temperature", "max_new_tokens", "min_agreement"),
    "classifier": ("min_probability", "rows_per_label", "encoder"),
}


class VerificationOptions(FilterOptions):
    """
    Options of `verification`.

    Args:
        by (`"model"` or `"classifier"`, defaults to `"model"`):
            Who is asked for the label: the model that writes, or a classifier trained on real train rows.
        action (`"reject"` or `"flag"`, defaults to `"reject"`):
            Whether a row whose label is not confirmed goes, or stays with its agreement written down.
        votes (`int`, defaults to 3):
            Times that the model is asked about each row.
        temperature (`float`, defaults to 0.7):
            How freely it answers; 0 takes the likeliest token each time.
        max_new_tokens (`int`, defaults to 32):
            Tokens of an answer; a longer one is not read.
        min_agreement (`float`, *optional*):
            Share of the votes that have to give the row's label. More than half when not given.
        min_probability (`float`, defaults to 0.25):
            Probability that the classifier has to give the row's label.
        rows_per_label (`int`, defaults to 500):
            The most real rows of each label that the classifier is trained on.
        encoder (`str`, defaults to `"minilm"`):
            Sentence encoder of the classifier: `minilm` (all-MiniLM-L6-v2), the directory of another, or a Hub id.
    """

    by: Literal["model", "classifier"] = "model"
    action: Literal["reject", "flag"] = "reject"
    votes: int = Field(default=3, ge=1, le=25)
    temperature: float = Field(default=0.7, ge=0)
    max_new_tokens: int = Field(default=32, gt=0)
    min_agreement: float | None = Field(default=None, gt=0, le=1)
    min_probability: float = Field(default=0.25, gt=0, le=1)
    rows_per_label: int = Field(default=500, ge=1)
    encoder: str = Field(default="minilm", min_length=1)

    @model_validator(mode="after")
    def _nothing_without_effect(self) -> "VerificationOptions":
        for by, names in _ONLY.items():
            given = [name for name in names if name in self.model_fields_set]
            if given and by != self.by:
                raise ValueError(
                    f"{', '.join(given)} belong(s) to by: {by}, and by is {self.by!r}; leave out what has no effect"
                )
        return self


class Verification(Filter[VerificationOptions]):
    """
    Rejects rows whose label is not the one that the model gives when it is shown the text: several votes, each with a
    seed of its own and the labels in another order, since models favour places in a list. The share of votes for the
    row's label is kept with each row. `by: classifier` is `filters/label_classifier.py`.
    """

    name = "verification"
    Options = VerificationOptions
    asks = True

    @cached_property
    def _template(self) -> PromptTemplate:
        return PromptTemplate(_prompt(), "the filter 'verification'")

    @classmethod
    def for_options(cls, options: VerificationOptions) -> type[Filter[Any]]:
        """A class of its own asks a classifier: that needs real rows, and no model."""
        if options.by == "classifier":
            from synth_builder.filters.label_classifier import VerificationByClassifier

            return VerificationByClassifier
        return cls

    @classmethod
    def templates(cls) -> dict[str, str]:
        """The question."""
        return {"verification": _prompt()}

    def requests(self, candidate: Candidate) -> list[Request]:
        """The votes. They depend on the texts alone, so a row is asked about in the same words in every build."""
        return [self._vote(candidate, number) for number in range(self.options.votes)]

    def measures(self, candidate: Candidate) -> dict[str, float]:
        """The row's agreement: share of the votes for its label, or the probability that the classifier gives it."""
        return {"agreement": self.agreement(candidate)}

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `label_disagreement`."""
        if self.options.action == "flag" or self._enough(self.agreement(candidate)):
            return None
        return Objection("label_disagreement", self._told(candidate))

    def agreement(self, candidate: Candidate) -> float:
        """Share of the votes that give the row's label; what can't be read gives none."""
        replies = candidate.replies.get(self.name, ())
        return sum(self._read(reply) == candidate.label for reply in replies) / self.options.votes

    def _enough(self, agreement: float) -> bool:
        wanted = self.options.min_agreement
        return agreement > 0.5 if wanted is None else agreement >= wanted

    def _told(self, candidate: Candidate) -> str:
        replies = candidate.replies.get(self.name, ())
        votes = round(self.agreement(candidate) * self.options.votes)
        told = "; ".join(self._read(reply) or _unread(reply) for reply in replies)
        return f"{candidate.label!r} has {votes} of {self.options.votes} votes: {told or 'none was asked for'}"

    def _read(self, reply: Completion | None) -> str | None:
        return label_in_answer(reply, self.task, is_json=self._asks_for_json)

    @property
    def _asks_for_json(self) -> bool:
        return self.grammar and self.prompt_form == "chat"

    def _vote(self, candidate: Candidate, number: int) -> Request:
        texts = list(candidate.columns.values())
        names = self.task.label_names
        random.Random(derived_seed("verification order", *texts)).shuffle(names)
        start = len(names) * number // self.options.votes
        variables = {
            "task": {"description": self.task.description, "kind": self.task.kind},
            "columns": candidate.columns,
            "label_column": self.task.label_column,
            "labels": {name: self.task.labels[name] for name in names[start:] + names[:start]},
            "reply": "json" if self._asks_for_json else "text",
        }
        seed = derived_seed("verification", number, *texts)
        sampling = Sampling(self.options.temperature, max_new_tokens=self.options.max_new_tokens)
        if self.prompt_form == "completion":
            # A record has one line for each column, and ends where the next line would begin.
            variables["columns"] = {name: " ".join(text.split()) for name, text in candidate.columns.items()}
            sampling = Sampling(self.options.temperature, max_new_tokens=self.options.max_new_tokens, stop=("\n",))
            return Request(sampling, seed, prompt=self._template.render("completion", variables))
        system, user = (self._template.render(block, variables) for block in ("system", "user"))
        schema = label_schema(self.task) if self._asks_for_json else None
        return Request(sampling, seed, messages=(Message("system", system), Message("user", user)), schema=schema)


def _prompt() -> str:
    return packaged_prompt("synth_builder.filters", "verification")


def _unread(reply: Completion | None) -> str:
    if reply is None:
        return "no answer"
    return f"no label in {reply.text.strip()[:40]!r}" + (" (cut)" if reply.finish_reason == "length" else "")
