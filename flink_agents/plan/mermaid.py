"""Draws a plan as a Mermaid flowchart."""

from __future__ import annotations

from flink_agents.api.resource import ResourceDescriptor
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.plan.references import references_of


def draw(plan: AgentPlan) -> str:
    """The plan as the text of a Mermaid flowchart.

    Secrets do not appear: of a resource's arguments only its references are drawn.
    """
    ids: dict[object, str] = {}

    def node(key: object) -> str:
        return ids.setdefault(key, f"n{len(ids)}")

    events: list[str] = []
    edges: list[str] = []
    lines = ["flowchart LR"]
    for action in plan.actions:
        for trigger in action.triggers:
            name = trigger if isinstance(trigger, str) else trigger.__name__
            if ("event", name) not in ids:
                events.append(f'    {node(("event", name))}(["{_text(name)}"])')
            edges.append(f"    {node(('event', name))} --> {node(('action', action.name))}")
        shape = f'[["{_text(action.name)}"]]' if action.concurrent else f'["{_text(action.name)}"]'
        lines.append(f"    {node(('action', action.name))}{shape}")
    for (kind, name), resource in plan.resources.items():
        clazz = (
            resource.target_clazz
            if isinstance(resource, ResourceDescriptor)
            else type(resource).__name__
        )
        lines.append(f'    {node((kind, name))}[("{_text(name)}<br/>{_text(clazz)}")]')
        edges += [
            f"    {node((kind, name))} -.-> {node(reference)}"
            for reference in references_of(resource)
        ]
    return "\n".join(lines + events + edges) + "\n"


def _text(name: str) -> str:
    return name.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
