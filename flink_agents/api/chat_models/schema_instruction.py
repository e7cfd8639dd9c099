"""How a model without structured output of its own is asked for an answer of a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flink_agents.api.chat_message import ChatMessage, MessageRole


def with_schema_instruction(
    messages: Sequence[ChatMessage], schema: Mapping[str, Any]
) -> list[ChatMessage]:
    """The conversation with an instruction to answer with one JSON value of the schema.

    There stays one system message in the beginning: some models take no second one.
    """
    instruction = (
        "Answer with one JSON value of the following JSON schema and with nothing else.\n"
        + json.dumps(schema, ensure_ascii=False)
    )
    if messages and messages[0].role is MessageRole.SYSTEM and not messages[0].parts:
        first = messages[0]
        text = f"{first.content}\n\n{instruction}"
        return [first.model_copy(update={"content": text}), *messages[1:]]
    return [ChatMessage(role=MessageRole.SYSTEM, content=instruction), *messages]


__all__ = ["with_schema_instruction"]
