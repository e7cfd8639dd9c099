"""A streamed chat completion put together into one that was not streamed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Chunk = dict[str, Any]

_TEXTS = ("content", "reasoning_content")


def completion_of(chunks: Iterable[Chunk], model: str) -> dict[str, Any]:
    """The chat completion that the chunks make up.

    Args:
        chunks: All chunks of one answer with one choice, in order, the last with the usage.
        model: Name of the model to tell.

    Returns:
        A completion as of OpenAI's API; the message has ``tool_calls`` and ``reasoning_content``
        only if there are any.
    """
    message: dict[str, Any] = {"role": "assistant", "content": None}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": None}
    completion: dict[str, Any] = {"object": "chat.completion", "model": model, "choices": [choice]}
    for chunk in chunks:
        completion.update({key: chunk[key] for key in ("id", "created", "usage") if key in chunk})
        for part in chunk["choices"]:
            _add_delta(message, part.get("delta", {}))
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            tokens = (part.get("logprobs") or {}).get("content")
            if tokens:
                choice.setdefault("logprobs", {"content": []})["content"].extend(tokens)
    return completion


def _add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name in _TEXTS:
        if delta.get(name) is not None:
            message[name] = (message.get(name) or "") + delta[name]
    for part in delta.get("tool_calls") or ():
        calls = message.setdefault("tool_calls", [])
        # The first part of a call has its id and name, all have a piece of its arguments.
        while len(calls) <= part["index"]:
            calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call = calls[part["index"]]
        call["id"] += part.get("id") or ""
        for name, piece in part.get("function", {}).items():
            call["function"][name] += piece or ""


__all__ = ["Chunk", "completion_of"]
