"""Java chat models in Python, through a real companion JVM."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.api.tools.tool import FunctionTool, Tool
from flink_agents.exceptions import (
    ModelError,
    ModelOutputError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from tests.bridge.conftest import companions

pytestmark = pytest.mark.java

Connect = Callable[..., Any]
SECRET = "sk-very-secret"


def said(text: str) -> list[ChatMessage]:
    return [ChatMessage(content=text)]


def test_a_message_comes_back_as_it_was(connect: Connect) -> None:
    connection = connect(greeting_text="hello ")
    parts = [TextPart(text="ü"), ImagePart(data=b"\x00\xff", media_type="image/png")]
    extra = {"values": [1, 2.5, None, True, {"deep": "\u2028"}]}
    message = ChatMessage(content='"ä\\\n\r€😀', parts=parts, extra_args=extra)
    answer = connection.chat([message], temperature=0.5, absent=None)
    assert answer.role is MessageRole.ASSISTANT
    assert answer.content == 'hello "ä\\\n\r€😀'
    assert answer.parts == parts
    assert answer.extra_args["values"] == extra["values"]
    assert answer.extra_args["arguments"] == {"temperature": 0.5}


def test_achat_works_too_and_both_can_be_mixed(connect: Connect) -> None:
    connection = connect()

    async def ask() -> str:
        return (await connection.achat(said("async"))).content

    assert connection.chat(said("plain")).content == "plain"
    assert asyncio.run(ask()) == "async"
    assert asyncio.run(ask()) == "async"


def test_there_is_one_companion_for_all_models_and_it_starts_with_the_first_call(
    connect: Connect,
) -> None:
    first, second = connect(), connect(greeting_text="2 ")
    assert companions() == []
    assert first.chat(said("x")).content == "x"
    assert second.chat(said("x")).content == "2 x"
    assert len(companions()) == 1


def test_the_companion_stops_with_the_last_model(connect: Connect) -> None:
    first, second = connect(), connect()
    first.chat(said("x"))
    second.chat(said("x"))
    first.close()
    assert second.chat(said("x")).content == "x"
    second.close()
    assert companions() == []


def test_tools_go_with_their_whole_schema(connect: Connect) -> None:
    def find(names: list[str], limit: int | None = None) -> None:
        """Finds.

        Args:
            names: Whom.
            limit: How many.
        """

    tool = FunctionTool(find)
    answer = connect().chat(said("x"), [tool])
    assert answer.extra_args["tools"] == [tool.metadata.get_parameters_dict()]


def test_a_setup_gives_the_parameters_of_java_and_keeps_prompt_and_tools_here(
    connect: Connect, set_up: Callable[..., Any]
) -> None:
    def add(a: int, b: int) -> int:
        """Adds."""
        return a + b

    setup = set_up(
        connect(),
        FunctionTool(add),
        model="m",
        extract_reasoning=True,
        prompt=Prompt.from_text("You are {who}."),
    )
    assert setup.model_kwargs == {"model": "m", "extractReasoning": True}
    answer = setup.chat(said("x"), prompt_args={"who": "Ada"}, top=1)
    expected = {"model": "m", "extractReasoning": True, "top": 1}
    assert answer.extra_args["arguments"] == expected
    assert answer.extra_args["messages"] == 2
    assert len(answer.extra_args["tools"]) == 1


class PythonConnection(BaseChatModelConnection):
    async def achat(self, messages: Any, tools: list[Tool] | None = None, **kwargs: Any) -> Any:
        return ChatMessage(role=MessageRole.ASSISTANT, content=str(sorted(kwargs.items())))


def test_a_java_setup_may_name_a_python_connection(set_up: Callable[..., Any]) -> None:
    setup = set_up(PythonConnection(), model="m")
    expected = "[('extractReasoning', False), ('model', 'm')]"
    assert asyncio.run(setup.achat(said("x"))).content == expected


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout", ModelTimeoutError),
        ("cause", ModelTimeoutError),
        ("unavailable", ModelUnavailableError),
        ("request", ModelRequestError),
        ("output", ModelOutputError),
        ("another", ModelError),
    ],
)
def test_an_exception_arrives_as_one_of_its_kind_without_secrets(
    connect: Connect, kind: str, error: type[ModelError]
) -> None:
    connection = connect(apiKey=SECRET)
    with pytest.raises(ModelError) as raised:
        connection.chat(said("x"), fail=kind)
    assert type(raised.value) is error
    text = str(raised.value) + "".join(vars(raised.value)["__notes__"])
    assert "example.EchoConnection: " in str(raised.value)
    assert "Exception: it failed with the key ***" in str(raised.value)
    assert "EchoConnection.java:" in vars(raised.value)["__notes__"][0]
    assert SECRET not in text


def test_a_class_that_does_not_exist_is_named_with_the_variable_to_set(connect: Connect) -> None:
    with pytest.raises(ModelRequestError, match=r"example\.Nothing.*FLINK_AGENTS_JAVA_CLASSPATH"):
        connect("example.Nothing").chat(said("x"))


def test_a_class_of_another_kind_is_refused(connect: Connect) -> None:
    with pytest.raises(ModelRequestError, match="is no BaseChatModelConnection"):
        connect("example.EchoSetup").chat(said("x"))
    with pytest.raises(ModelRequestError, match="is no BaseChatModelConnection"):
        connect("java.lang.Runtime").chat(said("x"))


def test_a_constructor_that_throws_is_told_with_every_call(connect: Connect) -> None:
    connection = connect(greeting_text="refused", api_key=SECRET)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"no greeting with the key \*\*\*"):
            connection.chat(said("x"))


def test_structured_output_is_asked_of_java(connect: Connect) -> None:
    assert connect().native_structured_output is False
    assert connect(greeting_text="structured").native_structured_output is True


@pytest.mark.parametrize("argument", ["millis", "async_millis"])
def test_hundreds_of_calls_are_in_flight_at_once(connect: Connect, argument: str) -> None:
    connection = connect()

    async def ask_all() -> list[ChatMessage]:
        calls = (connection.achat(said(f"n{i}"), **{argument: 1500}) for i in range(600))
        return await asyncio.gather(*calls)

    answers = asyncio.run(asyncio.wait_for(ask_all(), 60))
    assert [answer.content for answer in answers] == [f"n{i}" for i in range(600)]


def test_calls_of_many_threads_and_loops_do_not_mix(connect: Connect) -> None:
    connection = connect()
    wrong: list[str] = []

    def ask(number: int) -> None:
        async def ask_all() -> list[ChatMessage]:
            return await asyncio.gather(
                *(connection.achat(said(f"{number} {i}")) for i in range(100))
            )

        answers = asyncio.run(ask_all())
        wrong.extend(a.content for i, a in enumerate(answers) if a.content != f"{number} {i}")

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_cancelling_a_task_interrupts_the_java_call(connect: Connect) -> None:
    connection = connect()

    async def cancel_one() -> int:
        await connection.achat(said("start"))
        waiting = asyncio.ensure_future(connection.achat(said("x"), millis=600_000))
        while not (await connection.achat(said("does it sleep?"))).extra_args["asleep"]:
            pass
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        interrupted = 0
        while not interrupted:
            interrupted = (await connection.achat(said("y"))).extra_args["interrupted"]
        return interrupted

    assert asyncio.run(asyncio.wait_for(cancel_one(), 60)) == 1


def test_a_call_that_takes_too_long_ends(connect: Connect) -> None:
    connection = connect(bridge_timeout=0.3)
    assert connection.native_structured_output is False  # so that Java has started
    with pytest.raises(ModelTimeoutError, match="bridge_timeout"):
        connection.chat(said("x"), millis=600_000)
    with pytest.raises(ModelTimeoutError, match="bridge_timeout"):
        asyncio.run(connection.achat(said("x"), millis=600_000))


def test_a_value_without_json_form_is_refused_here(connect: Connect) -> None:
    connection = connect()
    with pytest.raises(ModelRequestError, match="cannot be sent"):
        connection.chat(said("x"), value=object())
    assert connection.chat(said("still here")).content == "still here"


def process_input(event: InputEvent, ctx: RunnerContext) -> None:
    message = ChatMessage(content=str(event.input))
    ctx.send_event(ChatRequestEvent(model="model", messages=[message]))


def process_response(event: ChatResponseEvent, ctx: RunnerContext) -> None:
    ctx.send_event(OutputEvent(output=event.response.content))


def test_an_agent_in_this_process_asks_java(java: None) -> None:
    agent = Agent()
    agent.add_action("ask", [InputEvent], process_input)
    agent.add_action("answer", [ChatResponseEvent], process_response)
    agent.add_resource(
        "connection",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_CONNECTION,
            java_clazz="example.EchoConnection",
            greetingText="hello ",
        ),
    )
    agent.add_resource(
        "model",
        ResourceType.CHAT_MODEL,
        ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_SETUP,
            java_clazz="example.EchoSetup",
            connection="connection",
            model="m",
        ),
    )
    env = AgentsExecutionEnvironment.get_execution_environment()
    outputs = env.from_list([{"key": n, "value": n} for n in range(20)]).apply(agent).to_list()
    env.execute()
    assert sorted(next(iter(o.values())) for o in outputs) == sorted(
        f"hello {n}" for n in range(20)
    )
    assert companions() == []
