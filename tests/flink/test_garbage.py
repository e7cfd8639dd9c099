"""Workers look for circles of objects less often than Python does by itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from pyflink.common import Types

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.garbage import look_less_often


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    "before, after",
    [
        ((700, 10, 10), (20_000, 10, 10)),
        ((2_000, 5, 7), (20_000, 5, 7)),
        ((80_000, 10, 10), (80_000, 10, 10)),
        ((0, 10, 10), (0, 10, 10)),
    ],
)
def test_what_somebody_has_set_higher_or_turned_off_is_kept(
    thresholds: None, before: tuple[int, int, int], after: tuple[int, int, int]
) -> None:
    gc.set_threshold(*before)
    look_less_often()
    assert gc.get_threshold() == after


def _tell(event: Any, ctx: Any) -> None:
    ctx.send_event(OutputEvent(output=gc.get_threshold()[0]))


@pytest.mark.flink
@pytest.mark.parametrize("mode", ["thread", "process"])
def test_it_is_so_where_an_agent_runs(thresholds: None, flink_env: Any, mode: str) -> None:
    env = flink_env(mode)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    stream = env.from_collection([1], type_info=Types.LONG())
    agent = Agent().add_action("tell", [InputEvent], _tell)
    outputs: Any = agents.from_datastream(stream, str).apply(agent).to_datastream(Types.INT())
    with outputs.execute_and_collect() as results:
        assert list(results) == [20_000]
