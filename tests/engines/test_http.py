import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from synth_builder.engines.base import EngineInfo
from synth_builder.engines.dispatch import ServerFailedError
from synth_builder.engines.endpoints import Endpoint
from synth_builder.engines.http import connection_problem, error_for_status, seconds_to_wait
from synth_builder.engines.tgi import TGIEngine
from synth_builder.errors import (
    EngineAuthError,
    EngineError,
    EngineOverloadedError,
    EngineReplyError,
    EngineUnreachableError,
    RecipeError,
    RequestRefusedError,
)
from tests.engines.asking import openai, plain, tgi
from tests.servers.loopback import CUT_BODY, CUT_HEADERS, GARBAGE, HANG, HTML, REFUSE, Fault, Recorded, late, status
from tests.servers.tgi import TGIServer


@pytest.fixture
async def server() -> AsyncIterator[TGIServer]:
    async with TGIServer() as running:
        yield running


@pytest.fixture
async def engine(server: TGIServer) -> AsyncIterator[TGIEngine]:
    async with tgi(server.url) as engine:
        await engine.open()
        yield engine


def order(server: TGIServer, *faults: Fault) -> None:
    """Let the next requests for a text go wrong like this."""
    assert not callable(server.faults)
    server.faults.extend(faults)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, RequestRefusedError),
        (401, EngineAuthError),
        (403, EngineAuthError),
        (404, EngineUnreachableError),
        (413, RequestRefusedError),
        (415, RequestRefusedError),
        (418, EngineReplyError),
        (422, RequestRefusedError),
        (424, EngineOverloadedError),
        (429, EngineOverloadedError),
        (500, ServerFailedError),
        (502, ServerFailedError),
        (503, ServerFailedError),
        (504, ServerFailedError),
    ],
)
async def test_each_status_becomes_the_error_that_says_whether_to_try_again(
    code: int, kind: type[EngineError], server: TGIServer, engine: TGIEngine
) -> None:
    order(server, status(code))
    with pytest.raises(kind, match=rf"^POST {server.url}/generate was answered {code}[.:]") as caught:
        await engine.complete(plain())
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (REFUSE, "the connection was cut"),
        (CUT_HEADERS, "the connection was cut"),
        (CUT_BODY, "the connection was cut"),
        (HANG, r"not answered within 0\.3 s"),
        (late(5), r"not answered within 0\.3 s"),
    ],
)
async def test_a_lost_connection_is_worth_another_try(
    fault: Fault, reason: str, server: TGIServer, engine: TGIEngine
) -> None:
    order(server, fault)
    engine.timeout = 0.3 if fault is HANG or fault.seconds else 60.0
    with pytest.raises(EngineOverloadedError, match=reason):
        await engine.complete(plain())
    engine.timeout = 60.0
    assert (await engine.complete(plain())).text


async def test_a_server_that_is_gone_is_worth_another_try(server: TGIServer, engine: TGIEngine) -> None:
    await server.stop()
    with pytest.raises(
        EngineOverloadedError, match=r"was not answered: (connection refused|the connection was cut)\."
    ):
        await engine.complete(plain())
    await server.start()
    assert (await engine.complete(plain())).text


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (GARBAGE, r"""no valid JSON: '\{"generated_text": "half a'\."""),
        (HTML, "a web page, not with JSON: 'Sign in'. Is there a proxy or a login page between?"),
        (Fault("body", body="[1, 2]"), r"JSON that is no object: '\[1, 2\]'\."),
        (Fault("body", body=""), "no valid JSON: ''"),
        (Fault("body", body="[" * 100_000), "no valid JSON"),
        (Fault("body", body="{}"), "Expected 'generated_text' and 'details'"),
        (Fault("body", body='{"error": "odd", "error_type": "odd"}'), "answered with 'odd'. Expected"),
    ],
)
async def test_an_answer_in_another_form_is_told_with_its_beginning(
    fault: Fault, said: str, server: TGIServer, engine: TGIEngine
) -> None:
    order(server, fault)
    with pytest.raises(EngineReplyError, match=said) as caught:
        await engine.complete(plain())
    assert len(str(caught.value)) < 500


async def test_nobody_at_the_endpoint_is_one_sentence_and_what_to_do() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    for engine in (tgi(url), openai(url)):
        async with engine:
            with pytest.raises(EngineUnreachableError) as caught:
                await engine.open()
        assert str(caught.value) == (
            f"Nobody answers at {url}: connection refused. Start the server or give another --endpoint."
        )


async def test_a_server_that_never_answers_at_the_start_is_told_with_the_time() -> None:
    async with TGIServer(faults=lambda request: HANG) as server, tgi(server.url, timeout=0.2) as engine:
        with pytest.raises(EngineUnreachableError, match=r"Nobody answers at .*: no answer within 0\.2 s\. Start"):
            await engine.open()


