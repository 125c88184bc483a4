from typing import Any

import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.choose import default_engine, make_engine
from synth_builder.errors import EngineChangedError, RecipeError
from synth_builder.registry import ENGINES
from tests.servers.tgi import TGIServer

EVERYTHING: dict[str, Any] = {
    "endpoints": ("http://127.0.0.1:1",),
    "model": "m",
    "api_key_env": "KEY",
    "replies": "replies.jsonl",
    "provider": "p",
}


def test_an_endpoint_means_a_server_and_none_a_model_in_this_process() -> None:
    assert default_engine(EngineSettings(endpoints=("http://127.0.0.1:1",))) == "tgi"
    assert default_engine(EngineSettings()) == "embedded"


@pytest.mark.parametrize("name", ENGINES.names())
def test_what_an_engine_has_no_use_for_is_refused(name: str) -> None:
    takes = ENGINES.get(name).takes
    assert takes < set(EVERYTHING)
    for setting in set(EVERYTHING) - takes:
        flag = "--" + setting.removesuffix("s" if setting == "endpoints" else "").replace("_", "-")
        with pytest.raises(RecipeError, match=f"'{name}' has no use for {flag}"):
            make_engine(name, EngineSettings(**{setting: EVERYTHING[setting]}))


async def test_a_server_with_another_model_than_the_named_one_is_refused() -> None:
    with TGIServer().in_thread() as url:
        async with make_engine("tgi", EngineSettings(endpoints=(url,), model="wrong/model")) as engine:
            with pytest.raises(EngineChangedError, match=r"serves 'loopback/tiny', asked is 'wrong/model'"):
                await engine.open()
        async with make_engine("tgi", EngineSettings(endpoints=(url,), model="loopback/tiny")) as engine:
            assert (await engine.open()).model == "loopback/tiny"
