"""URLs of servers, as arguments of connections."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

#: What to do instead of credentials in a URL: the transport of the SDKs of OpenAI and Anthropic
#: refuses to send them along with the key.
AS_HEADER = (
    "set the header Authorization in default_headers instead, which then goes in place of the key"
)


def checked_url(url: str, argument: str, credentials: str | None = None) -> str:
    """The URL without space around it and without a slash in its end.

    Args:
        url: As it is given.
        argument: Its name, for the error.
        credentials: What to do instead of having a user name or password in the URL, for servers
            that are not asked with them. Default: they are allowed.

    Raises:
        ValueError: If it is none, or has a user name or password that it must not have.
    """
    url = url.strip().rstrip("/")
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{argument} is no URL: it starts with http:// or https://")
    if credentials is not None and parts.username is not None:
        raise ValueError(f"{argument} has a user name or password in it: {credentials}")
    return url


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # its text repeats what may be a password
        return None


__all__ = ["AS_HEADER", "checked_url"]
