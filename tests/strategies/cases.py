"""Every registered strategy in every setting that it offers, with what its options need."""

import json
from itertools import product
from typing import Any, get_args

from synth_builder.engines.base import Completion
from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.seeds import derived_seed
from synth_builder.recipes.task import Task
from synth_builder.registry import STRATEGIES
from synth_builder.strategies.base import Setting, Strategy
from synth_builder.strategies.demonstrations import Demonstrations
from synth_builder.strategies.slot import Slot
from tests.small_tasks import FILM_TESTS, FILMS, PAIRS, needed_options

ONE = Task(
    description="Decide whether a sentence is positive or negative.",
    columns={"text": "one sentence from a film review"},
    labels={"negative": "the writer dislikes the film", "positive": "the writer likes the film"},
)
TWO = Task(
    kind="text_pair_classification",
    description="Decide whether the hypothesis follows from the premise.",
    columns={"premise": "a sentence that is true", "hypothesis": "a sentence that may follow"},
    labels={"entailment": "it follows", "no_entailment": "it does not follow"},
)
TASKS = {"one_column": ONE, "two_columns": TWO}
TEXTS = {
    "one_column": {"text": "The music alone is worth the evening."},
    "two_columns": {"premise": "A boat lies on the shore.", "hypothesis": "The boat is at sea."},
}
TRAIN = {
    "one_column": [RealRow({"text": text}, label, text[:9]) for label in FILMS for text in FILMS[label]],
    "two_columns": [
        RealRow({"premise": one, "hypothesis": two}, label, one[:9]) for label in PAIRS for one, two in PAIRS[label]
    ],
}
TESTS = {
    "one_column": [RealRow({"text": text}, label, text[:9]) for label in FILM_TESTS for text in FILM_TESTS[label]],
    "two_columns": [TRAIN["two_columns"][0]],
}


class Case:
    """One strategy in one setting, prepared, with slots of two labels."""

    def __init__(self, name: str, kind: str, mode: str, form: str, grammar: bool, **options: Any) -> None:
        self.kind, self.mode, self.form, self.grammar = kind, mode, form, grammar
        self.task = TASKS[kind]
        self.made: type[Strategy] = STRATEGIES.get(name)
        needed = needed_options(name, list(self.task.columns), self.task.label_names)
        self.options = self.made.Options.parse({"label_mode": mode, **needed, **options}, name)
        self.strategy = self.fresh()

    def fresh(self, grammar: bool | None = None) -> Strategy:
        setting = Setting(
            task=self.task,
            sampling=SamplingSettings(temperature=0.8, max_new_tokens=50),
            prompt_form="chat" if self.form == "chat" else "completion",
            grammar=self.grammar if grammar is None else grammar,
            demonstrations=Demonstrations(TRAIN[self.kind], self.task, TESTS[self.kind])
            if self.made.shows_real_rows(self.options)
            else None,
        )
        strategy = self.made(setting, self.options)
        steps = strategy.prepare()
        requests = next(steps, None)
        while requests is not None:
            try:
                requests = steps.send([Completion("1. Family\n2. Work\n3. Travel", "stop") for _ in requests])
            except StopIteration:
                requests = None
        return strategy

    def slots(self, count: int = 6) -> list[Slot]:
        labels = self.task.label_names
        return [
            Slot("train", number, 0, labels[number % 2], derived_seed(number), number // 2)
            if self.mode == "conditioned"
            else Slot("train", number, 0, None, derived_seed(number), number)
            for number in range(count)
        ]

    def prompt(self, slot: Slot) -> str:
        request = self.strategy.draw(slot).request
        return request.prompt if request.prompt is not None else "\n".join(one.content for one in request.messages)

    def reply(self, label: str) -> str:
        """A reply that follows the prompt's form."""
        row = dict(TEXTS[self.kind])
        if self.mode == "generated":
            row["label"] = label
        if self.strategy.reply_form == "json":
            return json.dumps(row)
        if self.strategy.reply_form == "text":
            return f" {row['text']}"
        tagged = "\n".join(f"{name.capitalize()}: {text}" for name, text in row.items())
        return tagged if self.form == "chat" else tagged.partition(":")[2]


def _offered(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Label modes and prompt forms of a strategy."""
    made = STRATEGIES.get(name)
    return get_args(made.Options.model_fields["label_mode"].annotation), made.prompt_forms


SETTINGS = [
    setting for name in STRATEGIES.names() for setting in product([name], TASKS, *_offered(name), (False, True))
]
