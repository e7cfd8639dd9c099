"""Event-driven AI agents on Apache Flink.

Programs import from :mod:`flink_agents.api`; tests of agents also from :mod:`flink_agents.testing`.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pyflink-agents")
except PackageNotFoundError:  # run from a source tree that is not installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
