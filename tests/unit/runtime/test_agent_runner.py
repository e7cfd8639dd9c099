"""What a key does after a crash: the real runner, actions and journal on a store that stays."""

from __future__ import annotations

import asyncio
import gc
import json
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.configuration import Configuration
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.resource import ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import Tool
from flink_agents.engine.codec import Codec
from flink_agents.exceptions import ActionError, StateFormatError
from flink_agents.plan.compile import compile_agent
from flink_agents.runtime import agent_runner
from flink_agents.runtime.actions import BUILT_IN_ACTIONS
from flink_agents.runtime.agent_runner import AgentRunner
from flink_agents.runtime.local_environment import LocalHost
from flink_agents.runtime.local_metrics import LocalMetricGroup
from flink_agents.runtime.metrics import AgentMetrics
from flink_agents.runtime.services import Services
from tests.unit.runtime.scripted import (
    Model,
    acting,
    add_model,
    call,
    calling,
    put_out,
    scripted,
    user,
)

pytestmark = pytest.mark.timeout(60)


class Calls:
    """Calls that the test counts, and of which it lets some hang."""

    made: ClassVar[Counter[str]] = Counter()
    hang: ClassVar[set[str]] = set()

    @staticmethod
    async def make(name: str) -> str:
        Calls.made[name] += 1
        while name in Calls.hang:
            await asyncio.sleep(0.005)
        return f"{name} {Calls.made[name]}"

    @staticmethod
    async def refuse(name: str) -> str:
        Calls.made[name] += 1
        raise ValueError(f"no {name}")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Calls.made.clear()
    Calls.hang.clear()


class Store(LocalHost):
    """Keeps what it is told about the keys, as a lease would be."""

    def __init__(self) -> None:
        super().__init__()
        self.busy: list[Any] = []

    def opened(self, key: Any) -> None:
        assert key not in self.busy
        self.busy.append(key)

    def idle(self, key: Any) -> None:
        super().idle(key)
        self.busy.remove(key)

    @property
    def state(self) -> str:
        return self.load() or ""


@contextmanager
def running(agent: Agent, store: Store, **options: Any) -> Iterator[AgentRunner]:
    """A runner on the store. To leave the block is the crash."""
    plan = compile_agent(agent, {}, BUILT_IN_ACTIONS)
    config = Configuration({name.replace("_", "-"): value for name, value in options.items()})
    services = Services(plan, config, AgentMetrics(LocalMetricGroup()), Codec(plan.data_types))
    runner = AgentRunner(services, store, store)
    store.switch("k")
    try:
        yield runner
    finally:
        runner.close()


def feed(runner: AgentRunner, value: Any) -> None:
    runner.element("k", lambda: "k", value, None, True)


def pump_until(runner: AgentRunner, done: Callable[[], bool]) -> None:
    while not done():
        runner.pump(0.01)


def resume(runner: AgentRunner) -> None:
    assert runner.resume("k", lambda: "k")


def outputs(store: Store) -> list[Any]:
    return [output["k"] for output in store.outputs]


def journaled(store: Store) -> int:
    """Number of finished calls that are kept."""
    run = json.loads(store.state or "{}").get("run")
    return sum(len(task[6]) for task in run["tasks"]) if run else 0


async def gathers(event: InputEvent, ctx: RunnerContext) -> None:
    names = [f"{event.input}{n}" for n in range(3)]
    results = await asyncio.gather(*(ctx.durable_execute_async(Calls.make, n) for n in names))
    put_out(ctx, list(results))


def test_after_a_crash_finished_calls_are_not_made_again_and_open_ones_are() -> None:
    store, agent = Store(), acting(gathers)
    Calls.hang = {"a1"}
    with running(agent, store) as runner:
        feed(runner, "a")
        pump_until(runner, lambda: journaled(store) == 2)
        assert store.busy == ["k"]
    store.busy.clear()
    Calls.hang = set()
    with running(agent, store) as runner:
        resume(runner)
        runner.drain()
    assert outputs(store) == [["a0 1", "a1 2", "a2 1"]]
    assert Calls.made == {"a0": 1, "a1": 2, "a2": 1}
    assert store.busy == []
    assert store.state == ""