async def test_a_server_that_is_starting_says_503_and_is_worth_another_try() -> None:
    async with TGIServer(faults=lambda request: status(503)) as server, tgi(server.url) as engine:
        with pytest.raises(EngineOverloadedError, match=r"GET .*/info was answered 503: 'unhealthy'\."):
            await engine.open()


@pytest.mark.parametrize("name", ["tgi", "openai"])
def test_no_endpoint_is_an_error_that_names_the_option(name: str) -> None:
    with pytest.raises(
        RecipeError, match=f"The engine '{name}' needs a server. Give its address with --endpoint URL."
    ):
        {"tgi": tgi, "openai": openai}[name]()


async def test_an_engine_that_is_not_open_says_so() -> None:
    with pytest.raises(EngineUnreachableError, match=r"Call `await engine.open\(\)` first"):
        await tgi("http://127.0.0.1:9").complete(plain())


async def test_closing_twice_and_opening_again_is_fine(server: TGIServer) -> None:
    engine = tgi(server.url)
    for _ in range(2):
        await engine.open()
        assert (await engine.complete(plain())).text
        await engine.close()
        await engine.close()


async def test_connections_of_the_opening_are_not_kept_as_some_servers_drop_them(
    server: TGIServer, engine: TGIEngine
) -> None:
    await engine.complete(plain())
    kept = {request.path: request.headers.get("Connection") != "close" for request in server.requests}
    assert kept == {"/info": False, "/chat_tokenize": False, "/generate": True}


async def test_hf_token_is_never_sent(server: TGIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "hf_secret_of_mine")
    async with tgi(server.url) as engine, openai(server.url) as other:
        for one in (engine, other):
            await one.open()
            await one.complete(plain())
    assert len(server.requests) >= 5
    assert not any("Authorization" in request.headers for request in server.requests)
    assert not any("hf_secret_of_mine" in str(request) for request in server.requests)


