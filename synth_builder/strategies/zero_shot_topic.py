import math
from collections.abc import Generator
from typing import Any, ClassVar

from pydantic import field_validator

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import EngineReplyError
from synth_builder.recipes.seeds import derived_seed
from synth_builder.recipes.text_identity import normalised
from synth_builder.strategies.base import Ingredients, Setting, Strategy, StrategyOptions
from synth_builder.strategies.cleaning import clean_text
from synth_builder.strategies.slot import Slot
from synth_builder.strategies.templates import PromptTemplate, shipped_prompt

TOPICS_PER_REPLY = 10
ROUNDS = 6
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
    Options: ClassVar[type[StrategyOptions]] = TopicOptions

    def __init__(self, setting: Setting, options: TopicOptions) -> None:
        super().__init__(setting, options)
        self._topics_template = PromptTemplate(shipped_prompt("topics"), "the topic list")
        self._wanted = options.topics if isinstance(options.topics, int) else len(options.topics)
        self.topics: list[str] = [] if isinstance(options.topics, int) else list(options.topics)

    def templates(self) -> dict[str, str]:
        """The templates of the rows, and that of the topic list where the model makes it."""
        asked = isinstance(self.options, TopicOptions) and isinstance(self.options.topics, int)
        return {**super().templates(), **({"topics": self._topics_template.text} if asked else {})}

    def prepare(self) -> Generator[list[Request], list[Completion], None]:
        """Ask for topics until there are enough different ones; after some rounds it has to do with what there is."""
        seen = {normalised([topic]) for topic in self.topics}
        for number in range(ROUNDS):
            missing = self._wanted - len(self.topics)
            if missing <= 0:
                return
            completions = yield [
                self._topic_request(number, position) for position in range(math.ceil(missing / TOPICS_PER_REPLY))
            ]
            for completion in completions:
                for topic in read_topics(completion.text, cut=completion.finish_reason == "length"):
                    if normalised([topic]) not in seen and len(self.topics) < self._wanted:
                        seen.add(normalised([topic]))
                        self.topics.append(topic)
        if not self.topics:
            raise EngineReplyError(
                f"The model listed no topics in {ROUNDS} rounds; give a list under "
                f"variants.{self.setting.variant}.topics."
            )

    def facts(self) -> dict[str, Any]:
        """The list of topics."""
        return {"topics": self.topics}

    def ingredients(self, slot: Slot) -> Ingredients:
        """One topic from the list."""
        return Ingredients(topic=slot.rng("topic").choice(self.topics))

    def _topic_request(self, number: int, position: int) -> Request:
        variables = {
            "task": {"description": self.task.description, "kind": self.task.kind},
            "columns": dict(self.task.columns),
            "labels": dict(self.task.labels),
            "count": TOPICS_PER_REPLY,
            "reply": "list",
        }
        seed = derived_seed(self.setting.seed, "topics", number, position)
        return self._request(self._topics_template, variables, seed)


def read_topics(reply: str, *, cut: bool = False) -> list[str]:
    """
    The topics of a reply with one topic a line.

    Args:
        reply (`str`):
            What the model wrote.
        cut (`bool`, defaults to `False`):
            Whether it ended at the limit of tokens; the last line is not finished then.

    Returns:
        `list[str]`: Topics without numbering, marks and explanations behind a colon or a dash.
    """
    lines = reply.splitlines()
    if cut:
        lines = lines[:-1]
    topics = []
    for line in lines:
        if line.strip().endswith(":"):
            continue
        topic = clean_text(line)
        for mark in (": ", " - ", " \u2013 ", " \u2014 "):
            topic = topic.split(mark)[0]
        topic = clean_text(topic).rstrip(".,;:")
        if any(letter.isalpha() for letter in topic) and len(topic.split()) <= LONGEST_TOPIC:
            topics.append(topic)
    return topics
