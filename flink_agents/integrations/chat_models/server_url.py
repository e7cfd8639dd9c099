"""URLs of servers, as arguments of connections."""

from __future__ import annotations

import re


def checked_url(url: str, argument: str) -> str:
    """The URL without space around it and without a slash in its end.

    Args:
        url: As it is given.
        argument: Its name, for the error.

    Raises:
        ValueError: If it is none.
    """
    url = url.strip().rstrip("/")
    if not re.match(r"https?://[^/]", url):
        raise ValueError(f"{argument} is no URL: it starts with http:// or https://")
    return url


__all__ = ["checked_url"]
