"""The other import path of :class:`FunctionTool`."""

from flink_agents.api.tools.tool import FunctionTool

__all__ = ["FunctionTool"]
