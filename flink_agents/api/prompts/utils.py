"""Filling placeholders in texts that may hold any other braces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class SafeFormatter:
    """Replaces ``{name}`` by values and leaves all other braces as they are.

    There is no escaping: ``{{name}}`` is a placeholder in braces.

    Args:
        format_dict: Values by name; those that are no texts are put in as ``str()`` gives them.
    """

    def __init__(self, format_dict: Mapping[str, Any] | None = None) -> None:
        self.format_dict: Mapping[str, Any] = format_dict or {}

    def format(self, format_string: str) -> str:
        """The text with its placeholders replaced, in one pass: values are not templates.

        Never raises: a placeholder stays as it is without a value, or with one that has no text.
        """
        return _PLACEHOLDER.sub(self._value, format_string)

    def _value(self, match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in self.format_dict:
            return match.group(0)
        try:
            return str(self.format_dict[name])
        except Exception:
            return match.group(0)


def format_string(template: str, /, **kwargs: Any) -> str:
    """The template with its placeholders replaced, as :meth:`SafeFormatter.format`."""
    return SafeFormatter(kwargs).format(template)


__all__ = ["SafeFormatter", "format_string"]
