"""For the tests of your agents: a chat model that follows a script, and a way to run an agent.

The same test runs in-process and on Flink::

    agent = MyAgent()
    add_scripted_model(agent, "my_model", script=["positive", "negative"])
    assert run_agent(agent, [{"key": "a", "value": "good"}]) == [{"a": "positive"}]
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ModelError, ModelUnavailableError

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment

__all__ = [
    "ScriptedChatModelConnection",
    "ScriptedChatModelSetup",
    "add_scripted_model",
    "read_calls",
    "run_agent",
    "tool_call",
]

#: One answer of a script: a text, a message, or an error that the call raises.
Reply = str | ChatMessage | ModelError


class ScriptedChatModelConnection(BaseChatModelConnection):
    """A connection without a server.

    Attributes:
        script: The answers of a conversation: the first one to its first request, the second one
            when one answer is part of the messages, and so on; the last one repeats. Keeps no
            count of its own, so concurrent conversations and replays get the same answers.
        respond: Instead of a script, a function of the messages and the tools that gives the
            answer. It travels with the job.
        latency: Seconds that each call takes. Default 0.
        call_log: A file to which each call adds a line of JSON; see :func:`read_calls`. Works
            across processes of one machine.
        native: Take output schemas like a service that has structured output. Default True.
    """

    script: list[Any] = Field(default_factory=list[Any])
    respond: Callable[[Sequence[ChatMessage], list[Tool] | None], Reply] | None = None
    latency: float = Field(default=0.0, ge=0.0)
    call_log: str | None = None
    native: bool = True

    @property
    def native_structured_output(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether output schemas are taken."""
        return self.native

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Answer by the script."""
        if self.latency:
            await asyncio.sleep(self.latency)
        reply = self._reply(messages, tools)
        if self.call_log is not None:
            _log_call(self.call_log, messages, tools, kwargs, reply)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, str):
            reply = ChatMessage(role=MessageRole.ASSISTANT, content=reply)
        usage = {
            "model_name": str(kwargs.get("model") or "scripted"),
            "promptTokens": sum(len(m.content.split()) for m in messages),
            "completionTokens": len(reply.content.split()),
        }
        return reply.model_copy(
            update={"role": MessageRole.ASSISTANT, "extra_args": {**usage, **reply.extra_args}}
        )

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """Answer by the script, word by word."""
        message = await self.achat(messages, tools, **kwargs)
        for word in re.findall(r"\S+\s*|\s+", message.content):
            yield ChatChunk(content=word)
        yield ChatChunk(message=message)

    def _reply(self, messages: Sequence[ChatMessage], tools: list[Tool] | None) -> Reply:
        if self.respond is not None:
            return self.respond(messages, tools)
        if not self.script:
            return ModelUnavailableError("The scripted chat model has no script. Give it one.")
        answered = sum(m.role is MessageRole.ASSISTANT for m in messages)
        return self.script[min(answered, len(self.script) - 1)]


class ScriptedChatModelSetup(BaseChatModelSetup):
    """A setup for :class:`ScriptedChatModelConnection`.

    Attributes:
        parameters: Parameters passed on with each call.
    """

    parameters: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """The model's name and the parameters."""
        return {"model": self.model, **self.parameters}


def add_scripted_model(
    agent: Agent,
    name: str,
    *,
    script: Sequence[Reply] = (),
    respond: Callable[[Sequence[ChatMessage], list[Tool] | None], Reply] | None = None,
    tools: Sequence[str] | None = None,
    prompt: Any = None,
    **connection: Any,
) -> Agent:
    """Add a scripted chat model, with its connection, to an agent.

    Args:
        agent: The agent.
        name: Name of the setup; the connection is called ``{name}_connection``.
        script: Answers, see :class:`ScriptedChatModelConnection`.
        respond: A function that answers, instead of a script.
        tools: Names of the tools that the model may call.
        prompt: Prompt of the setup.
        **connection: Further arguments of the connection, such as ``latency``.

    Returns:
        The agent.
    """
    agent.add_resource(
        f"{name}_connection",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(
            clazz=ScriptedChatModelConnection, script=list(script), respond=respond, **connection
        ),
    )
    return agent.add_resource(
        name,
        ResourceType.CHAT_MODEL,
        ResourceDescriptor(
            clazz=ScriptedChatModelSetup,
            connection=f"{name}_connection",
            tools=list(tools) if tools is not None else None,
            prompt=prompt,
        ),
    )


def tool_call(name: str, arguments: Any, call_id: str = "call-0") -> dict[str, Any]:
    """A tool call for an assistant message of a script.

    Args:
        name: Name of the tool.
        arguments: Its arguments, normally a dict.
        call_id: Id of the call, unique in its message.
    """
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function, "original_id": call_id}


def run_agent(
    agent: Agent,
    items: Sequence[Any],
    flink: StreamExecutionEnvironment | None = None,
    options: dict[str, Any] | None = None,
) -> list[dict[Any, Any]]:
    """Run an agent over a list and return its outputs.

    Args:
        agent: The agent.
        items: Input, as for ``from_list``.
        flink: A Flink environment to run it on. Default: in this process.
        options: Options of the job by name.

    Returns:
        One-entry dicts ``{key: output}`` in order of arrival.
    """
    environment = AgentsExecutionEnvironment.get_execution_environment(flink)
    for name, value in (options or {}).items():
        environment.get_config().set_str(name, str(value))
    outputs = environment.from_list(items).apply(agent).to_list()
    environment.execute()
    return outputs


def read_calls(call_log: str | Path) -> list[dict[str, Any]]:
    """The calls in a log in order: ``messages``, ``tools``, ``parameters``, ``error`` of each."""
    path = Path(call_log)
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def _log_call(
    path: str,
    messages: Sequence[ChatMessage],
    tools: list[Tool] | None,
    parameters: dict[str, Any],
    reply: Reply,
) -> None:
    record = {
        "messages": [m.model_dump(mode="json") for m in messages],
        "tools": [tool.name for tool in tools or ()],
        "parameters": parameters,
        "error": str(reply) if isinstance(reply, Exception) else None,
    }
    # One write to a file opened for appending is not mixed with those of other processes.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, (json.dumps(record, default=str) + "\n").encode())
    finally:
        os.close(descriptor)
