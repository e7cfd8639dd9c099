"""Checks that a plan can travel to the workers."""

from __future__ import annotations

from typing import Any

import cloudpickle  # pyright: ignore[reportMissingTypeStubs]

from flink_agents.exceptions import NotPortableError
from flink_agents.plan.agent_plan import AgentPlan


def check_portable(plan: AgentPlan) -> None:
    """Check each action and resource by itself, so that the error can name the one at fault.

    Raises:
        NotPortableError: If a value cannot be serialised: a lock, a socket, an open file, ...
    """
    for action in plan.actions:
        if not action.concurrent:
            _check(plan.agent, f"action {action.name!r}", (action.func, dict(action.config)))
    for (kind, name), resource in plan.resources.items():
        _check(plan.agent, f"{kind.value} {name!r}", resource)


def _check(agent: str, member: str, value: Any) -> None:
    try:
        cloudpickle.dumps(value)  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:
        raise NotPortableError(
            agent,
            member,
            f"holds a value that cannot travel to a worker ({type(error).__name__}: {error})",
            "Create it inside the action or resource, not outside of it.",
        ) from error
