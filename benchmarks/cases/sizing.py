"""What ``flink-agents plan`` starts from: CPU, memory and state of one event, one call, one key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.cases.checkpoint import free_port
from benchmarks.cases.model_calls import WARM_UP
from benchmarks.comparison import Comparison, Figure
from benchmarks.job import run_job
from benchmarks.slow_model_server import slow_model_server

#: A heap of fixed size, touched at the start, so that only what is outside of it can differ.
_HEAP = {"JVM_ARGS": "-Xms768m -Xmx768m -XX:+AlwaysPreTouch"}
#: Two sizes of a record, in bytes: their difference gives what a byte costs.
_SMALL, _LARGE = 100, 2_100
_OPEN = 1_000


def comparisons(scale: float) -> Iterator[Comparison]:
    """CPU of an event, of a memory access and of a call; memory of a call; state of a key."""
    # Fewer records are over before Java's compiler is.
    records = max(100_000, int(200_000 * scale))
    calls, keys = int(10_000 * scale), int(50_000 * scale)
    yield Comparison(
        "sizing: CPU, thread mode",
        (
            Figure("event", "event without a model, µs"),
            Figure("memory", "read and write of memory, µs"),
            Figure("call", "model call over HTTP, µs"),
        ),
        lambda: _cpu(records, calls),
    )
    yield Comparison(
        "sizing: resident memory outside of the Java heap, thread mode",
        (
            Figure("base", "without calls, MiB"),
            Figure("call", "open model call over HTTP, KiB"),
        ),
        _resident,
    )
    figures = (
        Figure("checkpoint", "in a checkpoint, bytes"),
        Figure("checkpoint_byte", "for each byte of a record in a checkpoint, bytes", 2),
        Figure("heap", "in the Java heap, bytes"),
        Figure("heap_byte", "for each byte of a record in the Java heap, bytes", 2),
    )
    yield Comparison("sizing: memory of a key", figures, lambda: _state(keys, False))
    yield Comparison("sizing: open work of a key", figures, lambda: _state(_OPEN, True))


def _cpu(records: int, calls: int) -> dict[str, float]:
    warm_up = 0.4
    event, memory = (
        run_job("no_model.agent", {"mode": "thread", "records": records, "memory": with_memory})
        for with_memory in (False, True)
    )
    with slow_model_server(0.2) as url:
        arguments = {"calls": WARM_UP + calls, "in_flight": _OPEN, "provider": "openai", "url": url}
        call = run_job("model_calls.http", {**arguments, "mode": "thread"})
    alone = event.cpu_per_call(warm_up)
    return {
        "event": alone * 1e6,
        "memory": (memory.cpu_per_call(warm_up) - alone) * 1e6,
        "call": (call.cpu_per_call(WARM_UP / (WARM_UP + calls)) - alone) * 1e6,
    }


def _resident() -> dict[str, float]:
    few, many = (_resident_with(calls) for calls in (1, _OPEN))
    return {"base": few - 768, "call": (many - few) * 1024 / _OPEN}


def _resident_with(calls: int) -> float:
    """Most resident memory of the Java process while calls of 10 s are open, in MiB."""
    with slow_model_server(10.0) as url:
        arguments = {"calls": calls, "in_flight": _OPEN, "provider": "openai", "url": url}
        done = run_job("model_calls.http", {**arguments, "mode": "thread"}, environment=_HEAP)
    return max(sample.java_mb for sample in done.samples)


def _state(keys: int, open_work: bool) -> dict[str, float]:
    arguments: dict[str, Any] = {"open_work": open_work, "keys": keys}
    # The heap that is there with hardly a key belongs to Flink.
    empty, small, large = (
        run_job("sizing.state", {**arguments, **what, "port": free_port()}).result
        for what in ({"keys": 1, "size": 1}, {"size": _SMALL}, {"size": _LARGE})
    )
    figures: dict[str, float] = {}
    for name in ("checkpoint", "heap"):
        byte = (large[name] - small[name]) / keys / (_LARGE - _SMALL)
        figures[f"{name}_byte"] = byte
        figures[name] = (small[name] - empty[name]) / keys - byte * _SMALL
    return figures
