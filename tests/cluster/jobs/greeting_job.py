"""A job as users write them, which also tells where its worker has its Python from.

Each line of its output is JSON: the number that was the input, the answer of a chat model that runs
in the worker, and facts about the worker.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial
from typing import Any

from pyflink.common import Types
from pyflink.common.serialization import Encoder
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, RollingPolicy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.decorators import action, chat_model_connection, chat_model_setup
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import Constant, ResourceDescriptor


def facts() -> dict[str, Any]:
    """What is known of the Python that runs the agent."""
    import greeting_words  # pyright: ignore[reportMissingImports]

    import flink_agents

    return {
        "thread": "pyflink.fn_execution.beam.beam_boot" not in sys.modules
        and "pemja" in sys.modules,
        "pid": os.getpid(),
        "prefix": sys.prefix,
        "package": flink_agents.__file__,
        "words": greeting_words.__file__,
    }


def respond(messages: Any, tools: Any) -> str:
    """The model's answer, by a module that comes with the job."""
    from greeting_words import greeting  # pyright: ignore[reportMissingImports]

    return greeting(messages[-1].content)


class Greeter(Agent):
    """Asks a chat model."""

    @chat_model_connection
    @staticmethod
    def connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz="flink_agents.testing.ScriptedChatModelConnection", respond=respond, latency=0.01
        )

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz="flink_agents.testing.ScriptedChatModelSetup", connection="connection"
        )

    @action(InputEvent)
    @staticmethod
    def ask(event: Any, ctx: Any) -> None:
        seen = (ctx.short_term_memory.get("seen") or 0) + 1
        ctx.short_term_memory.set("seen", seen)
        ctx.short_term_memory.set("last", event.input)
        message = ChatMessage(content=str(event.input))
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    @action(ChatResponseEvent)
    @staticmethod
    def answer(event: Any, ctx: Any) -> None:
        memory = ctx.short_term_memory
        told = {
            "number": memory.get("last"),
            "seen": memory.get("seen"),
            "answer": event.response.content,
            **facts(),
        }
        ctx.send_event(OutputEvent(output=json.dumps(told)))


class JavaGreeter(Greeter):
    """Asks a chat model that is written in Java."""

    @chat_model_connection
    @staticmethod
    def connection() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_CONNECTION, java_clazz="example.EchoConnection"
        )

    @chat_model_setup
    @staticmethod
    def model() -> ResourceDescriptor:
        return ResourceDescriptor(
            clazz=Constant.JAVA_CHAT_MODEL_SETUP,
            java_clazz="example.EchoSetup",
            connection="connection",
            model="m",
        )


def slowly(number: int, hurry: str) -> int:
    """Keep the job alive for a while, until there is a file of this name."""
    import os
    import time

    if not os.path.exists(hurry):
        time.sleep(0.05)
    return number


def main() -> None:
    """Build the job and submit it to wherever ``flink run`` says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("output")
    parser.add_argument("--mode", choices=["thread", "process"])
    parser.add_argument("--numbers", type=int, default=20)
    parser.add_argument("--hurry", default="", help="a file that lets the job go at full speed")
    parser.add_argument("--java", action="store_true")
    options = parser.parse_args()

    flink = StreamExecutionEnvironment.get_execution_environment()
    if options.mode:
        from flink_agents.runtime.flink.worker_environment import options_of

        options_of(flink).set_string("python.execution-mode", options.mode)
    flink.enable_checkpointing(500)
    agents = AgentsExecutionEnvironment.get_execution_environment(flink)
    source = NumberSequenceSource(0, options.numbers - 1)
    numbers = flink.from_source(source, WatermarkStrategy.no_watermarks(), "n", Types.LONG())
    slow = (
        numbers.uid("numbers").map(partial(slowly, hurry=options.hurry), Types.LONG()).uid("slowly")
    )
    agent = JavaGreeter() if options.java else Greeter()
    greetings = (
        agents.from_datastream(slow, lambda number: number % 7)
        .apply(agent)
        .to_datastream(Types.STRING())
    )
    sink = FileSink.for_row_format(options.output, Encoder.simple_string_encoder())
    # Else lines are final only after a minute.
    sink = sink.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
    greetings.sink_to(sink.build()).uid("files")
    agents.execute("greetings")


if __name__ == "__main__":
    main()
