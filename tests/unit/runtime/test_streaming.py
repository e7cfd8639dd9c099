"""Pieces of answers, which actions get before the response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatChunk, ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.decorators import action, chat_model_connection, chat_model_setup, tool
from flink_agents.api.events.chat_event import ChatChunkEvent, ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent
from flink_agents.api.resource import ResourceDescriptor
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ModelUnavailableError
from flink_agents.testing import add_scripted_model, run_agent, tool_call
from tests.unit.runtime.scripted import Setup, acting, put_out
from tests.unit.runtime.test_agent_runner import Store, feed, outputs, pump_until, resume, running

pytestmark = pytest.mark.timeout(60)
ONE = [{"key": "k", "value": "x"}]


def ask(event: InputEvent, ctx: RunnerContext) -> None:
    message = ChatMessage(content=str(event.input))
    ctx.send_event(ChatRequestEvent(model="model", messages=[message], stream=True))


def on_chunk(event: ChatChunkEvent, ctx: RunnerContext) -> None:
    so_far = (ctx.sensory_memory.get("text") or "") + event.content
    ctx.sensory_memory.set("text", so_far)
    put_out(ctx, (event.number, event.reasoning + event.content))


def on_response(event: ChatResponseEvent, ctx: RunnerContext) -> None:
    put_out(ctx, (event.response.content, ctx.sensory_memory.get("text")))


def streaming(**scripted: Any) -> Agent:
    agent = acting(ask, (ChatChunkEvent, on_chunk), (ChatResponseEvent, on_response))
    return add_scripted_model(agent, "model", **scripted) if scripted else agent


def test_pieces_come_in_order_and_before_the_response() -> None:
    got = run_agent(streaming(script=["Hello dear world."]), ONE)
    assert [output["k"] for output in got] == [
        (0, "Hello "),
        (1, "dear "),
        (2, "world."),
        ("Hello dear world.", "Hello dear world."),
    ]


def test_pieces_are_numbered_on_over_rounds_with_tools() -> None:
    def twice(n: int) -> int:
        """Double."""
        return 2 * n

    call = ChatMessage(
        role=MessageRole.ASSISTANT, content="One moment.", tool_calls=[tool_call("twice", {"n": 4})]
    )
    agent = streaming(script=[call, "It is 8."], tools=["twice"])
    agent.add_resource("twice", Tool.resource_type(), Tool.from_callable(twice))
    got = [output["k"] for output in run_agent(agent, ONE)]
    assert [number for number, _ in got[:-1]] == list(range(5))
    assert got[-1] == ("It is 8.", "One moment.It is 8.")


def test_without_the_wish_there_are_no_pieces() -> None:
    def ask_plainly(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.send_event(ChatRequestEvent(model="model", messages=[ChatMessage(content="x")]))

    agent = acting(ask_plainly, (ChatChunkEvent, on_chunk), (ChatResponseEvent, on_response))
    got = run_agent(add_scripted_model(agent, "model", script=["Hello."]), ONE)
    assert got == [{"k": ("Hello.", None)}]


def test_a_connection_that_cannot_stream_gives_one_piece() -> None:
    class Plain(BaseChatModelConnection):
        def chat(
            self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
        ) -> ChatMessage:
            return ChatMessage(role=MessageRole.ASSISTANT, content="All at once.")

    assert _run_with(Plain) == [(0, "All at once."), ("All at once.", "All at once.")]


def test_pieces_that_nobody_listens_to_are_an_error() -> None:
    agent = acting(ask, (ChatResponseEvent, on_response))
    add_scripted_model(agent, "model", script=["Hello."])
    with pytest.raises(Exception, match="sent '_chat_chunk_event', to which no action listens"):
        run_agent(agent, ONE)


class Breaking(BaseChatModelConnection):
    """Breaks off, or hangs, after its first piece as often as it is told."""

    breaks: ClassVar[int] = 0
    hangs: ClassVar[bool] = False
    streams: ClassVar[int] = 0
    closed: ClassVar[int] = 0

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        return ChatMessage(role=MessageRole.ASSISTANT, content="One two.")

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        Breaking.streams += 1
        try:
            yield ChatChunk(reasoning="Hm. ")
            yield ChatChunk(content="One ")
            while Breaking.hangs:
                await asyncio.sleep(0.005)
            if Breaking.streams <= Breaking.breaks:
                raise ModelUnavailableError("broken")
            yield ChatChunk(content="two.")
            yield ChatChunk(message=await self.achat(messages, tools, **kwargs))
        finally:
            Breaking.closed += 1


def test_a_stream_without_the_whole_message_is_an_error_that_says_so() -> None:
    class Endless(Breaking):
        async def achat_stream(
            self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
        ) -> AsyncGenerator[ChatChunk, None]:
            yield ChatChunk(content="Well")

    with pytest.raises(Exception, match="without a chunk that has the whole message"):
        _run_with(Endless)


class BreakingAgent(Agent):
    @chat_model_connection
    @staticmethod
    def server() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=Breaking)

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=Setup, connection="server", tools=["now"])

    @tool
    @staticmethod
    def now() -> str:
        """Tell the time."""
        return "noon"

    ask = action(InputEvent)(staticmethod(ask))
    on_chunk = action(ChatChunkEvent)(staticmethod(on_chunk))
    on_response = action(ChatResponseEvent)(staticmethod(on_response))


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Breaking.breaks = Breaking.streams = Breaking.closed = 0
    Breaking.hangs = False


def test_a_retry_does_not_send_pieces_again() -> None:
    Breaking.breaks = 1
    options = {"error-handling-strategy": "retry", "retry-wait-interval": "1ms"}
    got = [output["k"] for output in run_agent(BreakingAgent(), ONE, options=options)]
    assert got == [(0, "Hm. "), (1, "One "), ("One two.", "One ")]


def test_after_a_restore_pieces_are_not_sent_again_and_the_response_comes() -> None:
    Breaking.hangs = True
    store = Store()
    with running(BreakingAgent(), store) as runner:
        feed(runner, "x")
        pump_until(runner, lambda: len(outputs(store)) == 2)
        assert '"text"' in store.state  # what the pieces left in sensory memory is kept
    Breaking.hangs = False
    store.busy.clear()
    with running(BreakingAgent(), store) as runner:
        resume(runner)
        pump_until(runner, lambda: not store.busy)
    assert outputs(store) == [(0, "Hm. "), (1, "One "), ("One two.", "One ")]


def test_the_stream_is_closed_when_the_job_ends_in_its_midst() -> None:
    Breaking.hangs = True
    store = Store()
    with running(BreakingAgent(), store) as runner:
        feed(runner, "x")
        pump_until(runner, lambda: len(outputs(store)) == 2)
    assert (Breaking.streams, Breaking.closed) == (1, 1)


def test_the_pieces_of_two_requests_do_not_mix() -> None:
    def ask_twice(event: InputEvent, ctx: RunnerContext) -> None:
        for text in ("first", "second"):
            messages = [ChatMessage(content=text)]
            ctx.send_event(ChatRequestEvent(model="model", messages=messages, stream=True))

    def tell(event: ChatChunkEvent, ctx: RunnerContext) -> None:
        put_out(ctx, (str(event.request_id), event.number, event.content))

    def tell_response(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        put_out(ctx, (str(event.request_id), event.response.content))

    agent = acting(ask_twice, (ChatChunkEvent, tell), (ChatResponseEvent, tell_response))
    add_scripted_model(
        agent, "model", respond=lambda messages, tools: f"an answer to {messages[0].content}"
    )
    got = [output["k"] for output in run_agent(agent, ONE)]
    for answer in (entry for entry in got if len(entry) == 2):
        pieces = [entry[2] for entry in got if len(entry) == 3 and entry[0] == answer[0]]
        assert "".join(pieces) == answer[1]
    assert len(got) == 10


def _run_with(connection: type[BaseChatModelConnection]) -> list[Any]:
    agent = streaming()
    kind = BaseChatModelConnection.resource_type()
    agent.add_resource("server", kind, ResourceDescriptor(clazz=connection))
    setup = ResourceDescriptor(clazz=Setup, connection="server")
    agent.add_resource("model", Setup.resource_type(), setup)
    return [output["k"] for output in run_agent(agent, ONE)]
