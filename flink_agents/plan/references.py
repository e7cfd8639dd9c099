"""Which resources a declared resource needs."""

from __future__ import annotations

from flink_agents.api.resource import ResourceDescriptor, snake_case
from flink_agents.plan.agent_plan import DeclaredResource, ResourceKey


def references_of(resource: DeclaredResource) -> tuple[ResourceKey, ...]:
    """The resources that a declared one names in its arguments, in declared order."""
    if not isinstance(resource, ResourceDescriptor):
        return ()
    cls = resource.resolve_class()
    arguments = {snake_case(name): value for name, value in resource.arguments.items()}
    return tuple((kind, name) for name, kind in cls.references(arguments))
