"""Actions in this process: async ones, durable calls, memory, and what they do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.resource import ResourceType
from flink_agents.api.runner_context import RunnerContext
from tests.unit.runtime.scripted import (
    ONE,
    Next,
    Shared,
    acting,
    failure,
    put_out,
    run,
)

pytestmark = pytest.mark.timeout(30)


# Async actions and durable calls


def test_an_async_action_gathers_durable_calls_that_run_side_by_side() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        results = await asyncio.gather(
            ctx.durable_execute_async(Shared.ten_times, 1),
            ctx.durable_execute_async(Shared.meet, 2),
            ctx.durable_execute_async(Shared.meet, n=3),
            asyncio.wait_for(ctx.durable_execute_async(Shared.ten_times, n=4), 5),
        )
        put_out(ctx, list(results))

    assert run(acting(act), ONE) == [{"k": [10, 2, 3, 40]}]


def test_an_async_action_may_use_tasks_and_timeouts_and_await_a_call_twice() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        asked = ctx.durable_execute_async(Shared.count, "a")
        task = asyncio.ensure_future(asked)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(30), 0.01)
        put_out(ctx, [await task, await asked, await asked])

    assert run(acting(act), ONE) == [{"k": [1, 1, 1]}]
    assert Shared.made == {"a": 1}


def test_a_durable_call_of_a_plain_action_returns_or_raises_as_the_function_does() -> None:
    def act(event: InputEvent, ctx: RunnerContext) -> None:
        with pytest.raises(ValueError, match="no b"):
            ctx.durable_execute(Shared.refuse, "b")
        put_out(ctx, ctx.durable_execute(Shared.count, name="a"))

    assert run(acting(act), ONE) == [{"k": 1}]


def test_a_durable_call_of_an_async_action_raises_what_the_function_raised() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        with pytest.raises(ValueError, match="no b"):
            await ctx.durable_execute_async(Shared.refuse, "b")
        put_out(ctx, "went on")

    assert run(acting(act), ONE) == [{"k": "went on"}]


def test_a_durable_call_that_is_never_awaited_is_an_error_that_names_it() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.durable_execute_async(Shared.count, "a")

    text = failure(acting(act))
    assert "'first' never awaited" in text
    assert "Shared.count" in text
    assert not Shared.made


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda ctx: ctx.durable_execute(Shared.ten_times, 1), "is async. Await"),
        (lambda ctx: ctx.durable_execute_async(Shared.count, "a"), "Declare it `async def`"),
        (lambda ctx: ctx.durable_execute(lambda: object()), "builtins.object cannot be kept"),
        (lambda ctx: ctx.durable_execute(Shared.count, object()), "builtins.object cannot be kept"),
        (lambda ctx: ctx.send_event("text"), "sent a str, which is no Event"),
        (lambda ctx: ctx.get_resource("m", ResourceType.CHAT_MODEL), "is not declared"),
        (lambda ctx: ctx.short_term_memory.set("a", object()), "builtins.object cannot be kept"),
        (lambda ctx: ctx.sensory_memory.set("a", object()), "builtins.object cannot be kept"),
        (lambda ctx: ctx.short_term_memory.get(""), "no memory path"),
        (lambda ctx: ctx.send_event(Event.model_validate({"type": "t"})), "'t', to which no"),
    ],
)
def test_what_an_action_does_wrong_fails_the_job_with_action_key_and_what_to_do(
    wrong: Callable[[RunnerContext], Any], told: str
) -> None:
    def act(event: InputEvent, ctx: RunnerContext) -> None:
        wrong(ctx)

    text = failure(acting(act))
    assert told in text
    assert "'first'" in text
    assert "'k'" in text


def test_an_event_that_nobody_hears_is_named_with_what_to_do() -> None:
    text = failure(acting(lambda event, ctx: ctx.send_event(Next())))
    assert "UnhandledEventError" in text
    assert "@action(Next)" in text


def test_an_action_that_returns_a_value_is_told_how_to_put_it_out() -> None:
    text = failure(acting(lambda event, ctx: event.input))
    assert "'first' returned a str" in text
    assert "OutputEvent" in text


def test_an_action_that_returns_a_coroutine_is_told_to_await_it() -> None:
    text = failure(acting(lambda event, ctx: Shared.ten_times(1)))
    assert "'first' returned a coroutine without awaiting it" in text


def test_an_async_action_that_returns_a_value_is_told_so_too() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> int:
        return 5

    assert "'first' returned a int" in failure(acting(act))


def test_a_context_is_of_no_use_after_its_action_has_returned() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        if event.input == "second":
            old = Shared.__dict__["context"]
            old.send_event(OutputEvent(output=1))
        Shared.context = ctx  # type: ignore[attr-defined]

    items = [{"key": "k", "value": value} for value in ("first", "second")]
    assert "used its context after it had returned" in failure(acting(act), *items)


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit, KeyboardInterrupt])
def test_an_async_action_that_ends_by_other_than_an_error_fails_the_job(error: Any) -> None:
    """It must not end silently, or with the event loop: then its key would wait for ever."""

    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        raise error("out")

    assert error.__name__ in failure(acting(act))


def test_an_async_action_whose_task_was_cancelled_fails_the_job() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        task = asyncio.ensure_future(asyncio.sleep(30))
        task.cancel()
        await task

    assert "CancelledError" in failure(acting(act))


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError])
def test_a_durable_call_that_ends_by_other_than_an_error_fails_the_job(error: Any) -> None:
    async def leave() -> None:
        raise error("out")

    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        await ctx.durable_execute_async(leave)

    assert error.__name__ in failure(acting(act))


# What cannot be kept


def test_an_event_that_cannot_be_kept_names_it_when_something_waits_for_it() -> None:
    async def use(event: Next, ctx: RunnerContext) -> None:
        put_out(ctx, "used")

    agent = acting(lambda event, ctx: ctx.send_event(Next(payload=object())), (Next, use))
    text = failure(agent)
    assert "Next" in text
    assert "builtins.object cannot be kept in state" in text


@pytest.mark.parametrize("strategy", ["ignore", "dead-letter"])
def test_the_next_element_goes_on_after_one_with_an_event_that_cannot_be_kept(
    strategy: str,
) -> None:
    def send(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.send_event(Next(payload=object() if event.input == 0 else event.input))

    async def use(event: Next, ctx: RunnerContext) -> None:
        put_out(ctx, event.payload)

    items = [{"key": "k", "value": n} for n in range(3)]
    outputs = run(
        acting(send, (Next, use)), *items, error_handling_strategy=strategy, max_retries=0
    )
    assert outputs == [{"k": 1}, {"k": 2}]


def test_an_element_that_cannot_be_kept_goes_through_an_agent_that_does_not_wait() -> None:
    thing = object()
    (output,) = run(acting(lambda event, ctx: put_out(ctx, event.input)), {"k": 1, "v": thing})
    assert output[1] is thing


@pytest.mark.parametrize("strategy", ["fail", "ignore", "dead-letter"])
def test_an_element_that_cannot_be_kept_is_refused_where_it_would_have_to_wait(
    strategy: str,
) -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        await asyncio.sleep(0.01)
        put_out(ctx, "done")

    items = [{"key": "k", "value": value} for value in (1, object(), 3)]
    if strategy == "fail":
        text = failure(acting(act), *items)
        assert "'k'" in text
        assert "builtins.object" in text
    else:
        outputs = run(acting(act), *items, error_handling_strategy=strategy)
        assert outputs == [{"k": "done"}] * 2


# Memory


def test_sensory_memory_is_gone_in_the_next_run_and_short_term_memory_is_not() -> None:
    def act(event: InputEvent, ctx: RunnerContext) -> None:
        put_out(ctx, [m.get("n") for m in (ctx.sensory_memory, ctx.short_term_memory)])
        ctx.sensory_memory.set("n", event.input)
        ctx.short_term_memory.set("n", event.input)
        ctx.send_event(Next())

    async def later(event: Next, ctx: RunnerContext) -> None:
        put_out(ctx, [m.get("n") for m in (ctx.sensory_memory, ctx.short_term_memory)])

    items = [{"key": "k", "value": n} for n in (1, 2)]
    outputs = [output["k"] for output in run(acting(act, (Next, later)), *items)]
    assert outputs == [[None, None], [1, 1], [None, 1], [2, 2]]
