"""Anthropic: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelRequestError
from tests.providers import asking
from tests.providers.anthropic_protocol import ANTHROPIC, NEWEST, OLDER, text
from tests.providers.recorded_server import RecordedServer


def ask(server: RecordedServer, **arguments: Any) -> ChatMessage:
    return asking.ask(server, provider=ANTHROPIC, **arguments)


def test_nothing_else_is_taken_from_the_environment(
    anthropic_server: RecordedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_PROFILE", "somebody-else")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv(
        "ANTHROPIC_CUSTOM_HEADERS", "X-Api-Key: key-of-somebody-else\nX-Own: somebody-else"
    )
    anthropic_server.script(text())
    ask(anthropic_server)
    request = anthropic_server.only_request
    assert request.headers["Authorization"] == "Bearer sk-ant-test"
    assert "somebody-else" not in f"{dict(request.headers)} {request.body}"


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_the_base_url_may_end_as_people_write_it(
    anthropic_server: RecordedServer, end: str
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, connection={"api_base_url": anthropic_server.url + end})
    assert anthropic_server.only_request.path == "/v1/messages"


OLD = ["claude-3-5-haiku-latest", "claude-opus-4-1@20250805", "us.anthropic.claude-sonnet-4-6-v1:0"]
NEW = ["claude-opus-4-7", "claude-sonnet-5", "claude-haiku-5-5", "claude-mythos-preview"]


@pytest.mark.parametrize("model", [*OLD, "claude-2.1", "claude-instant-1.2", "smollm2"])
def test_the_default_temperature_is_sent_with_the_version_that_takes_it(
    anthropic_server: RecordedServer, model: str
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"model": model})
    assert anthropic_server.only_request.body["temperature"] == 0.1
    assert anthropic_server.only_request.headers["anthropic-version"] == OLDER


@pytest.mark.parametrize("model", NEW)
def test_a_newer_model_gets_no_temperature(anthropic_server: RecordedServer, model: str) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"model": model})
    assert "temperature" not in anthropic_server.only_request.body
    assert anthropic_server.only_request.headers["anthropic-version"] == NEWEST


def test_a_temperature_that_was_asked_for_is_sent_and_its_refusal_says_what_to_do(
    anthropic_server: RecordedServer,
) -> None:
    with pytest.raises(ModelRequestError, match=r"deprecated.*\{'temperature': None\}"):
        ask(anthropic_server, setup={"model": "claude-opus-4-7", "temperature": 1})
    anthropic_server.script(text())
    setup = {"model": "claude-opus-4-7", "additional_kwargs": {"temperature": None}}
    assert ask(anthropic_server, setup=setup).content


@pytest.mark.parametrize("side", ["connection", "call"])
def test_another_version_can_be_asked_for(anthropic_server: RecordedServer, side: str) -> None:
    version = {"Anthropic-Version": NEWEST}
    with pytest.raises(ModelRequestError, match="temperature: Extra inputs"):
        if side == "call":
            ask(anthropic_server, extra_headers=version)
        else:
            ask(anthropic_server, connection={"default_headers": version})


@pytest.mark.parametrize(
    "thinking", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}]
)
@pytest.mark.parametrize("side", ["setup", "call"])
def test_with_thinking_no_temperature_is_sent(
    anthropic_server: RecordedServer, side: str, thinking: dict[str, Any]
) -> None:
    anthropic_server.script(text())
    if side == "call":
        ask(anthropic_server, setup={"max_tokens": 2048}, thinking=thinking)
    else:
        given = {"max_tokens": 2048, "additional_kwargs": {"thinking": thinking}}
        ask(anthropic_server, setup=given)
    sent = anthropic_server.only_request.body
    assert sent["thinking"] == thinking
    assert "temperature" not in sent


def test_with_thinking_switched_off_the_temperature_is_sent(
    anthropic_server: RecordedServer,
) -> None:
    anthropic_server.script(text())
    ask(anthropic_server, setup={"additional_kwargs": {"thinking": {"type": "disabled"}}})
    assert anthropic_server.only_request.body["temperature"] == 0.1