async def test_a_netrc_file_is_not_read(
    server: TGIServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with tgi(server.url) as engine:
        await engine.open()
    assert server.requests
    assert not any("Authorization" in request.headers for request in server.requests)


async def test_the_key_of_the_named_variable_opens_the_door(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MY_KEY", "sesame-4711")
    async with TGIServer(api_key="sesame-4711") as server:
        async with tgi(server.url, api_key_env="MY_KEY") as engine:
            await engine.open()
            assert (await engine.complete(plain())).text
            assert "sesame-4711" not in repr(engine) + repr(engine.endpoints) + repr(vars(engine))
        async with tgi(server.url) as engine:
            await engine.open()
            with pytest.raises(EngineAuthError) as caught:
                await engine.complete(plain())
    assert str(caught.value) == (
        f"POST {server.url}/generate was answered 401. The endpoint wants a key, or another one: put it into an "
        "environment variable and name that with --api-key-env NAME."
    )
    assert server.to("/generate")[0].headers["Authorization"] == "Bearer sesame-4711"
    assert "sesame-4711" not in caplog.text


async def test_a_key_that_a_server_repeats_is_blotted_out(server: TGIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sesame-4711")
    async with tgi(server.url, api_key_env="MY_KEY") as engine:
        await engine.open()
        for fault in (
            Fault("status", status=403, body="wrong key sesame-4711"),
            Fault("status", status=400, body='{"error": {"message": "key sesame-4711?"}}'),
            Fault("body", body="you sent sesame-4711"),
            Fault("body", body='{"error": "sesame-4711"}'),
        ):
            order(server, fault)
            with pytest.raises(EngineError, match=r"\*\*\*") as caught:
                await engine.complete(plain())
            assert "sesame-4711" not in str(caught.value)


async def test_a_redirect_is_told_and_not_followed_so_that_no_key_goes_elsewhere(
    server: TGIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sesame-4711")

    def to_the_other(request: Recorded) -> Fault:
        return Fault("status", status=307, body="", headers={"Location": f"{server.url}{request.path}?x=1"})

    async with TGIServer(faults=to_the_other) as first, tgi(first.url, api_key_env="MY_KEY") as engine:
        with pytest.raises(EngineReplyError, match=f"307, a redirect to '{server.url}/info'. Redirects are not"):
            await engine.open()
    assert first.requests and not server.requests


async def test_credentials_of_a_url_are_sent_and_never_shown(server: TGIServer) -> None:
    async with tgi(server.url.replace("http://", "http://ann:hunter2@")) as engine:
        await engine.open()
        order(server, status(429))
        with pytest.raises(EngineOverloadedError) as caught:
            await engine.complete(plain())
        assert server.requests[0].headers["Authorization"].startswith("Basic ")
    assert "hunter2" not in str(caught.value) + repr(vars(engine))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": "Model is overloaded", "error_type": "overloaded"}', "'Model is overloaded'"),
        ('{"error": {"message": "too long", "type": "BadRequestError"}}', "'too long'"),
        ('{"object": "error", "message": "no such model", "code": 404}', "'no such model'"),
        ('{"detail": [{"loc": ["body"], "msg": "extra"}]}', """'[{"loc": ["body"], "msg": "extra"}]'"""),
        ("<html><style>p {}</style><p>Bad gateway</p></html>", "'Bad gateway'"),
        ("plain\n  text \x1b[31m", r"'plain text \x1b[31m'"),
        ("x" * 1000, f"'{'x' * 200}...'"),
    ],
)
async def test_the_servers_own_words_are_found_in_every_form(
    body: str, said: str, server: TGIServer, engine: TGIEngine
) -> None:
    order(server, Fault("status", status=500, body=body))
    with pytest.raises(EngineOverloadedError) as caught:
        await engine.complete(plain())
    assert str(caught.value) == f"POST {server.url}/generate was answered 500: {said}."


async def test_retry_after_reaches_the_error(server: TGIServer, engine: TGIEngine) -> None:
    order(server, status(429, Retry_After="7"), status(503))
    for expected in (7.0, None):
        with pytest.raises(EngineOverloadedError) as caught:
            await engine.complete(plain())
        assert caught.value.retry_after == expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("3", 3.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("Sat, 21 Nov 2026 03:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 03:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 02:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)) == seconds


def test_an_error_without_a_text_ends_in_a_full_stop() -> None:
    assert str(error_for_status(502, "GET http://host/info", " ")) == "GET http://host/info was answered 502."


async def test_endpoints_share_the_requests_by_those_under_way() -> None:
    async with TGIServer(delay=0.02) as one, TGIServer(delay=0.02) as two, tgi(one.url, two.url) as engine:
        await engine.open()
        await asyncio.gather(*(engine.complete(plain(seed=seed)) for seed in range(20)))
    assert (len(one.to("/generate")), len(two.to("/generate"))) == (10, 10)


async def test_an_endpoint_that_fails_does_not_draw_the_requests_to_itself() -> None:
    async with TGIServer() as one, TGIServer() as two, tgi(one.url, two.url) as engine:
        await engine.open()
        await two.stop()
        failures = 0
        for seed in range(50):
            try:
                await engine.complete(plain(seed=seed))
            except EngineOverloadedError:
                failures += 1
    assert failures == 1
    assert len(one.to("/generate")) == 49


def connector_error(kind: type[aiohttp.ClientConnectorError], cause: OSError) -> aiohttp.ClientConnectorError:
    key: Any = SimpleNamespace(host="host", port=80, is_ssl=False, ssl=True)
    return kind(key, cause)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (connector_error(aiohttp.ClientConnectorDNSError, OSError(-2, "Name unknown")), "the host name is unknown"),
        (connector_error(aiohttp.ClientConnectorError, ConnectionRefusedError(111, "no")), "connection refused"),
        (connector_error(aiohttp.ClientConnectorError, OSError(errno.EHOSTUNREACH, "?")), "no route to host"),
        (connector_error(aiohttp.ClientConnectorError, OSError("odd")), "ClientConnectorError"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "the connection was cut"),
        (aiohttp.ServerDisconnectedError(), "the connection was cut"),
        (aiohttp.ClientPayloadError("short"), "the connection was cut"),
        (aiohttp.ClientError("odd"), "ClientError 'odd'"),
    ],
)
def test_why_there_is_no_connection_is_told_in_a_few_words(error: Exception, reason: str) -> None:
    assert connection_problem(error).startswith(reason)


async def test_tls_with_a_server_that_has_none_is_not_tried_again(server: TGIServer) -> None:
    async with tgi(server.url.replace("http://", "https://")) as engine:
        with pytest.raises(
            EngineUnreachableError, match=r"can't be asked: .* Check the address and its certificate\."
        ):
            await engine.open()


@pytest.mark.parametrize(
    ("takes", "concurrency", "places"),
    [
        ((64, 64), 3, {"a": 2, "b": 1}),
        ((64, 64), 1, {"a": 1, "b": 0}),
        ((64, 64), 64, {"a": 32, "b": 32}),
        ((2, 6, 64), 7, {"a": 1, "b": 3, "c": 3}),  # in parts of 2, 6 and 7: 0.93, 2.8 and 3.27
        ((4, 4), 16, {"a": 4, "b": 4}),
    ],
)
def test_servers_that_processes_share_get_together_as_many_requests_as_were_asked_for(
    takes: tuple[int, ...], concurrency: int, places: dict[str, int]
) -> None:
    endpoints = [Endpoint(url, capacity=most) for url, most in zip("abc", takes, strict=False)]
    engine = TGIEngine(endpoints, concurrency=concurrency)
    assert engine.capacities() == {}
    engine.start_dispatching(EngineInfo("tgi", "m"))
    assert engine.capacities() == places
    engine.allow(places)
    assert [one.url for one in endpoints if one.unused] == [url for url, most in places.items() if most == 0]