def test_after_a_crash_waiting_elements_follow_in_order() -> None:
    store, agent = Store(), acting(gathers)
    Calls.hang = {"a1"}
    with running(agent, store) as runner:
        for value in "abc":
            feed(runner, value)
        pump_until(runner, lambda: journaled(store) == 2)
    store.busy.clear()
    Calls.hang = set()
    with running(agent, store) as runner:
        feed(runner, "d")  # finds the key's state in the store, and waits behind the others
        runner.drain()
    assert [first[0][0] for first in outputs(store)] == ["a", "b", "c", "d"]
    assert Calls.made["a0"] == 1


def test_a_call_that_outlives_its_run_is_no_answer_for_the_next_run_of_the_key() -> None:
    """Both make the same call, in tasks of the same number."""
    open_calls = {1, 2}
    ended: list[int] = []

    async def charge(name: str) -> str:
        Calls.made[name] += 1
        number = Calls.made[name]
        while number in open_calls:
            await asyncio.sleep(0.005)
        ended.append(number)
        return f"{name} {number}"

    async def charges(event: InputEvent, ctx: RunnerContext) -> None:
        calls = [ctx.durable_execute_async(charge, "fee")]
        if event.input == "a":
            calls.append(ctx.durable_execute_async(Calls.refuse, "a"))
        put_out(ctx, await asyncio.gather(*calls))

    store, agent = Store(), acting(charges)
    with running(agent, store, error_handling_strategy="ignore") as runner:
        feed(runner, "a")
        feed(runner, "b")
        pump_until(runner, lambda: Calls.made["fee"] == 2)
        open_calls.remove(1)
        pump_until(runner, lambda: ended == [1])
        for _ in range(10):
            runner.pump(0.01)
        assert journaled(store) == 0
    open_calls.clear()
    store.busy.clear()
    with running(agent, store) as runner:
        resume(runner)
        runner.drain()
    assert outputs(store) == [["fee 3"]]


def test_after_a_crash_alike_calls_get_their_own_results_back() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        async def chain(n: int) -> str:
            first = await ctx.durable_execute_async(Calls.make, "draft")
            return await ctx.durable_execute_async(Calls.make, f"{first} refined by {n}")

        put_out(ctx, list(await asyncio.gather(*(chain(n) for n in range(2)))))

    store, agent = Store(), acting(act)
    Calls.hang = {"draft 1 refined by 1", "draft 2 refined by 1"}
    with running(agent, store) as runner:
        feed(runner, "a")
        pump_until(runner, lambda: journaled(store) == 3 and len(Calls.made) == 3)
        before = set(Calls.made)
    Calls.hang = set()
    store.busy.clear()
    with running(agent, store) as runner:
        resume(runner)
        runner.drain()
    assert set(Calls.made) == before
    assert Calls.made["draft"] == 2


def test_after_a_crash_a_call_that_failed_fails_again_without_being_made() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        with pytest.raises(ValueError, match="no luck"):
            await ctx.durable_execute_async(Calls.refuse, "luck")
        put_out(ctx, await ctx.durable_execute_async(Calls.make, "a"))

    store, agent = Store(), acting(act)
    Calls.hang = {"a"}
    with running(agent, store) as runner:
        feed(runner, "x")
        pump_until(runner, lambda: Calls.made["a"] == 1 and journaled(store) == 1)
    Calls.hang = set()
    store.busy.clear()
    with running(agent, store) as runner:
        resume(runner)
        runner.drain()
    assert outputs(store) == ["a 2"]
    assert Calls.made["luck"] == 1


def test_an_action_that_calls_something_else_after_a_crash_fails_and_names_both() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        name = "before" if not Calls.made else "after"
        await ctx.durable_execute_async(Calls.make, name)
        await ctx.durable_execute_async(Calls.make, "hang")

    store, agent = Store(), acting(act)
    Calls.hang = {"hang"}
    with running(agent, store) as runner:
        feed(runner, "x")
        pump_until(runner, lambda: journaled(store) == 1)
    Calls.hang = set()
    store.busy.clear()
    with running(agent, store) as runner:
        resume(runner)
        with pytest.raises(ActionError, match=r"ReplayMismatchError.*Calls\.make before the crash"):
            runner.drain()


