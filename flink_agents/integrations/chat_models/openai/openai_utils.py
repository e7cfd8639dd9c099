"""Credentials, and messages in OpenAI's form and back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.integrations.chat_models.api_key import resolve_api_key
from flink_agents.integrations.chat_models.server_url import AS_HEADER, checked_url
from flink_agents.integrations.chat_models.tool_calls import (
    require_answered_call,
    sent_arguments,
    tool_call,
)

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessage

DEFAULT_BASE_URL = "https://api.openai.com/v1"


def resolve_openai_credentials(
    api_key: SecretStr | str | None = None, api_base_url: str | None = None
) -> tuple[SecretStr, str]:
    """The key and the base URL, from the environment where they are not given.

    Args:
        api_key: Default: the environment variable ``OPENAI_API_KEY``.
        api_base_url: Default: ``OPENAI_API_BASE_URL``, else ``https://api.openai.com/v1``.

    Raises:
        ValueError: If there is no key, or one of them cannot be right.
    """
    hint = "For a server that needs none, any text will do"
    key = resolve_api_key(api_key, "OPENAI_API_KEY", hint)
    url = api_base_url or os.environ.get("OPENAI_API_BASE_URL") or DEFAULT_BASE_URL
    return key, checked_url(url, "api_base_url", AS_HEADER)


def convert_to_openai_messages(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The conversation as request messages."""
    return [convert_to_openai_message(message) for message in messages]


def convert_to_openai_message(message: ChatMessage) -> dict[str, Any]:
    """One message as a request message. Its ``extra_args`` stay here.

    Raises:
        ValueError: If a tool message does not tell which call it answers.
    """
    role, content = message.role.value, message.content
    if message.role is MessageRole.TOOL:
        return {"role": role, "content": content, "tool_call_id": require_answered_call(message)}
    if message.role is MessageRole.ASSISTANT and message.tool_calls:
        calls = [_to_openai_call(call) for call in message.tool_calls]
        return {"role": role, "content": content or None, "tool_calls": calls}
    if message.parts:
        return {"role": role, "content": [_to_openai_part(part) for part in message.all_parts]}
    return {"role": role, "content": content}


def _to_openai_part(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": part.address}}
    return {"type": "text", "text": part.text}


def _to_openai_call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(call.get("original_id") or call["id"]),
        "type": "function",
        "function": {
            "name": call["function"]["name"],
            "arguments": json.dumps(sent_arguments(call), ensure_ascii=False),
        },
    }


def convert_from_openai_message(message: ChatCompletionMessage | Mapping[str, Any]) -> ChatMessage:
    """A message of an answer, as the SDK's type or as JSON.

    Arguments of a tool call that are no JSON object stay the text that they are.

    Returns:
        The assistant's message; ``extra_args`` may hold ``reasoning`` and ``refusal``.

    Raises:
        ValueError: If it is no message.
    """
    if isinstance(message, Mapping):
        given = message
    else:
        given = cast("Mapping[str, Any]", message.model_dump())
    calls = given.get("tool_calls") or []
    reasoning = given.get("reasoning_content") or given.get("reasoning")
    found = {"reasoning": reasoning, "refusal": given.get("refusal")}
    try:
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content=_text(given.get("content")),
            tool_calls=[_from_openai_call(call) for call in calls],
            extra_args={name: value for name, value in found.items() if isinstance(value, str)},
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"its message is not of the expected form ({error!r})") from error


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = cast("list[Mapping[str, Any]]", content)
        return "".join(part["text"] for part in parts if part.get("type") == "text")
    return content or ""


def _from_openai_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return tool_call(function["name"], function.get("arguments"), call.get("id"))


def convert_from_openai_completion(completion: Any, asked_model: str) -> ChatMessage:
    """The first choice of a whole answer, with what is known about it in ``extra_args``.

    Args:
        completion: The answer as JSON.
        asked_model: Counts as ``model_name`` if the answer names no model.

    Returns:
        The message; ``extra_args`` holds ``model_name``, ``promptTokens``, ``completionTokens``,
        ``finish_reason`` and ``logprobs``, as far as the answer does.

    Raises:
        ValueError: If it is no answer.
    """
    if not isinstance(completion, Mapping):
        raise ValueError("it is no JSON object")
    answer = cast("Mapping[str, Any]", completion)
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise ValueError("it has no choices")
    choice: Any = cast("list[Any]", choices)[0]
    if not isinstance(choice, Mapping) or not isinstance(choice.get("message"), Mapping):
        raise ValueError("its first choice has no message")
    message = convert_from_openai_message(choice["message"])
    usage = answer.get("usage") or {}
    known = {
        "model_name": answer.get("model") or asked_model,
        "promptTokens": usage.get("prompt_tokens"),
        "completionTokens": usage.get("completion_tokens"),
        "finish_reason": choice.get("finish_reason"),
        "logprobs": choice.get("logprobs"),
    }
    message.extra_args.update({k: v for k, v in known.items() if v is not None})
    return message


__all__ = [
    "convert_from_openai_completion",
    "convert_from_openai_message",
    "convert_to_openai_message",
    "convert_to_openai_messages",
    "resolve_openai_credentials",
]
