"""Checks a plan before anything runs. Each error names the agent, the member and the fix."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from flink_agents.api.events.event import InputEvent
from flink_agents.api.resource import ResourceDescriptor
from flink_agents.exceptions import (
    ActionSignatureError,
    ResourceCycleError,
    UnknownResourceError,
)
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan, ResourceKey
from flink_agents.plan.portability import check_portable
from flink_agents.plan.references import references_of
from flink_agents.plan.resource_arguments import check_descriptor, check_instance


def validate(plan: AgentPlan, options: Mapping[str, Any] | None = None) -> None:
    """Check actions, resources, their references and that everything can travel.

    Args:
        plan: What to check.
        options: Options of the job that may give arguments to resource classes.

    Raises:
        PlanError: One of its subclasses, for the first fault found.
    """
    if not plan.listeners(InputEvent(input=None)):
        raise ActionSignatureError(
            plan.agent,
            "the agent",
            "has no action that listens to InputEvent, so its input would be lost",
            "Decorate a static method with @action(InputEvent), or call add_action.",
        )
    for action in plan.actions:
        _check_action(plan, action)
    for key, resource in plan.resources.items():
        if isinstance(resource, ResourceDescriptor):
            check_descriptor(plan.agent, key, resource, options or {})
        else:
            check_instance(plan.agent, key, resource)
    _check_references(plan)
    check_portable(plan)


def _check_action(plan: AgentPlan, action: ActionSpec) -> None:
    member = f"action {action.name!r}"
    example = "Declare it as `def action(event, ctx) -> None`, in a class with @staticmethod."
    if not callable(action.func):
        raise ActionSignatureError(plan.agent, member, "is not a function", example)
    if not action.triggers:
        raise ActionSignatureError(
            plan.agent, member, "listens to no event, so it would never run", "Name an event."
        )
    if inspect.isgeneratorfunction(action.func) or inspect.isasyncgenfunction(action.func):
        raise ActionSignatureError(
            plan.agent, member, "is a generator", "Use ctx.send_event instead of yield."
        )
    try:
        signature = inspect.signature(action.func)
    except (TypeError, ValueError):
        return  # a built-in callable without a signature; the call will tell
    try:
        signature.bind(object(), object())
    except TypeError as error:
        raise ActionSignatureError(
            plan.agent, member, f"cannot be called with (event, ctx): {error}", example
        ) from None


def _check_references(plan: AgentPlan) -> None:
    graph: dict[ResourceKey, tuple[ResourceKey, ...]] = {}
    for key, resource in plan.resources.items():
        graph[key] = references_of(resource)
        for kind, name in graph[key]:
            if (kind, name) not in plan.resources:
                raise _unknown(plan, key, (kind, name))
    done: set[ResourceKey] = set()
    for start in graph:
        _visit(plan, graph, start, [], done)


def _unknown(plan: AgentPlan, user: ResourceKey, missing: ResourceKey) -> UnknownResourceError:
    kind, name = missing
    elsewhere = [k.value for k, n in plan.resources if n == name]
    known = [n for k, n in plan.resources if k is kind]
    if elsewhere:
        fix = f"There is a {elsewhere[0]} of that name; a {kind.value} is needed here."
    elif near := get_close_matches(name, known, 1):
        fix = f"Did you mean {near[0]!r}?"
    elif known:
        fix = f"Declared are: {', '.join(sorted(known))}."
    else:
        fix = f"Declare it with @{_decorator(kind.value)}, or with add_resource."
    return UnknownResourceError(
        plan.agent,
        f"{user[0].value} {user[1]!r}",
        f"needs the {kind.value} {name!r}, which is not declared",
        fix,
    )


def _decorator(kind: str) -> str:
    return "chat_model_setup" if kind == "chat_model" else kind


def _visit(
    plan: AgentPlan,
    graph: dict[ResourceKey, tuple[ResourceKey, ...]],
    key: ResourceKey,
    path: list[ResourceKey],
    done: set[ResourceKey],
) -> None:
    if key in path:
        cycle = " -> ".join(name for _, name in [*path[path.index(key) :], key])
        raise ResourceCycleError(
            plan.agent,
            f"{key[0].value} {key[1]!r}",
            f"needs itself: {cycle}",
            "Remove one of these references.",
        )
    if key in done:
        return
    for reference in graph[key]:
        _visit(plan, graph, reference, [*path, key], done)
    done.add(key)
