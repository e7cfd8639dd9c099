"""Azure AI: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole
from flink_agents.api.resource import Constant, ResourceName
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.azure import azure_openai_chat_model
from flink_agents.integrations.chat_models.azure.azure_chat_model import (
    AzureChatModelConnection,
    AzureChatModelSetup,
)
from flink_agents.integrations.chat_models.azure.azure_endpoint import (
    AzureEndpoint,
    resolve_azure_endpoint,
)
from tests.providers import asking
from tests.providers.asking import OPENAI
from tests.providers.azure_protocol import AZURE, KEY, MODELS, V1
from tests.providers.openai_protocol import streamed, text, tool_calls
from tests.providers.recorded_server import RecordedServer

ABSENT = "not on the wire"

Wire = Callable[[RecordedServer], Any]


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=AZURE, **arguments)


def body(name: str) -> Wire:
    """A field of the request's body."""
    return lambda server: server.only_request.body.get(name, ABSENT)


def header(name: str) -> Wire:
    """A header of the request."""
    return lambda server: server.only_request.headers.get(name, ABSENT)


def version(server: RecordedServer) -> Any:
    return server.only_request.query.get("api-version", ABSENT)


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


Side = Literal["connection", "setup"]

PARAMETERS: list[tuple[Side, str, Any, Wire, Any]] = [
    ("connection", "api_key", "my-key-1", header("Authorization"), ABSENT),
    ("setup", "top_logprobs", 5, body("logprobs"), True),
]


@pytest.mark.parametrize(("side", "parameter", "value", "wire", "expected"), PARAMETERS)
def test_a_parameter_shows_on_the_wire(
    azure_server: RecordedServer, side: Side, parameter: str, value: Any, wire: Wire, expected: Any
) -> None:
    azure_server.script(text())
    arguments: dict[str, Any] = {side: {parameter: value}}
    ask(azure_server, **arguments)
    assert wire(azure_server) == expected


