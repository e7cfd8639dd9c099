"""Compiles an agent into a plan."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from flink_agents.api.agents.agent import Agent
from flink_agents.api.decorators import ACTION_MARK, RESOURCE_MARK
from flink_agents.api.resource import ResourceDescriptor, ResourceType, SerializableResource
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import DuplicateNameError, PlanError, ResourceTypeError
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan, DeclaredResource, ResourceKey
from flink_agents.plan.data_types import collect_data_types
from flink_agents.plan.validate import validate

ResourceTable = Mapping[ResourceType, Mapping[str, DeclaredResource]]


def compile_agent(
    agent: Agent,
    environment_resources: ResourceTable | None = None,
    built_in_actions: Sequence[ActionSpec] = (),
    options: Mapping[str, Any] | None = None,
) -> AgentPlan:
    """Compile an agent.

    Args:
        agent: The agent, whose class and base classes are searched for decorated members, and to
            which actions and resources may have been added.
        environment_resources: Resources shared by all agents of the environment.
        built_in_actions: Actions that the runtime adds to every agent.
        options: Options of the job: one of the form ``ClassName.argument`` is a default for an
            argument of that resource class.

    Returns:
        The plan, checked.

    Raises:
        PlanError: One of its subclasses, naming the agent, the member at fault and the fix.
    """
    name = type(agent).__name__
    actions = [*_declared_actions(agent, name), *built_in_actions]
    resources: dict[ResourceKey, DeclaredResource] = {}
    for kind, member, resource in [
        *_declared_resources(agent, name),
        *_flat(agent.resources),
        *_flat(environment_resources or {}),
    ]:
        if (kind, member) in resources:
            raise DuplicateNameError(
                name,
                f"{kind.value} {member!r}",
                "is declared more than once (in the class, by add_resource, or in the environment)",
                "Give one of them another name, or remove it.",
            )
        resources[kind, member] = resource
    _check_action_names(actions, name)
    plan = AgentPlan(name, tuple(actions), resources)
    validate(plan, options)
    return AgentPlan(name, plan.actions, resources, collect_data_types(plan))


def _members(agent: Agent, mark: str) -> list[tuple[str, Any, Any]]:
    """Members of the agent's class and its bases that bear a mark: name, function, mark.

    Base classes come first; a member that is overridden counts once, as the override.
    """
    found: dict[str, Any] = {}
    for cls in reversed(type(agent).__mro__):
        for name, member in vars(cls).items():
            if _mark_of(member, mark) is not None:
                found[name] = member
            elif name in found:
                del found[name]  # overridden by something that is no action or resource
    return [
        (name, inspect.getattr_static(agent, name).__get__(agent, type(agent)), _mark_of(m, mark))
        for name, m in found.items()
    ]


def _mark_of(member: Any, mark: str) -> Any:
    """The mark of a member, whether the decorator stands above ``@staticmethod`` or below."""
    return getattr(member, mark, None) or getattr(getattr(member, "__func__", None), mark, None)


def _declared_actions(agent: Agent, agent_name: str) -> list[ActionSpec]:
    found = [
        ActionSpec(name, cast("Callable[..., Any]", func), triggers)
        for name, func, triggers in _members(agent, ACTION_MARK)
    ]
    return found + [
        ActionSpec(name, _plain(added.func), added.triggers, added.config)
        for name, added in agent.actions.items()
    ]


def _plain(func: Any) -> Callable[..., Any]:
    return func.__func__ if isinstance(func, staticmethod) else func


def _check_action_names(actions: Sequence[ActionSpec], agent: str) -> None:
    seen: set[str] = set()
    for action in actions:
        if action.name in seen:
            raise DuplicateNameError(
                agent,
                f"action {action.name!r}",
                "is declared more than once, or has the name of a built-in action",
                "Give it another name.",
            )
        seen.add(action.name)


def _declared_resources(
    agent: Agent, agent_name: str
) -> list[tuple[ResourceType, str, DeclaredResource]]:
    found: list[tuple[ResourceType, str, DeclaredResource]] = []
    for name, func, kind in _members(agent, RESOURCE_MARK):
        if kind is ResourceType.TOOL:
            found.append((kind, name, Tool.from_callable(func)))
            continue
        try:
            resource = func()
        except Exception as error:
            raise PlanError(
                agent_name,
                f"{kind.value} {name!r}",
                f"the method raised {type(error).__name__}: {error}",
                "It is called without arguments when the agent is compiled; mark it as "
                "@staticmethod and let it return the resource.",
            ) from error
        if not isinstance(resource, (ResourceDescriptor, SerializableResource)):
            raise ResourceTypeError(
                agent_name,
                f"{kind.value} {name!r}",
                f"the method returned {type(resource).__name__}",
                "Return a ResourceDescriptor"
                + (" or a Prompt." if kind is ResourceType.PROMPT else "."),
            )
        found.append((kind, name, resource))
    return found


def _flat(table: ResourceTable) -> list[tuple[ResourceType, str, DeclaredResource]]:
    return [(kind, name, r) for kind, named in table.items() for name, r in named.items()]
