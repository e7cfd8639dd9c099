"""What all jobs on Flink share: environment, source and sink."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyflink.common import Configuration, TypeInformation, Types, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.java_gateway import get_gateway

from flink_agents.api.agents.agent import Agent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.runtime.flink.worker_environment import configure, find_java_home


def environment(
    mode: str, parallelism: int = 1, cluster: str | None = None, **options: str
) -> StreamExecutionEnvironment:
    """An environment on a MiniCluster, or on a cluster.

    Args:
        mode: ``thread`` or ``process``.
        parallelism: Of all operators.
        cluster: Host and port of the REST API of a cluster on this machine; None: a MiniCluster.
        **options: Flink options; two underscores stand for a dot, one for a hyphen.
    """
    find_java_home()
    configuration = Configuration()
    if cluster is not None:
        host, _, port = cluster.partition(":")
        configuration.set_string("execution.target", "remote")
        configuration.set_string("execution.attached", "true")
        configuration.set_string("rest.address", host)
        configuration.set_string("rest.port", port)
        configuration.set_string("python.executable", sys.executable)
        configuration.set_string("python.client.executable", sys.executable)
        configuration.set_string("python.pythonpath", str(Path(__file__).parents[2]))
    configuration.set_string("python.execution-mode", mode)
    configuration.set_string("restart-strategy.type", "none")
    configuration.set_string("rest.bind-port", "0")
    for name, value in options.items():
        configuration.set_string(name.replace("__", ".").replace("_", "-"), value)
    if cluster is None:
        env = StreamExecutionEnvironment.get_execution_environment(configuration)
    else:
        # The method above makes a MiniCluster of it, whatever target is set.
        jvm: Any = get_gateway().jvm
        environments = jvm.org.apache.flink.streaming.api.environment
        env = StreamExecutionEnvironment(
            environments.StreamExecutionEnvironment(configuration._j_configuration)
        )
    configure(env)
    env.set_parallelism(parallelism)
    return env


def numbers(env: StreamExecutionEnvironment, count: int) -> DataStream:
    """A stream of the numbers from 0, as fast as they are taken."""
    source = NumberSequenceSource(0, count - 1)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())


def with_agent(
    stream: DataStream,
    key_selector: Callable[[Any], Any],
    agent: Agent,
    output_type: TypeInformation,
    **options: Any,
) -> DataStream:
    """The stream processed by an agent.

    Args:
        stream: The input.
        key_selector: Gives the keys.
        agent: The agent.
        output_type: Of its outputs.
        **options: Options of the library; underscores stand for hyphens.
    """
    agents = AgentsExecutionEnvironment.get_execution_environment(
        stream.get_execution_environment(), **options
    )
    return agents.from_datastream(stream, key_selector).apply(agent).to_datastream(output_type)


def discard(stream: DataStream) -> None:
    """Throw the stream's elements away, in Java: the cheapest sink there is."""
    jvm: Any = get_gateway().jvm
    sink = jvm.org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink()
    j_stream: Any = stream._j_data_stream
    j_stream.sinkTo(sink)
