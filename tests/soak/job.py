"""The job of the soak: one source, five agents that take turns, files.

    flink run -pym tests.soak.job '{"folder": "/tmp/soak", ...}'

The argument is a :class:`SoakSettings` as JSON. Elements come at the times at which they are due:
after a failure the job has to catch up.
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from pyflink.common import Types
from pyflink.common.serialization import Encoder
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import DataStream, FlatMapFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, RollingPolicy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from flink_agents.api.agents.agent import Agent
from flink_agents.api.core_options import (
    AgentConfigOptions,
    AgentExecutionOptions,
    ErrorHandlingStrategy,
)
from flink_agents.api.duration import Seconds
from flink_agents.api.execution_environment import AgentBuilder, AgentsExecutionEnvironment
from flink_agents.runtime.flink.worker_environment import client_python_paths, options_of
from tests.chaos.desk import desk
from tests.chaos.faults import Chaos, Plan
from tests.chaos.job import JobSettings
from tests.chaos.tally import order_at
from tests.chaos.windows import add_windows, with_timestamps
from tests.soak import agents as soak_agents
from tests.soak.settings import (
    AGENTS,
    ASKING,
    DESK,
    KEEPING,
    STREAMING,
    TIMED,
    SoakSettings,
)

_STRATEGIES = {
    ASKING: ErrorHandlingStrategy.RETRY,
    STREAMING: ErrorHandlingStrategy.DEAD_LETTER,
}


class _Due(FlatMapFunction):
    """Makes orders of numbers, each when it is due, and none of those beyond the end."""

    def __init__(self, settings: SoakSettings) -> None:
        self._settings = settings
        self._end = 0

    def flat_map(self, value: Any) -> Any:
        settings, number = self._settings, int(value)
        # The end is told long before it is due: so it is the same whenever it is looked for.
        if number >= settings.total and settings.end.exists():
            self._end = self._end or int(settings.end.read_text())
            if number >= self._end:
                return
        due = settings.start + number / settings.per_second
        if (early := due - time.time()) > 0:
            time.sleep(early)
        run = AGENTS[number % len(AGENTS)]
        yield order_at(number // len(AGENTS), run, settings.keys).to_json()


def build(env: StreamExecutionEnvironment, settings: SoakSettings) -> None:
    """Put the job on an environment; parallelism is that of the agents."""
    options = options_of(env)
    options.set_string("python.pythonpath", os.pathsep.join(client_python_paths()))
    env.enable_checkpointing(settings.checkpoint_ms)
    numbers = env.from_source(
        NumberSequenceSource(0, settings.possible - 1),
        WatermarkStrategy.no_watermarks(),
        "numbers",
        Types.LONG(),
    )
    orders = (
        # One after the other: what is replayed has to come in the same order for each key.
        numbers.set_parallelism(1)
        .uid("numbers")
        .flat_map(_Due(settings), Types.STRING())
        .set_parallelism(1)
        .name("orders")
        .uid("orders")
    )
    for name in AGENTS:
        own = orders.filter(partial(_is_of, name)).set_parallelism(1).name(f"of {name}")
        _add_agent(env, own.uid(f"of-{name}"), settings, name)


def _is_of(agent: str, order: str) -> bool:
    return json.loads(order)["call"].startswith(f"{agent}/")


def _add_agent(
    env: StreamExecutionEnvironment, orders: DataStream, settings: SoakSettings, name: str
) -> None:
    own = settings.of(name)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    config = agents.get_config()
    config.set(AgentExecutionOptions.EVENT_TIME, own.event_time)
    config.set(
        AgentConfigOptions.ERROR_HANDLING_STRATEGY,
        _STRATEGIES.get(name, ErrorHandlingStrategy.FAIL),
    )
    # So many that no run of bad luck fails an order that is not refused.
    config.set(AgentConfigOptions.MAX_RETRIES, 9)
    config.set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Seconds(0.05))
    config.set(AgentConfigOptions.RETRY_MAX_WAIT, Seconds(0.5))
    if own.journal:
        config.set(AgentExecutionOptions.DURABLE_JOURNAL, own.journal)
    if own.event_time:
        orders = with_timestamps(orders, own.keys)
    built = agents.from_datastream(orders, lambda order: json.loads(order)["key"])
    built = built.apply(_agent(settings, own, name), uid=name)
    _put_out(built, own, name)


def _agent(settings: SoakSettings, own: JobSettings, name: str) -> Agent:
    if name == DESK:
        plan = Plan(str(own.marks), own.ledger, own.run, own.keys, own.faults)
        return desk(own, Chaos(plan))
    if name == KEEPING:
        return soak_agents.keeping(own, settings.fuse, settings.python_memory)
    return getattr(soak_agents, name)(own)


def _put_out(built: AgentBuilder, own: JobSettings, name: str) -> None:
    answers = built.to_datastream(Types.STRING())
    if name == TIMED:
        answers, windows, late = add_windows(answers)
        _write(windows, own, "windows")
        _write(late, own, "late")
    if name == STREAMING:
        _write(built.to_dead_letters(), own, "letters")
    _write(answers, own, "answers")


def _write(stream: DataStream, own: JobSettings, name: str) -> None:
    folder = Path(own.folder, name)
    sink = FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
    sink = sink.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy()).build()
    stream.sink_to(sink).name(f"{own.run} {name}").uid(f"{own.run}-{name}")


def main() -> None:
    """Submit the job."""
    settings = SoakSettings.from_json(sys.argv[1])
    env = StreamExecutionEnvironment.get_execution_environment()
    build(env, settings)
    env.execute("soak")


if __name__ == "__main__":
    main()
