"""The local host without a model, and a bare loop that does the same work on dictionaries."""

from __future__ import annotations

from typing import Any

from benchmarks.agents import counting_agent, echo_agent, key_of
from benchmarks.marks import Marks
from flink_agents.api.execution_environment import AgentsExecutionEnvironment


def agent(folder: str, events: int, memory: bool) -> None:
    """An agent over a list."""
    make = counting_agent if memory else echo_agent
    agents = AgentsExecutionEnvironment.get_execution_environment()
    outputs = agents.from_list(_items(events)).apply(make(_marks(folder, events))).to_list()
    agents.execute()
    assert len(outputs) == events


def bare(folder: str, events: int, memory: bool) -> None:
    """A loop."""
    marks = _marks(folder, events)
    outputs: list[dict[str, int]] = []
    counts: dict[str, dict[str, int]] = {}
    for item in _items(events):
        key, value = item["key"], item["value"]
        marks()
        if memory:
            stored = counts.setdefault(key, {})
            value = (stored.get("count") or 0) + 1
            stored["count"] = value
        outputs.append({key: value})
    assert len(outputs) == events


def _marks(folder: str, events: int) -> Marks:
    return Marks(f"{folder}/marks", max(1, events // 50))


def _items(events: int) -> list[dict[str, Any]]:
    return [{"key": key_of(n), "value": n} for n in range(events)]
