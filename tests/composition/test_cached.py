"""Answers that were given before come from memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import FunctionTool
from flink_agents.exceptions import ModelUnavailableError
from flink_agents.integrations.chat_models.composition.cached import (
    Answers,
    CachedChatModelConnection,
    request_digest,
)
from flink_agents.testing import (
    ScriptedChatModelConnection,
    ScriptedChatModelSetup,
    read_calls,
    run_agent,
    tool_call,
)
from tests.composition.connecting import Inner, ask, attach, chunks
from tests.unit.runtime.scripted import acting, put_out
from tests.unit.runtime.test_agent_runner import (
    Store,
    feed,
    journaled,
    outputs,
    pump_until,
    resume,
    running,
)


def cached(inner: Inner, **arguments: Any) -> CachedChatModelConnection:
    return attach(CachedChatModelConnection(connection=inner.name, **arguments), inner)


def test_an_equal_request_is_answered_from_memory_and_counts_no_tokens() -> None:
    inner = Inner(name="memory").script("first", "second")
    connection = cached(inner)
    fresh, known = ask(connection, "Hi.", model="m"), ask(connection, "Hi.", model="m")
    assert (fresh.content, known.content, len(inner.asked)) == ("first", "first", 1)
    assert fresh.extra_args == {"model_name": "memory", "promptTokens": 10, "completionTokens": 20}
    assert known.extra_args == {
        "model_name": "memory",
        "promptTokens": 0,
        "completionTokens": 0,
        "cached": True,
    }


def test_what_a_caller_does_to_an_answer_is_not_remembered() -> None:
    connection = cached(Inner(name="guarded"))
    for _ in range(2):
        answer = ask(connection)
        assert answer.content == "answer"
        answer.content = "changed"
        answer.tool_calls.append({})


def test_requests_that_differ_in_anything_that_is_sent_are_asked_anew() -> None:
    def plus(a: int, b: int) -> int:
        """Add."""
        return a + b

    def message(**fields: Any) -> dict[str, Any]:
        return {"messages": [ChatMessage(content="Hi.", **fields)]}

    call = {"type": "function", "function": {"name": "f", "arguments": {}}}
    requests: list[dict[str, Any]] = [
        message(),
        message(role=MessageRole.SYSTEM),
        message(parts=[ImagePart(url="http://a/b.png")]),
        message(tool_calls=[{"id": "1", "original_id": "a", **call}]),
        message(tool_calls=[{"id": "1", "original_id": "b", **call}]),
        message(extra_args={"external_id": "a"}),
        message(extra_args={"is_error": True}),
        message(extra_args={"content_blocks": [{"type": "text", "text": "Hi."}]}),
        {"messages": []},
        {**message(), "tools": [FunctionTool(plus)]},
        {**message(), "kwargs": {"model": "m"}},
        {**message(), "connection": "other"},
    ]
    same: list[dict[str, Any]] = [
        message(tool_calls=[{"id": "2", "original_id": "a", **call}]),
        message(extra_args={"promptTokens": 3}),
    ]
    digests = [request_digest(**_whole(request)) for request in requests + same]
    assert len(set(digests)) == len(requests)


def _whole(request: dict[str, Any]) -> dict[str, Any]:
    return {"connection": "c", "tools": [], "kwargs": {}, **request}


def test_connections_to_different_servers_do_not_share_answers() -> None:
    class Server(Inner):
        url: str

    first = cached(Server(name="server", url="http://one"))
    second = cached(Server(name="server", url="http://two").script("of two"))
    again = cached(Server(name="server", url="http://one").script("not asked"))
    assert [ask(c).content for c in (first, second, again)] == ["answer", "of two", "answer"]


def test_connections_that_are_made_before_the_first_answer_share_it() -> None:
    first, second = cached(Inner(name="early")), cached(Inner(name="early").script("not asked"))
    # Each looks for the memory while nothing is in it.
    assert first._current() is second._current()
    assert [ask(connection).content for connection in (first, second)] == ["answer", "answer"]


def test_accounts_do_not_share_answers() -> None:
    class Account(Inner):
        api_key: SecretStr

    first = cached(Account(name="account", api_key=SecretStr("key of one")))
    second = cached(Account(name="account", api_key=SecretStr("key of two")).script("of two"))
    assert [ask(connection).content for connection in (first, second)] == ["answer", "of two"]
    assert "key of one" not in first._identity("account")


def test_an_error_is_not_remembered() -> None:
    connection = cached(Inner(name="failing").script(ModelUnavailableError("down"), "up"))
    with pytest.raises(ModelUnavailableError):
        ask(connection)
    assert ask(connection).content == "up"


def test_a_stream_fills_the_memory_and_is_answered_from_it() -> None:
    inner = Inner(name="stream").script("abc")
    connection = cached(inner)
    assert [chunk.content for chunk in chunks(connection)] == ["a", "b", "c", ""]
    (known,) = chunks(connection)
    assert (known.content, len(inner.asked)) == ("abc", 1)
    assert known.message is not None
    assert ask(connection).content == "abc"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_answers_are_forgotten_after_their_time() -> None:
    clock = Clock()
    answers = Answers(10, 5, clock)
    answers.put("a", "text")
    clock.now = 9.9
    assert answers.get("a") == "text"
    clock.now = 10
    assert answers.get("a") is None
    assert len(answers) == 0


def test_beyond_the_limit_those_that_were_not_used_for_longest_go() -> None:
    answers = Answers(10, 2, Clock())
    answers.put("a", "1")
    answers.put("b", "2")
    answers.get("a")
    answers.put("c", "3")
    assert [answers.get(digest) for digest in "abc"] == ["1", None, "3"]


def test_dumped_answers_keep_their_time() -> None:
    clock = Clock()
    answers = Answers(10, 5, clock)
    answers.put("a", "1")
    clock.now = 5
    answers.put("b", "2")
    clock.now = 12
    loaded = Answers(10, 5, clock)
    loaded.load(answers.dump())
    assert (loaded.get("a"), loaded.get("b")) == (None, "2")


def ask_event(event: InputEvent, ctx: RunnerContext) -> None:
    message = ChatMessage(content=str(event.input))
    ctx.send_event(ChatRequestEvent(model="model", messages=[message]))


def tell(event: ChatResponseEvent, ctx: RunnerContext) -> None:
    response = event.response
    put_out(ctx, (response.content, "cached" in response.extra_args))


def remembering(log: str, **arguments: Any) -> Agent:
    agent = acting(ask_event, (ChatResponseEvent, tell))
    described = {
        "server": ResourceDescriptor(
            clazz=ScriptedChatModelConnection, script=["answer"], call_log=log
        ),
        "cache": ResourceDescriptor(
            clazz=Constant.CACHED_CHAT_MODEL_CONNECTION, connection="server", arguments=arguments
        ),
    }
    for name, descriptor in described.items():
        agent.add_resource(name, ResourceType.CHAT_MODEL_CONNECTION, descriptor)
    setup = ResourceDescriptor(clazz=ScriptedChatModelSetup, connection="cache")
    return agent.add_resource("model", ResourceType.CHAT_MODEL, setup)


def test_keys_have_answers_of_their_own_that_survive_a_restart(tmp_path: Any) -> None:
    log = str(tmp_path / "calls")
    agent = remembering(log, scope="key")
    store = Store()
    for value in ("x", "x", "y"):
        with running(agent, store) as runner:
            feed(runner, value)
            pump_until(runner, lambda: not store.busy)
    assert outputs(store) == [("answer", False), ("answer", True), ("answer", False)]
    assert len(read_calls(log)) == 2
    store.switch("other key")
    assert store.read_memory(".kept.answers of server") is None


def test_what_is_kept_is_no_memory_that_actions_see(tmp_path: Any) -> None:
    def look(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        put_out(ctx, ctx.short_term_memory.get_fields())

    agent = remembering(str(tmp_path / "calls"), scope="key")
    agent.add_action("look", [ChatResponseEvent], look)
    got = run_agent(agent, [{"key": "k", "value": "x"}])
    assert got[1] == {"k": {}}


def test_keys_of_a_process_share_answers_by_default(tmp_path: Any) -> None:
    log = str(tmp_path / "calls")
    items = [{"key": key, "value": "x"} for key in ("a", "b", "c")]
    got = run_agent(remembering(log), items, options={"chat.async": "false"})
    assert [next(iter(output.values()))[1] for output in got] == [False, True, True]
    assert len(read_calls(log)) == 1


class Gate:
    is_open = False


async def wait_for_the_gate() -> str:
    """Wait."""
    while not Gate.is_open:
        await asyncio.sleep(0.005)
    return "open"


@pytest.mark.parametrize("scope", ["key", "process"])
def test_the_journal_comes_before_the_cache(tmp_path: Any, scope: str) -> None:
    """The call before the crash is answered from the journal, and neither asked nor counted."""
    log = str(tmp_path / "calls")
    agent = remembering(log, scope=scope)
    asks = ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[tool_call("wait_for_the_gate", {})])
    server = ResourceDescriptor(
        clazz=ScriptedChatModelConnection, script=[asks, "through"], call_log=log
    )
    setup = ResourceDescriptor(
        clazz=ScriptedChatModelSetup, connection="cache", tools=["wait_for_the_gate"]
    )
    agent.resources[ResourceType.CHAT_MODEL_CONNECTION]["server"] = server
    agent.resources[ResourceType.CHAT_MODEL]["model"] = setup
    agent.add_resource("wait_for_the_gate", ResourceType.TOOL, FunctionTool(wait_for_the_gate))
    Gate.is_open = False
    store = Store()
    with running(agent, store) as runner:
        feed(runner, "x")
        pump_until(runner, lambda: journaled(store) == 1)
    Gate.is_open = True
    store.busy.clear()
    with running(agent, store) as runner:
        resume(runner)
        pump_until(runner, lambda: not store.busy)
    assert outputs(store) == [("through", False)]
    assert len(read_calls(log)) == 2
