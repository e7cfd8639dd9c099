"""A streamed chat completion put together into one that was not streamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from flink_agents.api.chat_message import ChatChunk

Chunk = dict[str, Any]

#: Servers have two names for reasoning.
_REASONING = ("reasoning_content", "reasoning")
_TEXTS = ("content", "refusal", *_REASONING)


class CompletionBuilder:
    """Takes the chunks of one answer with one choice, in order.

    Args:
        model: Name of the model to tell if the chunks name none.
    """

    def __init__(self, model: str) -> None:
        self._message: dict[str, Any] = {"role": "assistant", "content": None}
        self._choice: dict[str, Any] = {
            "index": 0,
            "message": self._message,
            "finish_reason": None,
        }
        self.completion: dict[str, Any] = {
            "object": "chat.completion",
            "model": model,
            "choices": [self._choice],
        }
        """What the chunks make up so far: a completion as of OpenAI's API. Its message has
        ``tool_calls`` and reasoning only if there are any."""

    @property
    def is_finished(self) -> bool:
        """Whether the choice came to an end."""
        return self._choice["finish_reason"] is not None

    def add(self, chunk: Any) -> ChatChunk:
        """Take a chunk; gives the text and reasoning that it adds.

        Raises:
            ValueError: If it is no chunk.
        """
        if not isinstance(chunk, Mapping):
            raise ValueError("a chunk is no JSON object")
        given = cast("Mapping[str, Any]", chunk)
        added = ChatChunk()
        try:
            for name in ("id", "created", "model", "usage"):
                if given.get(name) is not None:
                    self.completion[name] = given[name]
            for part in given.get("choices") or ():
                delta = part.get("delta") or {}
                self._add_delta(delta)
                added.content += delta.get("content") or ""
                added.reasoning += next((delta[name] for name in _REASONING if delta.get(name)), "")
                if part.get("finish_reason"):
                    self._choice["finish_reason"] = part["finish_reason"]
                if tokens := (part.get("logprobs") or {}).get("content"):
                    known = self._choice.setdefault("logprobs", {"content": []})
                    known["content"].extend(tokens)
        except (TypeError, KeyError, AttributeError, IndexError) as error:
            raise ValueError(f"a chunk is not of the expected form ({error!r})") from error
        return added

    def _add_delta(self, delta: Mapping[str, Any]) -> None:
        for name in _TEXTS:
            if delta.get(name) is not None:
                self._message[name] = (self._message.get(name) or "") + delta[name]
        for part in delta.get("tool_calls") or ():
            calls = self._message.setdefault("tool_calls", [])
            index = part["index"]
            if not 0 <= index <= len(calls):
                raise IndexError(f"tool call {index} after {len(calls)}")
            if index == len(calls):
                empty = {"name": "", "arguments": ""}
                calls.append({"id": "", "type": "function", "function": empty})
            # The first part of a call has its id and name, all have a piece of its arguments.
            calls[index]["id"] += part.get("id") or ""
            for name, piece in (part.get("function") or {}).items():
                calls[index]["function"][name] += piece or ""


def completion_of(chunks: Iterable[Chunk], model: str) -> dict[str, Any]:
    """The chat completion that the chunks of one answer make up.

    Args:
        chunks: All of them, in order, the last with the usage.
        model: Name of the model to tell if they name none.
    """
    builder = CompletionBuilder(model)
    for chunk in chunks:
        builder.add(chunk)
    return builder.completion


__all__ = ["Chunk", "CompletionBuilder", "completion_of"]
