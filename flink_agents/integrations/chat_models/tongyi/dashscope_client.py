"""Chats by the DashScope SDK. Importing this module needs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, cast

import aiohttp
import dashscope
from dashscope import AioGeneration
from dashscope.client.base_api import BaseAioApi
from dashscope.common.error import DashScopeException
from pydantic import SecretStr

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.exceptions import ModelError
from flink_agents.integrations.chat_models.model_call import ModelCall
from flink_agents.integrations.chat_models.openai.openai_chunks import CompletionBuilder
from flink_agents.integrations.chat_models.openai.openai_utils import (
    convert_from_openai_completion,
)
from flink_agents.integrations.chat_models.tongyi.dashscope_errors import refusal
from flink_agents.integrations.chat_models.tongyi.dashscope_messages import (
    ChunkReader,
    completion_from,
)
from flink_agents.integrations.chat_models.tongyi.dashscope_request import ChatRequest
from flink_agents.integrations.chat_models.tongyi.dashscope_session import (
    Client,
    Exchange,
    RefusedError,
)
from flink_agents.integrations.shared_clients import SharedClients

CLIENTS: Final[SharedClients[Client]] = SharedClients(Client.close)

#: What a call can fail with without a fault of this library.
_FAILURES = (
    RefusedError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    DashScopeException,
    OSError,
    # What the SDK stumbles with over an answer of an unexpected form, or a request.
    LookupError,
    AttributeError,
    ValueError,
    TypeError,
)


def default_base_url() -> str:
    """Where the SDK finds the API: ``dashscope.base_http_api_url``."""
    return dashscope.base_http_api_url


async def complete_chat(
    client: Client, key: SecretStr, request: ChatRequest, call: ModelCall
) -> ChatMessage:
    """Send a request and read the answer.

    Args:
        client: Sends it.
        key: The API key.
        request: What to ask. If the model is to think, the answer is streamed nevertheless: most
            models refuse to think otherwise.
        call: Names the call in errors.

    Raises:
        ModelError: Of the class that fits.
    """
    if request.thinks:
        message: ChatMessage | None = None
        async with aclosing(stream_chat(client, key, request, call)) as chunks:
            async for chunk in chunks:
                message = chunk.message
        assert message is not None
        return message
    exchange = Exchange(call.timeout, streams=False)
    try:
        async with client.slots:
            with exchange.running():
                answer = await _send(client, key, request, call, stream=False)
    except _FAILURES as error:
        failure: ModelError = _failed(call, error, exchange)
    else:
        try:
            completion = completion_from(answer["output"], answer["usage"], request.model)
        except ValueError as error:
            raise call.output_error(str(error), _text(answer)) from error
        return _read(completion, request, call)
    finally:
        exchange.close()
    # Raised out here, so that no error of the SDK is chained to it: those hold the request.
    raise failure


async def stream_chat(
    client: Client, key: SecretStr, request: ChatRequest, call: ModelCall
) -> AsyncGenerator[ChatChunk, None]:
    """As :func:`complete_chat`, in pieces."""
    built, reader = CompletionBuilder(request.model), ChunkReader()
    async with aclosing(_answers(client, key, request, call)) as answers:
        async for answer in answers:
            if answer["status_code"] != 200:
                raise refusal(call, answer["status_code"], answer, streamed=True)
            try:
                added = built.add(reader.read(answer["output"], answer["usage"]))
            except ValueError as error:
                raise call.output_error(str(error), _text(answer)) from error
            if not request.extract_reasoning:
                added.reasoning = ""
            if added.content or added.reasoning:
                yield added
    if not built.is_finished:
        raise call.connection_error(ConnectionError("the answer ended before it was complete"))
    yield ChatChunk(message=_read(built.completion, request, call))


async def _answers(
    client: Client, key: SecretStr, request: ChatRequest, call: ModelCall
) -> AsyncGenerator[dict[str, Any], None]:
    exchange = Exchange(call.timeout, streams=True)
    failure: ModelError | None = None
    try:
        async with client.slots:
            with exchange.running():
                answers = await _send(client, key, request, call, stream=True)
            while True:
                with exchange.running():
                    try:
                        answer = await anext(answers)
                    except StopAsyncIteration:
                        break
                yield answer
    except _FAILURES as error:
        failure = _failed(call, error, exchange)
    finally:
        exchange.close()
    if failure is not None:
        raise failure


async def _send(
    client: Client,
    key: SecretStr,
    request: ChatRequest,
    call: ModelCall,
    *,
    stream: bool,
) -> Any:
    arguments: dict[str, Any] = {
        **request.parameters,
        "model": request.model,
        "api_key": key.get_secret_value(),
        "base_address": call.base_url,
        "request_timeout": call.timeout,
        "session": client.session,
    }
    if stream:
        arguments.update(stream=True, incremental_output=True)
    if not request.multimodal:
        return await AioGeneration.call(messages=cast("list[Any]", request.messages), **arguments)
    # The SDK's own class for these models, AioMultiModalConversation, uploads any file of this
    # machine whose path stands in a message.
    return await BaseAioApi.call(
        task_group="aigc",
        task="multimodal-generation",
        function="generation",
        input={"messages": request.messages},
        **arguments,
    )


def _failed(call: ModelCall, error: Exception, exchange: Exchange) -> ModelError:
    if isinstance(error, RefusedError):
        try:
            report: Any = json.loads(error.body)
        except ValueError:
            report = None
        if error.status != 200:
            said = report if isinstance(report, dict) else error.body.decode(errors="replace")
            return refusal(call, error.status, said)
        if isinstance(report, dict) and "code" in report:
            return refusal(call, 400, cast("dict[str, Any]", report), streamed=True)
        problem = "it is no JSON" if report is None else "it has no output"
        return call.output_error(problem, error.body)
    if isinstance(error, asyncio.TimeoutError):
        return call.timeout_error()
    if isinstance(error, aiohttp.ContentTypeError):
        return call.output_error(f"it is {error.message}", "")
    if isinstance(error, aiohttp.ClientConnectionError):
        # After the first one the SDK has sent the request once more.
        return call.connection_error(error, attempts=2)
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.TooManyRedirects)):
        return call.send_error(error)
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return call.connection_error(error)
    if exchange.is_answered:
        return call.output_error("it is not of the expected form", repr(error))
    return call.send_error(error)


def _read(completion: dict[str, Any], request: ChatRequest, call: ModelCall) -> ChatMessage:
    try:
        message = convert_from_openai_completion(completion, request.model)
    except ValueError as error:
        raise call.output_error(str(error), _text(completion)) from error
    if not request.extract_reasoning:
        message.extra_args.pop("reasoning", None)
    return message


def _text(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, default=str)


__all__ = ["CLIENTS", "Client", "complete_chat", "default_base_url", "stream_chat"]
