"""The operator's metrics, as Flink reports them over REST."""

from __future__ import annotations

import json
import time
import urllib.request
from http.client import HTTPException
from typing import Any

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from tests.cluster.flink_home import free_ports

pytestmark = [pytest.mark.flink, pytest.mark.timeout(180)]

_LAST = 99


def _read(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return json.load(answer)


async def _slow(event: Any, ctx: Any) -> None:
    import asyncio

    ctx.action_metric_group.get_gauge("size").update(2.6)
    ctx.action_metric_group.get_histogram("length").update(3)
    # What is counted with the last one is told before the job ends.
    await asyncio.sleep(3 if event.input == _LAST else 0.6)
    ctx.send_event(OutputEvent(output=event.input))


def _values(port: int) -> dict[str, float]:
    """The largest value of each of the agent's metrics over the subtasks of all running jobs."""
    found: dict[str, float] = {}
    for job in _read(port, "/jobs")["jobs"]:
        for vertex in _read(port, f"/jobs/{job['id']}")["vertices"]:
            path = f"/jobs/{job['id']}/vertices/{vertex['id']}/subtasks/metrics"
            names = [m["id"] for m in _read(port, path)]
            wanted = [n for n in names if "numOf" in n or "action" in n]
            for start in range(0, len(wanted), 20):
                query = ",".join(wanted[start : start + 20])
                for metric in _read(port, f"{path}?get={query}"):
                    name = metric["id"].split(".", 1)[-1]
                    found[name] = max(found.get(name, 0.0), metric["max"])
    return found


def test_counts_and_gauges_of_agent_and_action_are_reported(flink_env: Any) -> None:
    (port,) = free_ports(1)
    options = {
        "rest.port": str(port),
        "rest.bind-port": str(port),
        "metrics.fetcher.update-interval": "50",
    }
    env = flink_env("thread", options=options)
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    agent = Agent().add_action("slow", [InputEvent], _slow)
    numbers = env.from_collection(list(range(_LAST + 1)))
    result = agents.from_datastream(numbers, lambda n: n % 4).apply(agent).to_datastream()
    result.print()
    client = env.execute_async("metrics")
    seen: dict[str, float] = {}
    while not client.get_job_execution_result().done():
        try:
            for name, value in _values(port).items():
                seen[name] = max(seen.get(name, 0.0), value)
        except (OSError, HTTPException, KeyError, ValueError):
            pass  # the cluster is starting or has ended
        time.sleep(0.05)
    client.get_job_execution_result().result()

    def of(ending: str) -> float:
        return max((v for n, v in seen.items() if n.endswith(ending)), default=-1.0)

    assert of("numOfEventProcessed") == 100
    assert of("action.slow.numOfActionsExecuted") > 50
    assert of("action.slow.numOfActionsExecutedPerSec") > 0
    assert of("numOfOpenKeys") == 4
    assert 1 <= of("numOfTasksInFlight") <= 4
    assert of("action.slow.size") == 3
