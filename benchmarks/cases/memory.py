"""Memory over many events: it must not grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.comparison import Comparison, Figure, Run, at_most
from benchmarks.job import JobRun, run_job

#: A heap of fixed size, touched at the start, so that only what is outside of it can grow.
_HEAP = {"JVM_ARGS": "-Xms768m -Xmx768m -XX:+AlwaysPreTouch"}


def comparisons(scale: float) -> Iterator[Comparison]:
    """Events without a model, and with model calls; memory of 10,000 keys is read and written."""
    events, calls = int(1_000_000 * scale), int(200_000 * scale)
    figures = (
        Figure("early", "MiB after 20 % of the events"),
        Figure("late", "MiB after all events"),
        Figure("growth", "growth, %", 1, (at_most(5, " %"),)),
        Figure("per_event", "growth per event, bytes", 1),
    )
    arguments = {"mode": "thread", "records": events, "memory": True}
    yield Comparison(
        f"memory over {events:,} events, thread mode",
        figures,
        _run("no_model.agent", arguments),
        _run("no_model.bare", arguments),
    )
    asking = {"mode": "thread", "calls": calls, "in_flight": 1000, "latency": 0.0}
    yield Comparison(
        f"memory over {calls:,} model calls, thread mode",
        figures,
        _run("model_calls.in_process", asking),
    )


def _run(job: str, arguments: Mapping[str, object]) -> Run:
    def run() -> dict[str, float]:
        done = run_job(job, arguments, environment=_HEAP, timeout=1800)
        early, late = (_java_mb(done, share) for share in (0.2, 1.0))
        events = done.lines["marks"][-1][0] * 0.8
        return {
            "early": early,
            "late": late,
            "growth": (late - early) / early * 100,
            "per_event": (late - early) * 2**20 / events,
        }

    return run


def _java_mb(done: JobRun, share: float) -> float:
    """Resident memory of the Java process after a share of the events."""
    last = done.lines["marks"][-1][0]
    when = next(time for count, time in done.lines["marks"] if count >= last * share)
    return max(
        (sample for sample in done.samples if sample.time <= when), key=lambda sample: sample.time
    ).java_mb
