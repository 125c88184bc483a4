import json
import re
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from synth_builder.cli.main import main
from synth_builder.engines.base import EngineInfo, Request
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.verbs.preview import preview


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> NoReturn:
        raise AssertionError("preview opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def recipe_file(one_column: dict[str, Any], tmp_path: Path) -> Path:
    one_column["variants"] |= {
        "topics": {"strategy": "zero_shot_topic", "topics": 25},
        "plain": {"strategy": "zero_shot", "prompt_form": "completion", "label_mode": "generated"},
    }
    path = tmp_path / "films.yaml"
    path.write_text(yaml.safe_dump(one_column, sort_keys=False), encoding="utf-8")
    return path


def text_of(request: Request) -> str:
    return request.prompt if request.prompt is not None else "".join(turn.content for turn in request.messages)


def test_prompts_are_shown_as_they_would_be_sent(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", str(recipe_file), "--variant", "few_shot", "-n", "2"]) == 0
    shown = capsys.readouterr().out
    setup = set_up(Recipe.load(recipe_file), "few_shot")
    strategy = setup.strategy(EngineInfo(engine="", model=""))
    for slot in list(setup.plan().slots())[:2]:
        request = strategy.draw(slot).request
        assert f"--- train row {slot.index}, label {slot.label}, seed {slot.seed}" in shown
        assert all(f"[{message.role}]\n{message.content}\n" in shown for message in request.messages)
    assert shown.count("--- train row") == 2


def test_all_variants_are_shown_and_nothing_is_written(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name for path in recipe_file.parent.iterdir()}
    assert main(["preview", str(recipe_file)]) == 0
    shown = capsys.readouterr().out
    for name in ("zero_shot", "few_shot", "topics", "plain"):
        assert f"=== {name} ===" in shown
    assert "--- before the first row (3 requests)" in shown
    assert "<a topic from the model's list>" in shown
    assert "[to be continued]\n" in shown
    assert "label (the model chooses)" in shown
    assert {path.name for path in recipe_file.parent.iterdir()} == before


def test_the_estimate_by_hand(recipe_file: Path) -> None:
    recipe = Recipe.load(recipe_file, ["generation.rows={train: 4}", "generation.sampling.max_new_tokens=50"])
    (found,) = preview(recipe, "zero_shot", n=10)
    assert (found.requests, found.completion_tokens) == (4, 200)
    characters = sum(len(text_of(request)) for _, request in found.rows)
    assert len(found.rows) == 4
    assert found.prompt_tokens == round(characters / 4)
    (with_topics,) = preview(recipe, "topics")
    assert (len(with_topics.first), with_topics.requests, with_topics.completion_tokens) == (3, 7, 350)


def test_values_over_the_recipes(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["preview", str(recipe_file), "--variant", "zero_shot", "--set", "generation.rows={train: 700}"]
    assert main(words) == 0
    assert "--- at least 700 requests" in capsys.readouterr().out


def test_real_data_that_are_missing_come_out_at_once(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", str(recipe_file), "--set", "real.train=missing.csv"]) == 1
    assert "real.train is 'missing.csv', and there is no such file" in capsys.readouterr().err


def test_plain_values_are_a_recipe_too(one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["real"] = None
    del one_column["variants"]["few_shot"]
    (found,) = preview(json.loads(json.dumps(one_column)))
    assert found.name == "zero_shot" and found.requests == 16


def sample_words(recipe_file: Path, *more: str) -> list[str]:
    replies = recipe_file.parent / "replies.txt"
    replies.write_text("A fine film with a warm heart.\nToo short.\nA dull film, \x1b[31mand too long by far.\n")
    out = str(recipe_file.parent / "out")
    words = ["preview", str(recipe_file), "--variant", "zero_shot", "--engine", "scripted", "--replies", str(replies)]
    return [*words, "--out", out, *more]


def test_a_sample_shows_rows_rejections_and_figures(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(sample_words(recipe_file, "--sample", "6", "--set", "generation.filters=[length]")) == 0
    shown = capsys.readouterr().out
    found = re.search(r"=== zero_shot: (\d) of 6 rows stay \(scripted\) ===", shown)
    assert found is not None
    stay = int(found[1])
    assert len(re.findall(r"^train-\d+  (?:negative|positive)$", shown, re.MULTILINE)) == stay
    assert shown.count("too_short: ") == 6 - stay == shown.count("    raw reply: Too short.")
    assert "\x1b" not in shown
    assert re.search(r"^--- figures +this$", shown, re.MULTILINE)
    assert re.search(rf"^    accepted +{stay / 6:.0%}$", shown, re.MULTILINE)
    for name in ("rows asked", "tokens", "tokens per accepted row", "distinct-2", "overlap of words", "words per row"):
        assert re.search(rf"^    {name} +\S+$", shown, re.MULTILINE), name
    assert "label check" not in shown
    assert "Nothing is released. The answers are kept in" in shown


def test_the_second_sample_stands_beside_the_first(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(sample_words(recipe_file, "--sample", "4", "--set", "generation.filters=[]")) == 0
    first = capsys.readouterr().out
    changed = ["--set", "variants.zero_shot.extra_instruction=Be brief.", "--set", "generation.filters=[verification]"]
    assert main(sample_words(recipe_file, "--sample", "4", *changed)) == 0
    second = capsys.readouterr().out
    assert re.search(r"^--- figures +this +last$", second, re.MULTILINE)
    assert "accepted" in first and re.search(r"^    accepted +0% +100%$", second, re.MULTILINE)
    assert re.search(r"^    label check: passed +0 of 4 +-$", second, re.MULTILINE)
    assert re.search(r"^    not used: label_disagreement +4 +0$", second, re.MULTILINE)
    # Labels stand together, also those that only one of the samples has.
    table = second[second.index("--- figures") :].splitlines()
    assert [line.strip().split("  ")[0] for line in table[3:5]] == ["negative", "positive"]
    assert re.search(r"The last sample was taken at \S+ from scripted, with other prompts\.", second)


def test_flags_of_an_engine_without_a_sample_are_refused(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", str(recipe_file), "--api-key-env", "KEY"]) == 1
    assert "--api-key-env was given without --sample, and preview alone calls nothing" in capsys.readouterr().err


def test_a_sample_of_no_rows_is_refused(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as found:
        main(["preview", str(recipe_file), "--sample", "0"])
    assert found.value.code == 2
    assert "'0' is no whole number of at least 1" in capsys.readouterr().err


def test_several_rows_conversations_and_rows_without_a_model_are_estimated_as_they_are_asked(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = yaml.safe_load(recipe_file.read_text(encoding="utf-8"))
    texts = {"negative": ["No {word}."], "positive": ["Fine {word}."]}
    data["variants"] = {
        "several": {"strategy": "zero_shot", "rows_per_request": 3},
        "talk": {"strategy": "conversation", "turns": 3},
        "listed": {"strategy": "attributes", "attributes": {"mood": 20, "style": ["dry"]}},
        "filled": {"strategy": "template", "templates": texts, "lexicons": {"word": list("abcdefgh")}},
    }
    recipe_file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    recipe = Recipe.load(recipe_file, ["generation.rows={train: 14}", "generation.sampling.max_new_tokens=50"])
    several, talk, listed, filled = preview(recipe, n=20)
    # 7 rows of each label are 3 requests for 3, 3 and 1 rows; tokens are counted by rows.
    assert (several.requests, several.completion_tokens, len(several.rows)) == (6, 700, 6)
    assert (talk.requests, talk.completion_tokens) == (14, 700)
    turns = [sum(message.role == "assistant" for message in request.messages) for _, request in talk.rows]
    assert sorted(turns) == [0] * 6 + [1] * 6 + [2] * 2
    assert (listed.requests, listed.completion_tokens, len(listed.first)) == (16, 800, 2)
    assert "- mood: <a mood from the model's list>\n- style: dry" in text_of(listed.rows[0][1])
    assert (filled.requests, filled.prompt_tokens, filled.completion_tokens) == (0, 0, 0)
    assert set(filled.replies[:14]) == {f"{word} {letter}." for word in ("No", "Fine") for letter in "abcdefgh"} & set(
        filled.replies
    )
    assert main(["preview", str(recipe_file), "--variant", "filled", "--set", "generation.rows={train: 14}"]) == 0
    assert "[no model is asked]\nFine " in capsys.readouterr().out


def test_with_prices_the_estimate_tells_the_cost(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", str(recipe_file), "--variant", "zero_shot"]) == 0
    assert "a cost of" not in capsys.readouterr().out
    (found,) = preview(recipe_file, "zero_shot")
    words = ["--price-prompt", "1000", "--price-completion", "500000"]
    assert main(["preview", str(recipe_file), "--variant", "zero_shot", *words]) == 0
    cost = (1000 * found.prompt_tokens + 500_000 * found.completion_tokens) / 1e6
    assert f"--- a cost of about {cost:,.4f} at most, before rejections" in capsys.readouterr().out
