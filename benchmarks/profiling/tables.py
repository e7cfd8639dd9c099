"""A profile as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from benchmarks.profiling.java_samples import EXCEPTION_SECONDS
from benchmarks.profiling.layers import java_layer, python_layer
from benchmarks.profiling.profile import Profile
from benchmarks.profiling.stacks import Stack, add_up, by_any_frame

_ROWS = 25


def tables(profile: Profile) -> str:
    """All tables of a profile."""
    parts = (_threads(profile), _layers(profile), _lock(profile), _java(profile), _native(profile))
    return "\n".join([f"## {profile.title}", "", *(line for part in parts for line in part)])


def _threads(profile: Profile) -> Iterator[str]:
    total = sum(profile.threads.values())
    yield (
        f"{profile.rate:,.0f} {profile.unit}s/s; {total * 1e6 / profile.rate:,.0f} µs of CPU per "
        f"{profile.unit}, by thread (an event loop has the name of the thread that made it):"
    )
    yield ""
    named = add_up((profile.names[thread], used) for thread, used in profile.threads.items())
    yield from _costs(profile, named, total, "thread", 8)


def _layers(profile: Profile) -> Iterator[str]:
    yield "CPU of the threads that run Python, by layer:"
    yield ""
    layers = add_up(
        (f"{profile.names.get(stack.thread, '')}: {python_layer(stack)}", stack.weight)
        for stack in profile.python
    )
    yield from _costs(profile, layers, _python_cpu(profile), "thread and layer")


def _lock(profile: Profile) -> Iterator[str]:
    held = sum(stack.weight for stack in profile.lock)
    yield (
        f"The interpreter's lock, which was held in {held:.0%} of the samples. The share is that "
        "of the time under the lock; µs spread the CPU of the threads that run Python by it."
    )
    yield ""
    total = _python_cpu(profile)
    lock = [Stack(s.thread, s.frames, s.weight / held * total) for s in profile.lock]
    layers = add_up((python_layer(stack), stack.weight) for stack in lock)
    yield from _costs(profile, layers, total, "layer")
    yield "By function alone:"
    yield ""
    yield from _costs(profile, _by_innermost(lock), total, "function")
    yield "By function with what it calls:"
    yield ""
    yield from _costs(profile, by_any_frame(lock), total, "function", 2 * _ROWS)


def _java(profile: Profile) -> Iterator[str]:
    stacks = profile.java.stacks
    yield f"Java code by layer (Flight Recorder, {len(stacks):,} samples; Python is not in it):"
    yield ""
    layers = add_up((java_layer(stack), stack.weight) for stack in stacks)
    yield from _shares(layers, len(stacks), "layer", 10)
    yield "Java methods by what they cost themselves:"
    yield ""
    yield from _shares(_by_innermost(stacks), len(stacks), "method", _ROWS)
    yield "Java exceptions made:"
    yield ""
    yield f"| a second | per {profile.unit} | class and method |"
    yield "|---:|---:|---|"
    for name, count in profile.java.exceptions.most_common(5):
        rate = count / EXCEPTION_SECONDS
        yield f"| {rate:,.0f} | {rate / profile.java_rate:.2f} | `{name}` |"
    yield ""


def _native(profile: Profile) -> Iterator[str]:
    if profile.native is None:
        return
    yield "CPU by native library (perf), all threads:"
    yield ""
    yield from _shares(profile.native, sum(profile.native.values()), "library", 8)


def _python_cpu(profile: Profile) -> float:
    return sum(stack.weight for stack in profile.python)


def _by_innermost(stacks: list[Stack]) -> dict[str, float]:
    none = "(no Python frame: Java, pemja, conversions)"
    return add_up((s.frames[-1] if s.frames else none, s.weight) for s in stacks)


def _costs(
    profile: Profile, costs: Mapping[str, float], total: float, what: str, rows: int = _ROWS
) -> Iterator[str]:
    yield f"| share | µs per {profile.unit} | {what} |"
    yield "|---:|---:|---|"
    for name, cores in islice(costs.items(), rows):
        if cores > 0:
            yield f"| {cores / total:.1%} | {cores * 1e6 / profile.rate:,.1f} | `{name}` |"
    yield ""


def _shares(shares: Mapping[str, float], total: float, what: str, rows: int) -> Iterator[str]:
    yield f"| share | {what} |"
    yield "|---:|---|"
    for name, share in islice(shares.items(), rows):
        yield f"| {share / total:.1%} | `{name}` |"
    yield ""
