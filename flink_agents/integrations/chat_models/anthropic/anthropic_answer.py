"""Answers of Anthropic's API as chat messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.integrations.chat_models.tool_calls import tool_call

_THINKING = ("thinking", "redacted_thinking")
_USAGE = ("cache_creation_input_tokens", "cache_read_input_tokens")


def convert_from_anthropic_message(answer: Any, asked_model: str) -> ChatMessage:
    """A whole answer, with what is known about it in ``extra_args``.

    Args:
        answer: The answer as JSON.
        asked_model: Counts as ``model_name`` if the answer names no model.

    Returns:
        The assistant's message; ``extra_args`` holds, as far as the answer does, ``model_name``,
        ``promptTokens``, ``completionTokens``, ``cache_creation_input_tokens``,
        ``cache_read_input_tokens``, ``finish_reason``, ``stop_sequence``, ``refusal``,
        ``reasoning`` and what it takes to send the answer back as it came: ``reasoning_blocks``
        and ``content_blocks``.

    Raises:
        ValueError: If it is no answer.
    """
    if not isinstance(answer, Mapping):
        raise ValueError("it is no JSON object")
    given = cast("Mapping[str, Any]", answer)
    if not isinstance(given.get("content"), list):
        raise ValueError("it has no content")
    try:
        blocks = cast("list[dict[str, Any]]", given["content"])
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content="".join(block["text"] for block in blocks if block["type"] == "text"),
            tool_calls=[_tool_call(block) for block in blocks if block["type"] == "tool_use"],
            extra_args={**_known(given, asked_model), **_kept(blocks)},
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"its content is not of the expected form ({error!r})") from error


def _known(answer: Mapping[str, Any], asked_model: str) -> dict[str, Any]:
    usage: Mapping[str, Any] = answer.get("usage") or {}
    known = {
        "model_name": answer.get("model") or asked_model,
        "promptTokens": usage.get("input_tokens"),
        "completionTokens": usage.get("output_tokens"),
        **{name: usage.get(name) for name in _USAGE},
        "finish_reason": answer.get("stop_reason"),
        "stop_sequence": answer.get("stop_sequence"),
    }
    if answer.get("stop_reason") == "refusal":
        details: Mapping[str, Any] = answer.get("stop_details") or {}
        told = details.get("explanation") or details.get("category")
        known["refusal"] = told or "The model refused without an explanation."
    return {name: value for name, value in known.items() if value is not None}


def _kept(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Thinking, as text to read and as blocks to send back, and all blocks where that is needed."""
    kept: dict[str, Any] = {}
    thinking = [block for block in blocks if block["type"] in _THINKING]
    if reasoning := "\n".join(t for block in thinking if (t := block.get("thinking"))):
        kept["reasoning"] = reasoning
    if thinking:
        kept["reasoning_blocks"] = thinking
    if not _is_plain(blocks):
        kept["content_blocks"] = blocks
    return kept


def _is_plain(blocks: list[dict[str, Any]]) -> bool:
    """Whether the blocks follow from text, calls and thinking: else they are kept as they came."""
    kinds = [block["type"] for block in blocks]
    begins = next((n for n, kind in enumerate(kinds) if kind not in _THINKING), len(kinds))
    known = {"text", "tool_use"}.issuperset(kinds[begins:])
    # A call whose arguments are broken cannot go back as it came.
    whole = all(isinstance(block["input"], dict) for block in blocks if block["type"] == "tool_use")
    return known or not whole


def _tool_call(block: Mapping[str, Any]) -> dict[str, Any]:
    return tool_call(block["name"], block.get("input"), block.get("id"))


__all__ = ["convert_from_anthropic_message"]
