"""API keys: given as an argument, or by the environment."""

from __future__ import annotations

import os

from pydantic import SecretStr


def resolve_api_key(given: SecretStr | str | None, variable: str, hint: str = "") -> SecretStr:
    """The key to use.

    Args:
        given: The argument ``api_key``.
        variable: The environment variable that counts if there is no argument.
        hint: Further advice for somebody who has no key.

    Raises:
        ValueError: If there is no key, or it cannot be one.
    """
    argument = given.get_secret_value() if isinstance(given, SecretStr) else given
    key = (argument or os.environ.get(variable) or "").strip()
    if not key:
        raise ValueError(
            "there is no API key: pass api_key or set the environment variable "
            f"{variable}. {hint}".rstrip(". ")
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("api_key holds characters that no key has: check how it was copied")
    return SecretStr(key)


__all__ = ["resolve_api_key"]
