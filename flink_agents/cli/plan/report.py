"""A plan as text, with its arithmetic."""

from __future__ import annotations

from flink_agents.cli.plan import measured
from flink_agents.cli.plan.flink_options import as_yaml, flink_options
from flink_agents.cli.plan.result import Plan
from flink_agents.cli.plan.workload import Workload

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def report(workload: Workload, plan: Plan) -> str:
    """The plan for people."""
    parts = [
        _section("Calls", _calls(workload, plan)),
        _section("Cluster", _cluster(workload, plan)),
        _section("Keys", _keys(plan)),
        _section("State", _state(workload, plan)),
        _section("Memory", _memory(plan)),
        _section("Model server", _model_server(workload, plan)),
        "Flink options\n\n" + _indented(as_yaml(flink_options(workload, plan))),
    ]
    for title, findings in (("Does not work", plan.problems), ("Look at", plan.warnings)):
        if findings:
            parts.append(title + "\n\n" + "\n".join(f"  * {text}" for text in findings))
    return "\n\n".join(parts)


def bytes_text(size: float) -> str:
    """A size for people: ``1.5 GiB``."""
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.3g} {unit}" if size < 999.5 else f"{size:,.0f} {unit}"
        size /= 1024
    return f"{size:,.3g} {_UNITS[-1]}"


def seconds_text(seconds: float) -> str:
    """A length of time for people: ``1.5 ms``."""
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:,.4g} {unit}"
    raise AssertionError


def _calls(workload: Workload, plan: Plan) -> list[tuple[str, str, str]]:
    calls = plan.calls
    return [
        (
            "calls in flight",
            f"{calls.in_flight:,.6g}",
            f"{workload.rate:,.6g} events/s x {workload.latency:g} s x "
            f"{workload.calls_per_event:g} call(s), Little's law",
        ),
        (
            "for each subtask",
            f"{calls.per_subtask:,.4g}",
            f"{calls.utilisation:.1%} of max-in-flight {workload.max_in_flight:,}",
        ),
    ]


def _cluster(workload: Workload, plan: Plan) -> list[tuple[str, str, str]]:
    cluster, cpu, free = plan.cluster, plan.cpu, 1 - workload.headroom
    each = workload.max_in_flight * workload.slots
    origin = "as given" if workload.task_managers else "the larger of the two"
    return [
        (
            "TaskManagers for the calls",
            f"{cluster.for_calls:,}",
            f"{plan.calls.in_flight:,.6g} / ({each:,} x {free:.0%})",
        ),
        (
            "TaskManagers for the CPU",
            f"{cluster.for_cpu:,}",
            f"{workload.rate:,.6g} events/s x {seconds_text(cpu.per_event)} = {cpu.cores:,.3g} "
            f"cores / ({measured.CORES_PER_TASK_MANAGER:g} x {free:.0%})",
        ),
        ("TaskManagers", f"{cluster.task_managers:,}", f"{origin}; CPU at {cpu.utilisation:.1%}"),
        ("subtasks", f"{cluster.subtasks:,}", f"{workload.slots} slot(s) of a TaskManager"),
        (
            "key groups",
            f"{cluster.max_parallelism:,}",
            f"busiest subtask {cluster.key_group_imbalance:.1%} above the mean",
        ),
    ]


def _keys(plan: Plan) -> list[tuple[str, str, str]]:
    keys = plan.keys
    rows = [
        (
            "most events/s of a key",
            f"{keys.rate_per_key:,.3g}",
            f"1 / {plan.calls.run_time:g} s: one run at a time",
        ),
        ("keys needed", f"{keys.needed:,}", f"{plan.calls.runs:,.6g} open runs, with headroom"),
    ]
    if keys.utilisation is not None and keys.wait is not None:
        wait = "without end" if keys.wait == float("inf") else f"waits {seconds_text(keys.wait)}"
        rows.append(("a key is busy", f"{keys.utilisation:.1%}", f"an event {wait} for its key"))
    return rows


def _state(workload: Workload, plan: Plan) -> list[tuple[str, str, str]]:
    state = plan.state
    return [
        ("open work", bytes_text(state.open_work), f"{plan.calls.runs:,.6g} open runs"),
        (
            "memory of keys",
            bytes_text(state.memory),
            f"{state.keys:,} keys with {bytes_text(workload.memory_per_key)}",
        ),
        ("checkpoint", bytes_text(state.checkpoint), f"about {state.files:,} files"),
        (
            "to write",
            f"{bytes_text(state.bandwidth)}/s",
            f"every {workload.checkpoint_interval:g} s",
        ),
        (
            "checkpoint, model server down",
            bytes_text(state.worst_checkpoint),
            f"with {bytes_text(state.waiting)} of waiting elements",
        ),
        ("state backend", state.backend, f"{bytes_text(state.heap)} of heap in a TaskManager"),
    ]


def _memory(plan: Plan) -> list[tuple[str, str, str]]:
    memory = plan.memory
    return [
        (
            "TaskManager",
            bytes_text(memory.process),
            f"heap {bytes_text(memory.heap)}, Python {bytes_text(memory.off_heap)}, "
            f"managed {bytes_text(memory.managed)}",
        ),
        ("JobManager", bytes_text(memory.job_manager), ""),
        ("together", bytes_text(memory.total), ""),
    ]


def _model_server(workload: Workload, plan: Plan) -> list[tuple[str, str, str]]:
    server = plan.model_server
    rows = [
        (
            "requests",
            f"{server.requests_per_minute:,.0f}/min",
            _limit(server.requests_per_minute, workload.requests_per_minute),
        ),
        (
            "tokens",
            f"{server.tokens_per_minute:,.0f}/min",
            f"{server.tokens_per_call:,.4g} for each call"
            + _limit(server.tokens_per_minute, workload.tokens_per_minute, "; "),
        ),
    ]
    if server.rate_limit is not None:
        rows.append(("allows", f"{server.rate_limit:,.4g} events/s", "by the tighter limit"))
    for what, limit in (
        ("requests", workload.requests_per_minute),
        ("tokens", workload.tokens_per_minute),
    ):
        if limit is not None:
            each = f"{limit / plan.cluster.task_managers:,.0f}/min"
            rows.append((f"{what}, each TaskManager", each, "for RateLimitedChatModelConnection"))
    if server.replicas is not None:
        what = f"with {workload.server_slots} requests side by side"
        rows.append(("replicas", f"{server.replicas:,}", what))
    return rows


def _limit(needed: float, limit: float | None, before: str = "") -> str:
    return f"{before}{needed / limit:.0%} of {limit:,.0f}" if limit else ""


def _section(title: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [f"  {name:<30}{value:>14}   {why}".rstrip() for name, value, why in rows]
    return "\n".join([title, "", *lines])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
