"""Agents in this process: what goes in, what comes out, what is said to the model."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel

from flink_agents.api.agents.agent import STRUCTURED_OUTPUT, Agent
from flink_agents.api.chat_message import MessageRole
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent
from flink_agents.api.events.tool_event import ToolRequestEvent, ToolResponseEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ActionError, ModelOutputError
from tests.unit.runtime.scripted import (
    Answering,
    Model,
    acting,
    add_model,
    call,
    calling,
    put_out,
    run,
    scripted,
    user,
)

pytestmark = pytest.mark.timeout(60)


# Input and output


def test_outputs_come_by_key_in_the_order_of_the_key_s_input() -> None:
    items = [{"key": f"k{n % 3}", "value": n} for n in range(30)]
    outputs = run(Answering(), *items)
    for key in ("k0", "k1", "k2"):
        expected = [f"re: {item['value']}" for item in items if item["key"] == key]
        assert [output[key] for output in outputs if key in output] == expected
    assert len(outputs) == 30


def test_short_and_missing_keys_are_taken() -> None:
    agent = acting(lambda event, ctx: put_out(ctx, event.input))
    outputs = run(agent, {"k": 1, "v": "a"}, {"key": 2, "value": "b"}, {"v": "c"}, "d", {"x": 1})
    assert [next(iter(output.values())) for output in outputs] == ["a", "b", "c", "d", {"x": 1}]
    assert [next(iter(output)) for output in outputs[:2]] == [1, 2]
    assert len({next(iter(output)) for output in outputs}) == 5


def test_an_agent_without_input_ends_at_once() -> None:
    assert run(Answering()) == []


@pytest.mark.parametrize("key", ["", "\x00", "\ud800", "😀", "ключ", "a.b", "$", 7, ("a", 1), None])
def test_odd_keys_are_kept_apart_and_keep_their_memory(key: Any) -> None:
    def count(event: InputEvent, ctx: RunnerContext) -> None:
        seen = (ctx.short_term_memory.get("seen") or 0) + 1
        ctx.short_term_memory.set("seen", seen)
        put_out(ctx, [ctx.key, seen])

    items = [{"key": k, "value": 1} for k in (key, "other", key)]
    assert run(acting(count), *items) == [
        {key: [key, 1]},
        {"other": ["other", 1]},
        {key: [key, 2]},
    ]


def test_a_record_of_a_megabyte_goes_through_actions_model_and_memory() -> None:
    big = "\x00é😀\ud83d" * 250_000

    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        ctx.short_term_memory.set("big", event.input)
        ctx.send_event(ChatRequestEvent(model="model", messages=[user(event.input)]))

    def answered(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        put_out(ctx, [event.response.content, ctx.short_term_memory.get("big")])

    agent = acting(ask, (ChatResponseEvent, answered))
    outputs = run(add_model(agent), {"key": "a", "value": big}, {"key": "a", "value": big})
    assert outputs == [{"a": ["re: " + big, big]}] * 2


def test_an_environment_runs_one_agent_over_one_list_once() -> None:
    environment = AgentsExecutionEnvironment.get_execution_environment()
    with pytest.raises(RuntimeError, match="Nothing to execute"):
        environment.execute()
    builder = environment.from_list([{"key": 1, "value": "x"}])
    with pytest.raises(RuntimeError, match="Nothing to execute"):
        environment.execute()
    with pytest.raises(RuntimeError, match="make another environment"):
        environment.from_list([])
    outputs = builder.apply(Answering()).to_list()
    with pytest.raises(RuntimeError, match="applied before"):
        builder.apply(Answering())
    assert outputs == []
    environment.execute()
    assert outputs == [{1: "re: x"}]
    with pytest.raises(RuntimeError, match="make another environment"):
        environment.execute()


def test_streams_and_tables_need_a_flink_environment_and_say_so() -> None:
    environment = AgentsExecutionEnvironment.get_execution_environment()
    builder = environment.from_list([])
    for attempt in (
        lambda: environment.from_datastream(None),  # type: ignore[arg-type]
        lambda: environment.from_table(None),  # type: ignore[arg-type]
        lambda: builder.to_datastream(),
        lambda: builder.to_table(None, None),  # type: ignore[arg-type]
    ):
        with pytest.raises(RuntimeError, match="get_execution_environment"):
            attempt()


def test_an_agent_can_be_run_from_within_a_running_event_loop() -> None:
    async def main() -> list[dict[Any, Any]]:
        return run(Answering(), {"key": 1, "value": "x"})

    assert asyncio.run(main()) == [{1: "re: x"}]


def test_a_wrong_option_is_named_before_anything_runs() -> None:
    with pytest.raises(ValueError, match="max-in-flight"):
        run(Answering(), {"key": 1, "value": "x"}, max_in_flight="many")
    assert Model.asked == []


# Models and tools


def test_results_of_tools_go_back_to_the_model_in_the_order_of_its_calls() -> None:
    Model.answer = scripted(
        calling(
            call("slow", {"n": 0}, 0), call("add", {"a": 1, "b": "2"}, 1), call("slow", {"n": 2}, 2)
        ),
        "done",
    )
    assert run(Answering(), {"key": 1, "value": "x"}) == [{1: "done"}]
    (_, tools, kwargs), (messages, _, _) = Model.asked
    assert tools == ["add", "fail", "slow", "remember"]
    assert kwargs == {"model": "m"}
    assert [m.content for m in messages if m.role is MessageRole.TOOL] == ["0", "3", "2"]
    assert [m.extra_args for m in messages if m.role is MessageRole.TOOL] == [
        {"external_id": "o0", "tool_name": "slow"},
        {"external_id": "o1", "tool_name": "add"},
        {"external_id": "o2", "tool_name": "slow"},
    ]


def test_tools_of_one_answer_run_side_by_side() -> None:
    Model.answer = scripted(calling(*(call("slow", {"n": n}, n) for n in range(3))), "done")
    run(Answering(), {"key": 1, "value": "x"})
    assert Model.most_in_flight == 3


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (call("invented", {}), ["no tool 'invented'", "add, fail, slow, remember"]),
        (call("", {}), ["no tool ''"]),
        ({"id": "x"}, ["no tool ''"]),
        (call("add", {"a": 1}), ["'add'", "b", "It takes: a, b"]),
        (call("add", {"a": 1, "b": 2, "c": 3}), ["'add'", "c"]),
        (call("add", {"a": "one", "b": 2}), ["'add'", "a"]),
        (call("add", "{not json"), ["no JSON object", "{not json"]),
        (call("add", None), ["no JSON object"]),
        (call("fail", {"text": "luck"}), ["'fail' failed with ValueError: no luck"]),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_tool_call_that_goes_wrong_is_told_to_the_model_and_the_run_goes_on(
    asked: dict[str, Any], told: list[str]
) -> None:
    Model.answer = scripted(calling(asked), "sorry")
    assert run(Answering(), {"key": 1, "value": "x"}) == [{1: "sorry"}]
    (answer,) = [m for m in Model.asked[-1][0] if m.role is MessageRole.TOOL]
    assert answer.content.startswith("Error: ")
    assert answer.extra_args["is_error"] is True
    for part in told:
        assert part in answer.content


def test_a_tool_may_ask_for_the_context() -> None:
    Model.answer = scripted(calling(call("remember", {"fact": "it"})), "done")
    run(Answering(), {"key": "k", "value": "x"})
    assert [m.content for m in Model.asked[-1][0] if m.role is MessageRole.TOOL] == ["it of k"]


def test_tools_are_called_by_event_too() -> None:
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        calls = [call("add", {"a": 1, "b": 2}, 0), call("fail", {"text": "x"}, 1)]
        ctx.send_event(ToolRequestEvent(model="model", tool_calls=calls))

    def answered(event: ToolResponseEvent, ctx: RunnerContext) -> None:
        ids = list(event.external_ids.values())
        put_out(ctx, [ids, list(event.responses.values())])

    agent = acting(ask, (ToolResponseEvent, answered))
    for name in ("add", "fail"):
        agent.add_resource(name, ResourceType.TOOL, Tool.from_callable(getattr(Answering, name)))
    (output,) = run(agent, {"key": 1, "value": "x"})
    assert output == {1: [["o0", "o1"], [3, "Error: tool 'fail' failed with ValueError: no x"]]}


def test_a_model_that_does_not_stop_calling_tools_is_stopped_and_named() -> None:
    Model.answer = lambda messages, kwargs: calling(call("add", {"a": 1, "b": 2}))
    with pytest.raises(ActionError, match=r"'model' still calls tools \(add\) after 3 rounds"):
        run(Answering(), {"key": 1, "value": "x"}, max_tool_rounds=3)
    assert len(Model.asked) == 4


class Total(BaseModel):
    total: int


def asks_for_a_total(event: InputEvent, ctx: RunnerContext) -> None:
    request = ChatRequestEvent.model_validate(
        {"model": "model", "messages": [user(event.input)], "output_schema": Total}
    )
    ctx.send_event(request)


def puts_out_the_total(event: ChatResponseEvent, ctx: RunnerContext) -> None:
    put_out(ctx, event.response.extra_args[STRUCTURED_OUTPUT])


def totalling() -> Agent:
    return add_model(acting(asks_for_a_total, (ChatResponseEvent, puts_out_the_total)))


def test_an_answer_that_does_not_fit_the_schema_is_sent_back_with_the_reason() -> None:
    Model.answer = scripted("I think 7", '{"total": "many"}', '```json\n{"total": 7}\n```')
    assert run(totalling(), {"key": 1, "value": "x"}) == [{1: Total(total=7)}]
    assert len(Model.asked) == 3
    first, last = Model.asked[0][0], Model.asked[-1][0]
    assert "JSON schema" in first[0].content
    assert first[0].role is MessageRole.SYSTEM
    assert [m.role.value for m in last] == [
        "system", "user", "assistant", "user", "assistant", "user"
    ]  # fmt: skip
    assert "could not be used" in last[-1].content
    assert "total" in last[-1].content


def test_an_answer_that_never_fits_the_schema_fails_with_it() -> None:
    Model.answer = lambda messages, kwargs: "no"
    with pytest.raises(ActionError, match=r"OutputSchemaError.*Total") as raised:
        run(totalling(), {"key": 1, "value": "x"}, max_retries=2)
    assert isinstance(raised.value.__cause__, ModelOutputError)
    assert len(Model.asked) == 3


def test_a_prompt_with_json_in_it_goes_to_the_model_as_it_is() -> None:
    text = 'Answer {"a": {"b": [1]}, "who": "{name}", "x": {unknown}} {{}}'

    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        request = ChatRequestEvent(
            model="model", messages=[user("q")], prompt_args={"name": event.input}
        )
        ctx.send_event(request)

    def answered(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        put_out(ctx, "ok")

    agent = acting(ask, (ChatResponseEvent, answered))
    agent.add_resource("words", ResourceType.PROMPT, Prompt.from_text(text))
    run(add_model(agent, prompt="words"), {"key": 1, "value": '{"q": 1}'})
    assert Model.asked[0][0][0].content == text.replace("{name}", '{"q": 1}')
