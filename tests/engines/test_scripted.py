import asyncio
from pathlib import Path

import pytest

from synth_builder.engines.base import EngineSettings, Message, Request, Sampling
from synth_builder.engines.scripted import ScriptedEngine, read_replies
from synth_builder.errors import RecipeError
from tests.engines.asking import chat, plain


async def test_a_list_is_asked_by_seed_whatever_the_order_of_arrival() -> None:
    engine = ScriptedEngine(["zero", "one", "two"])
    seeds = [5, 0, 4, 2]
    forwards = [(await engine.complete(plain(seed=seed))).text for seed in seeds]
    backwards = [(await engine.complete(plain(seed=seed))).text for seed in reversed(seeds)]
    assert forwards == ["two", "zero", "one", "two"]
    assert backwards == forwards[::-1]


async def test_a_list_in_order_goes_round() -> None:
    engine = ScriptedEngine(["zero", "one"], in_order=True)
    assert [(await engine.complete(plain(seed=9))).text for _ in range(3)] == ["zero", "one", "zero"]


async def test_a_function_sees_the_request() -> None:
    engine = ScriptedEngine(lambda request: f"{request.messages[-1].content} {request.seed}")
    assert (await engine.complete(chat("Hi.", seed=3))).text == "Hi. 3"


async def test_requests_are_kept() -> None:
    engine = ScriptedEngine(["a"])
    requests = [plain(seed=1), chat(seed=2)]
    await asyncio.gather(*(engine.complete(request) for request in requests))
    assert engine.requests == requests


async def test_it_counts_words_and_ends_like_a_model() -> None:
    engine = ScriptedEngine(["  one two\nthree # four"])
    whole = await engine.complete(plain("a b c"))
    assert (whole.text, whole.finish_reason) == ("  one two\nthree # four", "stop")
    assert (whole.prompt_tokens, whole.completion_tokens, whole.seed) == (3, 5, 7)
    stopped = await engine.complete(plain(stop=(" #",)))
    assert (stopped.text, stopped.finish_reason, stopped.completion_tokens) == ("  one two\nthree", "stop", 3)
    cut = await engine.complete(plain(max_new_tokens=2))
    assert (cut.text, cut.finish_reason, cut.completion_tokens) == ("  one two", "length", 2)
    greedy = await engine.complete(Request(Sampling(temperature=0), 7, messages=(Message("user", "a b"),)))
    assert (greedy.seed, greedy.prompt_tokens) == (None, 2)


async def test_it_tells_what_it_was_told_to_tell() -> None:
    info = await ScriptedEngine(["a"], chat_template=False, grammar=True, revision="mine").open()
    assert (info.engine, info.model, info.revision) == ("scripted", "scripted", "mine")
    assert (info.chat_template, info.grammar) == (False, True)
    assert (await ScriptedEngine(["a"]).open()).chat_template is True


async def test_another_script_is_another_revision() -> None:
    revisions = [(await ScriptedEngine(replies).open()).revision for replies in (["a", "b"], ["a", "b"], ["ab"])]
    assert revisions[0] == revisions[1] != revisions[2]
    assert (await ScriptedEngine(a_reply).open()).revision == "tests.engines.test_scripted.a_reply"


def a_reply(request: Request) -> str:
    return "a"


@pytest.mark.parametrize("replies", [[], "abc"])
def test_no_list_of_replies_is_an_error(replies: list[str] | str) -> None:
    with pytest.raises(RecipeError, match="Expected a list with at least one reply"):
        ScriptedEngine(replies)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("replies.jsonl", '"one\\nline"\n\n"two"\n'),
        ("replies.yaml", "- |-\n  one\n  line\n- two\n"),
        ("replies.yml", '["one\\nline", two]'),
    ],
)
def test_a_file_gives_the_replies(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    engine = ScriptedEngine.from_settings(EngineSettings(replies=str(tmp_path / name), concurrency=3))
    assert (engine.replies, engine.concurrency) == (("one\nline", "two"), 3)


def test_a_plain_file_has_one_reply_a_line(tmp_path: Path) -> None:
    (tmp_path / "replies.txt").write_text("one\n\n two \n")
    assert read_replies(tmp_path / "replies.txt") == ["one", " two "]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("replies.txt", b"\n \n", "holds no reply"),
        ("replies.txt", b"\xff\xfe\xfa", "can't be read"),
        ("replies.jsonl", b'"one"\n{oops\n', "Line 2 of .* is no valid JSON"),
        ("replies.jsonl", b'"one"\n{"text": "two"}\n', r"Reply 2 of .* is \{'text': 'two'\}\. Expected a string"),
        ("replies.yaml", b"one: two", "are no list"),
        ("replies.yaml", b"- [", "are no valid YAML"),
        ("replies.yaml", b"- 1", "Reply 1 of .* is 1. Expected a string"),
        ("replies.yaml", b"!!python/object/apply:os.getcwd []", "are no valid YAML"),
    ],
)
def test_a_file_of_another_form_is_an_error(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeError, match=said):
        read_replies(tmp_path / name)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"can't be read: .*No such file"):
        read_replies(tmp_path / "none.txt")


def test_no_file_is_an_error_that_names_the_option() -> None:
    with pytest.raises(RecipeError, match="needs a file of replies"):
        ScriptedEngine.from_settings(EngineSettings())
