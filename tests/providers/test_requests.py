"""Every provider: what requests look like, and which arguments are refused.

Each parameter is in ``test_parameters.py``; what is special to a provider, in a file of its own.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from flink_agents.api.resource import Constant, ResourceName, get_resource_class
from flink_agents.api.tools.metadata import ToolMetadata
from flink_agents.exceptions import ModelRequestError, ModelTimeoutError
from flink_agents.integrations.chat_models.chat_model_utils import to_openai_tool
from flink_agents.integrations.chat_models.tongyi_chat_model import to_dashscope_tool
from tests.providers.asking import ask
from tests.providers.every_provider import (
    BY_NAME,
    PROVIDERS,
    REPEATING,
    Provider,
    each_provider,
)
from tests.providers.recorded_server import Answer, RecordedServer, Silence
from tests.providers.trial import add

TEXT = {"role": "user", "content": "Hi."}

#: All that is sent if nothing is asked for.
LEAST: dict[str, dict[str, Any]] = {
    "OpenAI": {"model": "gpt-3.5-turbo", "messages": [TEXT], "temperature": 0.1},
    "Azure": {"model": "my-deployment", "messages": [TEXT]},
    "Anthropic": {
        "model": "claude-sonnet-4-20250514",
        "max_tokens": 1024,
        "messages": [TEXT],
        "temperature": 0.1,
    },
    "Ollama": {
        "model": "tiny",
        "messages": [TEXT],
        "stream": False,
        "keep_alive": "5m",
        "think": True,
        "options": {"temperature": 0.75, "num_ctx": 2048},
    },
    "Tongyi": {
        "model": "qwen-plus",
        "input": {"messages": [TEXT]},
        "parameters": {"result_format": "message", "temperature": 0.7},
    },
}


@each_provider()
def test_no_field_is_sent_that_nobody_asked_for(provider: Provider, server: RecordedServer) -> None:
    server.script(provider.text("Hello."))
    ask(server, provider=provider.asked)
    assert server.only_request.body == LEAST[provider.name]


def parameters(server: RecordedServer) -> dict[str, Any]:
    """What the model is asked with, wherever it stands."""
    body = server.only_request.body
    return {**body, **body.get("options", {}), **body.get("parameters", {})}


@each_provider()
def test_tools_are_sent_with_their_schema(provider: Provider, server: RecordedServer) -> None:
    server.script(provider.text("Hello."))
    ask(server, provider=provider.asked, tools=[add])
    (tool,) = parameters(server)["tools"]
    tool = tool.get("function", tool)
    name, description, schema = tool.values()
    assert (name, description) == ("add", "Add two numbers.")
    assert list(tool)[:2] == ["name", "description"]
    assert schema["properties"]["a"]["type"] == "integer"
    assert schema["required"] == ["a"]


@each_provider()
def test_arguments_of_the_call_win_over_those_of_the_setup(
    provider: Provider, server: RecordedServer
) -> None:
    removed = "top_k" if provider.name == "Anthropic" else "seed"
    server.script(provider.text("Hello."))
    setup = {"temperature": 0.5, "additional_kwargs": {removed: 3}}
    more: dict[str, Any] = {"temperature": 1, removed: None}
    ask(server, provider=provider.asked, setup=setup, **more)
    assert parameters(server)["temperature"] == 1
    assert removed not in parameters(server)


@each_provider()
def test_the_key_may_come_from_the_environment(
    provider: Provider, server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = "" if provider.name == "Ollama" else "\n"  # Its SDK reads the variable itself.
    monkeypatch.setenv(provider.key, f"sk-from-environment{end}")
    server.script(provider.text("Hello."))
    given = {} if provider.name == "Ollama" else {"api_key": None}
    ask(server, provider=provider.asked, connection=given)
    header = "api-key" if provider.name == "Azure" else "Authorization"
    assert server.only_request.headers[header].split()[-1] == "sk-from-environment"


@pytest.mark.parametrize(
    ("provider", "variable", "end"),
    [
        (BY_NAME["OpenAI"], "OPENAI_API_BASE_URL", "/v1/"),
        (BY_NAME["Anthropic"], "ANTHROPIC_BASE_URL", "/"),
    ],
    ids=str,
)
def test_the_base_url_may_come_from_the_environment(
    provider: Provider,
    server: RecordedServer,
    variable: str,
    end: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, server.url + end)
    server.script(provider.text("Hello."))
    ask(server, provider=provider.asked, connection={"api_base_url": None})
    assert server.only_request.method == "POST"


@each_provider([one for one in PROVIDERS if one is not BY_NAME["Ollama"]])
def test_a_call_may_have_a_timeout_of_its_own(provider: Provider, server: RecordedServer) -> None:
    server.script(Silence())
    own: dict[str, Any] = {provider.timeout: 0.1}
    with pytest.raises(ModelTimeoutError, match=r"within 0\.1 s"):
        ask(server, provider=provider.asked, **own)


def wrong_arguments(provider: Provider) -> dict[str, tuple[dict[str, Any], str]]:
    """By a name: arguments of a connection, and what their refusal tells."""
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "url": ({provider.url: "localhost:8000"}, f"{provider.url} is no URL"),
        "no host": ({provider.url: "http://"}, f"{provider.url} is no URL"),
        "scheme": ({provider.url: "ftp://x"}, f"{provider.url} is no URL"),
        "timeout": ({provider.timeout: 0}, provider.timeout),
        "name": ({"no_such_argument": "x"}, "no_such_argument"),
    }
    if "api_key" in provider.asked.connection.model_fields:
        wrong["no key"] = {"api_key": None}, provider.key
        wrong["key"] = {"api_key": "sk-caf\u00e9"}, "api_key holds characters"
    if provider.retries:
        wrong["retries"] = {"max_retries": -1}, "max_retries"
    return wrong


@pytest.mark.parametrize(
    ("provider", "arguments", "told"),
    [
        pytest.param(provider, *wrong, id=f"{provider}-{name}")
        for provider in PROVIDERS
        for name, wrong in wrong_arguments(provider).items()
    ],
)
def test_a_connection_that_cannot_work_is_refused(
    provider: Provider, arguments: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(provider.key, raising=False)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "not-asked-for")
    given = {**provider.asked.arguments("http://127.0.0.1:9"), **arguments}
    with pytest.raises(ValidationError, match=told):
        provider.asked.connection(**given)


ADAPTIVE, THINKING = {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 1024}

#: Arguments of setups, and what their refusal tells.
WRONG_SETUPS: list[tuple[str, dict[str, Any], str]] = [
    ("OpenAI", {"temperature": 2.1}, "temperature"),
    ("OpenAI", {"temperature": -0.1}, "temperature"),
    ("OpenAI", {"max_tokens": 0}, "max_tokens"),
    ("OpenAI", {"top_logprobs": 21}, "top_logprobs"),
    ("OpenAI", {"logprobs": False, "top_logprobs": 2}, "top_logprobs=2 needs logprobs"),
    ("Azure", {"model": ""}, "model"),
    ("Azure", {"temperature": 3}, "temperature"),
    ("Anthropic", {"temperature": 1.1}, "temperature"),
    ("Anthropic", {"max_tokens": 0}, "max_tokens"),
    ("Anthropic", {"additional_kwargs": {"stream": True, "system": "x"}}, "set stream, system"),
    ("Anthropic", {"additional_kwargs": {"thinking": THINKING}}, "max_tokens=1024 has to be above"),
    (
        "Anthropic",
        {"temperature": 0.5, "additional_kwargs": {"thinking": ADAPTIVE}},
        "temperature=0.5 does not go with thinking",
    ),
    ("Ollama", {"model": None}, "model is None"),
    ("Ollama", {"model": ""}, "model"),
    ("Ollama", {"temperature": -1}, "temperature"),
    ("Ollama", {"num_ctx": 0}, "num_ctx"),
    ("Ollama", {"think": "much"}, "think"),
    ("Ollama", {"additional_kwargs": {"max_tokens": 5}}, "its name there is num_predict"),
    ("Tongyi", {"temperature": 2.1}, "temperature"),
    ("Tongyi", {"temperature": -0.1}, "temperature"),
    ("Tongyi", {"additional_kwargs": {"result_format": "text"}}, "cannot set result_format"),
    ("Tongyi", {"additional_kwargs": {"api_key": "x"}}, "cannot set api_key"),
    *[
        (one.name, {"additional_kwargs": {name: "x"}}, f"additional_kwargs cannot set {name}")
        for one in PROVIDERS
        for name in ("messages", "tools", "stream")
    ],
]


@pytest.mark.parametrize(
    ("provider", "arguments", "told"),
    WRONG_SETUPS,
    ids=[f"{name}-{wrong.get('additional_kwargs', wrong)}" for name, wrong, _ in WRONG_SETUPS],
)
def test_a_setup_that_cannot_work_is_refused(
    provider: str, arguments: dict[str, Any], told: str
) -> None:
    asked = BY_NAME[provider].asked
    with pytest.raises(ValidationError, match=told):
        asked.setup(connection="connection", **{**asked.model, **arguments})


WRONG_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    *[(one.name, {"temprature": 1}) for one in PROVIDERS],
    *[(one.name, {"seed": "x"}) for one in PROVIDERS],
    ("OpenAI", {"extra_body": {"top_logprobs": 2}}),
    ("Anthropic", {"stop_sequences": "x"}),
    ("Anthropic", {"top_p": 0.5}),
    ("Anthropic", {"thinking": THINKING, "max_tokens": 1024}),
    ("Ollama", {"num_ctx": -1}),
    ("Ollama", {"think": "much"}),
    ("Ollama", {"keep_alive": ["5m"]}),
    ("Ollama", {"top_logprobs": 21}),
    ("Tongyi", {"temperature": 2.0}),
    ("Tongyi", {"response_format": {"type": "json_object"}}),
    ("Tongyi", {"multimodal": True}),
]


@pytest.mark.parametrize(
    ("provider", "arguments"),
    [pytest.param(BY_NAME[name], wrong, id=f"{name}-{wrong}") for name, wrong in WRONG_REQUESTS],
)
def test_the_server_of_these_tests_refuses_what_the_provider_refuses(
    provider: Provider, server: RecordedServer, arguments: dict[str, Any]
) -> None:
    server.always(lambda _: Answer(b"{}"))
    with pytest.raises(ModelRequestError, match="status 400"):
        ask(server, provider=provider.asked, **arguments)


@each_provider(REPEATING)
def test_parameters_that_only_other_servers_know_reach_them(provider: Provider) -> None:
    def check(request: Any) -> None:
        """Take everything."""

    with RecordedServer(check) as server:
        server.script(provider.text("Hello."))
        extra = {"min_p": 3, "extra_body": {"seed": 1}, "extra_query": {"v": "2"}}
        ask(server, provider=provider.asked, setup={"additional_kwargs": extra})
        sent = server.only_request
        assert (sent.body["min_p"], sent.body["seed"], sent.query["v"]) == (3, 1, "2")


@pytest.mark.parametrize("convert", [to_openai_tool, to_dashscope_tool])
def test_a_long_description_is_refused_unless_that_is_switched_off(convert: Any) -> None:
    class Arguments(BaseModel):
        a: int

    metadata = ToolMetadata(name="talk", description="x" * 1025, args_schema=Arguments)
    with pytest.raises(ValueError, match="'talk' has 1025 characters"):
        convert(metadata=metadata)
    tool = convert(metadata=metadata, skip_length_check=True)
    assert tool["function"]["description"] == metadata.description


NAMES = ResourceName.ChatModel
AZURE_OPENAI = "flink_agents.integrations.chat_models.azure.azure_openai_chat_model.AzureOpenAI"


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        (Constant.OPENAI_CHAT_MODEL_CONNECTION, BY_NAME["OpenAI"].asked.connection),
        (Constant.OPENAI_CHAT_MODEL_SETUP, BY_NAME["OpenAI"].asked.setup),
        (Constant.ANTHROPIC_CHAT_MODEL_CONNECTION, BY_NAME["Anthropic"].asked.connection),
        (Constant.ANTHROPIC_CHAT_MODEL_SETUP, BY_NAME["Anthropic"].asked.setup),
        (Constant.OLLAMA_CHAT_MODEL_CONNECTION, BY_NAME["Ollama"].asked.connection),
        (Constant.OLLAMA_CHAT_MODEL_SETUP, BY_NAME["Ollama"].asked.setup),
        (Constant.TONGYI_CHAT_MODEL_CONNECTION, BY_NAME["Tongyi"].asked.connection),
        (NAMES.TONGYI_CONNECTION, BY_NAME["Tongyi"].asked.connection),
        (Constant.TONGYI_CHAT_MODEL_SETUP, BY_NAME["Tongyi"].asked.setup),
        (NAMES.TONGYI_SETUP, BY_NAME["Tongyi"].asked.setup),
        (Constant.AZURE_CHAT_MODEL_CONNECTION, BY_NAME["Azure"].asked.connection),
        (NAMES.AZURE_CONNECTION, BY_NAME["Azure"].asked.connection),
        (Constant.AZURE_CHAT_MODEL_SETUP, BY_NAME["Azure"].asked.setup),
        (NAMES.AZURE_SETUP, BY_NAME["Azure"].asked.setup),
        (Constant.AZURE_OPENAI_CHAT_MODEL_CONNECTION, f"{AZURE_OPENAI}ChatModelConnection"),
        (NAMES.AZURE_OPENAI_CONNECTION, f"{AZURE_OPENAI}ChatModelConnection"),
        (Constant.AZURE_OPENAI_CHAT_MODEL_SETUP, f"{AZURE_OPENAI}ChatModelSetup"),
        (NAMES.AZURE_OPENAI_SETUP, f"{AZURE_OPENAI}ChatModelSetup"),
    ],
)
def test_a_name_leads_to_its_class(name: str, cls: Any) -> None:
    module, _, called = name.rpartition(".")
    found = get_resource_class(module, called)
    assert found is cls or name == cls


@pytest.mark.parametrize(
    ("provider", "module", "missing"),
    [
        ("OpenAI", "openai", "openai"),
        ("OpenAI", "openai", "aiohttp"),
        ("Anthropic", "anthropic", "anthropic"),
        ("Anthropic", "anthropic", "aiohttp"),
        ("Ollama", "ollama_chat_model", "ollama"),
        ("Tongyi", "tongyi_chat_model", "dashscope"),
        ("Azure", "azure", "openai"),
    ],
)
def test_without_the_sdk_the_module_imports_and_its_use_says_what_to_install(
    provider: str, module: str, missing: str
) -> None:
    given = BY_NAME[provider].asked.arguments("http://127.0.0.1:9")
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"from flink_agents.integrations.chat_models.{module} import *\n"
        f"{provider}ChatModelSetup(connection='c', model='m')\n"
        f"{provider}ChatModelConnection(**{given!r})\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"EnvironmentSetupError: {provider}" in run.stderr
    assert f'pip install "pyflink-agents[{provider.lower()}]"' in run.stderr
