"""A chat model that answers as a test says, calls that are counted, short ways to run agents."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.decorators import action, chat_model_connection, chat_model_setup, tool
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ActionError

Answer = Callable[[Sequence[ChatMessage], dict[str, Any]], Any]


class Model(BaseChatModelConnection):
    """Answers as the test says."""

    answer: ClassVar[Answer]
    asked: ClassVar[list[tuple[list[ChatMessage], list[str], dict[str, Any]]]] = []
    in_flight: ClassVar[int] = 0
    most_in_flight: ClassVar[int] = 0
    latency: ClassVar[float] = 0.0
    hangs_at: ClassVar[int] = 0  # the number of the call that hangs, from 1
    ended: ClassVar[list[str]] = []

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        Model.asked.append((list(messages), [t.name for t in tools or ()], kwargs))
        Model.in_flight += 1
        Model.most_in_flight = max(Model.most_in_flight, Model.in_flight)
        try:
            hangs = len(Model.asked) == Model.hangs_at
            await asyncio.sleep(3600 if hangs else Model.latency)
            answer = Model.answer(messages, kwargs)
        finally:
            Model.in_flight -= 1
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return ChatMessage(role=MessageRole.ASSISTANT, content=answer)
        return answer

    def close(self) -> None:
        Model.ended.append("close")

    async def aclose(self) -> None:
        Model.ended.append("aclose")


class Setup(BaseChatModelSetup):
    @property
    def model_kwargs(self) -> dict[str, Any]:
        return {"model": self.model or "m"}


class Answering(Agent):
    """Asks the model and puts out its answer."""

    @chat_model_connection
    @staticmethod
    def server() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=Model)

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Setup, connection="server", tools=["add", "fail", "slow", "remember"]
        )

    @tool
    @staticmethod
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    @tool
    @staticmethod
    def fail(text: str) -> None:
        """Fail."""
        raise ValueError(f"no {text}")

    @tool
    @staticmethod
    async def slow(n: int) -> int:
        """Wait."""
        Model.in_flight += 1
        Model.most_in_flight = max(Model.most_in_flight, Model.in_flight)
        await asyncio.sleep(0.02 * (3 - n))
        Model.in_flight -= 1
        return n

    @tool
    @staticmethod
    def remember(fact: str, ctx: RunnerContext) -> str:
        """Tell the key."""
        return f"{fact} of {ctx.key}"

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.send_event(ChatRequestEvent(model="model", messages=[user(event.input)]))

    @action(ChatResponseEvent)
    @staticmethod
    def answered(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        ctx.send_event(OutputEvent(output=event.response.content))


def user(content: Any) -> ChatMessage:
    return ChatMessage(content=str(content))


def call(name: str, arguments: Any, number: int = 0) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "id": f"id-{number}",
        "type": "function",
        "function": function,
        "original_id": f"o{number}",
    }


def calling(*calls: dict[str, Any]) -> ChatMessage:
    return ChatMessage(role=MessageRole.ASSISTANT, tool_calls=list(calls))


def scripted(*answers: Any) -> Answer:
    """The next answer for each answer that is among the messages."""

    def answer(messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> Any:
        return answers[sum(m.role is MessageRole.ASSISTANT for m in messages)]

    return answer


def run(agent: Agent, *items: Any, **options: Any) -> list[dict[Any, Any]]:
    environment = AgentsExecutionEnvironment.get_execution_environment(**options)
    outputs = environment.from_list(items).apply(agent).to_list()
    environment.execute()
    return outputs


def acting(func: Callable[..., Any], *further: tuple[Any, Callable[..., Any]]) -> Agent:
    """An agent of a first action and of further ones."""
    agent = Agent()
    agent.add_action("first", [InputEvent], func)
    for number, (trigger, more) in enumerate(further):
        agent.add_action(f"further {number}", [trigger], more)
    return agent


def put_out(ctx: RunnerContext, value: Any) -> None:
    ctx.send_event(OutputEvent(output=value))


def add_model(agent: Agent, **setup: Any) -> Agent:
    """Give an agent a setup called "model" of these arguments."""
    server = ResourceDescriptor(clazz=Model)
    agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, server)
    described = ResourceDescriptor(clazz=Setup, connection="server", arguments=setup)
    return agent.add_resource("model", ResourceType.CHAT_MODEL, described)


class Next(Event):
    payload: Any = None


ONE = {"key": "k", "value": "x"}


class Shared:
    """What actions leave for the test. (They travel by value, so not in variables of it.)"""

    both: ClassVar[threading.Barrier]
    made: ClassVar[Counter[str]] = Counter()

    @staticmethod
    def meet(n: int) -> int:
        Shared.both.wait()  # passes only when another call is under way at the same time
        return n

    @staticmethod
    async def ten_times(n: int) -> int:
        await asyncio.sleep(0)
        return n * 10

    @staticmethod
    def count(name: str) -> int:
        Shared.made[name] += 1
        return Shared.made[name]

    @staticmethod
    def refuse(name: str) -> None:
        Shared.made[name] += 1
        raise ValueError(f"no {name}")


def failure(agent: Agent, *items: Any, **options: Any) -> str:
    """The text of the error that a job ends with."""
    with pytest.raises(ActionError) as raised:
        run(agent, *(items or [ONE]), **options)
    return str(raised.value)
