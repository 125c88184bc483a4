import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.servers.asking import ask
from tests.servers.loopback import CUT_BODY, CUT_HEADERS, EMPTY_TEXT, GARBAGE, REFUSE, Recorded, late, status
from tests.servers.tgi import TGIServer


async def test_faults_are_used_up_in_order_by_requests_for_a_text(client: aiohttp.ClientSession) -> None:
    faults = [status(429), None, EMPTY_TEXT, GARBAGE, late(0.001)]
    async with TGIServer(faults=faults) as server:
        assert (await ask(client, server, "/tokenize", inputs="a"))[0] == 200
        answers = [await ask(client, server, inputs="a") for _ in range(3)]
        assert [code for code, _, _ in answers] == [429, 200, 200]
        assert answers[2][1]["generated_text"] == ""
        with pytest.raises(ValueError, match="Unterminated"):
            await ask(client, server, inputs="a")
        assert (await ask(client, server, inputs="a"))[0] == 200
        assert (await ask(client, server, inputs="a"))[0] == 200


@pytest.mark.parametrize("fault", [REFUSE, CUT_HEADERS, CUT_BODY])
async def test_a_cut_connection_is_no_answer(fault: Any, client: aiohttp.ClientSession) -> None:
    async with TGIServer(faults=[fault]) as server:
        with pytest.raises(aiohttp.ClientError):
            await ask(client, server, inputs="a")
        assert sum(server.answered.values()) == 0
        assert (await ask(client, server, inputs="a"))[0] == 200


async def test_a_function_of_faults_sees_every_request(client: aiohttp.ClientSession) -> None:
    def second(request: Recorded) -> Any:
        return status(503) if request.index == 1 else None

    async with TGIServer(faults=second) as server:
        codes = [(await ask(client, server, "/tokenize", inputs="a"))[0] for _ in range(3)]
    assert codes == [200, 503, 200]


async def test_repeated_requests_are_counted(client: aiohttp.ClientSession, server: TGIServer) -> None:
    for seed in (1, 2, 1):
        await ask(client, server, parameters={"seed": seed, "do_sample": True}, inputs="a")
    assert list(server.repeated().values()) == [2]
    async with client.get(f"{server.url}/metrics") as response:
        assert "tgi_request_success 3\n" in await response.text()


def test_in_a_thread_it_serves_synchronous_code_and_frees_its_port() -> None:
    server = TGIServer()
    with server.in_thread() as url:
        with urllib.request.urlopen(f"{url}/info", timeout=5) as response:
            assert json.load(response)["router"] == "text-generation-router"
        assert [request.path for request in server.requests] == ["/info"]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/info", timeout=5)


def test_as_a_program_it_prints_its_url_and_stops_at_a_signal() -> None:
    command = [sys.executable, "-m", "tests.servers.tgi", "--model-id", "loopback/other", "--no-chat-template"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/info", timeout=5) as response:
            assert json.load(response)["model_id"] == "loopback/other"
        process.terminate()
        assert process.wait(timeout=10) == 0
