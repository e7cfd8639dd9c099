"""Every parameter of every provider: its default, and where it shows.

The documented parameters are all here, besides those that this library adds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from pydantic import ValidationError

from flink_agents.api.prompts.prompt import Prompt
from tests.providers.every_provider import BY_NAME
from tests.providers.recorded_server import RecordedServer
from tests.providers.trial import (
    ABSENT,
    Shown,
    Trial,
    add,
    body,
    connection_used,
    header,
    host,
    last_role_for_a_schema,
    query,
    requests_while_overloaded,
    roles,
    seconds_waited,
    strict_flag,
    tcp_connections,
    thought_and_said,
    tool_names,
)

#: Of a parameter without a default.
REQUIRED: Final = "required"
#: In place of a default that cannot be watched in a test.
UNSEEN: Final = "not seen"


@dataclass(frozen=True)
class Parameter:
    """A row of the table.

    Attributes:
        provider: Its name.
        side: Whose argument it is: ``connection`` or ``setup``.
        name: Of the parameter.
        default: As documented.
        given: A value.
        shown: Where it shows.
        by_default: What shows there if it is not given.
        when_given: What shows there if the value is given.
    """

    provider: str
    side: str
    name: str
    default: Any
    given: Any
    shown: Shown
    by_default: Any
    when_given: Any

    def __str__(self) -> str:
        return f"{self.provider}-{self.name}"


BRIEF = Prompt.from_text("Be brief.")
PROMPTED = ["system", "user"]
BE_BRIEF = [{"type": "text", "text": "Be brief."}]
BLUE = {"X-Team": "blue"}
AUTHORIZATION = header("Authorization")
READ_TIMEOUT = header("x-stainless-read-timeout")
OPENAI_URL, ANTHROPIC_URL = "https://api.openai.com/v1", "https://api.anthropic.com"
GPT, SONNET = "gpt-3.5-turbo", "claude-sonnet-4-20250514"
OPENAI_TOOLS, TONGYI_TOOLS = tool_names("tools"), tool_names("parameters", "tools")


def option(name: str) -> Shown:
    """An option of a model of Ollama."""
    return body("options", name)


def parameter(name: str) -> Shown:
    """A parameter of a model of DashScope."""
    return body("parameters", name)


LAST_ROLE, THINKS = last_role_for_a_schema, parameter("enable_thinking")

# fmt: off
# provider, side, parameter, default, given, where it shows, by default, when given
TABLE = [Parameter(*row) for row in (
    ("OpenAI", "connection", "api_key", REQUIRED, "sk-a", AUTHORIZATION, UNSEEN, "Bearer sk-a"),
    ("OpenAI", "connection", "api_base_url", OPENAI_URL, None, host, UNSEEN, True),
    ("OpenAI", "connection", "max_retries", 3, 2, requests_while_overloaded, 4, 3),
    ("OpenAI", "connection", "timeout", 60.0, 7.5, READ_TIMEOUT, "60.0", "7.5"),
    ("OpenAI", "connection", "default_headers", None, BLUE, header("X-Team"), ABSENT, "blue"),
    ("OpenAI", "connection", "reuse_client", True, False, tcp_connections, 1, 2),
    ("OpenAI", "setup", "connection", REQUIRED, "mine", connection_used, UNSEEN, "mine"),
    ("OpenAI", "setup", "model", GPT, "gpt-4.1", body("model"), GPT, "gpt-4.1"),
    ("OpenAI", "setup", "prompt", None, BRIEF, roles, ["user"], PROMPTED),
    ("OpenAI", "setup", "tools", None, [add], OPENAI_TOOLS, [], ["add"]),
    ("OpenAI", "setup", "temperature", 0.1, 0.7, body("temperature"), 0.1, 0.7),
    ("OpenAI", "setup", "max_tokens", None, 50, body("max_tokens"), ABSENT, 50),
    ("OpenAI", "setup", "logprobs", None, True, body("logprobs"), ABSENT, True),
    ("OpenAI", "setup", "top_logprobs", 0, 5, body("top_logprobs"), ABSENT, 5),
    ("OpenAI", "setup", "strict", False, True, strict_flag, ABSENT, True),
    ("OpenAI", "setup", "reasoning_effort", None, "low", body("reasoning_effort"), ABSENT, "low"),
    ("OpenAI", "setup", "additional_kwargs", {}, {"seed": 7}, body("seed"), ABSENT, 7),

    ("Anthropic", "connection", "api_key", REQUIRED, "sk-a", AUTHORIZATION, UNSEEN, "Bearer sk-a"),
    ("Anthropic", "connection", "api_base_url", ANTHROPIC_URL, None, host, UNSEEN, True),
    ("Anthropic", "connection", "max_retries", 3, 2, requests_while_overloaded, 4, 3),
    ("Anthropic", "connection", "timeout", 60.0, 7.5, READ_TIMEOUT, "60.0", "7.5"),
    ("Anthropic", "connection", "default_headers", None, BLUE, header("X-Team"), ABSENT, "blue"),
    ("Anthropic", "setup", "connection", REQUIRED, "mine", connection_used, UNSEEN, "mine"),
    ("Anthropic", "setup", "model", SONNET, "claude-2.1", body("model"), SONNET, "claude-2.1"),
    ("Anthropic", "setup", "prompt", None, BRIEF, body("system"), ABSENT, BE_BRIEF),
    ("Anthropic", "setup", "tools", None, [add], OPENAI_TOOLS, [], ["add"]),
    ("Anthropic", "setup", "max_tokens", 1024, 50, body("max_tokens"), 1024, 50),
    ("Anthropic", "setup", "temperature", 0.1, 0.7, body("temperature"), 0.1, 0.7),
    ("Anthropic", "setup", "json_prefill", False, True, LAST_ROLE, "user", "assistant"),
    ("Anthropic", "setup", "strict_tools", False, True, strict_flag, ABSENT, True),
    ("Anthropic", "setup", "additional_kwargs", {}, {"top_k": 7}, body("top_k"), ABSENT, 7),

    ("Ollama", "connection", "base_url", "http://localhost:11434", None, host, UNSEEN, True),
    ("Ollama", "connection", "request_timeout", 30.0, 0.2, seconds_waited, UNSEEN, "0.2"),
    ("Ollama", "setup", "connection", REQUIRED, "mine", connection_used, UNSEEN, "mine"),
    ("Ollama", "setup", "model", REQUIRED, "qwen3:8b", body("model"), UNSEEN, "qwen3:8b"),
    ("Ollama", "setup", "prompt", None, BRIEF, roles, ["user"], PROMPTED),
    ("Ollama", "setup", "tools", None, [add], OPENAI_TOOLS, [], ["add"]),
    ("Ollama", "setup", "temperature", 0.75, 0.2, option("temperature"), 0.75, 0.2),
    ("Ollama", "setup", "num_ctx", 2048, 4096, option("num_ctx"), 2048, 4096),
    ("Ollama", "setup", "keep_alive", "5m", "10m", body("keep_alive"), "5m", "10m"),
    ("Ollama", "setup", "extract_reasoning", True, False, thought_and_said, "Hm.", ABSENT),
    ("Ollama", "setup", "additional_kwargs", {}, {"seed": 7}, option("seed"), ABSENT, 7),
    ("Ollama", "setup", "think", True, "high", body("think"), True, "high"),

    ("Tongyi", "connection", "api_key", REQUIRED, "sk-a", AUTHORIZATION, UNSEEN, "Bearer sk-a"),
    ("Tongyi", "connection", "base_url", None, None, host, UNSEEN, True),
    ("Tongyi", "connection", "request_timeout", 60.0, 0.2, seconds_waited, UNSEEN, "0.2"),
    ("Tongyi", "setup", "connection", REQUIRED, "mine", connection_used, UNSEEN, "mine"),
    ("Tongyi", "setup", "model", "qwen-plus", "qwen-max", body("model"), "qwen-plus", "qwen-max"),
    ("Tongyi", "setup", "prompt", None, BRIEF, roles, ["user"], PROMPTED),
    ("Tongyi", "setup", "tools", None, [add], TONGYI_TOOLS, [], ["add"]),
    ("Tongyi", "setup", "temperature", 0.7, 0.2, parameter("temperature"), 0.7, 0.2),
    ("Tongyi", "setup", "extract_reasoning", False, True, THINKS, ABSENT, True),
    ("Tongyi", "setup", "additional_kwargs", {}, {"seed": 7}, parameter("seed"), ABSENT, 7),

    ("Azure", "connection", "endpoint", REQUIRED, None, host, UNSEEN, True),
    ("Azure", "connection", "api_key", REQUIRED, "my-key", header("api-key"), UNSEEN, "my-key"),
    ("Azure", "connection", "api_version", None, "v9", query("api-version"), ABSENT, "v9"),
    ("Azure", "connection", "max_retries", 3, 2, requests_while_overloaded, 4, 3),
    ("Azure", "connection", "timeout", 60.0, 7.5, READ_TIMEOUT, "60.0", "7.5"),
    ("Azure", "connection", "default_headers", None, BLUE, header("X-Team"), ABSENT, "blue"),
    ("Azure", "connection", "reuse_client", True, False, tcp_connections, 1, 2),
    ("Azure", "setup", "connection", REQUIRED, "mine", connection_used, UNSEEN, "mine"),
    ("Azure", "setup", "model", REQUIRED, "gpt-4o", body("model"), UNSEEN, "gpt-4o"),
    ("Azure", "setup", "prompt", None, BRIEF, roles, ["user"], PROMPTED),
    ("Azure", "setup", "tools", None, [add], OPENAI_TOOLS, [], ["add"]),
    ("Azure", "setup", "temperature", None, 0.7, body("temperature"), ABSENT, 0.7),
    ("Azure", "setup", "max_tokens", None, 50, body("max_tokens"), ABSENT, 50),
    ("Azure", "setup", "logprobs", None, True, body("logprobs"), ABSENT, True),
    ("Azure", "setup", "top_logprobs", 0, 5, body("top_logprobs"), ABSENT, 5),
    ("Azure", "setup", "strict", False, True, strict_flag, ABSENT, True),
    ("Azure", "setup", "reasoning_effort", None, "low", body("reasoning_effort"), ABSENT, "low"),
    ("Azure", "setup", "additional_kwargs", {}, {"seed": 7}, body("seed"), ABSENT, 7),
)]

TOOL, AUTHORIZED = {"type": "tool", "name": "add"}, {"Authorization": "Bearer b"}
KWARGS, SSE = "additional_kwargs", header("X-DashScope-SSE")
# provider, side, parameter, given, where it shows, what shows there
FURTHER = [Parameter(*row[:3], UNSEEN, row[3], row[4], UNSEEN, row[5]) for row in (
    ("OpenAI", "setup", "temperature", 0, body("temperature"), 0),
    ("OpenAI", "setup", "temperature", None, body("temperature"), ABSENT),
    ("OpenAI", "setup", "logprobs", True, body("top_logprobs"), 0),
    ("OpenAI", "setup", "logprobs", False, body("logprobs"), False),
    ("OpenAI", "setup", "top_logprobs", 5, body("logprobs"), True),
    ("OpenAI", "setup", KWARGS, {"temperature": None}, body("temperature"), ABSENT),
    ("OpenAI", "setup", KWARGS, {"extra_headers": {"X-Run": "1"}}, header("X-Run"), "1"),
    ("Anthropic", "connection", "default_headers", {"X-Api-Key": "b"}, header("X-Api-Key"), "b"),
    ("Anthropic", "connection", "default_headers", AUTHORIZED, AUTHORIZATION, "Bearer b"),
    ("Anthropic", "setup", "temperature", 0, body("temperature"), 0),
    ("Anthropic", "setup", "temperature", None, body("temperature"), ABSENT),
    ("Anthropic", "setup", KWARGS, {"top_p": 0.5}, body("top_p"), 0.5),
    ("Anthropic", "setup", KWARGS, {"top_p": 0.6}, body("temperature"), ABSENT),
    ("Anthropic", "setup", KWARGS, {"stop_sequences": ["x"]}, body("stop_sequences"), ["x"]),
    ("Anthropic", "setup", KWARGS, {"tool_choice": TOOL}, body("tool_choice"), TOOL),
    ("Anthropic", "setup", KWARGS, {"temperature": None}, body("temperature"), ABSENT),
    ("Anthropic", "setup", KWARGS, {"extra_headers": {"X-Run": "1"}}, header("X-Run"), "1"),
    ("Ollama", "setup", "temperature", 0, option("temperature"), 0),
    ("Ollama", "setup", "temperature", None, option("temperature"), ABSENT),
    ("Ollama", "setup", "num_ctx", None, option("num_ctx"), ABSENT),
    ("Ollama", "setup", "keep_alive", 0, body("keep_alive"), 0),
    ("Ollama", "setup", "keep_alive", -1.0, body("keep_alive"), -1),
    ("Ollama", "setup", "keep_alive", None, body("keep_alive"), ABSENT),
    ("Ollama", "setup", "think", True, body("think"), True),
    ("Ollama", "setup", "think", False, body("think"), False),
    ("Ollama", "setup", KWARGS, {"stop": ["."]}, option("stop"), ["."]),
    ("Ollama", "setup", KWARGS, {"options": {"top_k": 1}}, option("top_k"), 1),
    ("Ollama", "setup", KWARGS, {"format": "json"}, body("format"), "json"),
    ("Ollama", "setup", KWARGS, {"truncate": False}, body("truncate"), False),
    ("Ollama", "setup", KWARGS, {"logprobs": True}, body("logprobs"), True),
    ("Ollama", "setup", KWARGS, {"temperature": 0.1}, option("temperature"), 0.1),
    ("Ollama", "setup", KWARGS, {"temperature": None}, option("temperature"), ABSENT),
    ("Ollama", "setup", KWARGS, {"think": None}, body("think"), ABSENT),
    ("Ollama", "setup", KWARGS, {"keep_alive": None}, body("keep_alive"), ABSENT),
    ("Tongyi", "setup", "temperature", 0, parameter("temperature"), 0),
    ("Tongyi", "setup", "temperature", None, parameter("temperature"), ABSENT),
    ("Tongyi", "setup", "extract_reasoning", True, parameter("incremental_output"), True),
    ("Tongyi", "setup", "extract_reasoning", True, SSE, "enable"),
    ("Tongyi", "setup", KWARGS, {"enable_search": True}, parameter("enable_search"), True),
    ("Tongyi", "setup", KWARGS, {"temperature": None}, parameter("temperature"), ABSENT),
    ("Tongyi", "setup", KWARGS, {"enable_thinking": True}, SSE, "enable"),
    ("Tongyi", "setup", KWARGS, {"headers": {"X-Run": "1"}}, header("X-Run"), "1"),
    ("Tongyi", "setup", KWARGS, {"workspace": "w1"}, header("X-DashScope-WorkSpace"), "w1"),
    ("Azure", "connection", "api_key", "my-key-1", AUTHORIZATION, ABSENT),
    ("Azure", "setup", "top_logprobs", 5, body("logprobs"), True),
)]
# fmt: on
CASES = [pytest.param(row, id=str(row)) for row in TABLE] + [
    pytest.param(row, id=f"{row}={row.given}") for row in FURTHER
]


@pytest.fixture
def trial(row: Parameter) -> Iterator[Trial]:
    """The provider of a row, with a server that answers."""
    provider = BY_NAME[row.provider]
    with RecordedServer(provider.check) as server:
        server.always(
            lambda request: (
                provider.streamed("Hello.")
                if "X-DashScope-SSE" in request.headers
                else provider.text("Hello.")
            )
        )
        yield Trial(provider, server)
        assert server.refusals == []


@pytest.fixture
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI", "ANTHROPIC", "DASHSCOPE", "AZURE_OPENAI"):
        for ending in ("API_KEY", "API_BASE_URL", "BASE_URL"):
            monkeypatch.delenv(f"{name}_{ending}", raising=False)


def least_arguments(row: Parameter) -> tuple[type[Any], dict[str, Any]]:
    """The class of a row, and what has to be given to it."""
    asked = BY_NAME[row.provider].asked
    required = {
        other.name
        for other in TABLE
        if (other.provider, other.side, other.default) == (row.provider, row.side, REQUIRED)
    }
    given = asked.arguments("http://127.0.0.1:9/openai/v1")
    given = given if row.side == "connection" else {"connection": "c", **asked.model}
    cls = asked.connection if row.side == "connection" else asked.setup
    return cls, {name: value for name, value in given.items() if name in required}


@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_parameter_has_the_documented_default(row: Parameter) -> None:
    cls, given = least_arguments(row)
    if row.default == REQUIRED:
        del given[row.name]
        with pytest.raises(ValidationError, match=re.compile(row.name, re.IGNORECASE)):
            cls(**given)
    else:
        found = getattr(cls(**given), row.name)
        assert (found, type(found)) == (row.default, type(row.default))


@pytest.mark.parametrize("row", [row for row in TABLE if row.by_default != UNSEEN], ids=str)
def test_a_default_shows_where_the_parameter_does(row: Parameter, trial: Trial) -> None:
    if row.name == "max_retries":
        trial.connection[row.name] = row.default  # The tests' own connections do not retry.
    assert row.shown(trial) == row.by_default


@pytest.mark.parametrize("row", CASES)
def test_a_parameter_shows_where_it_should(row: Parameter, trial: Trial) -> None:
    arguments = trial.connection if row.side == "connection" else trial.setup
    if row.shown is not host:  # The address of the server is always given.
        arguments[row.name] = row.given
    assert row.shown(trial) == row.when_given


@pytest.mark.parametrize("provider", BY_NAME)
@pytest.mark.parametrize("side", ["connection", "setup"])
def test_no_parameter_is_missing_in_the_table(provider: str, side: str) -> None:
    named = {row.name for row in TABLE if (row.provider, row.side) == (provider, side)}
    fields = getattr(BY_NAME[provider].asked, side).model_fields.keys() - {"get_resource"}
    assert named == fields
