"""Tool calls: what a model asked for, carried out and told back."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID, uuid5

from pydantic import BaseModel

from flink_agents.api.blocking import run_in_thread
from flink_agents.api.events.tool_event import ToolRequestEvent, ToolResponseEvent
from flink_agents.api.resource import ResourceType
from flink_agents.api.tools.tool import FunctionTool, Tool
from flink_agents.exceptions import ToolArgumentsError
from flink_agents.runtime.context import ActionContext
from flink_agents.runtime.tool_context import ToolContext

logger = logging.getLogger(__name__)


class FailedToolCall(BaseModel):
    """What a tool call gave that failed; kept in the journal as any other result.

    Attributes:
        told: What the model is told.
    """

    told: str


async def tool_call_action(event: ToolRequestEvent, ctx: ActionContext) -> None:
    """Answer a :class:`ToolRequestEvent`: the calls run side by side."""
    results = [
        result.told if isinstance(result, FailedToolCall) else result
        for result in await call_tools(ctx, event.tool_calls, None)
    ]
    ids = [_call_id(event.id, call, n) for n, call in enumerate(event.tool_calls)]
    externals = [cast("str | None", call.get("original_id")) for call in event.tool_calls]
    ctx.send_event(
        ToolResponseEvent(
            request_id=event.id,
            responses=dict(zip(ids, results, strict=True)),
            external_ids=dict(zip(ids, externals, strict=True)),
        )
    )


async def call_tools(
    ctx: ActionContext, calls: Sequence[Mapping[str, Any]], allowed: Sequence[str] | None
) -> list[Any]:
    """Carry out tool calls side by side, each kept in the journal.

    A call that fails does not fail the action: the model is told.

    Args:
        ctx: Context of the action.
        calls: The calls, as in an assistant message.
        allowed: Names of the tools that may be called; None for any that is declared.

    Returns:
        The results in the order of the calls; of one that failed a :class:`FailedToolCall`.
    """

    async def one(number: int, call: Mapping[str, Any]) -> Any:
        function: Mapping[str, Any] = call.get("function") or {}
        name, arguments = str(function.get("name", "")), function.get("arguments")

        async def call_tool(number: int, name: str, arguments: Any) -> Any:
            return await _call_tool(ctx, name, arguments, allowed)

        return await ctx.make_call(call_tool, (number, name, arguments), {})

    return await asyncio.gather(*(one(n, call) for n, call in enumerate(calls)))


async def _call_tool(
    ctx: ActionContext, name: str, arguments: Any, allowed: Sequence[str] | None
) -> Any:
    declared = [n for k, n in ctx.plan.resources if k is ResourceType.TOOL]
    known = declared if allowed is None else [n for n in allowed if n in declared]
    if name not in known:
        tools = ", ".join(known) or "none"
        return FailedToolCall(told=f"Error: there is no tool {name!r}. The tools are: {tools}.")
    tool = cast("Tool", ctx.get_resource(name, ResourceType.TOOL))
    if not isinstance(arguments, Mapping):
        return FailedToolCall(
            told=f"Error: the arguments of tool {name!r} are no JSON object: "
            f"{str(arguments)[:200]!r}. Call it again with valid arguments."
        )
    try:
        return await _invoke(ctx, tool, cast("Mapping[str, Any]", arguments))
    except ToolArgumentsError as error:
        return FailedToolCall(told=f"Error: {error}")
    except Exception as error:
        logger.warning("Tool %r failed with %s: %s", name, type(error).__name__, error)
        return FailedToolCall(
            told=f"Error: tool {name!r} failed with {type(error).__name__}: {error}"
        )


async def _invoke(ctx: ActionContext, tool: Tool, arguments: Mapping[str, Any]) -> Any:
    if isinstance(tool, FunctionTool):
        bound: dict[str, Any] = tool.bind_arguments(arguments)
        if tool.context_parameter is not None:
            bound[tool.context_parameter] = ToolContext(ctx, tool.name)
        if tool.is_async:
            return await tool.call(**bound)
    else:
        bound = dict(arguments)
    result = await run_in_thread(tool.call, **bound)
    return await result if inspect.isawaitable(result) else result


def _call_id(request: UUID, call: Mapping[str, Any], number: int) -> UUID:
    """The call's own id where it is a UUID, else one made of the request's id and its number."""
    try:
        return UUID(str(call["id"]))
    except (KeyError, ValueError):
        return uuid5(request, str(number))
