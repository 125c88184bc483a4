from hypothesis import given
from hypothesis import strategies as st

from synth_builder.recipes.seeds import derived_seed
from synth_builder.strategies.slot import Slot


@given(st.lists(st.integers() | st.text(max_size=5)))
def test_a_seed_fits_in_31_bits(parts: list[object]) -> None:
    assert 0 <= derived_seed(*parts) < 2**31


def test_a_seed_depends_on_each_part_and_on_nothing_else() -> None:
    assert derived_seed(0, "train", 1, 0) == derived_seed(0, "train", 1, 0)
    assert (
        len({derived_seed(0, split, index, draw) for split in ("a", "b") for index in range(9) for draw in (0, 1)})
        == 36
    )
    assert derived_seed("a", "b") != derived_seed("ab")
    assert derived_seed() == 0xE3B0C442 >> 1  # the first 31 bits of the SHA-256 of nothing


def test_each_purpose_has_its_own_randomness() -> None:
    slot = Slot("train", 0, 0, None, 5)
    assert slot.rng("topic").random() == slot.rng("topic").random()
    assert slot.rng("topic").random() != slot.rng("demonstrations").random()
