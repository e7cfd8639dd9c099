"""The job that looks at workers, a program of its own: ``python probe_job.py``, JSON on stdin.

It is run by the path of this file and in its own process: it may hang, and its Java with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pyflink.common import Configuration, Types
from pyflink.datastream import StreamExecutionEnvironment

from flink_agents.cli.doctor.probe import ANSWER, PYTHON, ProbeOptions
from flink_agents.cli.doctor.worker_source import Probe
from flink_agents.runtime.flink.worker_environment import configure, find_java_home, options_of


class TravellingProbe(Probe):
    """Becomes the `Probe` of a source where it is unpickled, whatever Python that is.

    Args:
        source: Text of a module with a class ``Probe``.
    """

    def __init__(self, source: str) -> None:
        self._source = source

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it again: by compiling the source."""
        code = f"(lambda names: (exec({self._source!r}, names), names['Probe']())[1])({{}})"
        return eval, (code,)


def main() -> None:
    """Run the job and print a line for each answer."""
    job = ProbeOptions(**json.load(sys.stdin))
    find_java_home()
    environment = _environment(job)
    python = options_of(environment).get_string("python.executable", "python")
    questions = [json.dumps([python, job.model_server])] * job.parallelism
    source = Path(__file__).with_name("worker_source.py").read_text(encoding="utf-8")
    answers = (
        environment.from_collection(questions, Types.STRING())
        .rebalance()
        .process(TravellingProbe(source), Types.STRING())
    )
    collected: Any = answers.execute_and_collect(job.name)  # a list only with a limit
    with collected as found:
        for answer in found:
            print(f"{ANSWER}{answer}", flush=True)


def _environment(job: ProbeOptions) -> StreamExecutionEnvironment:
    options = Configuration()
    for key, value in job.options.items():
        options.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(options)
    environment.set_parallelism(job.parallelism)
    if job.archive:
        environment.add_python_archive(*job.archive)
    origin = _choose_python(options_of(environment), job)
    configure(environment)
    python = options_of(environment).get_string("python.executable", "python")
    print(f"{PYTHON}{json.dumps([python, origin])}", flush=True)
    return environment


def _choose_python(options: Configuration, job: ProbeOptions) -> str:
    """Set the interpreter of the workers; gives who named it."""
    if job.python:
        options.set_string("python.executable", job.python)
        return "user"
    if options.contains_key("python.executable"):
        return "client"
    if job.otherwise:
        options.set_string("python.executable", job.otherwise)
        return "cluster"
    return "nobody"


if __name__ == "__main__":
    main()