def test_after_a_crash_a_retry_is_waited_for_again_with_its_calls() -> None:
    async def act(event: InputEvent, ctx: RunnerContext) -> None:
        result = await ctx.durable_execute_async(Calls.make, "a")
        Calls.made["attempts"] += 1
        if Calls.made["attempts"] == 1:
            raise RuntimeError("again")
        put_out(ctx, result)

    store, agent = Store(), acting(act)
    options = {"error_handling_strategy": "retry", "retry_wait_interval": 0.05}
    with running(agent, store, **options) as runner:
        feed(runner, "x")
        pump_until(runner, lambda: json.loads(store.state)["run"]["tasks"][0][4] is not None)
    store.busy.clear()
    with running(agent, store, **options) as runner:
        resume(runner)
        runner.drain()
    assert outputs(store) == ["a 1"]
    assert Calls.made == {"a": 1, "attempts": 2}


def asks(event: InputEvent, ctx: RunnerContext) -> None:
    ctx.short_term_memory.set("asked", event.input)
    ctx.send_event(ChatRequestEvent(model="model", messages=[user(event.input)]))


def answered(event: ChatResponseEvent, ctx: RunnerContext) -> None:
    names = ctx.short_term_memory.get_field_names()
    put_out(ctx, [event.response.content, sorted(names)])


def with_tool(func: Callable[..., Any]) -> Agent:
    agent = acting(asks, (ChatResponseEvent, answered))
    agent.add_resource("use", ResourceType.TOOL, Tool.from_callable(func))
    return add_model(agent, tools=["use"])


def crash_after_the_tool(agent: Agent) -> Store:
    """Crash when the tool's result is kept and the model's second answer is under way."""
    store = Store()
    Model.answer = scripted(calling(call("use", {"name": "t"})), "done")
    with running(agent, store) as runner:
        Model.hangs_at = 2
        feed(runner, "q")
        pump_until(runner, lambda: len(Model.asked) == 2 and journaled(store) == 2)
    store.busy.clear()
    with running(agent, store) as runner:
        resume(runner)
        runner.drain()
    return store


def test_after_a_crash_what_tool_and_model_have_answered_is_not_asked_again() -> None:
    async def use(name: str) -> str:
        return await Calls.make(name)

    store = crash_after_the_tool(with_tool(use))
    assert outputs(store) == [["done", ["asked"]]]
    assert Calls.made == {"t": 1}
    assert [len(messages) for messages, _, _ in Model.asked] == [1, 3, 3]


def test_after_a_crash_a_tool_that_failed_still_counts_as_failed() -> None:
    def use(name: str) -> str:
        Calls.made[name] += 1
        raise ValueError(f"no {name}")

    crash_after_the_tool(with_tool(use))
    assert Calls.made == {"t": 1}
    before, after = [messages[-1] for messages, _, _ in Model.asked[1:]]
    assert before == after
    assert after.extra_args["is_error"] is True
    assert after.content == "Error: tool 'use' failed with ValueError: no t"


@pytest.mark.parametrize(
    "act",
    [
        lambda ctx: ctx.short_term_memory.set("used", 1),
        lambda ctx: ctx.sensory_memory.get("used"),
        lambda ctx: ctx.send_event(OutputEvent(output=1)),
        lambda ctx: ctx.durable_execute(str, 1),
        lambda ctx: ctx.durable_execute_async(str, 1),
    ],
)
def test_a_tool_that_would_act_beside_its_result_is_refused_and_the_model_told(act: Any) -> None:
    def use(name: str, ctx: RunnerContext) -> str:
        act(ctx)
        return "not reached"

    store = Store()
    Model.answer = scripted(calling(call("use", {"name": "t"})), "done")
    with running(with_tool(use), store) as runner:
        feed(runner, "q")
        runner.drain()
    assert outputs(store) == [["done", ["asked"]]]
    assert "Tool 'use' cannot" in Model.asked[-1][0][-1].content


def test_a_tool_sees_key_configuration_and_resources() -> None:
    def use(name: str, ctx: RunnerContext) -> str:
        model = ctx.get_resource("model", ResourceType.CHAT_MODEL)
        return f"{ctx.key} {ctx.config.get_str('max-in-flight')} {type(model).__name__}"

    store = Store()
    Model.answer = scripted(calling(call("use", {"name": "t"})), "done")
    with running(with_tool(use), store, max_in_flight=7) as runner:
        feed(runner, "q")
        runner.drain()
    told = Model.asked[-1][0][-1].content
    assert told.startswith("k 7 "), told


# State that this agent cannot go on with


