"""Chat completions as Azure AI takes them: OpenAI's, with another key and an api-version."""

from __future__ import annotations

import dataclasses
from typing import Any

from flink_agents.integrations.chat_models.azure import (
    AzureChatModelConnection,
    AzureChatModelSetup,
)
from tests.providers import openai_protocol
from tests.providers.asking import Asked
from tests.providers.openai_protocol import error
from tests.providers.recorded_server import Answer, RecordedRequest

#: Paths of the API without versions, and of the one that needs an ``api-version``.
V1, MODELS = "/openai/v1/chat/completions", "/models/chat/completions"

#: The one argument beside the endpoint that every connection to Azure needs.
KEY: dict[str, Any] = {"api_key": "azure-test-key"}

AZURE = Asked(
    AzureChatModelConnection,
    AzureChatModelSetup,
    lambda url: {**KEY, "endpoint": f"{url}/openai/v1", "max_retries": 0},
    {"model": "my-deployment"},
)


def check(request: RecordedRequest) -> Answer | None:
    """What Azure would say to a bad request, or None for a good one."""
    if request.path not in (V1, MODELS):
        return error(404, "Resource not found")
    if request.path == MODELS and "api-version" not in request.query:
        return error(400, "Missing required query parameter: api-version")
    if not request.headers.get("api-key"):
        return error(401, "Access denied due to missing subscription key.")
    if "Authorization" in request.headers:
        return error(401, "The access token is no token of Microsoft Entra ID.")
    as_for_openai = {**request.headers, "Authorization": "Bearer of Azure"}
    return openai_protocol.check(
        dataclasses.replace(request, path=openai_protocol.PATH, headers=as_for_openai)
    )
