"""The plan as a picture."""

from __future__ import annotations

import re
from typing import Any

from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import InputEvent
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import ResourceDescriptor, ResourceType
from flink_agents.plan.compile import compile_agent
from flink_agents.runtime.actions import BUILT_IN_ACTIONS
from tests.unit.plan.agents import Connection, Setup, Started

SECRET = "s3cret-value"


def nothing(event: Any, ctx: Any) -> None:
    """Do nothing."""


def an_agent() -> Agent:
    agent = Agent()
    agent.add_action("read", [InputEvent], nothing)
    agent.add_action('odd "name" <b>', [Started, 'event "x"'], nothing)
    agent.add_resource("words", ResourceType.PROMPT, Prompt.from_text(SECRET))
    server = ResourceDescriptor(clazz=Connection, api_key=SECRET, headers={"X": SECRET})
    agent.add_resource("server", ResourceType.CHAT_MODEL_CONNECTION, server)
    setup = ResourceDescriptor(clazz=Setup, connection="server", prompt="words")
    return agent.add_resource("model", ResourceType.CHAT_MODEL, setup)


def test_a_plan_is_drawn_with_its_events_actions_resources_and_who_uses_whom() -> None:
    assert compile_agent(an_agent()).to_mermaid() == (
        "flowchart LR\n"
        '    n1["read"]\n'
        '    n3["odd &quot;name&quot; &lt;b>"]\n'
        '    n5[("words<br/>LocalPrompt")]\n'
        '    n6[("server<br/>Connection")]\n'
        '    n7[("model<br/>Setup")]\n'
        '    n0(["InputEvent"])\n'
        '    n2(["Started"])\n'
        '    n4(["event &quot;x&quot;"])\n'
        "    n0 --> n1\n"
        "    n2 --> n3\n"
        "    n4 --> n3\n"
        "    n7 -.-> n6\n"
        "    n7 -.-> n5\n"
    )


def test_built_in_actions_look_different_and_every_node_is_drawn_once() -> None:
    text = compile_agent(an_agent(), built_in_actions=BUILT_IN_ACTIONS).to_mermaid()
    assert '[["chat_model_action"]]' in text
    declared = re.findall(r"^    (n\d+)[\[(]", text, re.MULTILINE)
    assert len(declared) == len(set(declared))
    assert set(re.findall(r"n\d+", text)) == set(declared)


def test_secrets_are_not_in_the_picture_nor_in_the_plan_s_text() -> None:
    plan = compile_agent(an_agent())
    assert SECRET not in plan.to_mermaid()
    shown = repr(plan.resources[ResourceType.CHAT_MODEL_CONNECTION, "server"])
    assert SECRET not in shown
    assert "***" in shown


def test_user_and_password_of_a_url_are_not_in_the_plan_s_text() -> None:
    shown = repr(ResourceDescriptor(clazz="a.B", base_url=f"https://me:{SECRET}@host/v1?q=a@b"))
    assert shown == "ResourceDescriptor(a.B, base_url='https://***@host/v1?q=a@b')"