def test_open_work_of_an_action_that_is_gone_is_refused_with_its_name_and_key() -> None:
    store = Store()
    Calls.hang = {"a1"}
    with running(acting(gathers), store) as runner:
        feed(runner, "a")
    store.busy.clear()
    renamed = Agent().add_action("collect", [InputEvent], gathers)
    with running(renamed, store) as runner, pytest.raises(StateFormatError) as raised:
        resume(runner)
    told = str(raised.value)
    assert "Key 'k'" in told
    assert "open work of action 'first', which agent 'Agent' does not have: InputEvent" in told
    assert "Give the agent an action of that name" in told


def test_open_work_of_a_later_version_is_refused_with_its_key() -> None:
    store = Store()
    store.switch("k")
    store.save('{"v":99,"q":[0,0]}')
    with running(acting(gathers), store) as runner:
        with pytest.raises(StateFormatError, match=r"Key 'k': .* version 99"):
            resume(runner)
        with pytest.raises(StateFormatError, match=r"Key 'k': .* version 99"):
            feed(runner, "a")


# Elements, room and keys


def test_a_key_is_announced_as_busy_once_and_as_idle_once() -> None:
    store = Store()
    with running(acting(gathers), store) as runner:
        for value in "abc":
            feed(runner, value)
        assert store.busy == ["k"]
        runner.drain()
    assert store.busy == []
    assert store.state == ""


def test_a_plain_action_leaves_no_state_behind() -> None:
    class Strict(Store):
        def save(self, text: str) -> None:
            raise AssertionError(f"saved {text}")

    store = Strict()
    with running(acting(lambda event, ctx: put_out(ctx, event.input)), store) as runner:
        for n in range(3):
            feed(runner, n)
        assert runner.open_keys == 0
        assert not runner.has_background_work
    assert outputs(store) == [0, 1, 2]


def test_a_key_whose_work_had_to_be_given_up_is_not_announced_as_busy() -> None:
    store = Store()
    with running(acting(gathers), store, error_handling_strategy="ignore") as runner:
        feed(runner, object())
        runner.drain()
        assert runner.open_keys == 0
    assert store.busy == []


def test_beyond_the_limit_elements_are_set_aside_and_taken_up_when_there_is_room() -> None:
    store = Store()
    Calls.hang = {f"{value}{n}" for value in "abc" for n in range(3)}
    options = {"max_in_flight": 1, "back_pressure_wait": 0.01}
    with running(acting(gathers), store, **options) as runner:
        for key in "abc":
            store.switch(key)
            runner.element(key, lambda key=key: key, key, None, True)
        assert runner.in_flight == 1
        assert runner.open_keys == 3
        pump_until(runner, lambda: bool(Calls.made))
        assert Calls.made == {"a0": 1}
        assert store.busy == ["a", "b", "c"]
        Calls.hang = set()
        runner.drain()
    assert [next(iter(output)) for output in store.outputs] == ["a", "b", "c"]
    assert store.busy == []


def test_while_no_call_ends_only_one_of_many_elements_holds_the_input_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agent_runner, "_MAX_WAITING", 20)
    store = Store()
    keys = [f"k{n}" for n in range(23)]
    Calls.hang = {f"{key}{n}" for key in keys for n in range(3)}
    waits: list[str] = []
    with running(acting(gathers), store, max_in_flight=2, back_pressure_wait="10 ms") as runner:
        collect = runner.pump
        for key in keys:
            monkeypatch.setattr(
                runner, "pump", lambda wait=0.0, key=key: waits.append(key) or collect(wait)
            )
            store.switch(key)
            runner.element(key, lambda key=key: key, key, None, True)
        monkeypatch.undo()
        # Two are under way; the next one waits, and one more once twenty are set aside.
        assert set(waits) == {"k2", "k22"}
        Calls.hang = set()
        runner.drain()
    assert {next(iter(output)) for output in store.outputs} == set(keys)


