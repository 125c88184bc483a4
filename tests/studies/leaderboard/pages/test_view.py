"""What a visitor looks at stands in the address of the page."""

from urllib.parse import parse_qs

from synth_builder.studies.leaderboard.pages.view import View


def test_a_view_and_its_address_say_the_same() -> None:
    view = View(task="a & b", model="x/y=1", search="ü #", measure="macro_f1", sort="-rows", part=3, entry="e1")
    assert View.parse(view.href()) == view
    assert parse_qs(view.href()[1:])["task"] == ["a & b"]
    assert View().href() == "?" and View.parse("?") == View.parse("") == View()


def test_what_does_not_fit_is_left_out() -> None:
    view = View.parse("?part=-1&sort=evil&measure=cost&task=sst2&unknown=1&__theme=dark")
    assert view == View(task="sst2")
    assert View.parse("part=9999999999999999999999").part == View.parse("part=²").part == 1
    assert View.parse("part=0").part == 1
    assert View.parse("&".join(f"a{n}=1" for n in range(1_000))) == View()
    assert len(View.parse("task=" + "x" * 9_000).task) == 200


def test_a_link_changes_what_it_says_and_keeps_the_rest() -> None:
    view = View(task="sst2", part=4, sort="rows")
    assert view.href(part=5) == "?task=sst2&sort=rows&part=5"
    assert view.sorted_by("rows") == "?task=sst2&sort=-rows"
    assert View(sort="-rows").sorted_by("rows") == "?sort=rows"


def test_numbers_are_first_sorted_from_the_largest_and_names_from_a() -> None:
    assert View().sorted_by("accuracy") == "?sort=-accuracy"
    assert View().sorted_by("model") == "?sort=model"
    assert View(sort="model").sorted_by("model") == "?sort=-model"
