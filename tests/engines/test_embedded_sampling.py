from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from synth_builder.engines import embedded_sampling  # noqa: E402
from synth_builder.engines.base import Sampling  # noqa: E402
from synth_builder.engines.embedded_sampling import choose_tokens, penalise_repetition  # noqa: E402

# Probabilities 0.5, 0.25, 0.15, 0.1 of the tokens 2, 0, 3, 1.
PROBABILITIES = (0.25, 0.10, 0.50, 0.15)


def generator(seed: int) -> Any:
    return torch.Generator().manual_seed(seed)


def draws(sampling: Sampling, number: int = 4000, probabilities: tuple[float, ...] = PROBABILITIES) -> Counter[int]:
    logits = torch.tensor(probabilities).log().expand(number, -1)
    chosen = choose_tokens(logits, [sampling] * number, [generator(seed) for seed in range(number)])
    return Counter(chosen.tolist())


def test_temperature_zero_takes_the_likeliest_token_and_no_chance() -> None:
    source = generator(0)
    before = source.get_state()
    chosen = choose_tokens(torch.tensor([[0.0, 3.0, 1.0]]), [Sampling(temperature=0)], [source])
    assert chosen.tolist() == [1]
    assert torch.equal(source.get_state(), before)


def test_choices_follow_the_softmax() -> None:
    counted = draws(Sampling())
    # Chi-square with 3 degrees of freedom: above 16.3 in one of a thousand runs, and the seeds are fixed.
    distance = sum((counted[token] - 4000 * share) ** 2 / (4000 * share) for token, share in enumerate(PROBABILITIES))
    assert distance < 16.3


def test_temperature_divides_the_scores() -> None:
    # At temperature 2 the odds of 0.5 against 0.1 are sqrt(5) to 1.
    counted = draws(Sampling(temperature=2.0))
    assert counted[2] / counted[1] == pytest.approx(5**0.5, rel=0.12)


def test_top_k_keeps_that_many_tokens_in_their_proportion() -> None:
    counted = draws(Sampling(top_k=2))
    assert set(counted) == {0, 2}
    assert counted[2] / 4000 == pytest.approx(2 / 3, abs=0.025)


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.0, {2}), (0.4, {2}), (0.6, {0, 2}), (0.8, {0, 2, 3}), (0.95, {0, 1, 2, 3}), (1.0, {0, 1, 2, 3})],
)
def test_top_p_keeps_the_fewest_tokens_that_reach_it(top_p: float, kept: set[int]) -> None:
    assert set(draws(Sampling(top_p=top_p))) == kept


def test_top_p_counts_among_the_tokens_that_top_k_kept() -> None:
    # Among the three likeliest the first two hold 0.75 / 0.9 = 0.833, which reaches 0.8; among all they hold 0.75.
    assert set(draws(Sampling(top_k=3, top_p=0.8))) == {0, 2}


def test_a_nucleus_wider_than_the_head_is_still_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(5)
    logits = torch.randn(300, 64)
    samplings = [Sampling(top_p=0.9), Sampling(), Sampling(top_k=40, temperature=1.3)] * 100
    whole = choose_tokens(logits, samplings, [generator(seed) for seed in range(300)])
    monkeypatch.setattr(embedded_sampling, "HEAD", 2)
    monkeypatch.setattr(embedded_sampling, "GROWTH", 3)
    assert choose_tokens(logits, samplings, [generator(seed) for seed in range(300)]).tolist() == whole.tolist()
    assert len(set(whole.tolist())) > 20


def test_a_row_draws_the_same_alone_and_among_others() -> None:
    torch.manual_seed(1)
    logits = torch.randn(6, 40)
    samplings = [Sampling(), Sampling(temperature=0), Sampling(top_p=0.3), Sampling(top_k=5), Sampling(), Sampling()]
    together = choose_tokens(logits, samplings, [generator(seed) for seed in range(6)])
    alone = [choose_tokens(logits[row : row + 1], [samplings[row]], [generator(row)]).item() for row in range(6)]
    assert together.tolist() == alone


def test_the_repetition_penalty_divides_positive_and_multiplies_negative_scores_of_seen_tokens() -> None:
    scores = torch.tensor([[2.0, -2.0, 1.0], [2.0, -2.0, 1.0]])
    seen = torch.tensor([[True, True, False], [True, True, False]])
    changed = penalise_repetition(scores, seen, [Sampling(repetition_penalty=4.0), Sampling()])
    assert changed.tolist() == [[0.5, -8.0, 1.0], [2.0, -2.0, 1.0]]


def test_the_repetition_penalty_changes_what_is_drawn() -> None:
    logits = torch.tensor([[2.0, 1.5]])
    sampling = Sampling(temperature=0, repetition_penalty=2.0)
    assert choose_tokens(logits, [sampling], [generator(0)], torch.tensor([[True, False]])).tolist() == [1]
    assert choose_tokens(logits, [sampling], [generator(0)], torch.tensor([[False, False]])).tolist() == [0]
