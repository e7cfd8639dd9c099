"""Compiles agents into plans: what runs, on which events, with which resources."""

from flink_agents.plan.agent_plan import ActionSpec, AgentPlan
from flink_agents.plan.compile import compile_agent

__all__ = ["ActionSpec", "AgentPlan", "compile_agent"]
