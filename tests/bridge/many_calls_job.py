"""A program with a Flink job whose one subtask has many calls of a Java model in flight.

``python -m tests.bridge.many_calls_job NUMBER`` prints each answer: ``<input> of <most at once>``.
"""

from __future__ import annotations

import sys
from typing import Any

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType


def _ask(event: Any, ctx: Any) -> None:
    message = ChatMessage(content=str(event.input))
    ctx.send_event(ChatRequestEvent(model="model", messages=[message]))


def _answer(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=event.response.content))


def main(number: int) -> None:
    """Run the job with so many inputs, each a key of its own."""
    agent = Agent().add_action("ask", [InputEvent], _ask)
    agent.add_action("answer", [ChatResponseEvent], _answer)
    connection = ResourceDescriptor(
        clazz=Constant.JAVA_CHAT_MODEL_CONNECTION,
        java_clazz="example.GatheringConnection",
        expected=number,
    )
    setup = ResourceDescriptor(
        clazz=Constant.JAVA_CHAT_MODEL_SETUP,
        java_clazz="example.EchoSetup",
        connection="connection",
        model="m",
    )
    agent.add_resource("connection", ResourceType.CHAT_MODEL_CONNECTION, connection)
    agent.add_resource("model", ResourceType.CHAT_MODEL, setup)
    configuration = Configuration()
    for name, value in {
        "python.execution-mode": "thread",
        "restart-strategy.type": "none",
        "rest.bind-port": "0",
    }.items():
        configuration.set_string(name, value)
    flink = StreamExecutionEnvironment.get_execution_environment(configuration)
    flink.set_parallelism(1)
    environment = AgentsExecutionEnvironment.get_execution_environment(flink)
    items = [{"key": i, "value": i} for i in range(number)]
    outputs = environment.from_list(items).apply(agent).to_list()
    environment.execute()
    for output in outputs:
        print(*output.values())


if __name__ == "__main__":
    main(int(sys.argv[1]))
