"""Where the key and the address of the server come from."""

from __future__ import annotations

import os

from pydantic import SecretStr

from flink_agents.integrations.chat_models.api_key import resolve_api_key
from flink_agents.integrations.chat_models.server_url import AS_HEADER, checked_url

DEFAULT_BASE_URL = "https://api.anthropic.com"


def resolve_anthropic_credentials(
    api_key: SecretStr | str | None = None, api_base_url: str | None = None
) -> tuple[SecretStr, str]:
    """The key and the base URL, from the environment where they are not given.

    Args:
        api_key: Default: the environment variable ``ANTHROPIC_API_KEY``.
        api_base_url: Default: ``ANTHROPIC_BASE_URL``, else ``https://api.anthropic.com``. A
            ``/v1`` in its end is left out, as it belongs to the path.

    Raises:
        ValueError: If there is no key, or one of them cannot be right.
    """
    key = resolve_api_key(
        api_key, "ANTHROPIC_API_KEY", "For a server that needs none, any text will do"
    )
    given = api_base_url or os.environ.get("ANTHROPIC_BASE_URL") or DEFAULT_BASE_URL
    return key, checked_url(given, "api_base_url", AS_HEADER).removesuffix("/v1")


__all__ = ["resolve_anthropic_credentials"]