def test_no_field_is_sent_that_nobody_asked_for(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    ask(azure_server)
    assert azure_server.only_request.body.keys() == {"model", "messages"}


def test_tools_are_sent_and_a_round_of_them_goes_back_whole(azure_server: RecordedServer) -> None:
    azure_server.script(tool_calls(("call_1", "add", '{"a": 1}')), text("3"))
    question = ChatMessage(content="1 + 2?")
    asking_back = ask(azure_server, question, tools=[add])
    (call,) = asking_back.tool_calls
    result = ChatMessage(
        role=MessageRole.TOOL, content="3", extra_args={"external_id": call["original_id"]}
    )
    assert ask(azure_server, question, asking_back, result, tools=[add]).content == "3"
    assert azure_server.refusals == []
    assert [m["role"] for m in azure_server.requests[1].body["messages"]] == [
        "user",
        "assistant",
        "tool",
    ]


def test_the_older_api_gets_its_version(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    endpoint = f"{azure_server.url}/models?api-version=2024-05-01-preview"
    ask(azure_server, connection={"endpoint": endpoint})
    assert azure_server.only_request.path == MODELS
    assert version(azure_server) == "2024-05-01-preview"


def test_an_answer_comes_in_pieces(azure_server: RecordedServer) -> None:
    azure_server.script(streamed({"content": "Hel"}, {"content": "lo."}))
    chunks = asking.ask_for_chunks(azure_server, provider=AZURE)
    assert [chunk.content for chunk in chunks] == ["Hel", "lo.", ""]
    assert chunks[-1].message is not None
    assert chunks[-1].message.extra_args["promptTokens"] == 9
    assert azure_server.only_request.path == V1


def test_an_image_is_sent(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    image = ImagePart(url="https://example.com/cat.png")
    ask(azure_server, ChatMessage(content="What is it?", parts=[image]))
    (message,) = azure_server.only_request.body["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]


ENDPOINTS = [
    (
        "https://n.eastus.inference.ai.azure.com",
        AzureEndpoint("https://n.eastus.inference.ai.azure.com", "2024-05-01-preview", True),
    ),
    (
        "https://n.services.ai.azure.com/models/",
        AzureEndpoint("https://n.services.ai.azure.com/models", "2024-05-01-preview", False),
    ),
    (
        "https://n.services.ai.azure.com",
        AzureEndpoint("https://n.services.ai.azure.com/openai/v1", None, False),
    ),
    (
        "https://n.openai.azure.com/",
        AzureEndpoint("https://n.openai.azure.com/openai/v1", None, False),
    ),
    (
        "https://n.openai.azure.com/openai/v1/",
        AzureEndpoint("https://n.openai.azure.com/openai/v1", None, False),
    ),
    (
        "https://n.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        AzureEndpoint("https://n.openai.azure.com/openai/deployments/d", "2024-10-21", False),
    ),
    ("http://gateway:8080/ai/v2", AzureEndpoint("http://gateway:8080/ai/v2", None, False)),
    # A host that only looks like one of Azure is another one.
    (
        "https://openai.azure.com.example.org/x",
        AzureEndpoint("https://openai.azure.com.example.org/x", None, False),
    ),
]


@pytest.mark.parametrize(("endpoint", "expected"), ENDPOINTS)
def test_each_kind_of_endpoint_is_known(endpoint: str, expected: AzureEndpoint) -> None:
    assert resolve_azure_endpoint(endpoint) == expected


def test_a_given_version_wins_over_that_of_the_url() -> None:
    endpoint = "https://n.services.ai.azure.com/models?api-version=1"
    assert resolve_azure_endpoint(endpoint, "2").api_version == "2"


def test_an_endpoint_with_one_model_gets_the_key_as_a_bearer_token(
    openai_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serverless = AzureEndpoint(f"{openai_server.url}/v1", None, bearer=True)
    module = "flink_agents.integrations.chat_models.azure.azure_chat_model"
    monkeypatch.setattr(f"{module}.resolve_azure_endpoint", lambda *_: serverless)
    openai_server.script(text())
    ask(openai_server)
    assert header("Authorization")(openai_server) == "Bearer azure-test-key"
    assert header("api-key")(openai_server) == ABSENT


def test_a_connection_to_openai_may_share_the_client_but_not_the_header(
    azure_server: RecordedServer,
) -> None:
    azure_server.always(lambda _: text())
    same: dict[str, Any] = {"api_key": "sk-same-for-both", "max_retries": 0}
    hello = [ChatMessage(content="Hi.")]

    async def run() -> None:
        azure = AZURE.connect(azure_server, **same)
        openai = OPENAI.connect(azure_server, **same, api_base_url=azure.endpoint)
        assert openai._settings().key() == azure._settings().key()
        await azure.achat(hello, model="m")
        with pytest.raises(ModelRequestError, match="subscription key"):
            await openai.achat(hello, model="m")
        await azure.achat(hello, model="m")
        await openai.aclose()
        await azure.aclose()

    asyncio.run(run())


def test_a_header_of_the_call_wins(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    ask(azure_server, extra_headers={"api-key": "for-this-call", "X-Run": "1"})
    assert header("api-key")(azure_server) == "for-this-call"
    assert header("X-Run")(azure_server) == "1"


def test_the_key_may_come_from_the_environment(
    azure_server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "from-environment\n")
    azure_server.script(text())
    ask(azure_server, connection={"api_key": None})
    assert header("api-key")(azure_server) == "from-environment"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"endpoint": "https://n.openai.azure.com"}, "AZURE_OPENAI_API_KEY"),
        ({"api_key": "key"}, "endpoint"),
        ({"api_key": "key", "endpoint": "n.openai.azure.com"}, "endpoint is no URL"),
        (
            {"api_key": "key", "endpoint": "https://n.openai.azure.com/openai/deployments/d"},
            "needs an api_version",
        ),
        ({"api_key": "key", "endpoint": "https://x", "timeout": 0}, "timeout"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(
    arguments: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_OPENAI_API_KEY", raising=False)
    with pytest.raises(ValidationError, match=told):
        AzureChatModelConnection(**arguments)


@pytest.mark.parametrize("arguments", [{}, {"model": ""}, {"model": "m", "temperature": 3}])
def test_a_setup_that_cannot_work_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AzureChatModelSetup(connection="connection", **arguments)


def test_the_classes_are_found_by_their_names() -> None:
    names, prefix = ResourceName.ChatModel, "flink_agents.integrations.chat_models.azure."
    for name in (Constant.AZURE_CHAT_MODEL_CONNECTION, names.AZURE_CONNECTION):
        assert name == f"{prefix}azure_chat_model.AzureChatModelConnection"
    for name in (Constant.AZURE_CHAT_MODEL_SETUP, names.AZURE_SETUP):
        assert name == f"{prefix}azure_chat_model.AzureChatModelSetup"
    for name in (Constant.AZURE_OPENAI_CHAT_MODEL_CONNECTION, names.AZURE_OPENAI_CONNECTION):
        assert name == f"{prefix}azure_openai_chat_model.AzureOpenAIChatModelConnection"
    for name in (Constant.AZURE_OPENAI_CHAT_MODEL_SETUP, names.AZURE_OPENAI_SETUP):
        assert name == f"{prefix}azure_openai_chat_model.AzureOpenAIChatModelSetup"


def test_the_other_spelling_means_the_same(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    connection = azure_openai_chat_model.AzureOpenAIChatModelConnection(
        **KEY, endpoint=f"{azure_server.url}/openai/v1"
    )
    setup = azure_openai_chat_model.AzureOpenAIChatModelSetup(
        connection="connection", model="d", get_resource=lambda *_: connection
    )
    assert setup.chat([ChatMessage(content="Hi.")]).content == "Hello."


def test_without_the_sdk_the_module_imports_and_its_use_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['openai'] = None\n"
        "from flink_agents.integrations.chat_models.azure import *\n"
        "AzureChatModelSetup(connection='c', model='m')\n"
        "AzureChatModelConnection(api_key='key', endpoint='https://x')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "EnvironmentSetupError: Azure" in run.stderr
    assert 'pip install "pyflink-agents[azure]"' in run.stderr
