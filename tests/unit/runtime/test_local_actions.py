"""Actions in this process: async ones, durable calls, errors, limits, and the end of it all."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.exceptions import ActionError, ModelUnavailableError
from tests.unit.runtime.scripted import (
    Answering,
    Model,
    Next,
    acting,
    add_model,
    call,
    calling,
    put_out,
    run,
    scripted,
    user,
)

pytestmark = pytest.mark.timeout(30)

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


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Shared.both = threading.Barrier(2, timeout=10)
    Shared.made.clear()


def failure(agent: Agent, *items: Any, **options: Any) -> str:
    """The text of the error that a job ends with."""
    with pytest.raises(ActionError) as raised:
        run(agent, *(items or [ONE]), **options)
    return str(raised.value)


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


# Errors


def test_calls_that_outlive_their_failed_action_disturb_nobody() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        if event.input == "fails":
            slow = ctx.durable_execute_async(asyncio.sleep, 0.05, result="late")
            await asyncio.gather(slow, ctx.durable_execute_async(Shared.refuse, "luck"))
        await asyncio.sleep(0.1)
        put_out(ctx, event.input)

    items = [{"key": "k", "value": value} for value in ("fails", "b", "c")]
    outputs = run(acting(act), *items, error_handling_strategy="ignore")
    assert outputs == [{"k": "b"}, {"k": "c"}]


def failing(times: int) -> Agent:
    """Fails so often for each element, having written memory and sent events before."""

    def act(event: InputEvent, ctx: RunnerContext) -> None:
        memory = ctx.short_term_memory
        memory.set("n", (memory.get("n") or 0) + 1)
        put_out(ctx, [event.input, memory.get("n")])
        if Shared.count(str(event.input)) <= times:
            raise ValueError(f"attempt {Shared.made[str(event.input)]}")

    return acting(act)


def test_a_retried_action_starts_anew_and_applies_what_it_did_once() -> None:
    items = [{"key": "k", "value": value} for value in "ab"]
    outputs = run(failing(2), *items, error_handling_strategy="retry", retry_wait_interval="10 ms")
    assert outputs == [{"k": ["a", 1]}, {"k": ["b", 2]}]
    assert Shared.made == {"a": 3, "b": 3}


def test_when_the_retries_are_used_up_the_job_fails_with_the_last_error() -> None:
    text = failure(
        failing(9), error_handling_strategy="retry", max_retries=2, retry_wait_interval="1 ms"
    )
    assert "after 3 attempts" in text
    assert "ValueError: attempt 3" in text
    assert "'first' of agent 'Agent'" in text
    assert "InputEvent" in text
    assert "key 'k'" in text


def test_an_ignored_error_is_counted_and_the_next_element_goes_on() -> None:
    environment = AgentsExecutionEnvironment.get_execution_environment(
        error_handling_strategy="ignore"
    )
    items = [{"key": "k", "value": value} for value in "ab"]
    Shared.made["b"] = 5
    outputs = environment.from_list(items).apply(failing(1)).to_list()
    environment.execute()
    assert outputs == [{"k": ["b", 1]}]
    metrics = environment.metrics  # type: ignore[attr-defined]
    group = metrics.get_sub_group("action").get_sub_group("first")
    assert group.get_counter("numOfErrorsIgnored").get_count() == 1


def test_dead_letters_tell_what_failed() -> None:
    environment = AgentsExecutionEnvironment.get_execution_environment(
        error_handling_strategy="dead-letter", max_retries=1, retry_wait_interval="1 ms"
    )
    builder = environment.from_list([{"key": "k", "value": {"id": 1}}]).apply(failing(9))
    outputs, letters = builder.to_list(), builder.to_dead_letters()
    environment.execute()
    assert outputs == []
    (letter,) = letters
    assert (letter.key, letter.action, letter.event) == ("k", "first", "InputEvent")
    assert letter.input == '{"id": 1}'
    assert letter.error == "ValueError: attempt 2"
    assert letter.attempts == 2


def test_a_retry_does_not_repeat_calls_that_have_succeeded() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        first = await ctx.durable_execute_async(Shared.count, "ok")
        if Shared.count("attempts") == 1:
            with pytest.raises(ValueError, match="no failing"):
                await ctx.durable_execute_async(Shared.refuse, "failing")
            raise RuntimeError("again")
        put_out(ctx, first)

    outputs = run(acting(act), ONE, error_handling_strategy="retry", retry_wait_interval="1 ms")
    assert outputs == [{"k": 1}]
    assert Shared.made == {"ok": 1, "attempts": 2, "failing": 1}


def test_a_retry_of_a_plain_action_does_not_repeat_its_calls_either() -> None:
    def act(event: InputEvent, ctx: RunnerContext) -> None:
        first = ctx.durable_execute(Shared.count, "ok")
        if Shared.count("attempts") == 1:
            raise RuntimeError("again")
        put_out(ctx, first)

    outputs = run(acting(act), ONE, error_handling_strategy="retry", retry_wait_interval="1 ms")
    assert outputs == [{"k": 1}]
    assert Shared.made == {"ok": 1, "attempts": 2}


def test_a_model_that_is_down_is_asked_again_with_the_strategy_retry() -> None:
    Model.answer = lambda messages, kwargs: (
        ModelUnavailableError("overloaded") if len(Model.asked) < 3 else "up again"
    )
    outputs = run(Answering(), ONE, error_handling_strategy="retry", retry_wait_interval="1 ms")
    assert outputs == [{"k": "up again"}]


def test_a_model_call_that_is_ignored_is_answered_with_the_error() -> None:
    Model.answer = lambda messages, kwargs: ModelUnavailableError("overloaded")

    def answered(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        put_out(ctx, [event.response.content, event.response.extra_args["error"]])

    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.send_event(ChatRequestEvent(model="model", messages=[user("q")]))

    agent = add_model(acting(ask, (ChatResponseEvent, answered)))
    outputs = run(agent, ONE, error_handling_strategy="ignore")
    assert outputs == [{"k": ["", "ModelUnavailableError: overloaded"]}]


# Limits


def test_no_more_calls_are_in_flight_than_allowed_and_all_are_done() -> None:
    Model.latency = 0.005
    items = [{"key": f"k{n % 20}", "value": n} for n in range(60)]
    outputs = run(Answering(), *items, max_in_flight=2, back_pressure_wait="10 ms")
    assert Model.most_in_flight == 2
    assert Counter(next(iter(o)) for o in outputs) == {f"k{n}": 3 for n in range(20)}
    for n in range(20):
        expected = [f"re: {i['value']}" for i in items if i["key"] == f"k{n}"]
        assert [o[f"k{n}"] for o in outputs if f"k{n}" in o] == expected


def test_tools_of_one_answer_share_a_small_limit() -> None:
    Model.answer = scripted(calling(*(call("slow", {"n": n}, n) for n in range(3))), "done")
    items = [{"key": n, "value": "x"} for n in range(4)]
    assert len(run(Answering(), *items, max_in_flight=1, back_pressure_wait="10 ms")) == 4
    assert Model.most_in_flight == 1


def test_a_call_that_takes_too_long_is_given_up_and_names_the_option() -> None:
    Model.latency = 30.0
    text = failure(Answering(), call_timeout="50 ms")
    assert "ModelTimeoutError" in text
    assert "call-timeout" in text


def test_without_async_chat_elements_are_done_one_after_the_other() -> None:
    Model.latency = 0.005
    items = [{"key": n % 3, "value": n} for n in range(6)]
    environment = AgentsExecutionEnvironment.get_execution_environment()
    environment.get_config().set_str("chat.async", "false")
    outputs = environment.from_list(items).apply(Answering()).to_list()
    environment.execute()
    assert outputs == [{n % 3: f"re: {n}"} for n in range(6)]
    assert Model.most_in_flight == 1


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


# Settings


class NeedyModel(Model):
    place: str


def test_a_required_argument_may_come_from_the_options() -> None:
    agent = Agent().add_action("read", [InputEvent], lambda event, ctx: put_out(ctx, "ok"))
    server = ResourceDescriptor(clazz=NeedyModel)
    agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, server)
    environment = AgentsExecutionEnvironment.get_execution_environment()
    environment.get_config().set_str("NeedyModel.place", "here")
    outputs = environment.from_list([ONE]).apply(agent).to_list()
    environment.execute()
    assert outputs == [{"k": "ok"}]


# The end


def test_resources_are_closed_once_after_the_last_element() -> None:
    run(Answering(), *({"key": n, "value": n} for n in range(5)))
    assert Model.ended == ["aclose", "close"]


def test_resources_are_closed_when_the_job_fails() -> None:
    Model.answer = lambda messages, kwargs: ValueError("broken")
    failure(Answering())
    assert Model.ended == ["aclose", "close"]


def test_calls_in_flight_are_cancelled_when_the_job_fails() -> None:
    def answer(messages: Any, kwargs: Any) -> ChatMessage:
        raise ValueError("broken")

    async def wait(event: InputEvent, ctx: RunnerContext) -> None:
        if event.input == "fail":
            await asyncio.sleep(0.05)
            raise ValueError("broken")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            Shared.made["cancelled"] += 1
            raise

    failure(acting(wait), {"key": 1, "value": "wait"}, {"key": 2, "value": "fail"})
    assert Shared.made == {"cancelled": 1}


def test_agents_can_be_run_one_after_the_other_in_one_process() -> None:
    for n in range(3):
        assert run(Answering(), {"key": 1, "value": n}) == [{1: f"re: {n}"}]


def test_agents_can_be_run_at_the_same_time_in_several_threads() -> None:
    Model.latency = 0.02
    found: list[Any] = []

    def one(n: int) -> None:
        found.append(run(Answering(), {"key": n, "value": n}))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=repr) == [[{n: f"re: {n}"}] for n in range(4)]


def test_pyflink_is_not_loaded_to_run_an_agent_in_process() -> None:
    import subprocess

    program = (
        "import sys; from flink_agents.testing import add_scripted_model, run_agent;"
        "from flink_agents.api.agents.agent import Agent;"
        "from flink_agents.api.events.event import InputEvent, OutputEvent;"
        "agent = Agent().add_action('a', [InputEvent], lambda e, c: "
        "c.send_event(OutputEvent(output=e.input)));"
        "assert run_agent(agent, [{'k': 1, 'v': 2}]) == [{1: 2}];"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('pyflink', 'openai')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
