"""Azure AI: what its requests look like, beside the table in ``test_parameters.py``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage, ImagePart
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.azure import azure_openai_chat_model
from flink_agents.integrations.chat_models.azure.azure_endpoint import (
    AzureEndpoint,
    resolve_azure_endpoint,
)
from tests.providers import asking
from tests.providers.asking import OPENAI
from tests.providers.azure_protocol import AZURE, KEY, MODELS
from tests.providers.openai_protocol import text
from tests.providers.recorded_server import RecordedServer

ABSENT = "not on the wire"

Wire = Callable[[RecordedServer], Any]


def ask(server: RecordedServer, *messages: ChatMessage, **arguments: Any) -> ChatMessage:
    return asking.ask(server, *messages, provider=AZURE, **arguments)


def header(name: str) -> Wire:
    """A header of the request."""
    return lambda server: server.only_request.headers.get(name, ABSENT)


def version(server: RecordedServer) -> Any:
    return server.only_request.query.get("api-version", ABSENT)


def test_the_older_api_gets_its_version(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    endpoint = f"{azure_server.url}/models?api-version=2024-05-01-preview"
    ask(azure_server, connection={"endpoint": endpoint})
    assert azure_server.only_request.path == MODELS
    assert version(azure_server) == "2024-05-01-preview"


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


def test_a_deployment_in_the_url_needs_a_version() -> None:
    with pytest.raises(ValueError, match="needs an api_version"):
        resolve_azure_endpoint("https://n.openai.azure.com/openai/deployments/d")


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


def test_the_other_spelling_means_the_same(azure_server: RecordedServer) -> None:
    azure_server.script(text())
    connection = azure_openai_chat_model.AzureOpenAIChatModelConnection(
        **KEY, endpoint=f"{azure_server.url}/openai/v1"
    )
    setup = azure_openai_chat_model.AzureOpenAIChatModelSetup(
        connection="connection", model="d", get_resource=lambda *_: connection
    )
    assert setup.chat([ChatMessage(content="Hi.")]).content == "Hello."
