"""Runs the bare SDK in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.job import ROOT, JobFailedError


@dataclass(frozen=True)
class BareRun:
    """What one process found.

    Attributes:
        rate: Calls per second.
        cpu: CPU per call, in milliseconds.
    """

    rate: float
    cpu: float


def bare_sdk(
    provider: str, url: str, calls: int, concurrency: int, processes: int = 1
) -> list[BareRun]:
    """Make calls with a bare SDK, in processes side by side.

    Args:
        provider: Whose SDK.
        url: Of the server.
        calls: Of each process.
        concurrency: Of each process.
        processes: How many.

    Raises:
        JobFailedError: If a process fails.
    """
    command = [sys.executable, "benchmarks/bare_sdk.py", "--provider", provider, "--url", url]
    command += ["--calls", str(calls), "--concurrency", str(concurrency)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    try:
        printed = [process.communicate()[0] for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    if any(process.returncode != 0 for process in running):
        raise JobFailedError(f"{' '.join(command)} failed; it has told why.")
    found = [json.loads(text) for text in printed]
    return [BareRun(it["calls_per_second"], it["cpu_ms_per_call"]) for it in found]
