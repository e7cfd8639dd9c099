"""Endpoints of Azure: which URL a chat goes to, and how the key is sent there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit, urlunsplit

from flink_agents.integrations.chat_models.server_url import checked_url

#: Of the Azure AI model inference API, the newest that all its endpoints know.
INFERENCE_API_VERSION = "2024-05-01-preview"

#: Hosts with one model each. They know the key as a bearer token only, as the client library of
#: their time sent it; all other services of Azure know it as ``api-key``.
_SERVERLESS = re.compile(r"\.(?:inference\.ai|models\.ai)\.azure\.com$")
_AZURE_OPENAI = re.compile(r"\.(?:openai|cognitiveservices)\.azure\.com$")
_FOUNDRY = re.compile(r"\.services\.ai\.azure\.com$")


@dataclass(frozen=True)
class AzureEndpoint:
    """Where a chat goes.

    Attributes:
        base_url: What ``/chat/completions`` is added to.
        api_version: Sent as the query parameter ``api-version``; None to send none.
        bearer: Send the key as ``Authorization: Bearer``, instead of ``api-key``.
    """

    base_url: str
    api_version: str | None
    bearer: bool


def resolve_azure_endpoint(endpoint: str, api_version: str | None = None) -> AzureEndpoint:
    """Find out what kind of endpoint it is.

    ==============================================  ==========================================
    endpoint                                        where a chat goes
    ==============================================  ==========================================
    ``https://NAME.REGION.inference.ai.azure.com``  ``/chat/completions``, model inference API
    ``https://NAME.services.ai.azure.com/models``   ``/models/chat/completions``, the same API
    ``https://NAME.services.ai.azure.com``          ``/openai/v1/chat/completions``
    ``https://NAME.openai.azure.com``               ``/openai/v1/chat/completions``
    a URL with ``/openai/deployments/MODEL``        as it is given; needs an api-version
    any other                                       as it is given
    ==============================================  ==========================================

    ``/chat/completions`` and ``?api-version=`` at the end, as in a URL that was copied from the
    portal, are understood.

    Args:
        endpoint: A URL.
        api_version: Wins over the one of the URL. Default: for the model inference API
            ``2024-05-01-preview``, else none.

    Raises:
        ValueError: If it is no URL, has a user name or password in it, or there is no api-version
            where one is needed.
    """
    # The SDK's transport refuses to send credentials along with the key.
    url = urlsplit(checked_url(endpoint, "endpoint", "leave them out"))
    host = url.hostname or ""
    path = url.path.rstrip("/").removesuffix("/chat/completions")
    version = api_version or next(iter(parse_qs(url.query).get("api-version", ())), None)
    serverless = _SERVERLESS.search(host) is not None
    foundry = _FOUNDRY.search(host) is not None
    if (foundry or _AZURE_OPENAI.search(host)) and path in ("", "/openai"):
        path = "/openai/v1"
    elif serverless or (foundry and path == "/models"):
        version = version or INFERENCE_API_VERSION
    elif "/openai/deployments/" in path and not version:
        raise ValueError(
            "an endpoint with /openai/deployments/ needs an api_version, such as '2024-10-21'. Or "
            "leave that part out: then the API without versions is used"
        )
    return AzureEndpoint(
        base_url=urlunsplit((url.scheme, url.netloc, path, "", "")),
        api_version=version,
        bearer=serverless,
    )


__all__ = ["INFERENCE_API_VERSION", "AzureEndpoint", "resolve_azure_endpoint"]
