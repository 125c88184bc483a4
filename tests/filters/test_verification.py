import json
from dataclasses import replace
from typing import Any

import pytest

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import RecipeError
from synth_builder.filters.base import Candidate
from synth_builder.filters.verification import Verification, VerificationOptions
from synth_builder.recipes.task import Task

TASK = Task(
    description="Sort a message to a shop.",
    columns={"text": "a message"},
    label_column="team",
    labels={"billing": "about money", "delivery": "about parcels", "returns": "about broken items"},
    aliases={"delivery": ("shipping",)},
)
ROW = Candidate({"text": "Where is my parcel?"}, "delivery")


def filter_of(form: str = "chat", grammar: bool = False, **options: Any) -> Verification:
    made = Verification(VerificationOptions(**options), TASK)
    made.prompt_form = "chat" if form == "chat" else "completion"
    made.grammar = grammar
    return made


def said(*texts: str | None, cut: bool = False) -> Candidate:
    """The row with these answers; `None` is a request that failed."""
    replies = tuple(None if text is None else Completion(text, "length" if cut else "stop") for text in texts)
    return replace(ROW, replies={"verification": replies})


def question(request: Request) -> str:
    return request.messages[-1].content


def order(request: Request) -> list[str]:
    text = question(request)
    return sorted(TASK.labels, key=lambda label: text.index(f"- {label}: "))


def test_each_vote_shows_all_labels_in_another_order() -> None:
    requests = filter_of().requests(ROW)
    assert len(requests) == 3
    for request in requests:
        assert "Text: Where is my parcel?" in question(request)
        assert all(f"- {label}: {meaning}" in question(request) for label, meaning in TASK.labels.items())
        assert "Which team is right?" in question(request)
    first, second, third = (order(request) for request in requests)
    assert second == first[1:] + first[:1] and third == first[2:] + first[:2]
    # Every label stood first once, so the first place helps none of them.
    assert {first[0], second[0], third[0]} == set(TASK.labels)


def test_what_is_asked_follows_from_the_text_alone() -> None:
    requests = filter_of().requests(ROW)
    assert len({request.seed for request in requests}) == 3
    assert filter_of().requests(replace(ROW, label="billing")) == requests
    others = filter_of().requests(Candidate({"text": "Where is my parcel"}, "delivery"))
    assert not {request.seed for request in requests} & {request.seed for request in others}
    firsts = [filter_of().requests(Candidate({"text": f"Text {n}."}, "billing"))[0] for n in range(60)]
    assert len({tuple(order(request)) for request in firsts}) == 6  # all orders of three labels


@pytest.mark.parametrize(("answers", "agreement", "stays"), [
    (("delivery", "delivery", "delivery"), 1.0, True),
    (("delivery", "billing", "Delivery."), 2 / 3, True),
    (("delivery", "billing", "returns"), 1 / 3, False),
    (("billing", "billing", "billing"), 0.0, False),
    (("shipping", "**delivery**", None), 2 / 3, True),
    (("It is delivery", "delivery or returns", "delivery"), 1 / 3, False),
])  # fmt: skip
def test_more_than_half_of_the_votes_have_to_agree(
    answers: tuple[str | None, ...], agreement: float, stays: bool
) -> None:
    one = filter_of()
    assert one.measures(said(*answers)) == {"agreement": agreement}
    found = one.check(said(*answers))
    assert (found is None) is stays
    assert found is None or found.reason == "label_disagreement"


def test_a_tie_is_not_more_than_half_but_may_be_enough() -> None:
    tie = said("delivery", "billing")
    assert filter_of(votes=2).check(tie) is not None
    assert filter_of(votes=2, min_agreement=0.5).check(tie) is None
    assert filter_of(votes=2, min_agreement=0.51).check(tie) is not None


def test_what_was_voted_is_told_also_what_can_not_be_read() -> None:
    found = filter_of().check(said("billing", "I think that this is about a parcel that was lost.", None))
    assert found is not None
    assert found.detail == (
        "'delivery' has 0 of 3 votes: billing; no label in 'I think that this is about a parcel that'; no answer"
    )


def test_a_cut_answer_is_not_read() -> None:
    cut = said("delivery", cut=True)
    found = filter_of(votes=1).check(cut)
    assert found is not None
    assert found.detail == "'delivery' has 0 of 1 votes: no label in 'delivery' (cut)"


def test_a_flagged_row_stays_with_its_agreement() -> None:
    one = filter_of(action="flag")
    assert one.check(said("billing", "billing", "delivery")) is None
    assert one.measures(said("billing", "billing", "delivery")) == {"agreement": 1 / 3}


def test_votes_without_an_answer_count_as_no_agreement() -> None:
    assert filter_of().measures(ROW) == {"agreement": 0.0}
    assert filter_of().check(ROW) is not None


def test_a_model_without_a_template_continues_a_record() -> None:
    (request,) = filter_of("completion", votes=1, temperature=0.2, max_new_tokens=5).requests(
        replace(ROW, columns={"text": "Where is\nmy parcel?"})
    )
    assert request.messages == () and request.schema is None
    assert request.prompt is not None
    assert request.prompt.endswith("\n\nText: Where is my parcel?\nTeam:")
    assert "- returns: about broken items\n" in request.prompt
    sampling = request.sampling
    assert (sampling.temperature, sampling.max_new_tokens, sampling.stop) == (0.2, 5, ("\n",))
    assert filter_of("completion", votes=1).check(said(" delivery")) is None


def test_an_engine_with_grammars_is_held_to_the_labels() -> None:
    one = filter_of(grammar=True, votes=1)
    (request,) = one.requests(ROW)
    assert request.schema is not None
    assert request.schema["properties"] == {"team": {"type": "string", "enum": ["billing", "delivery", "returns"]}}
    assert '{"team": ' in question(request)
    assert one.check(said(json.dumps({"team": "delivery"}))) is None
    for text in ("delivery", '{"team": 3}', '["delivery"]', '{"label": "delivery"}', '{"team": "delivery"'):
        assert one.measures(said(text)) == {"agreement": 0.0}, text
    assert filter_of("completion", grammar=True, votes=1).requests(ROW)[0].schema is None


def test_the_template_is_told() -> None:
    (text,) = Verification.templates().values()
    assert Verification.templates().keys() == {"verification"}
    assert "{% block completion %}" in text


@pytest.mark.parametrize(("options", "message"), [
    ({"by": "classifier", "votes": 5}, "votes belong(s) to by: model, and by is 'classifier'"),
    ({"min_probability": 0.5, "encoder": "x"}, "min_probability, encoder belong(s) to by: classifier, and by is 'mod"),
    ({"by": "guess"}, "by is 'guess'"),
    ({"votes": 0}, "votes is 0"),
    ({"min_agreement": 1.5}, "min_agreement is 1.5"),
])  # fmt: skip
def test_options_without_effect_or_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as found:
        VerificationOptions.parse(options, "It")
    assert message in str(found.value)
