"""What a docstring says about a tool, in Google, NumPy or reST style."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import docstring_parser


@dataclass(frozen=True)
class ToolDoc:
    """What a docstring tells a model.

    Attributes:
        description: What the tool does and returns. May be empty.
        parameters: Descriptions by parameter name.
    """

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict[str, str])


def doc_of(func: Callable[..., Any]) -> ToolDoc:
    """What the docstring of a function says; of a ``functools.partial``, that of its function."""
    while isinstance(func, functools.partial):
        func = cast("functools.partial[Any]", func).func
    return read_docstring(inspect.getdoc(func))


def read_docstring(text: str | None) -> ToolDoc:
    """Split a docstring into the description of the tool and those of its parameters.

    Args:
        text: The docstring, or None. One that is of no known style is a description as a whole.
    """
    if not text or not text.strip():
        return ToolDoc()
    text = inspect.cleandoc(text)
    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return ToolDoc(text)
    told = [parsed.short_description, parsed.long_description]
    if parsed.returns is not None and parsed.returns.description:
        told.append(f"Returns: {parsed.returns.description}")
    parameters = {
        p.arg_name: p.description.strip() for p in parsed.params if p.description is not None
    }
    return ToolDoc("\n\n".join(part.strip() for part in told if part), parameters)
