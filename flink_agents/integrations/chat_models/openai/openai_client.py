"""Chat completions by the OpenAI SDK. Importing this module needs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final, cast

import openai
from openai import AsyncOpenAI

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.model_call import ModelCall
from flink_agents.integrations.chat_models.openai.openai_chunks import CompletionBuilder
from flink_agents.integrations.chat_models.openai.openai_request import ChatRequest
from flink_agents.integrations.chat_models.openai.openai_utils import (
    convert_from_openai_completion,
)
from flink_agents.integrations.chat_models.sdk_client import ClientSettings, Sdk
from flink_agents.integrations.shared_clients import SharedClients

SDK: Final = Sdk(openai, AsyncOpenAI)
CLIENTS: Final[SharedClients[AsyncOpenAI]] = SharedClients(AsyncOpenAI.close)

_PATH = "/chat/completions"


async def complete_chat(client: AsyncOpenAI, request: ChatRequest, call: ModelCall) -> ChatMessage:
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


async def stream_chat(
    client: AsyncOpenAI, request: ChatRequest, call: ModelCall
) -> AsyncGenerator[ChatChunk, None]:
    """As :func:`complete_chat`, in pieces."""
    streamed = {"stream_options": {"include_usage": True}, **request.body, "stream": True}
    built = CompletionBuilder(request.model)
    async with aclosing(SDK.stream(client, _PATH, streamed, request.options, call)) as events:
        async for event in events:
            if failure := _reported(event, call):
                raise failure
            try:
                added = built.add(event)
            except ValueError as error:
                raise call.output_error(str(error), str(event)) from error
            if added.content or added.reasoning:
                yield added
    if not built.is_finished:
        raise call.connection_error(ConnectionError("the answer ended before it was complete"))
    yield ChatChunk(message=_read(built.completion, request, call))


def _reported(answer: Any, call: ModelCall) -> ModelError | None:
    """The error that came in place of an answer."""
    if isinstance(answer, Mapping) and "error" in answer and "choices" not in answer:
        return call.reported_error(cast("Mapping[str, Any]", answer)["error"])
    return None


def _read(answer: Any, request: ChatRequest, call: ModelCall) -> ChatMessage:
    try:
        return convert_from_openai_completion(answer, request.model)
    except ValueError as error:
        raise call.output_error(str(error), str(answer)) from error


__all__ = ["CLIENTS", "SDK", "ClientSettings", "complete_chat", "stream_chat"]
