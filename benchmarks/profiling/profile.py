"""Runs a job and looks at it with each sampler in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.job import JobFailedError, JobProcess
from benchmarks.marks import count_at, read_lines
from benchmarks.profiling import java_samples, native, python_stacks
from benchmarks.profiling.java_samples import JavaSamples
from benchmarks.profiling.stacks import Stack, add_up
from benchmarks.profiling.threads import java_process, thread_times

#: A job is warm after so many seconds of work.
_WARM_SECONDS = 12.0
_PATIENCE = 300.0


@dataclass(frozen=True)
class Profile:
    """Where a job's CPU went.

    Attributes:
        title: What the job does.
        unit: What it does over and over: ``record``, ``call``.
        rate: How many of it happen in a second, while nothing samples.
        threads: CPU of a thread, by its id, as a share of a core; also taken while nothing samples.
        names: Name by thread id.
        python: What py-spy saw of threads at work; weights are shares of a core.
        lock: What py-spy saw of threads that hold the interpreter's lock; weights are shares of
            the time.
        java: What Flight Recorder saw.
        java_rate: How many of the unit happened in a second while it did.
        native: Shares by library, or None.
    """

    title: str
    unit: str
    rate: float
    threads: Mapping[int, float]
    names: Mapping[int, str]
    python: list[Stack]
    lock: list[Stack]
    java: JavaSamples
    java_rate: float
    native: dict[str, float] | None


def profile(
    title: str,
    unit: str,
    job: str,
    arguments: Mapping[str, Any],
    seconds: int,
    folder: Path,
    progress: Callable[[str], None],
) -> Profile:
    """Profile a job of :mod:`benchmarks.jobs`, which has to run long enough, then end it.

    Args:
        title: What it does.
        unit: What it does over and over.
        job: ``module.function``; writes the file ``marks``.
        arguments: Of the job.
        seconds: For each sampler.
        folder: Gets the stacks of py-spy and the recording.
        progress: Told what goes on.
    """
    name = job.replace(".", "-")
    with JobProcess(job, arguments) as running:
        pid = _warm(running)
        progress(f"{title}: CPU by thread, {seconds} s")
        before = thread_times(pid)
        time.sleep(seconds)
        after = thread_times(pid)
        progress(f"{title}: py-spy, twice {seconds} s")
        stacks = python_stacks.record_cpu(pid, seconds, folder / f"{name}.cpu.txt")
        lock = python_stacks.record_lock(pid, seconds, folder / f"{name}.lock.txt")
        progress(f"{title}: Flight Recorder, {seconds} s")
        begun = time.time()
        java = java_samples.record(pid, seconds, folder / f"{name}.jfr")
        progress(f"{title}: perf, {seconds} s")
        libraries = native.record(pid, seconds)
        if not running.is_running():
            raise JobFailedError(f"{running.what} ended while it was looked at: it is too short.")
        marks = read_lines(running.files / "marks")
    threads = {t: used / (after.time - before.time) for t, used in after.since(before).items()}
    samples = seconds * python_stacks.LOCK_RATE
    return Profile(
        title,
        unit,
        _rate(marks, before.time, after.time),
        threads,
        after.names,
        _as_cores(stacks, threads),
        [Stack(stack.thread, stack.frames, stack.weight / samples) for stack in lock],
        java,
        _rate(marks, begun, begun + seconds),
        libraries,
    )


def _warm(job: JobProcess) -> int:
    """Wait until the job has worked for a while; gives its Java process."""
    deadline = time.monotonic() + _PATIENCE
    marks = job.files / "marks"
    while not (lines := read_lines(marks)) or time.time() - lines[0][1] < _WARM_SECONDS:
        if not job.is_running() or time.monotonic() > deadline:
            raise JobFailedError(f"{job.what} does not get going:\n{job.log_tail()}")
        time.sleep(0.2)
    pid = java_process(job.session)
    assert pid is not None, "a job on Flink has a Java process"
    return pid


def _as_cores(stacks: list[Stack], threads: Mapping[int, float]) -> list[Stack]:
    """Spread the CPU of each thread over what was seen of it: torn samples are missing."""
    seen = add_up((stack.thread, stack.weight) for stack in stacks)
    return [
        Stack(s.thread, s.frames, s.weight / seen[s.thread] * threads.get(s.thread, 0.0))
        for s in stacks
    ]


def _rate(marks: list[list[float]], begin: float, end: float) -> float:
    return (count_at(marks, end) - count_at(marks, begin)) / (end - begin)
