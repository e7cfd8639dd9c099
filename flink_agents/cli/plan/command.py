"""Reads the command line of ``flink-agents plan`` and prints the plan."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, fields
from typing import Any

from flink_agents.cli.plan.flink_options import flink_options
from flink_agents.cli.plan.quantities import (
    count,
    duration,
    not_negative,
    positive,
    share,
    size,
)
from flink_agents.cli.plan.report import report
from flink_agents.cli.plan.sizing import plan
from flink_agents.cli.plan.workload import Workload

_EPILOG = """\
examples:
  flink-agents plan --rate 500 --latency 2s
  flink-agents plan --rate 500 --latency 2s --keys 100000 --memory-per-key 4kB --json
  flink-agents plan --rate 50 --latency 800ms --calls-per-event 3 --requests-per-minute 10000
  flink-agents plan --rate 20 --latency 5s --server-slots 4

exit code:
  0 it works, 1 it cannot work as asked for (the text says why), 2 wrong usage

What the figures rest on, and what to do with them: docs/operations.md.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command.

    Args:
        subparsers: Of the program's parser.
    """
    parser = subparsers.add_parser(
        "plan",
        help="how large a cluster for a workload has to be",
        description="Sizes a cluster: Little's law, and what an event, a call and a key cost.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = {field.name: field.default for field in fields(Workload)}

    def option(name: str, kind: Any, metavar: str, text: str, **more: Any) -> None:
        parser.add_argument(name, type=kind, metavar=metavar, help=text, **more)

    option("--rate", positive, "N", "events per second", required=True)
    option("--latency", duration, "TIME", "of a model call: 2s, 200ms", required=True)
    option("--calls-per-event", not_negative, "N", "model calls, one after another (1)")
    option("--record-size", size, "SIZE", "an event (1kB)")
    option("--answer-size", size, "SIZE", "an answer of the model (1kB)")
    option("--keys", count, "N", "different keys that are active (enough)")
    option("--memory-per-key", size, "SIZE", "short-term memory of a key; 0 for none (2kB)")
    option("--max-in-flight", count, "N", f"calls of a subtask ({default['max_in_flight']})")
    option("--slots-per-task-manager", count, "N", "slots (1)", dest="slots")
    option("--task-managers", count, "N", "those that there are (as many as it takes)")
    option("--checkpoint-interval", duration, "TIME", "between two checkpoints (30s)")
    option("--cpu-per-event", duration, "TIME", "CPU of an event, all included (measured figures)")
    option("--cpu-of-actions", duration, "TIME", "CPU of your own code, for each event (none)")
    option("--requests-per-minute", positive, "N", "limit of the model server")
    option("--tokens-per-minute", positive, "N", "limit of the model server")
    option("--tokens-per-call", positive, "N", "question and answer (from their sizes)")
    option("--server-slots", count, "N", "requests that your model server works on side by side")
    option("--headroom", share, "SHARE", "of every capacity that stays free (30%%)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the plan.

    Args:
        options: The parsed command line.

    Returns:
        0 if it works, else 1.
    """
    given = {
        field.name: value
        for field in fields(Workload)
        if (value := getattr(options, field.name)) is not None
    }
    workload = Workload(**given)
    result = plan(workload)
    if options.json:
        texts = {"workload": asdict(workload), **asdict(result)}
        texts["flink_options"] = flink_options(workload, result)
        print(json.dumps(_finite(texts), indent=2))
    else:
        print(report(workload, result))
    return 1 if result.problems else 0


def _finite(value: Any) -> Any:
    """JSON has no infinity: null stands for what has no end."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
