"""Chat requests: what the DashScope SDK is called with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.chat_models.schema_instruction import with_schema_instruction
from flink_agents.api.tools.metadata import ToolMetadata
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.chat_model_utils import to_openai_tool
from flink_agents.integrations.chat_models.tongyi.dashscope_messages import (
    convert_to_dashscope_messages,
)

#: Models that are at the endpoint of multimodal models also when they are asked in text alone.
_MULTIMODAL_MODEL = re.compile(r"qwen3\.[5-9]|qwen[4-9]|qvq|.*-(?:vl|ocr|omni)(?:-|$)")

#: Arguments of the SDK that are not for the caller: told elsewhere, or of no use in a chat. The
#: encryption would block the event loop.
RESERVED = frozenset(
    {"messages", "tools", "stream", "incremental_output", "result_format", "prompt", "history"}
    | {"input", "task", "task_group", "function", "api_key", "base_address", "session"}
    | {"api_protocol", "http_method", "ws_stream_mode", "async_request", "query", "form"}
    | {"is_service", "is_binary_input", "resources", "flattened_output", "extra_url_parameters"}
    | {"user_agent", "task_id", "pre_task_id", "enable_encryption", "sdk_module"}
)


@dataclass(frozen=True)
class ChatRequest:
    """One request.

    Attributes:
        model: Name of the model.
        messages: In DashScope's form.
        parameters: Further arguments of the SDK: parameters of the model, and ``headers``,
            ``workspace`` and ``plugins`` if they are given.
        multimodal: It goes to the endpoint of models that take images.
        thinks: The model is asked to think before it answers.
        extract_reasoning: The answer comes with the reasoning.
        timeout: Seconds; None for the connection's.
    """

    model: str
    messages: list[dict[str, Any]]
    parameters: dict[str, Any] = field(repr=False)
    multimodal: bool
    thinks: bool
    extract_reasoning: bool
    timeout: float | None


def chat_request(
    messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
) -> ChatRequest:
    """Make a request.

    Args:
        messages: The conversation, oldest first.
        tools: Tools that the model may ask to call.
        arguments: As of ``TongyiChatModelConnection.achat``.

    Raises:
        ValueError: If it cannot be made.
    """
    rest = dict(arguments)
    model = rest.pop("model", None)
    if not model:
        raise ValueError("no model is named: set model in the chat model setup")
    if rest.get("stream"):
        raise ValueError("stream cannot be set: call achat_stream, or ask for ChatChunkEvents")
    if taken := sorted(name for name in RESERVED & rest.keys() if rest[name] is not None):
        raise ValueError(f"{', '.join(taken)} cannot be set")
    schema = rest.pop("output_schema", None)
    timeout = rest.pop("request_timeout", None)
    extract_reasoning = bool(rest.pop("extract_reasoning", False))
    multimodal = rest.pop("multimodal", None)
    if multimodal is None:
        multimodal = _MULTIMODAL_MODEL.match(model) is not None or any(m.parts for m in messages)
    if extract_reasoning:
        rest.setdefault("enable_thinking", True)
    thinks = extract_reasoning or bool(rest.get("enable_thinking"))
    if schema is not None:
        messages = with_schema_instruction(messages, schema)
        # JSON mode keeps a model from calling tools, and models that think know none. Those of
        # the multimodal endpoint may think unless they are told not to.
        may_think = thinks or (multimodal and rest.get("enable_thinking") is not False)
        if not tools and not may_think:
            rest.setdefault("response_format", {"type": "json_object"})
    if tools:
        rest["tools"] = [to_dashscope_tool(tool.metadata, skip_length_check=True) for tool in tools]
    return ChatRequest(
        model=model,
        messages=convert_to_dashscope_messages(messages, multimodal=multimodal),
        parameters={
            "result_format": "message",
            **{name: value for name, value in rest.items() if value is not None},
        },
        multimodal=multimodal,
        thinks=thinks,
        extract_reasoning=extract_reasoning,
        timeout=timeout,
    )


def to_dashscope_tool(metadata: ToolMetadata, skip_length_check: bool = False) -> dict[str, Any]:
    """A tool as DashScope describes it, which is as OpenAI does.

    Args:
        metadata: What the model is told.
        skip_length_check: Allow descriptions of more than 1,024 characters. Default False.

    Returns:
        ``{"type": "function", "function": {"name", "description", "parameters"}}``.

    Raises:
        ValueError: If the description is too long.
    """
    return to_openai_tool(metadata=metadata, skip_length_check=skip_length_check)


__all__ = ["RESERVED", "ChatRequest", "chat_request", "to_dashscope_tool"]
