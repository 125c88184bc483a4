from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from pydantic import field_validator

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import EngineReplyError
from synth_builder.recipes.seeds import derived_seed
from synth_builder.strategies.base import Ingredients, Setting, Strategy, StrategyOptions
from synth_builder.strategies.listed_values import PER_REPLY, ROUNDS, ValueList, filled
from synth_builder.strategies.slot import Slot
from synth_builder.strategies.templates import PromptTemplate, shipped_prompt

LONGEST_TOPIC = 8  # words; a longer line is talk


class TopicOptions(StrategyOptions):
    """
    Options of `zero_shot_topic`.

    Args:
        topics (`int` or `tuple[str, ...]`, defaults to 50):
            How many topics the model shall list, or the topics themselves.
    """

    topics: int | tuple[str, ...] = 50

    @field_validator("topics", mode="before")
    @classmethod
    def _some(cls, topics: Any) -> Any:
        listed = isinstance(topics, list | tuple) and all(isinstance(one, str) and one.strip() for one in topics)
        counted = isinstance(topics, int) and not isinstance(topics, bool)
        if not (listed and topics) and not (counted and topics >= 1):
            raise ValueError(f"found {topics!r}; expected how many topics the model shall list, or a list of topics")
        return topics


class ZeroShotTopic(Strategy):
    """
    The model first lists topics; then each prompt holds the task's description and one topic drawn from the list
    (arXiv 2407.12813, the zero-shot topic method; the wording of its topic prompts is not known, ours is our own).

    The list is made once, without duplicates, and kept in the provenance, from where it can be copied into the recipe
    and edited.
    """

    name = "zero_shot_topic"
    papers = ("2407.12813",)
    Options: ClassVar[type[StrategyOptions]] = TopicOptions

    def __init__(self, setting: Setting, options: TopicOptions) -> None:
        super().__init__(setting, options)
        self._topics_template = PromptTemplate(shipped_prompt("topics"), "the topic list")
        given = () if isinstance(options.topics, int) else options.topics
        wanted = options.topics if isinstance(options.topics, int) else len(options.topics)
        self._list = ValueList("topics", wanted, LONGEST_TOPIC)
        self._list.values.extend(given)  # as they are written, a topic that stands there twice among them

    @property
    def topics(self) -> list[str]:
        """What rows may be about."""
        return self._list.values

    def templates(self) -> dict[str, str]:
        """The templates of the rows, and that of the topic list where the model makes it."""
        asked = isinstance(self.options, TopicOptions) and isinstance(self.options.topics, int)
        return {**super().templates(), **({"topics": self._topics_template.text} if asked else {})}

    def prepare(self) -> Generator[list[Request], list[Completion], None]:
        """Ask for topics until there are enough different ones; after some rounds it has to do with what there is."""
        yield from filled([self._list], self._topic_request)
        if not self.topics:
            raise EngineReplyError(
                f"The model listed no topics in {ROUNDS} rounds; give a list under "
                f"variants.{self.setting.variant}.topics."
            )

    def facts(self) -> dict[str, Any]:
        """The list of topics."""
        return {"topics": self.topics}

    def recall(self, facts: Mapping[str, Any]) -> bool:
        """Take the list that was made then."""
        self._list.values[:] = facts.get("topics") or self.topics
        return bool(self.topics)

    def suppose(self) -> None:
        """Take a stand-in where the model makes the list."""
        self._list.values[:] = self.topics or ["<a topic from the model's list>"]

    def ingredients(self, slot: Slot) -> Ingredients:
        """One topic from the list."""
        return Ingredients(topic=slot.rng("topic").choice(self.topics))

    def _topic_request(self, _: ValueList, number: int, position: int) -> Request:
        variables = {
            "task": {"description": self.task.description, "kind": self.task.kind},
            "columns": dict(self.task.columns),
            "labels": dict(self.task.labels),
            "count": PER_REPLY,
            "reply": "list",
        }
        seed = derived_seed(self.setting.seed, "topics", number, position)
        return self._request(self._topics_template, variables, seed)
