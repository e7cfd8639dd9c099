"""``flink-agents doctor``: is this machine, and a cluster, as jobs with agents need it?"""

from flink_agents.cli.doctor.command import add_parser, run

__all__ = ["add_parser", "run"]
