"""Jobs in this process: errors and retries, limits, settings, and the end of it all."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from typing import Any

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.exceptions import ModelUnavailableError
from tests.unit.runtime.scripted import (
    ONE,
    Answering,
    Model,
    Shared,
    acting,
    add_model,
    call,
    calling,
    failure,
    put_out,
    run,
    scripted,
    user,
)

pytestmark = pytest.mark.timeout(30)


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
