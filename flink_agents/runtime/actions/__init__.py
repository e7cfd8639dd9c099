"""The actions that every agent has."""

from flink_agents.api.events.chat_event import ChatRequestEvent
from flink_agents.api.events.tool_event import ToolRequestEvent
from flink_agents.plan.agent_plan import ActionSpec
from flink_agents.runtime.actions.chat import chat_model_action
from flink_agents.runtime.actions.tools import tool_call_action

BUILT_IN_ACTIONS = (
    ActionSpec("chat_model_action", chat_model_action, (ChatRequestEvent,), concurrent=True),
    ActionSpec("tool_call_action", tool_call_action, (ToolRequestEvent,), concurrent=True),
)

__all__ = ["BUILT_IN_ACTIONS"]
