"""The command ``flink-agents doctor``."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from flink_agents.cli.doctor import report
from flink_agents.cli.doctor.check import Check, examine
from flink_agents.cli.doctor.client import client_checks
from flink_agents.cli.doctor.cluster import cluster_checks, reach
from flink_agents.cli.doctor.probe import run_here, run_on_cluster
from flink_agents.cli.doctor.request import Request
from flink_agents.cli.doctor.rest import Rest
from flink_agents.cli.doctor.worker import judge

_EPILOG = """\
examples:
  flink-agents doctor
      this machine only
  flink-agents doctor --deep
      and runs a small job on it
  flink-agents doctor --rest-url http://localhost:8081
      and a cluster: its options, and a small job that looks around in the workers
  flink-agents doctor --rest-url http://flink:8081 --python /opt/venv/bin/python \\
          --model-server http://ollama:11434
      with the Python that jobs name with -pyexec, and asks a model server from the workers
  flink-agents doctor --rest-url http://flink:8081 --pyarch env.tar.gz#environment
      with an archive of `flink-agents pack`

The small job takes up to 16 free slots for some seconds and is then gone. In thread mode the Python
that it names stays loaded in the TaskManagers, as with every job.

exit code:
  0 no problem (there may be warnings), 1 problems, 2 wrong usage, 130 Ctrl-C
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "doctor",
        help="check this machine and a cluster, and say what to do",
        description="Checks whether this machine, a Flink cluster and its Python workers are as "
        "jobs with agents need them, and says what to do where they are not.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--rest-url", type=_url, metavar="URL", help="the cluster's REST API (its dashboard)")
    add("--python", metavar="PATH", help="the Python on the workers (default: the configuration's)")
    add(
        "--pyarch", metavar="FILE", help="archive of an environment that jobs take along; FILE#NAME"
    )
    add(
        "--model-server",
        "--ollama",
        type=_url,
        metavar="URL",
        help="a server that the workers have to reach",
    )
    add(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="SECONDS",
        help="for a small job, 5 to 3600 (default: %(default)g)",
    )
    add("--no-probe", action="store_true", help="run no job on the cluster")
    add("--deep", action="store_true", help="run a small job on this machine, too")
    add("--json", action="store_true", help="the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit code: 1 if there is a problem.
    """
    request = Request(
        rest_url=options.rest_url,
        python=options.python,
        archive=options.pyarch,
        model_server=options.model_server,
        timeout=options.timeout,
        probe=not options.no_probe,
        deep=options.deep,
    )
    checks: list[Check] = []
    for check in diagnose(request, quiet=options.json):
        if not options.json:
            if not checks or checks[-1].place != check.place:
                print(f"{report.TITLES[check.place]}:")
            print(report.line(check), flush=True)
        checks.append(check)
    print(report.document(checks) if options.json else f"\n{report.summary(checks)}")
    if not options.json and request.rest_url is None:
        print("A cluster was not looked at: --rest-url http://localhost:8081")
    return 1 if report.count(checks, "problem") else 0


def diagnose(request: Request, quiet: bool = True) -> Iterator[Check]:
    """Look at everything that was asked for.

    Args:
        request: What to look at.
        quiet: Whether to say nothing on stderr while a job runs.

    Yields:
        What each check found, as soon as it is known.
    """
    yield from examine("client", client_checks(request))
    if request.deep:
        _say("Running a small job on this machine ...", quiet)
        yield from examine(
            "client", [("job on this machine", lambda: judge(run_here(request), request.timeout))]
        )
    if request.rest_url is None:
        return
    rest = Rest(request.rest_url)
    reached = reach(rest)
    yield from examine("cluster", [("REST API", lambda: reached.check)])
    overview = reached.overview
    if overview is None:
        return
    broken = False
    for check in examine("cluster", cluster_checks(rest, overview)):
        broken |= check.status == "problem" and check.name in _NO_JOB_WITHOUT
        yield check
    if request.probe and broken:
        _say("No job is run on the cluster before that is put right.", quiet)
    elif request.probe:
        _say(f"Running a small job on the cluster (up to {request.timeout:g} s) ...", quiet)
        probe = functools.partial(run_on_cluster, request, rest, overview.free_slots)
        yield from examine("worker", [("probe job", lambda: judge(probe(), request.timeout))])


#: With a problem of these, a job could not run, or would be the last that can.
_NO_JOB_WITHOUT = ("Flink version", "TaskManagers", "free slots", "flink-python jar")


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form http://HOST:PORT")
    return text.rstrip("/")


def _seconds(text: str) -> float:
    number = float(text)
    if not 5 <= number <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not from 5 to 3600")
    return number


__all__ = ["add_parser", "diagnose", "run"]
