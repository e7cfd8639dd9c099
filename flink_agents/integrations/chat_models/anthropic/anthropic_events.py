"""A streamed answer put together into one that was not streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flink_agents.api.chat_message import ChatChunk
from flink_agents.integrations.chat_models.tool_calls import read_arguments

#: The field of a block that a delta of each kind adds to, and the delta's own name for it.
_ADDED = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
    "input_json_delta": ("partial_json", "partial_json"),
}


class MessageBuilder:
    """Takes the events of one answer, in order."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {"stop_reason": None}
        self._blocks: dict[int, dict[str, Any]] = {}

    @property
    def is_finished(self) -> bool:
        """Whether the answer came to an end."""
        return self._message["stop_reason"] is not None

    @property
    def message(self) -> dict[str, Any]:
        """What the events make up so far: a message as of Anthropic's API."""
        blocks = [_finished(self._blocks[index]) for index in sorted(self._blocks)]
        return {**self._message, "content": blocks}

    def add(self, event: Any) -> ChatChunk:
        """Take an event; gives the text and reasoning that it adds.

        Raises:
            ValueError: If it is no event.
        """
        if not isinstance(event, Mapping):
            raise ValueError("an event is no JSON object")
        given = cast("Mapping[str, Any]", event)
        try:
            return self._take(given)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"an event is not of the expected form ({error!r})") from error

    def _take(self, event: Mapping[str, Any]) -> ChatChunk:
        kind = event["type"]
        if kind == "message_start":
            self._message.update(event["message"])
        elif kind == "content_block_start":
            block = dict(event["content_block"])
            self._blocks[event["index"]] = block
            return ChatChunk(
                content=block["text"] if block["type"] == "text" else "",
                reasoning=block["thinking"] if block["type"] == "thinking" else "",
            )
        elif kind == "content_block_delta":
            return self._add_delta(self._blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            self._message.update({k: v for k, v in event["delta"].items() if v is not None})
            # The counts are totals, and those that are not told again stay.
            told = {k: v for k, v in (event.get("usage") or {}).items() if v is not None}
            self._message["usage"] = {**(self._message.get("usage") or {}), **told}
        # The API may send events of further kinds at any time.
        return ChatChunk()

    @staticmethod
    def _add_delta(block: dict[str, Any], delta: Mapping[str, Any]) -> ChatChunk:
        kind = delta["type"]
        if kind in _ADDED:
            name, given = _ADDED[kind]
            block[name] = (block.get(name) or "") + delta[given]
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
        return ChatChunk(
            content=delta["text"] if kind == "text_delta" else "",
            reasoning=delta["thinking"] if kind == "thinking_delta" else "",
        )


def _finished(block: dict[str, Any]) -> dict[str, Any]:
    """The block with the input that its pieces make up."""
    if "partial_json" not in block:
        return block
    done = {name: value for name, value in block.items() if name != "partial_json"}
    written: str = block["partial_json"]
    return {**done, "input": read_arguments(written)} if written.strip() else done


__all__ = ["MessageBuilder"]
