"""The job of the chaos tests: orders from a source that can be replayed, to files, by an agent.

    flink run -py tests/chaos/job.py '{"folder": "/tmp/run", "model_url": "http://..."}'

The argument is a :class:`JobSettings` as JSON. As a program it needs the project's folder in
``PYTHONPATH``, and works on clusters of this machine: workers import the tests from where they are.

Orders are numbered from 1 for each key and come in the same order each time. The agent counts the
orders of a key in its memory: an answer with a count other than its number tells of memory that
was lost or used twice; one that is no digest of its question, of mixed-up answers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyflink.common import Types
from pyflink.common.serialization import Encoder
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import DataStream, FlatMapFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, RollingPolicy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.runtime.flink.worker_environment import client_python_paths, options_of
from tests.chaos.desk import desk
from tests.chaos.faults import Chaos, Fault, Plan
from tests.chaos.tally import Order, make_orders, order_at
from tests.chaos.windows import add_windows, with_timestamps

#: More elements than any run takes, if it has no end.
_ENDLESS = 2**62


@dataclass(frozen=True)
class JobSettings:
    """All that a job is told.

    Attributes:
        folder: Where the job writes answers, ledger and marks; must be there. An absolute path.
        model_url: Where the model server is.
        run: What the names of its model calls begin with.
        elements: How many orders there are.
        keys: How many customers take turns.
        per_second: How many orders the source gives in a second, at most.
        bounded: Whether the job ends after the last order, else it goes on until it is stopped.
        checkpoint_ms: Milliseconds between two checkpoints.
        backend: State backend, ``hashmap`` or ``rocksdb``.
        durable: Whether two calls by ``durable_execute`` come before each model call.
        hold: Seconds that the second of them takes.
        journal: Folder of the durable journal, or empty.
        event_time: Whether outputs have timestamps and go into tumbling windows.
        keeps_timestamps: Whether the agent is told to give them those of their inputs.
        max_in_flight: Calls of each subtask.
        faults: What strikes.
        sabotage: A rule that does not hold, or empty.
    """

    folder: str
    model_url: str
    run: str = "chaos"
    elements: int = 1_200
    keys: int = 60
    per_second: float = 300.0
    bounded: bool = True
    checkpoint_ms: int = 200
    backend: str = "hashmap"
    durable: bool = False
    hold: float = 0.3
    journal: str = ""
    event_time: bool = False
    keeps_timestamps: bool = True
    max_in_flight: int = 1_000
    faults: tuple[Fault, ...] = ()
    sabotage: str = ""

    def to_json(self) -> str:
        """As the program's argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> JobSettings:
        """From the program's argument."""
        fields = json.loads(text)
        faults = tuple(Fault(**fault) for fault in fields.pop("faults", ()))
        return cls(**fields, faults=faults)

    @property
    def ledger(self) -> str:
        """The file of the ledger."""
        return f"{self.folder}/ledger"

    @property
    def marks(self) -> Path:
        """The folder of faults that have struck; none strikes without it."""
        return Path(self.folder, "marks")

    @property
    def orders(self) -> list[Order]:
        """All orders, in the order of the source."""
        return make_orders(self.run, self.elements, self.keys)


class _Paced(FlatMapFunction):
    """Makes orders of numbers, at a steady rate."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings

    def flat_map(self, value: Any) -> Any:
        settings, number = self._settings, int(value)
        time.sleep(1 / settings.per_second)
        if number < settings.elements:
            yield order_at(number, settings.run, settings.keys).to_json()


def build(env: StreamExecutionEnvironment, settings: JobSettings) -> AgentsExecutionEnvironment:
    """Put the job on an environment; parallelism is the environment's.

    Each start is tried again, as often as it takes; where checkpoints go is left to the
    environment.
    """
    _set_options(env, settings)
    last = settings.elements - 1 if settings.bounded else _ENDLESS
    numbers = env.from_source(
        NumberSequenceSource(0, last), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
    )
    orders = (
        # One after the other: what is replayed has to come in the same order for each key.
        numbers.set_parallelism(1)
        .uid("numbers")
        .flat_map(_Paced(settings), Types.STRING())
        .set_parallelism(1)
        .uid("orders")
    )
    if settings.event_time:
        orders = with_timestamps(orders, settings.keys)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    config = agents.get_config()
    config.set(AgentExecutionOptions.MAX_IN_FLIGHT, settings.max_in_flight)
    keeps = settings.event_time and settings.keeps_timestamps
    config.set(AgentExecutionOptions.EVENT_TIME, keeps)
    if settings.journal:
        config.set(AgentExecutionOptions.DURABLE_JOURNAL, settings.journal)
    plan = Plan(
        str(settings.marks),
        settings.ledger,
        settings.run,
        settings.keys,
        settings.faults,
        settings.sabotage,
    )
    agent = desk(settings, Chaos(plan))
    answers = (
        agents.from_datastream(orders, lambda order: json.loads(order)["key"])
        .apply(agent, uid="desk")
        .to_datastream(Types.STRING())
    )
    if settings.event_time:
        answers, windows, late = add_windows(answers)
        write(windows, settings, "windows")
        write(late, settings, "late")
    write(answers, settings, "answers")
    return agents


def write(stream: DataStream, settings: JobSettings, name: str) -> None:
    """Put lines into files of a folder of that name; each file is complete with a checkpoint."""
    sink = FileSink.for_row_format(f"{settings.folder}/{name}", Encoder.simple_string_encoder())
    sink = sink.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy()).build()
    stream.sink_to(sink).name(name).uid(name)


def _set_options(env: StreamExecutionEnvironment, settings: JobSettings) -> None:
    options = options_of(env)
    for name, value in {
        "python.pythonpath": os.pathsep.join(client_python_paths()),
        "state.backend.type": settings.backend,
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "1000",
        "restart-strategy.fixed-delay.delay": "300 ms",
        # In process mode a checkpoint waits for the end of a bundle, which waits for its pace: that
        # is a tenth of a second, as long as bundles of agents are in any case.
        "python.fn-execution.bundle.size": str(max(1, int(settings.per_second / 10))),
    }.items():
        options.set_string(name, value)
    env.enable_checkpointing(settings.checkpoint_ms)


def main() -> None:
    """Submit the job."""
    settings = JobSettings.from_json(sys.argv[1])
    env = StreamExecutionEnvironment.get_execution_environment()
    build(env, settings).execute(settings.run)


if __name__ == "__main__":
    main()
