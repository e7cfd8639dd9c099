"""OpenAI: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import pytest

from tests.providers.asking import KEY, OpenAIChatModelConnection, ask
from tests.providers.openai_protocol import text
from tests.providers.recorded_server import RecordedServer


def test_no_headers_and_no_other_key_are_taken_from_the_environment(
    openai_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "key-of-somebody-else")
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "Authorization: Bearer somebody-else\nX-Own: somebody-else"
    )
    openai_server.script(text())
    ask(openai_server)
    request = openai_server.only_request
    assert request.headers["Authorization"] == "Bearer sk-test"
    assert "somebody-else" not in f"{dict(request.headers)} {request.body}"


def test_the_base_url_is_openai_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://not.documented")
    connection = OpenAIChatModelConnection(**KEY)
    assert connection.api_base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize("model", ["o3-mini", "gpt-5", "gpt-5.1-mini", "openai/o4-mini", "gpt-10"])
def test_a_reasoning_model_gets_what_it_takes(openai_server: RecordedServer, model: str) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": model, "max_tokens": 99, "reasoning_effort": "high"})
    sent = openai_server.only_request.body
    assert sent["max_completion_tokens"] == 99
    assert sent["reasoning_effort"] == "high"
    assert not {"max_tokens", "temperature"} & sent.keys()


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "qwen3-o1"])
def test_other_models_get_the_documented_names(openai_server: RecordedServer, model: str) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": model, "max_tokens": 99})
    sent = openai_server.only_request.body
    assert (sent["max_tokens"], sent["temperature"]) == (99, 0.1)


def test_a_temperature_that_was_asked_for_is_sent_to_any_model(
    openai_server: RecordedServer,
) -> None:
    openai_server.script(text())
    ask(openai_server, setup={"model": "o3", "temperature": 1})
    assert openai_server.only_request.body["temperature"] == 1
