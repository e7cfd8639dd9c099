"""Chat requests: the model is asked, its tool calls are carried out, until it has an answer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from pydantic import BaseModel

from flink_agents.api.agents.agent import STRUCTURED_OUTPUT
from flink_agents.api.blocking import run_in_thread
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.api.chat_models.schema_instruction import with_schema_instruction
from flink_agents.api.core_options import AgentConfigOptions, AgentExecutionOptions
from flink_agents.api.events.chat_event import (
    ChatChunkEvent,
    ChatRequestEvent,
    ChatResponseEvent,
)
from flink_agents.api.resource import ResourceType
from flink_agents.exceptions import ModelOutputError, OutputSchemaError, ToolRoundsError
from flink_agents.runtime.actions.tools import FailedToolCall, call_tools
from flink_agents.runtime.context import ActionContext


async def chat_model_action(event: ChatRequestEvent, ctx: ActionContext) -> None:
    """Answer a :class:`ChatRequestEvent`.

    Each model call and each tool call is kept in the journal: after a crash, those that were
    finished are not repeated.

    Raises:
        ToolRoundsError: If the model still calls tools after ``max-tool-rounds`` rounds.
        ModelOutputError: If its answer does not fit the output schema after the retries.
        ModelError: If a call fails.
    """
    setup = cast("BaseChatModelSetup", ctx.get_resource(event.model, ResourceType.CHAT_MODEL))
    rounds = ctx.config.get(AgentExecutionOptions.MAX_TOOL_ROUNDS)
    corrections = ctx.config.get(AgentConfigOptions.MAX_RETRIES)
    messages, arguments = await _first_request(setup, event)
    numbers = itertools.count()

    async def ask_model(model: str, messages: list[ChatMessage], arguments: Any) -> ChatMessage:
        if not (event.stream and ctx.can_stream):
            return await setup.achat(messages, **arguments)
        async with aclosing(setup.achat_stream(messages, **arguments)) as chunks:
            async for chunk in chunks:
                if chunk.content or chunk.reasoning:
                    ctx.stream_event(
                        ChatChunkEvent(
                            request_id=event.id,
                            number=next(numbers),
                            content=chunk.content,
                            reasoning=chunk.reasoning,
                        )
                    )
                if chunk.message is not None:
                    return chunk.message
        raise ModelOutputError(
            f"Chat model {event.model!r}: achat_stream of its connection ended without a chunk "
            "that has the whole message. Give the last ChatChunk its message."
        )

    while True:
        request = (event.model, list(messages), arguments)
        response: ChatMessage = await ctx.make_call(ask_model, request, {})
        if response.tool_calls:
            if rounds == 0:
                raise _too_many_rounds(event.model, ctx, response)
            rounds -= 1
            results = await call_tools(ctx, response.tool_calls, setup.tools or [])
            messages.append(response)
            messages += _tool_messages(response, results)
            continue
        if event.output_schema is not None:
            try:
                response.extra_args[STRUCTURED_OUTPUT] = event.output_schema.parse(response.content)
            except ModelOutputError as error:
                if corrections == 0:
                    raise OutputSchemaError(f"Chat model {event.model!r}: {error}") from error
                corrections -= 1
                messages.append(response)
                messages.append(_correction(error))
                continue
        break
    ctx.send_event(ChatResponseEvent(request_id=event.id, response=response))


async def _first_request(
    setup: BaseChatModelSetup, event: ChatRequestEvent
) -> tuple[list[ChatMessage], dict[str, Any]]:
    arguments: dict[str, Any] = {}
    if event.prompt_args:
        arguments["prompt_args"] = event.prompt_args
    schema = event.output_schema
    if schema is None:
        return list(event.messages), arguments
    connection = setup.get_connection()
    # A connection that has to ask, such as one of Java, may wait for what it asks to start.
    if await run_in_thread(getattr, connection, "native_structured_output"):
        arguments["output_schema"] = schema.json_schema()
        return list(event.messages), arguments
    return with_schema_instruction(event.messages, schema.json_schema()), arguments


def _correction(error: ModelOutputError) -> ChatMessage:
    return ChatMessage(
        role=MessageRole.USER,
        content=f"Your answer could not be used: {error} Answer again, with one JSON object that "
        "fits the schema and nothing else.",
    )


def _tool_messages(response: ChatMessage, results: Sequence[Any]) -> list[ChatMessage]:
    """The results as messages, in the order of the calls."""
    return [
        _tool_message(call, result)
        for call, result in zip(response.tool_calls, results, strict=True)
    ]


def _tool_message(call: Mapping[str, Any], result: Any) -> ChatMessage:
    extra_args = {
        "external_id": call.get("original_id") or call.get("id"),
        "tool_name": call.get("function", {}).get("name"),
    }
    if isinstance(result, FailedToolCall):
        extra_args["is_error"] = True
        result = result.told
    return ChatMessage(role=MessageRole.TOOL, content=_as_text(result), extra_args=extra_args)


def _as_text(result: Any) -> str:
    if isinstance(result, str):
        return result
    if isinstance(result, BaseModel):
        return result.model_dump_json()
    return json.dumps(result, default=str, ensure_ascii=False)


def _too_many_rounds(model: str, ctx: ActionContext, last: ChatMessage) -> ToolRoundsError:
    limit = ctx.config.get(AgentExecutionOptions.MAX_TOOL_ROUNDS)
    names = ", ".join(sorted({call["function"]["name"] for call in last.tool_calls}))
    return ToolRoundsError(
        f"Chat model {model!r} still calls tools ({names}) after {limit} rounds. Raise the option "
        f"{AgentExecutionOptions.MAX_TOOL_ROUNDS.get_key()!r}, or change prompt and tools so that "
        "it comes to an answer."
    )
