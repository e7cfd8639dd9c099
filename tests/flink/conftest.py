"""Fixtures for jobs on a real MiniCluster inside PyFlink's gateway process.

The gateway is one Java process per Python process; it ends by itself when the test run ends,
however that happens, because its standard input closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pyflink.common import Configuration
from pyflink.datastream import DataStream, StreamExecutionEnvironment

from flink_agents.runtime.flink.worker_environment import configure, find_java_home
from tests.flink.paced import paced

EnvironmentFactory = Callable[..., StreamExecutionEnvironment]


@pytest.fixture
def flink_env() -> Iterator[EnvironmentFactory]:
    """A factory of fresh environments: `flink_env("thread", parallelism=2, options={...})`.

    Checkpoints are off and a failed job is not restarted unless the options say otherwise.
    """
    find_java_home()
    made: list[StreamExecutionEnvironment] = []

    def make(
        mode: str = "thread", parallelism: int = 1, options: dict[str, str] | None = None
    ) -> StreamExecutionEnvironment:
        configuration = Configuration()
        defaults = {
            "python.execution-mode": mode,
            "restart-strategy.type": "none",
            # Timers and state calls of process mode reach Java at the end of a bundle.
            "python.fn-execution.bundle.time": "50",
            "rest.bind-port": "0",
        }
        for key, value in {**defaults, **(options or {})}.items():
            configuration.set_string(key, value)
        environment = StreamExecutionEnvironment.get_execution_environment(configuration)
        configure(environment)
        environment.set_parallelism(parallelism)
        made.append(environment)
        return environment

    yield make
    for environment in made:
        environment.close()


@pytest.fixture
def paced_source() -> Callable[..., DataStream]:
    """:func:`tests.flink.paced.paced`."""
    return paced
