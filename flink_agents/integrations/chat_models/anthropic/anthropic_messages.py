"""Messages in Anthropic's form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.integrations.chat_models.tool_calls import (
    require_answered_call,
    sent_arguments,
)

Block = dict[str, Any]


def convert_to_anthropic_system_prompts(messages: Sequence[ChatMessage]) -> list[Block]:
    """The system messages of a conversation as blocks of text, wherever they stand in it.

    Raises:
        ValueError: If one of them has an image.
    """
    blocks: list[Block] = []
    for message in messages:
        if message.role is MessageRole.SYSTEM:
            blocks += _parts(message)
    if any(block["type"] != "text" for block in blocks):
        raise ValueError("a system message has an image: Anthropic takes them in user messages")
    return blocks


def convert_to_anthropic_messages(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The conversation as request messages.

    System messages are left out, and so are empty ones, which the API refuses. Messages in a row
    that have the same role there become one, so that all results of a round are together.
    """
    converted: list[dict[str, Any]] = []
    for message in messages:
        if message.role is MessageRole.SYSTEM or not (blocks := _blocks(message)):
            continue
        role = _role(message)
        if converted and converted[-1]["role"] == role:
            converted[-1]["content"] += blocks
        else:
            converted.append({"role": role, "content": blocks})
    if converted and converted[-1]["role"] == "assistant":
        _end_without_space(converted)
    for message in converted:
        # The API wants the results before all other blocks.
        message["content"].sort(key=lambda block: block["type"] != "tool_result")
        message["content"] = _content(message["content"])
    return converted


def convert_to_anthropic_message(message: ChatMessage) -> dict[str, Any]:
    """One message as a request message.

    Of its ``extra_args`` nothing is sent but an assistant's thinking, unchanged, as the API
    demands it; and, of a tool message, ``external_id`` and whether it ``is_error``.

    Raises:
        ValueError: If it is a system message, or a tool message that does not tell which call it
            answers.
    """
    if message.role is MessageRole.SYSTEM:
        raise ValueError(
            "a system message is no request message: use convert_to_anthropic_system_prompts"
        )
    return {"role": _role(message), "content": _content(_blocks(message))}


def _role(message: ChatMessage) -> str:
    return "assistant" if message.role is MessageRole.ASSISTANT else "user"


def _content(blocks: list[Block]) -> str | list[Block]:
    if not blocks:
        return ""
    (first, *others) = blocks
    return first["text"] if not others and first.keys() == {"type", "text"} else blocks


def _blocks(message: ChatMessage) -> list[Block]:
    if message.role is MessageRole.TOOL:
        return [_tool_result(message)]
    if message.role is MessageRole.ASSISTANT:
        return _assistant_blocks(message)
    return _parts(message)


def _parts(message: ChatMessage) -> list[Block]:
    """Text and images. A text of nothing but space is refused by the API, so it is left out."""
    return [
        _image(part) if isinstance(part, ImagePart) else {"type": "text", "text": part.text}
        for part in message.all_parts
        if not isinstance(part, TextPart) or part.text.strip()
    ]


def _image(part: ImagePart) -> Block:
    if part.url is not None:
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    source = {"type": "base64", "media_type": part.media_type, "data": part.base64}
    return {"type": "image", "source": source}


def _tool_result(message: ChatMessage) -> Block:
    extra = message.extra_args
    block: Block = {"type": "tool_result", "tool_use_id": _tool_id(require_answered_call(message))}
    if content := _content(_parts(message)):
        block["content"] = content
    if extra.get("is_error") or extra.get("isError"):
        block["is_error"] = True
    return block


def _assistant_blocks(message: ChatMessage) -> list[Block]:
    """All that was said, as the API takes it: no empty text, and no thinking in the end."""
    blocks = _whole_content(message) or [
        *(message.extra_args.get("reasoning_blocks") or []),
        *_parts(message),
        *(_tool_use(call) for call in message.tool_calls),
    ]
    said = [block for block in blocks if block["type"] != "text" or block["text"].strip()]
    while said and said[-1]["type"] in ("thinking", "redacted_thinking"):
        said.pop()
    return said


def _whole_content(message: ChatMessage) -> list[Block]:
    """The blocks that came, if they were kept and the message still is what they say."""
    blocks: list[Block] = message.extra_args.get("content_blocks") or []
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    ids = [block["id"] for block in blocks if block["type"] == "tool_use"]
    same = text == message.content and ids == [c.get("original_id") for c in message.tool_calls]
    return [*blocks] if same and not message.parts else []


def _tool_use(call: Mapping[str, Any]) -> Block:
    return {
        "type": "tool_use",
        "id": _tool_id(call.get("original_id") or call["id"]),
        "name": call["function"]["name"],
        "input": sent_arguments(call),
    }


def _tool_id(given: Any) -> str:
    """The id, also where another provider gave it: only these characters are allowed."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", str(given))


def _end_without_space(messages: list[dict[str, Any]]) -> None:
    """An answer that is begun for the model may not end with space."""
    last = messages[-1]["content"][-1]
    if last["type"] == "text":
        messages[-1]["content"][-1] = {**last, "text": last["text"].rstrip()}


__all__ = [
    "convert_to_anthropic_message",
    "convert_to_anthropic_messages",
    "convert_to_anthropic_system_prompts",
]
