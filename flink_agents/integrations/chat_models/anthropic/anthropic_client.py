"""Messages by the Anthropic SDK. Importing this module needs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final, cast

import anthropic
from anthropic import AsyncAnthropic

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.anthropic.anthropic_answer import (
    convert_from_anthropic_message,
)
from flink_agents.integrations.chat_models.anthropic.anthropic_events import MessageBuilder
from flink_agents.integrations.chat_models.anthropic.anthropic_request import MessageRequest
from flink_agents.integrations.chat_models.model_call import ModelCall
from flink_agents.integrations.chat_models.sdk_client import ClientSettings, Sdk
from flink_agents.integrations.shared_clients import SharedClients

_PATH = "/v1/messages"

SDK: Final = Sdk(anthropic, AsyncAnthropic)
CLIENTS: Final[SharedClients[AsyncAnthropic]] = SharedClients(AsyncAnthropic.close)


async def create_message(
    client: AsyncAnthropic, request: MessageRequest, call: ModelCall
) -> ChatMessage:
    """Send a request and read the answer.

    Args:
        client: Sends it, and repeats it if need be.
        request: What to ask.
        call: Names the call in errors.

    Raises:
        ModelError: Of the class that fits.
    """
    answer = await SDK.post(client, _PATH, request.body, request.options, call)
    if failure := _reported(answer, call):
        raise failure
    return _read(answer, request, call)


async def stream_message(
    client: AsyncAnthropic, request: MessageRequest, call: ModelCall
) -> AsyncGenerator[ChatChunk, None]:
    """As :func:`create_message`, in pieces."""
    streamed = {**request.body, "stream": True}
    built = MessageBuilder()
    prefill = request.prefill
    async with aclosing(SDK.stream(client, _PATH, streamed, request.options, call)) as events:
        async for event in events:
            if failure := _reported(event, call):
                raise failure
            try:
                added = built.add(event)
            except ValueError as error:
                raise call.output_error(str(error), str(event)) from error
            if added.content.strip():
                added.content, prefill = _with_prefill(added.content, prefill), ""
            if added.content or added.reasoning:
                yield added
    if not built.is_finished:
        raise call.connection_error(ConnectionError("the answer ended before it was complete"))
    yield ChatChunk(message=_read(built.message, request, call))


def _reported(answer: Any, call: ModelCall) -> ModelError | None:
    """The error that came in place of an answer."""
    if isinstance(answer, Mapping) and "error" in answer and "content" not in answer:
        return call.reported_error(cast("Mapping[str, Any]", answer))
    return None


def _read(answer: Any, request: MessageRequest, call: ModelCall) -> ChatMessage:
    try:
        message = convert_from_anthropic_message(answer, request.model)
    except ValueError as error:
        raise call.output_error(str(error), str(answer)) from error
    message.content = _with_prefill(message.content, request.prefill)
    return message


def _with_prefill(text: str, prefill: str) -> str:
    """The text after what was written for the model, which some servers repeat."""
    starts = text.lstrip()
    return prefill + text if starts and not (prefill and starts.startswith(prefill)) else text


__all__ = ["CLIENTS", "SDK", "ClientSettings", "create_message", "stream_message"]
