import base64

import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.endpoints import Endpoint, api_key
from synth_builder.errors import RecipeError


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        (" http://127.0.0.1:8080/v1/ ", "http://127.0.0.1:8080"),
        ("https://api.example.org/v1", "https://api.example.org"),
        ("https://api.example.org/tgi/generate", "https://api.example.org/tgi"),
        ("https://api.example.org/openai/v1/chat/completions", "https://api.example.org/openai"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("http://user:pass@example.org:99/v1", "http://example.org:99"),
        ("http://example.org/v1?version=2", "http://example.org"),
    ],
)
def test_a_base_url_is_found_in_what_people_type(typed: str, base: str) -> None:
    assert Endpoint.parse(typed).url == base


def test_a_query_belongs_to_each_request_but_is_never_shown() -> None:
    endpoint = Endpoint.parse("http://example.org/v1?code=hidden")
    assert endpoint.address("/v1/models") == "http://example.org/v1/models?code=hidden"
    assert "hidden" not in repr(endpoint)


@pytest.mark.parametrize(
    "typed", ["localhost:8080", "ftp://example.org", "http://", "http://[::1", "http://host:port"]
)
def test_what_is_no_url_is_refused_with_the_right_form(typed: str) -> None:
    with pytest.raises(RecipeError, match=r"Expected the form http://host:port\.$"):
        Endpoint.parse(typed)


@pytest.mark.parametrize(
    "typed", ["ftp://ann:hunter2@example.org?code=hidden", "http://ann:hunter2@host:port?code=hidden"]
)
def test_a_password_in_a_wrong_url_is_not_shown(typed: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Endpoint.parse(typed)
    assert "hunter2" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_user_name_and_password_become_basic_authorization_and_are_never_shown() -> None:
    endpoint = Endpoint.parse("http://ann:p%40ss@example.org")
    assert endpoint.authorization == "Basic " + base64.b64encode(b"ann:p@ss").decode()
    assert "p@ss" not in repr(endpoint) and "Basic" not in repr(endpoint)
    assert endpoint.address("/info") == "http://example.org/info"


def test_a_key_beside_a_user_name_is_an_error() -> None:
    with pytest.raises(RecipeError, match="carries a user name, and --api-key-env gives a key") as caught:
        Endpoint.parse("http://ann:hunter2@example.org", "secret")
    assert "hunter2" not in str(caught.value) and "secret" not in str(caught.value)


def test_the_key_comes_from_the_named_variable_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_not_this")
    monkeypatch.setenv("MY_KEY", " this\n")
    assert api_key(EngineSettings()) is None
    assert api_key(EngineSettings(api_key_env="MY_KEY")) == "this"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_variable_without_a_key_is_named(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_not_this")
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(RecipeError, match=r"'MY_KEY', which is not set or empty\. Set it first: export MY_KEY="):
        api_key(EngineSettings(api_key_env="MY_KEY"))


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "line one\nline two")
    with pytest.raises(RecipeError, match="can't carry") as caught:
        api_key(EngineSettings(api_key_env="MY_KEY"))
    assert "line two" not in str(caught.value)
