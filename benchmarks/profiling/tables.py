"""A profile as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from benchmarks.profiling.java_samples import EXCEPTION_SECONDS
from benchmarks.profiling.layers import java_layer, python_layer
from benchmarks.profiling.profile import Profile
from benchmarks.profiling.stacks import Stack, by_any_frame, by_innermost

_ROWS = 25


def tables(profile: Profile) -> str:
    """All tables of a profile."""
    return "\n".join([f"## {profile.title}", "", *_lines(profile), ""])


def _lines(profile: Profile) -> Iterator[str]:
    unit, total = profile.unit, sum(profile.threads.values())
    per_unit = 1e6 / profile.rate
    yield (
        f"{profile.rate:,.0f} {unit}s/s; {total * per_unit:,.0f} µs of CPU per {unit}, by thread "
        "(the event loop's has the name of the thread that made it):"
    )
    yield ""
    by_name: Counter[str] = Counter()
    for thread, cores in profile.threads.items():
        by_name[profile.names[thread]] += cores  # type: ignore[assignment]
    yield from _costs(by_name, total, per_unit, unit, "thread", 8)
    yield "CPU of the threads that run Python, by layer:"
    yield ""
    python = sum(stack.weight for stack in profile.python)
    layers: Counter[str] = Counter()
    for stack in profile.python:
        layer = f"{profile.names.get(stack.thread, '')}: {python_layer(stack)}"
        layers[layer] += stack.weight  # type: ignore[assignment]
    yield from _costs(layers, python, per_unit, unit, "thread and layer", 20)
    held = sum(stack.weight for stack in profile.lock)
    yield (
        f"The interpreter's lock, which was held in {held:.0%} of the samples. The share is that of "
        "the time under the lock; µs spread the CPU of the threads that run Python by it."
    )
    yield ""
    lock = [Stack(s.thread, s.frames, s.weight / held * python) for s in profile.lock]
    yield from _costs(by_innermost(lock, python_layer), python, per_unit, unit, "layer")
    yield "By function alone:"
    yield ""
    yield from _costs(by_innermost(lock, _innermost), python, per_unit, unit, "function")
    yield "By function with what it calls:"
    yield ""
    yield from _costs(by_any_frame(lock), python, per_unit, unit, "function", 2 * _ROWS)
    yield from _java(profile)
    if profile.native is not None:
        yield "CPU by native library (perf), all threads:"
        yield ""
        yield from _shares(profile.native, sum(profile.native.values()), "library", 8)


def _java(profile: Profile) -> Iterator[str]:
    stacks = profile.java.stacks
    yield f"Java code by layer (Flight Recorder, {len(stacks):,} samples; Python is not in it):"
    yield ""
    yield from _shares(by_innermost(stacks, java_layer), len(stacks), "layer", 10)
    yield "Java methods by what they cost themselves:"
    yield ""
    yield from _shares(by_innermost(stacks, _innermost), len(stacks), "method", _ROWS)
    yield "Java exceptions made:"
    yield ""
    yield f"| a second | per {profile.unit} | class and method |"
    yield "|---:|---:|---|"
    for name, count in profile.java.exceptions.most_common(8):
        rate = count / EXCEPTION_SECONDS
        yield f"| {rate:,.0f} | {rate / profile.java_rate:.2f} | `{name}` |"
    yield ""


def _innermost(stack: Stack) -> str:
    return stack.frames[-1] if stack.frames else "(no Python frame: Java, pemja, conversions)"


def _costs(
    costs: Counter[str], total: float, per_unit: float, unit: str, what: str, rows: int = _ROWS
) -> Iterator[str]:
    yield f"| share | µs per {unit} | {what} |"
    yield "|---:|---:|---|"
    for name, seconds in costs.most_common(rows):
        if seconds > 0:
            yield f"| {seconds / total:.1%} | {seconds * per_unit:,.1f} | `{name}` |"
    yield ""


def _shares(shares: Counter[str], total: float, what: str, rows: int) -> Iterator[str]:
    yield f"| share | {what} |"
    yield "|---:|---|"
    for name, share in shares.most_common(rows):
        yield f"| {share / total:.1%} | `{name}` |"
    yield ""
