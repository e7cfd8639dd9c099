"""Tools in the form that OpenAI defined and most providers took over."""

from __future__ import annotations

from typing import Any

from flink_agents.api.tools.metadata import ToolMetadata

#: The longest description that OpenAI takes, in characters.
MAX_DESCRIPTION = 1024


def to_openai_tool(*, metadata: ToolMetadata, skip_length_check: bool = False) -> dict[str, Any]:
    """A tool as chat-completion requests describe it.

    Args:
        metadata: What the model is told.
        skip_length_check: Allow descriptions of more than 1,024 characters, which OpenAI refuses
            and others take. Default False.

    Returns:
        ``{"type": "function", "function": {"name", "description", "parameters"}}``.

    Raises:
        ValueError: If the description is too long.
    """
    length = len(metadata.description)
    if not skip_length_check and length > MAX_DESCRIPTION:
        raise ValueError(
            f"The description of tool {metadata.name!r} has {length} characters, of which OpenAI "
            f"takes {MAX_DESCRIPTION}. Shorten its docstring."
        )
    return {
        "type": "function",
        "function": {
            "name": metadata.name,
            "description": metadata.description,
            "parameters": metadata.get_parameters_dict(),
        },
    }


__all__ = ["to_openai_tool"]
