"""The next connection is asked where one fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.decorators import action, chat_model_connection, chat_model_setup
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor
from flink_agents.api.runner_context import RunnerContext
from flink_agents.exceptions import (
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
    UnknownResourceError,
)
from flink_agents.integrations.chat_models.composition import (
    FallbackChatModelConnection,
    FallbackTarget,
)
from flink_agents.testing import ScriptedChatModelConnection, ScriptedChatModelSetup, run_agent
from tests.composition.connecting import HI, Inner, Native, ask, attach, chunks


def fallback(*inner: Inner, **arguments: Any) -> FallbackChatModelConnection:
    names: list[Any] = [connection.name for connection in inner]
    given = {"connections": names, **arguments}
    return attach(FallbackChatModelConnection(**given), *inner)


def test_the_first_that_answers_is_the_last_that_is_asked() -> None:
    first, second = Inner(name="first"), Inner(name="second")
    assert ask(fallback(first, second)).content == "answer"
    assert (len(first.asked), len(second.asked)) == (1, 0)


@pytest.mark.parametrize(
    "error",
    [
        ModelUnavailableError("down"),
        ModelTimeoutError("late"),
        ModelRequestError("no such model"),
        ModelOutputError("garbage"),
        ConnectionError("of a custom provider"),
        TimeoutError("of a custom provider"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_error_leads_to_the_next(error: Exception) -> None:
    first, second = Inner(name="first").script(error), Inner(name="second").script("rescue")
    assert ask(fallback(first, second)).content == "rescue"


def test_every_request_begins_with_the_first() -> None:
    first = Inner(name="first").script(ModelUnavailableError("down"), "back")
    connection = fallback(first, Inner(name="second"))
    assert [ask(connection).content, ask(connection).content] == ["answer", "back"]


def test_one_that_is_too_slow_is_left_for_the_next_and_cancelled() -> None:
    slow = Inner(name="slow").script(3600)
    assert ask(fallback(slow, Inner(name="quick"), timeout=0.5)).content == "answer"


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("turns_of_the_loop", range(4))
def test_it_can_be_cancelled_in_the_moment_in_which_an_answer_comes(
    turns_of_the_loop: int, streams: bool
) -> None:
    class Slow(Inner):
        async def _next(self, messages: Any, kwargs: Any) -> Any:
            await answered.wait()
            for _ in range(3):
                await asyncio.sleep(0)
            return "answer"

    async def run() -> None:
        connection = fallback(Slow(name="slow"), timeout=60)

        async def stream() -> None:
            async for _ in connection.achat_stream(HI):
                await asyncio.sleep(3600)

        call = asyncio.ensure_future(stream() if streams else connection.achat(HI))
        await asyncio.sleep(0.01)
        answered.set()
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, 5)

    answered = asyncio.Event()
    asyncio.run(run())


def test_if_none_answers_the_error_tells_of_all() -> None:
    first = Inner(name="first").script(3600)
    second = Inner(name="second").script(ModelRequestError("bad key"))
    with pytest.raises(ModelUnavailableError) as caught:
        ask(fallback(first, second, timeout=0.5))
    told = str(caught.value)
    assert "None of 2 connections answered" in told
    assert "'first': ModelTimeoutError: no whole answer within 0.5 s" in told
    assert "'second': ModelRequestError: bad key" in told


def test_if_all_refuse_the_request_a_retry_is_no_use() -> None:
    refused = [Inner(name=n).script(ModelRequestError("no")) for n in ("first", "second")]
    with pytest.raises(ModelRequestError):
        ask(fallback(*refused))


def test_a_target_may_have_parameters_in_place_of_the_setups() -> None:
    first = Inner(name="first").script(ModelUnavailableError("down"))
    second = Native(name="second")
    connection = attach(
        FallbackChatModelConnection(
            connections=["first", FallbackTarget(connection="second", arguments={"model": "b"})]
        ),
        first,
        second,
    )
    ask(connection, model="a", strict=True, output_schema={"type": "object"})
    assert first.asked[0][1] == {"model": "a", "strict": True}
    assert second.asked[0][1] == {"model": "b", "output_schema": {"type": "object"}}


def test_the_schema_is_told_in_words_only_to_those_who_do_not_take_it() -> None:
    plain = Inner(name="plain").script(ModelUnavailableError("down"))
    native = Native(name="native")
    ask(fallback(plain, native), output_schema={"title": "Answer"})
    instruction, question = plain.asked[0][0]
    assert (instruction.role, question.content) == (MessageRole.SYSTEM, "Hi.")
    assert '{"title": "Answer"}' in instruction.content
    assert native.asked[0] == (HI, {"output_schema": {"title": "Answer"}})


def test_a_cancelled_request_is_cancelled_and_asks_nobody_else() -> None:
    first, second = Inner(name="first").script(3600), Inner(name="second")

    async def run() -> None:
        task = asyncio.ensure_future(fallback(first, second).achat(HI))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(run())
    assert second.asked == []


def test_a_stream_that_fails_before_its_first_piece_goes_on_with_the_next() -> None:
    first, second = Inner(name="first").script(3600), Inner(name="second").script("abc")
    got = chunks(fallback(first, second, timeout=0.5))
    assert [chunk.content for chunk in got] == ["a", "b", "c", ""]


def test_after_a_first_piece_the_next_connection_tells_only_the_whole() -> None:
    first = Inner(name="first").script(ModelUnavailableError("broken"))
    got = chunks(fallback(first, Inner(name="second").script("abc")))
    assert [chunk.content for chunk in got] == ["n", "o", ""]
    assert got[-1].message is not None
    assert got[-1].message.content == "abc"


def test_a_stream_of_none_ends_in_an_error() -> None:
    broken = [Inner(name=n).script(ModelUnavailableError(n)) for n in ("first", "second")]
    with pytest.raises(ModelUnavailableError, match="None of 2"):
        chunks(fallback(*broken))


def test_a_blocking_call_gives_the_clients_of_its_loop_back() -> None:
    first, second = Inner(name="first").script(ModelUnavailableError("x")), Inner(name="second")
    assert fallback(first, second).chat(HI).content == "answer"
    assert (first._closed, second._closed) == (1, 1)


def test_there_has_to_be_a_connection() -> None:
    with pytest.raises(ValueError, match="connections"):
        FallbackChatModelConnection(connections=[])


class Careful(Agent):
    """Asks a server that is down, then another one with a model of its own."""

    @chat_model_connection
    @staticmethod
    def down() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=ScriptedChatModelConnection, script=[ModelUnavailableError("down")]
        )

    @chat_model_connection
    @staticmethod
    def up() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=ScriptedChatModelConnection, script=["still here"])

    @chat_model_connection
    @staticmethod
    def either() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.FALLBACK_CHAT_MODEL_CONNECTION,
            connections=["down", {"connection": "up", "arguments": {"model": "other"}}],
        )

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(clazz=ScriptedChatModelSetup, connection="either")

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        message = ChatMessage(content=event.input)
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    @action(ChatResponseEvent)
    @staticmethod
    def answer(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        response = event.response
        ctx.send_event(OutputEvent(output=[response.content, response.extra_args["model_name"]]))


def test_an_agent_falls_back() -> None:
    got = run_agent(Careful(), [{"key": "k", "value": "Anyone?"}])
    assert got == [{"k": ["still here", "other"]}]


def test_a_connection_that_is_not_declared_is_found_when_the_agent_is_compiled() -> None:
    class Careless(Careful):
        @chat_model_connection
        @staticmethod
        def either() -> ResourceDescriptor:
            return ResourceDescriptor(
                clazz=Constant.FALLBACK_CHAT_MODEL_CONNECTION,
                connections=["down", {"connection": "upp"}],
            )

    with pytest.raises(UnknownResourceError, match=r"'upp'.*Did you mean 'up'"):
        run_agent(Careless(), [])


def test_connections_that_fall_back_on_each_other_are_refused() -> None:
    class Circular(Careful):
        @chat_model_connection
        @staticmethod
        def up() -> ResourceDescriptor:
            return ResourceDescriptor(
                clazz=Constant.FALLBACK_CHAT_MODEL_CONNECTION, connections=["either"]
            )

    with pytest.raises(Exception, match="needs itself"):
        run_agent(Circular(), [])
