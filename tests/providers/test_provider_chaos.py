"""Every provider with a fifth of faults: each request ends in its own answer or a named error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.exceptions import (
    ModelOutputError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from flink_agents.testing import run_agent
from tests.providers.chaos import Chaos
from tests.providers.every_provider import PROVIDERS, Provider
from tests.providers.recorded_server import RecordedServer

pytestmark = pytest.mark.slow

REQUESTS, STREAMED = 2_000, 200
IN_FLIGHT = 100
QUESTIONS = [f"question {n}" for n in range(REQUESTS)]
ANSWERS = {question: f"answer to {question}" for question in QUESTIONS}

#: What the faults of :class:`Chaos` may become.
NAMED = (ModelTimeoutError, ModelUnavailableError, ModelOutputError)


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.name)
def provider(request: pytest.FixtureRequest) -> Provider:
    return request.param


@pytest.fixture
def server(provider: Provider) -> Iterator[RecordedServer]:
    with RecordedServer(provider.check) as server:
        yield server
        assert server.refusals == []


def arguments(provider: Provider) -> dict[str, Any]:
    """Of a connection that gives up soon."""
    return {provider.timeout: 3.0, **(provider.retries or {})}


async def ask(connection: Any, provider: Provider, question: str) -> str | Exception:
    """The answer to a question, or what was raised instead."""
    model = provider.asked.set_up(connection)
    try:
        return (await model.achat([ChatMessage(content=question)])).content
    except Exception as failure:
        return failure


async def listen(connection: Any, provider: Provider, question: str) -> str | Exception:
    """As :func:`ask`, in pieces."""
    model = provider.asked.set_up(connection)
    heard = ""
    try:
        async with aclosing(model.achat_stream([ChatMessage(content=question)])) as chunks:
            async for chunk in chunks:
                heard += chunk.content
                if chunk.message is not None:
                    assert heard == chunk.message.content
                    return heard
    except Exception as failure:
        return failure
    return AssertionError("the stream ended without a message")


def ask_all(
    server: RecordedServer, provider: Provider, chaos: Chaos, requests: int
) -> dict[str, str | Exception]:
    """The outcome of each question, many of them in flight."""
    server.always(chaos)
    questions = QUESTIONS[:requests]
    one = listen if chaos.streams else ask

    async def run() -> dict[str, str | Exception]:
        connection = provider.asked.connect(server, **arguments(provider))
        connection.set_max_in_flight(IN_FLIGHT)
        outcomes = await asyncio.gather(*(one(connection, provider, q) for q in questions))
        await connection.aclose()
        return dict(zip(questions, outcomes, strict=True))

    return asyncio.run(run())


def check_outcomes(outcomes: dict[str, str | Exception], provider: Provider, chaos: Chaos) -> None:
    """Own answers and named errors alone, of all kinds of faults, with no call too many."""
    answered = {q: said for q, said in outcomes.items() if isinstance(said, str)}
    failed = [said for said in outcomes.values() if isinstance(said, Exception)]
    assert answered == {question: ANSWERS[question] for question in answered}
    assert answered
    assert [repr(failure) for failure in failed if type(failure) not in NAMED] == []
    assert {ModelTimeoutError, ModelUnavailableError} <= {type(failure) for failure in failed}
    assert set(chaos.made) == set(chaos.faults(""))
    assert max(chaos.calls.values()) <= provider.repeats + 1
    assert set(chaos.calls) == set(outcomes)
    if provider.repeats:
        assert any(chaos.calls[question] > 1 for question in answered)
    else:
        assert len(failed) == chaos.made.total()


def test_every_request_ends_in_its_answer_or_a_named_error(
    server: RecordedServer, provider: Provider
) -> None:
    chaos = Chaos(provider)
    check_outcomes(ask_all(server, provider, chaos, REQUESTS), provider, chaos)


def test_every_streamed_request_ends_in_its_answer_or_a_named_error(
    server: RecordedServer, provider: Provider
) -> None:
    chaos = Chaos(provider, streams=True)
    check_outcomes(ask_all(server, provider, chaos, STREAMED), provider, chaos)


def _ask(event: Any, ctx: Any) -> None:
    ctx.send_event(ChatRequestEvent(model="model", messages=[ChatMessage(content=event.input)]))


def _answer(event: Any, ctx: Any) -> None:
    said = event.response
    ctx.send_event(OutputEvent(output=said.extra_args.get("error") or said.content))


def asking_agent(server: RecordedServer, provider: Provider) -> Agent:
    """Asks the provider what comes in."""
    agent = Agent().add_action("ask", [InputEvent], _ask)
    agent.add_action("answer", [ChatResponseEvent], _answer)
    agent.add_resource(
        "connection",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(
            clazz=provider.asked.connection,
            arguments={**provider.asked.arguments(server.url), **arguments(provider)},
        ),
    )
    described = ResourceDescriptor(
        clazz=provider.asked.setup, connection="connection", arguments=provider.asked.model
    )
    return agent.add_resource("model", ResourceType.CHAT_MODEL, described)


ITEMS = [{"key": question, "value": question} for question in QUESTIONS]


def options(strategy: str, max_retries: int) -> dict[str, str]:
    return {
        "error-handling-strategy": strategy,
        "max-retries": str(max_retries),
        "retry-wait-interval": "0.001",
        "max-in-flight": str(IN_FLIGHT),
    }


def test_an_agent_that_retries_answers_every_input_once(
    server: RecordedServer, provider: Provider
) -> None:
    chaos, max_retries = Chaos(provider), 9
    server.always(chaos)
    outputs = run_agent(
        asking_agent(server, provider), ITEMS, options=options("retry", max_retries)
    )
    assert len(outputs) == REQUESTS
    assert {key: said for output in outputs for key, said in output.items()} == ANSWERS
    assert set(chaos.made) == set(chaos.faults(""))
    assert 1 < max(chaos.calls.values()) <= (provider.repeats + 1) * (max_retries + 1)


@pytest.mark.parametrize(("strategy", "max_retries"), [("dead-letter", 1), ("ignore", 0)])
def test_every_input_of_an_agent_ends_once_in_its_answer_or_a_named_error(
    server: RecordedServer, provider: Provider, strategy: str, max_retries: int
) -> None:
    chaos = Chaos(provider)
    server.always(chaos)
    agents = AgentsExecutionEnvironment.get_execution_environment()
    for name, value in options(strategy, max_retries).items():
        agents.get_config().set_str(name, value)
    builder = agents.from_list(ITEMS).apply(asking_agent(server, provider))
    outputs, letters = builder.to_list(), builder.to_dead_letters()
    agents.execute()
    assert sorted(key for output in outputs for key in output) == sorted(QUESTIONS)
    ended = {key: said for output in outputs for key, said in output.items()}
    failed = {key: said for key, said in ended.items() if said != ANSWERS[key]}
    # With retries of ours beside the SDK's own it may be that none is left.
    assert len(failed) < REQUESTS and (failed or max_retries)
    assert {said.partition(":")[0] for said in failed.values()} <= {cls.__name__ for cls in NAMED}
    if strategy == "dead-letter":
        assert {letter.key: letter.error for letter in letters} == failed
        assert len(letters) == len(failed)
        assert {letter.attempts for letter in letters} == {max_retries + 1}
    else:
        assert letters == []
    assert set(chaos.made) == set(chaos.faults(""))
    assert max(chaos.calls.values()) <= (provider.repeats + 1) * (max_retries + 1)
