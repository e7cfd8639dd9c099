"""Runs the job that looks at workers, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flink_agents.cli.doctor.archive import open_archive
from flink_agents.cli.doctor.request import Request
from flink_agents.cli.doctor.rest import Rest, RestError

#: A line of the job's output that starts so is the answer of a worker.
ANSWER = "flink-agents-doctor-answer "
#: A line of it that tells which Python the job asks for.
PYTHON = "flink-agents-doctor-python "

_JOB = Path(__file__).with_name("probe_job.py")
#: More TaskManagers are not asked: the answers would be hard to read.
_MOST = 16


@dataclass(frozen=True)
class ProbeOptions:
    """What the job is told.

    Args:
        name: Of the job.
        options: Of Flink.
        python: Interpreter on the workers that was asked for.
        otherwise: Interpreter if neither the user nor the client's configuration names one.
        archive: File and name of an archive that travels with the job.
        parallelism: How many slots it takes.
        model_server: Address that workers ask; empty for none.
    """

    name: str
    options: dict[str, str]
    python: str | None
    otherwise: str | None
    archive: tuple[str, str] | None
    parallelism: int
    model_server: str


@dataclass(frozen=True)
class ProbeResult:
    """What became of the job.

    Args:
        answers: What each worker tells.
        python: Interpreter that the job asked for; ``python`` if it did not get that far.
        named_by: Who named it: ``user``, ``client`` or ``cluster`` for their configurations, or
            ``nobody``.
        text: What the job printed, and why it failed.
        in_time: Whether it ended by itself.
        state: The job's last state on the cluster; None if it never got there.
    """

    answers: list[dict[str, Any]]
    python: str
    named_by: str
    text: str
    in_time: bool
    state: str | None = None


def run_on_cluster(request: Request, rest: Rest, free_slots: int) -> ProbeResult:
    """Run the job on a cluster, and leave nothing of it running.

    Args:
        request: Names the interpreter, the archive and the time that it may take.
        rest: The cluster.
        free_slots: One worker for each is asked, as far as that is sensible.
    """
    address = urlsplit(rest.url)
    port = address.port or (443 if address.scheme == "https" else 80)
    options = {"restart-strategy.type": "none"}
    if address.scheme == "https":
        options["security.ssl.rest.enabled"] = "true"
    archive = open_archive(request.archive) if request.archive else None
    job = ProbeOptions(
        name=f"flink-agents doctor {uuid.uuid4().hex[:8]}",
        options=options,
        python=request.python or (archive.python if archive else None),
        otherwise=rest.options().get("python.executable"),
        archive=(str(archive.file), archive.name) if archive else None,
        parallelism=max(1, min(free_slots, _MOST)),
        model_server=request.model_server or "",
    )
    secure = " -D security.ssl.rest.enabled=true" if address.scheme == "https" else ""
    submit = f"remote -m {address.hostname}:{port}{secure}"
    try:
        result = _run(job, {"SUBMIT_ARGS": submit}, request.timeout)
    finally:
        state, cause = _end(rest, job.name)
    return ProbeResult(
        result.answers,
        result.python,
        result.named_by,
        f"{result.text}\n{cause}",
        result.in_time,
        state,
    )


def run_here(request: Request) -> ProbeResult:
    """Run the job on a cluster within a process of this machine."""
    options = {"restart-strategy.type": "none", "rest.bind-port": "0"}
    name = "flink-agents doctor"
    job = ProbeOptions(name, options, None, None, None, 1, request.model_server or "")
    return _run(job, {"SUBMIT_ARGS": "local"}, request.timeout)


def _run(job: ProbeOptions, variables: dict[str, str], timeout: float) -> ProbeResult:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYFLINK_GATEWAY_")}
    with tempfile.TemporaryFile() as output, contextlib.ExitStack() as stack:
        process = subprocess.Popen(
            [sys.executable, str(_JOB)],
            env={**environment, **variables},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its Java, which does not hear Ctrl-C, has to end with it.
            start_new_session=os.name != "nt",
        )
        stack.callback(_kill, process)
        in_time = True
        try:
            process.communicate(json.dumps(asdict(job)).encode(), timeout)
        except subprocess.TimeoutExpired:
            in_time = False
        _kill(process)
        output.seek(0)
        text = output.read().decode(errors="replace")
    lines = text.splitlines()
    answers = [json.loads(line.removeprefix(ANSWER)) for line in lines if line.startswith(ANSWER)]
    told = [json.loads(line.removeprefix(PYTHON)) for line in lines if line.startswith(PYTHON)]
    python, named_by = told[0] if told else ("python", "nobody")
    return ProbeResult(answers, python, named_by, text, in_time)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end(rest: Rest, name: str) -> tuple[str | None, str]:
    """Cancel the job if it still runs; its state before that, and what it failed with."""
    try:
        job = rest.job_named(name)
        if job is None:
            return None, ""
        identity, state = job
        if state in ("FINISHED", "FAILED", "CANCELED"):
            return state, rest.cause_of_failure(identity) if state == "FAILED" else ""
        rest.cancel(identity)
        for _ in _moments(20):
            now = rest.job_named(name)
            if now is None or now[1] in ("FINISHED", "FAILED", "CANCELED"):
                break
        return state, rest.cause_of_failure(identity)
    except RestError as error:
        return None, f"Caused by: {error}"


def _moments(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)
