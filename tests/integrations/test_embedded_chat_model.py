"""The embedded chat model, with the real small model. Only the form of answers is asserted."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flink_agents.api.agents.agent import STRUCTURED_OUTPUT, Agent
from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.exceptions import ModelRequestError
from flink_agents.integrations.chat_models.embedded.embedded_chat_model import (
    EmbeddedChatModelConnection,
    EmbeddedChatModelSetup,
)
from flink_agents.testing import run_agent

QUESTION = [ChatMessage(content="What is the capital of France?")]


class Verdict(BaseModel):
    score: int = Field(ge=-4, le=4)
    reason: str


@pytest.fixture
def connection() -> Any:
    made = EmbeddedChatModelConnection()
    yield made
    made.close()


def test_an_answer_comes_with_its_usage(connection: EmbeddedChatModelConnection) -> None:
    answer = connection.chat(QUESTION, max_tokens=8, temperature=0.0, seed=1)
    assert answer.content
    assert answer.extra_args["promptTokens"] > 5
    assert 0 < answer.extra_args["completionTokens"] <= 8
    assert answer.extra_args["model_name"].endswith(".gguf")


def test_the_same_request_at_temperature_0_has_the_same_answer(
    connection: EmbeddedChatModelConnection,
) -> None:
    first, second = (connection.chat(QUESTION, max_tokens=12, temperature=0.0) for _ in range(2))
    assert first.content == second.content


def test_an_output_schema_binds_the_answer(connection: EmbeddedChatModelConnection) -> None:
    answer = connection.chat(
        QUESTION, output_schema=Verdict.model_json_schema(), max_tokens=200, temperature=0.0
    )
    assert set(Verdict.model_validate_json(answer.content).model_dump()) == {"score", "reason"}


def test_calls_on_the_event_loop_do_not_block_it(connection: EmbeddedChatModelConnection) -> None:
    async def both() -> tuple[int, ChatMessage]:
        call = asyncio.create_task(connection.achat(QUESTION, max_tokens=20))
        turns = 0
        while not call.done():
            turns += 1
            await asyncio.sleep(0.001)
        return turns, call.result()

    turns, answer = asyncio.run(both())
    assert answer.content
    assert turns > 3


def test_a_cancelled_call_stops_computing(connection: EmbeddedChatModelConnection) -> None:
    async def cancel() -> None:
        call = asyncio.create_task(connection.achat(QUESTION, max_tokens=1500))
        await asyncio.sleep(0.3)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        # The only slot is free again long before 1,500 tokens are computed.
        await asyncio.wait_for(connection.achat(QUESTION, max_tokens=2), timeout=60)

    asyncio.run(cancel())


def test_a_request_that_does_not_fit_names_the_setting(
    connection: EmbeddedChatModelConnection,
) -> None:
    with pytest.raises(ModelRequestError, match="n_ctx"):
        connection.chat([ChatMessage(content="word " * 4000)], max_tokens=4)


def test_a_missing_file_is_named_with_the_fix() -> None:
    connection = EmbeddedChatModelConnection(model_path="no-such-model.gguf")
    with pytest.raises(FileNotFoundError, match=r"no-such-model\.gguf"):
        connection.chat(QUESTION)


def test_closing_leaves_no_thread(connection: EmbeddedChatModelConnection) -> None:
    asyncio.run(connection.achat(QUESTION, max_tokens=2))
    connection.close()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("flink-agents-llama")]


def test_the_setup_passes_its_parameters_on() -> None:
    setup = EmbeddedChatModelSetup(
        connection="c", temperature=0.5, max_tokens=7, seed=3, additional_kwargs={"top_k": 1}
    )
    expected = {"temperature": 0.5, "max_tokens": 7, "seed": 3, "top_k": 1}
    assert setup.model_kwargs == expected


def test_an_agent_gets_a_typed_answer() -> None:
    def ask(event: Any, ctx: Any) -> None:
        message = ChatMessage(content=f"Judge: {event.input}")
        request = ChatRequestEvent(model="model", messages=[message], output_schema=Verdict)
        ctx.send_event(request)

    def answer(event: Any, ctx: Any) -> None:
        verdict = event.response.extra_args[STRUCTURED_OUTPUT]
        assert isinstance(verdict, Verdict)
        ctx.send_event(OutputEvent(output=verdict.score))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    agent.add_resource(
        "llama",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(clazz=Constant.EMBEDDED_CHAT_MODEL_CONNECTION),
    )
    agent.add_resource(
        "model",
        ResourceType.CHAT_MODEL,
        ResourceDescriptor(clazz=Constant.EMBEDDED_CHAT_MODEL_SETUP, connection="llama"),
    )
    (output,) = run_agent(agent, [{"key": 1, "value": "It broke after a day."}])
    assert -4 <= output[1] <= 4


def test_a_closed_connection_loads_the_model_again_when_it_is_used() -> None:
    connection = EmbeddedChatModelConnection()
    connection.chat(QUESTION, max_tokens=1)
    connection.close()
    assert connection.chat(QUESTION, max_tokens=1).extra_args["completionTokens"] == 1
    connection.close()


def test_an_answer_is_streamed_and_a_closed_stream_stops_computing() -> None:
    connection = EmbeddedChatModelConnection()

    async def run() -> tuple[list[ChatChunk], ChatMessage]:
        question = [ChatMessage(content="Count from one to fifty.")]
        whole = await connection.achat(question, max_tokens=40, temperature=0.0, seed=1)
        stream = connection.achat_stream(question, max_tokens=40, temperature=0.0, seed=1)
        got = [chunk async for chunk in stream]
        cut = connection.achat_stream(question, max_tokens=1500)
        await anext(cut)
        await cut.aclose()  # waits until the computing has stopped
        return got, whole

    try:
        got, whole = asyncio.run(run())
    finally:
        connection.close()
    assert len(got) > 5
    assert got[-1].message is not None
    assert "".join(chunk.content for chunk in got) == got[-1].message.content == whole.content
    assert got[-1].message.extra_args["completionTokens"] > 5


def test_a_stream_that_waits_for_its_turn_is_given_up_at_once(
    connection: EmbeddedChatModelConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compute(_: Any, request: Any, stop: threading.Event, on_chunk: Any) -> ChatMessage:
        stop.wait()
        return ChatMessage()

    monkeypatch.setattr(EmbeddedChatModelConnection, "_answer", compute)

    async def ask() -> None:
        async with aclosing(connection.achat_stream(QUESTION)) as chunks:
            await anext(chunks)

    async def run() -> None:
        first, second = asyncio.create_task(ask()), asyncio.create_task(ask())
        await asyncio.sleep(0.01)  # now the first has the only thread
        for task in (second, first):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, 20)

    asyncio.run(run())


def test_a_stream_of_a_request_that_is_refused_raises() -> None:
    connection = EmbeddedChatModelConnection(n_ctx=64)

    async def run() -> None:
        question = [ChatMessage(content="word " * 500)]
        with pytest.raises(ModelRequestError, match="n_ctx"):
            _ = [chunk async for chunk in connection.achat_stream(question)]

    try:
        asyncio.run(run())
    finally:
        connection.close()
