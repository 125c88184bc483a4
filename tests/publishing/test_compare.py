"""The rule for versions, on states made by hand from one release."""

from dataclasses import replace
from typing import Any

from synth_builder.publishing.compare import changes, verdict
from synth_builder.publishing.local import local_state
from synth_builder.publishing.merge import with_card
from synth_builder.publishing.state import State
from synth_builder.releases.card.card_sections import CardParts
from synth_builder.releases.folder import ReleaseFolder


def said(before: State, after: State) -> list[tuple[str, str]]:
    return [(change.bump, change.text) for change in changes(before, after)]


def with_provenance(state: State, **told: Any) -> State:
    return replace(state, provenances={"zero_shot": {**state.provenances["zero_shot"], **told}})


def test_each_change_has_its_bump(zero_shot: ReleaseFolder) -> None:
    state = local_state(zero_shot)
    assert said(state, state) == []
    assert said(state, replace(state, provenances={})) == [("major", "`zero_shot` is gone.")]
    assert said(replace(state, scores={"zero_shot": "{}"}), state) == [("patch", "`zero_shot`: its scores are gone.")]
    other_data = state.recipe.model_copy(update={"real": None})
    assert said(state, replace(state, recipe=other_data)) == [("patch", "The recipe names other real data.")]
    by_hand = replace(state, card=replace(state.card, by_hand="New."))
    assert said(state, by_hand) == [("patch", "Hand-written sections of the card changed.")]
    assert verdict(changes(state, replace(by_hand, provenances={}))) == "major"


def test_another_checker_is_another_model(zero_shot: ReleaseFolder) -> None:
    state = local_state(zero_shot)
    engine = state.provenances["zero_shot"]["engine"]
    one, other = (with_provenance(state, checker={**engine, "model": name}) for name in ("a", "b"))
    assert [bump for bump, _ in said(one, other)] == ["minor"]
    assert said(one, one) == []


def test_metadata_of_the_local_card_that_nothing_computes_are_published(zero_shot: ReleaseFolder) -> None:
    state = local_state(zero_shot)
    extra = {"viewer": False, "license": "mit", "paper": "mine"}
    theirs = CardParts(front={"paper": "theirs"})
    card = with_card(state, None, theirs, source="ada/films", download=None, pictures_base="", extra=extra)[
        0
    ].card.front
    assert (card["viewer"], card["license"], card["paper"]) == (False, "cc-by-4.0", "theirs")


def test_what_a_server_calls_its_model_stays_on_its_line_and_is_no_html(zero_shot: ReleaseFolder) -> None:
    state = local_state(zero_shot)
    engine = state.provenances["zero_shot"]["engine"]
    odd = with_provenance(state, engine={**engine, "model": "a\n\n## v9.9.9 <script>"})
    ((_, text),) = said(state, odd)
    assert "another model, a ## v9.9.9 &lt;script&gt; in place of scripted; 12 train rows" in text
