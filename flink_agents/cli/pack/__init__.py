"""``flink-agents pack``: the Python environment that travels with a job, as one archive."""

from flink_agents.cli.pack.command import add_parser, run

__all__ = ["add_parser", "run"]