def test_an_element_looks_for_room_once_though_all_its_time_has_gone_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the machine had no time for the process."""
    store, seconds = Store(), count()
    Calls.hang = {f"a{n}" for n in range(3)}
    with running(acting(gathers), store, max_in_flight=1, back_pressure_wait="10 ms") as runner:
        feed(runner, "a")
        pump_until(runner, lambda: bool(Calls.made))
        looked: list[float] = []
        clock = SimpleNamespace(monotonic=lambda: float(next(seconds)))
        monkeypatch.setattr(agent_runner, "time", clock)
        monkeypatch.setattr(runner, "pump", lambda wait: looked.append(wait))
        store.switch("b")
        runner.element("b", lambda: "b", "b", None, True)
        assert looked == [0.01]
        monkeypatch.undo()
        Calls.hang = set()
        runner.drain()


def test_at_the_limit_of_waiting_elements_one_is_taken_for_each_that_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Behind keys that are busy, though there is room for calls of others."""
    monkeypatch.setattr(agent_runner, "_MAX_WAITING", 5)
    store, taken = Store(), 0
    Calls.hang = {f"{n}{m}" for n in range(12) for m in range(3)}
    with running(acting(gathers), store, back_pressure_wait=30) as runner:
        collect = runner.pump

        def pump(wait: float = 0.0) -> bool:
            # The input waits: let the oldest run end.
            oldest = len(store.outputs)
            Calls.hang -= {f"{oldest}{m}" for m in range(3)}
            return collect(min(wait, 0.01))

        monkeypatch.setattr(runner, "pump", pump)
        for n in range(12):
            feed(runner, n)
            taken += 1
            under_way_and_waiting = 1 + 5
            assert taken - len(store.outputs) <= under_way_and_waiting
        monkeypatch.undo()
        Calls.hang = set()
        runner.drain()
    assert [first[0][0] for first in outputs(store)] == [str(n)[0] for n in range(12)]


def test_waiting_elements_of_restored_keys_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_runner, "_MAX_WAITING", 3)
    store, agent = Store(), acting(gathers)
    Calls.hang = {"a0"}
    with running(agent, store) as runner:
        for value in "abc":
            feed(runner, value)
    store.busy.clear()
    waits: list[float] = []
    with running(agent, store, back_pressure_wait="10 ms") as runner:
        resume(runner)
        collect = runner.pump
        monkeypatch.setattr(runner, "pump", lambda wait=0.0: waits.append(wait) or collect(wait))
        feed(runner, "d")
        assert not waits
        feed(runner, "e")
        assert waits
        monkeypatch.undo()
        Calls.hang = set()
        runner.drain()
    assert [first[0][0] for first in outputs(store)] == list("abcde")


def test_elements_that_were_set_aside_are_taken_up_after_a_crash() -> None:
    store, agent = Store(), acting(gathers)
    Calls.hang = {"a0"}
    options = {"max_in_flight": 1, "back_pressure_wait": 0.01}
    with running(agent, store, **options) as runner:
        for key in "ab":
            store.switch(key)
            runner.element(key, lambda key=key: key, key, None, True)
    Calls.hang = set()
    store.busy.clear()
    with running(agent, store, **options) as runner:
        for key in "ab":
            store.switch(key)
            assert runner.resume(key, lambda key=key: key)
        runner.drain()
    assert sorted(next(iter(output)) for output in store.outputs) == ["a", "b"]


@pytest.mark.parametrize("hang", [False, True], ids=["idle", "with open work"])
def test_what_is_closed_is_gone_before_python_looks_for_circles(hang: bool) -> None:
    # The store of the Flink host holds the subtask's state in Java.
    Calls.hang = {"a0"} if hang else set()
    store = Store()
    answers = store.outputs
    gc.disable()
    try:
        with running(acting(gathers), store) as runner:
            feed(runner, "a")
            pump_until(runner, lambda: Calls.made["a0"] == 1 if hang else bool(answers))
        kept = [weakref.ref(runner), weakref.ref(store)]
        del runner, store
        # The event loop's thread may be about to leave the last call of them.
        deadline = time.monotonic() + 10
        while any(one() for one in kept) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [one() for one in kept] == [None, None]
    finally:
        gc.enable()


def test_what_a_failed_call_was_made_with_is_gone_before_python_looks_for_circles() -> None:
    class Sent:
        """What a call is made with."""

    kept: list[weakref.ref[Sent]] = []

    async def fail(sent: Sent) -> None:
        kept.append(weakref.ref(sent))
        raise ValueError("no")

    async def ask(event: InputEvent, ctx: RunnerContext) -> None:
        services: Services = ctx._services  # pyright: ignore
        await services.limited(fail(Sent()), "fail")

    store = Store()
    gc.disable()
    try:
        # Errors that are ignored are logged, and pytest keeps what is.
        with running(
            acting(ask), store, error_handling_strategy="dead-letter", max_retries=0
        ) as runner:
            feed(runner, "a")
            runner.drain()
            deadline = time.monotonic() + 10
            while kept[0]() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert [one() for one in kept] == [None]
    finally:
        gc.enable()
