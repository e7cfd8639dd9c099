"""A Python agent whose chat model is written in Java: the jar's own Ollama model.

``python -m examples.cross_language.java_model "48 + 31?" --url http://localhost:11434``
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.decorators import action, prompt, tool
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceName, ResourceType
from flink_agents.api.runner_context import RunnerContext
from flink_agents.exceptions import AgentsError

Java = ResourceName.ChatModel.Java


class Calculator(Agent):
    """Answers questions with a Java chat model. Prompt and tools stay in Python."""

    @prompt
    @staticmethod
    def instructions() -> Prompt:
        """Goes before each question."""
        return Prompt.from_messages(
            [ChatMessage(role=MessageRole.SYSTEM, content="Use the tools. Answer in one sentence.")]
        )

    @tool
    @staticmethod
    def add(a: int, b: int) -> int:
        """Add two numbers.

        Args:
            a: The first one.
            b: The second one.
        """
        return a + b

    @action(InputEvent)
    @staticmethod
    def ask(event: InputEvent, ctx: RunnerContext) -> None:
        """Pass the question on to the model."""
        question = ChatMessage(role=MessageRole.USER, content=str(event.input))
        ctx.send_event(ChatRequestEvent(model="java_model", messages=[question]))

    @action(ChatResponseEvent)
    @staticmethod
    def answer(event: ChatResponseEvent, ctx: RunnerContext) -> None:
        """Say what the model said."""
        ctx.send_event(OutputEvent(output=event.response.content))


def java_ollama(agent: Agent, url: str, model: str) -> Agent:
    """Add the Java chat model that the agent asks.

    Args:
        agent: The agent.
        url: Address of the Ollama server.
        model: Name of a model there that can call tools.
    """
    connection = ResourceDescriptor(
        clazz=Constant.JAVA_CHAT_MODEL_CONNECTION,
        java_clazz=Java.OLLAMA_CONNECTION,
        endpoint=url,
        requestTimeout=120,
    )
    setup = ResourceDescriptor(
        clazz=Constant.JAVA_CHAT_MODEL_SETUP,
        java_clazz=Java.OLLAMA_SETUP,
        connection="java_ollama",
        model=model,
        prompt="instructions",
        tools=["add"],
    )
    agent.add_resource("java_ollama", ResourceType.CHAT_MODEL_CONNECTION, connection)
    return agent.add_resource("java_model", ResourceType.CHAT_MODEL, setup)


def flink_environment() -> Any:
    """A Flink environment in thread mode, on this machine unless Flink is told otherwise."""
    # PyFlink takes seconds to import, and local mode does not need it.
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    configuration = Configuration()
    configuration.set_string("python.execution-mode", "thread")
    configuration.set_string("rest.bind-port", "0")
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    environment.set_parallelism(1)
    return environment


def main(argv: list[str] | None = None) -> int:
    """Ask the questions of the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.cross_language.java_model",
        description="Answers questions by a Python agent with the Java Ollama model.",
    )
    parser.add_argument("questions", nargs="*", default=["48 + 31?"], metavar="QUESTION")
    parser.add_argument("--url", default="http://localhost:11434", help="(default: %(default)s)")
    parser.add_argument("--model", default="qwen3:8b", help="(default: %(default)s)")
    parser.add_argument("--flink", action="store_true", help="as a Flink job, not in this process")
    arguments = parser.parse_args(argv)
    items = [{"key": question, "value": question} for question in arguments.questions]
    try:
        environment = AgentsExecutionEnvironment.get_execution_environment(
            flink_environment() if arguments.flink else None
        )
        agent = java_ollama(Calculator(), arguments.url, arguments.model)
        outputs = environment.from_list(items).apply(agent).to_list()
        environment.execute()
    except AgentsError as error:
        print(error, file=sys.stderr)
        return 1
    for output in outputs:
        for question, answer in output.items():
            print(f"{question} -> {answer}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
