"""Python agents with Java chat models: the examples, and a Flink job with many calls in flight."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.cross_language import java_model
from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.decorators import (
    action,
    chat_model_connection,
    chat_model_setup,
    prompt,
    tool,
)
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.bridge.java_jar import CLASSPATH_VARIABLE
from flink_agents.testing import run_agent
from tests.bridge.conftest import companions
from tests.environment import clean_environment
from tests.flink.conftest import flink_env as flink_env
from tests.providers import ollama_protocol
from tests.providers.recorded_server import RecordedServer

pytestmark = pytest.mark.java

ROOT = Path(__file__).parents[2]


# The class of the page, but for the address of the server.
class MyAgent(Agent):
    @chat_model_connection
    @staticmethod
    def java_chat_model_connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_CONNECTION,
            java_clazz="org.apache.flink.agents.integrations.chatmodels.ollama.OllamaChatModelConnection",
            endpoint=os.environ["OLLAMA_TEST_URL"],
            requestTimeout=120,
        )

    @chat_model_setup
    @staticmethod
    def java_chat_model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_SETUP,
            java_clazz="org.apache.flink.agents.integrations.chatmodels.ollama.OllamaChatModelSetup",
            connection="java_chat_model_connection",
            model="qwen3:8b",
            prompt="my_prompt",
            tools=["my_tool1", "my_tool2"],
            extract_reasoning=True,
        )

    @action(InputEvent)
    @staticmethod
    def process_input(event: InputEvent, ctx: RunnerContext) -> None:
        # Create a chat request with user message
        user_message = ChatMessage(role=MessageRole.USER, content=f"input: {event.input}")
        ctx.send_event(ChatRequestEvent(model="java_chat_model", messages=[user_message]))

    @action(ChatResponseEvent)
    @staticmethod
    def process_response(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        response_content = event.response.content
        # Handle the LLM's response
        ctx.send_event(OutputEvent(output=response_content))

    @prompt
    @staticmethod
    def my_prompt() -> Prompt:
        return Prompt.from_messages(
            [ChatMessage(role=MessageRole.SYSTEM, content="You use tools.")]
        )

    @tool
    @staticmethod
    def my_tool1(a: int, b: int) -> int:
        """Add two numbers.

        Args:
            a: The first one.
            b: The second one.
        """
        return a + b

    @tool
    @staticmethod
    def my_tool2(city: str) -> str:
        """Find the weather of a city.

        Args:
            city: Its name.
        """
        return f"sunny in {city}"


QUESTION = [{"key": "k", "value": "add 48 and 31"}]


@pytest.fixture
def page_server(ollama: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A real server that has a model of the name that the page asks for."""
    monkeypatch.setenv("OLLAMA_TEST_URL", ollama)
    return ollama


@pytest.mark.ollama
def test_the_example_of_the_page_runs_in_this_process(java: None, page_server: str) -> None:
    (output,) = run_agent(MyAgent(), QUESTION)
    # The tiny model of the tests repeats the result of the tool.
    assert "79" in output["k"]
    assert companions() == []


@pytest.mark.ollama
@pytest.mark.flink
@pytest.mark.timeout(180)
def test_the_example_of_the_page_runs_on_flink(
    java: None, page_server: str, flink_env: Any
) -> None:
    (output,) = run_agent(MyAgent(), QUESTION, flink_env("thread"))
    assert "79" in output["k"]
    from pyflink.java_gateway import get_gateway

    jvm: Any = get_gateway().jvm
    assert companions(jvm.java.lang.ProcessHandle.current().pid()) == []


def test_the_example_of_the_page_sends_its_prompt_and_its_tools(
    java: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordedServer(ollama_protocol.check) as server:
        monkeypatch.setenv("OLLAMA_TEST_URL", server.url)
        server.script(
            ollama_protocol.tool_calls(
                (None, "my_tool1", {"a": 48, "b": 31}), (None, "my_tool2", {"city": "Rome"})
            ),
            ollama_protocol.thinking("Easy.", "79, and sunny."),
        )
        assert run_agent(MyAgent(), QUESTION) == [{"k": "79, and sunny."}]
        first, second = (request.body for request in server.requests)
    assert (first["model"], first["messages"][0]["content"]) == ("qwen3:8b", "You use tools.")
    assert first["messages"][1] == {"role": "user", "content": "input: add 48 and 31"}
    assert [t["function"]["name"] for t in first["tools"]] == ["my_tool1", "my_tool2"]
    results = [m["content"] for m in second["messages"] if m["role"] == "tool"]
    assert results == ["79", "sunny in Rome"]


@pytest.mark.ollama
@pytest.mark.parametrize("option", ["here", pytest.param("--flink", marks=pytest.mark.flink)])
@pytest.mark.timeout(180)
def test_the_python_example_runs(java: None, ollama: str, option: str) -> None:
    command = [sys.executable, "-m", "examples.cross_language.java_model", "add 48 and 31"]
    options = ["--url", ollama, "--model", "tools", *([option] if option != "here" else [])]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, env=clean_environment(), capture_output=True, text=True,
        timeout=170, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("add 48 and 31 -> ")
    assert "79" in done.stdout


def test_the_python_example_tells_what_is_wrong(
    java: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert java_model.main(["--url", "http://127.0.0.1:9"]) == 1
    assert "http://127.0.0.1:9" in capsys.readouterr().err


def _ask(event: Any, ctx: Any) -> None:
    message = ChatMessage(content=event.input)
    ctx.send_event(ChatRequestEvent(model="model", messages=[message]))


def _answer(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.response.content))


def test_a_java_model_of_ones_own_answers_a_python_agent(
    java: None, example_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CLASSPATH_VARIABLE, str(example_classes))
    package = "org.apache.flink.agents.examples"
    agent = Agent().add_action("ask", [InputEvent], _ask)
    agent.add_action("answer", [ChatResponseEvent], _answer)
    agent.add_resource(
        "connection",
        ResourceType.CHAT_MODEL_CONNECTION,
        ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_CONNECTION,
            java_clazz=f"{package}.CustomJavaModelConnection",
            endpoint="home",
        ),
    )
    agent.add_resource(
        "model",
        ResourceType.CHAT_MODEL,
        ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_SETUP,
            java_clazz=f"{package}.CustomJavaModelSetup",
            connection="connection",
            model="m",
        ),
    )
    outputs = run_agent(agent, [{"key": "k", "value": "hello"}])
    assert outputs == [{"k": "hello to m at home"}]


@pytest.mark.flink
@pytest.mark.timeout(180)
def test_one_subtask_has_500_java_calls_in_flight(java_classes: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bridge.many_calls_job", "500"],
        cwd=ROOT,
        env=clean_environment(FLINK_AGENTS_JAVA_CLASSPATH=str(java_classes)),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [line.split(" of ") for line in done.stdout.splitlines()]
    assert sorted(int(number) for number, _ in answers) == list(range(500))
    assert {int(most) for _, most in answers} == {500}
