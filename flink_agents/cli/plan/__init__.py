"""``flink-agents plan``: how large a cluster for a workload has to be."""

from flink_agents.cli.plan.command import add_parser, run

__all__ = ["add_parser", "run"]
