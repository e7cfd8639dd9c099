"""The calculator: its arithmetic, its command line, and what the documentation says of it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.cli.plan import measured
from flink_agents.cli.plan.flink_options import flink_options
from flink_agents.cli.plan.report import bytes_text, seconds_text
from flink_agents.cli.plan.sizing import plan
from flink_agents.cli.plan.workload import Workload

PAGE = Path(__file__).parents[2] / "docs/operations.md"


def _plan(**what: Any) -> Any:
    return plan(Workload(**{"rate": 500.0, "latency": 2.0, **what}))


def _run(arguments: str) -> int:
    from flink_agents.cli.main import main

    return main(["plan", *shlex.split(arguments)])


def test_calls_in_flight_follow_littles_law() -> None:
    assert _plan().calls.in_flight == 1000
    assert _plan(calls_per_event=3).calls.in_flight == 3000
    assert _plan(calls_per_event=0).calls.in_flight == 0


def test_each_subtask_keeps_headroom_for_its_calls() -> None:
    cluster = _plan(cpu_per_event=1e-6).cluster
    assert cluster.for_calls == 2  # 1,000 / 700
    assert _plan(cpu_per_event=1e-6, headroom=0.0).cluster.for_calls == 1
    assert _plan(cpu_per_event=1e-6, max_in_flight=100).cluster.for_calls == 15


def test_a_quotient_that_is_whole_is_not_rounded_up() -> None:
    # 1.4 / 0.7 is a little more than 2 in floating point.
    assert _plan(rate=700, cpu_per_event=1e-6).cluster.for_calls == 2


def test_the_cpu_asks_for_task_managers_since_slots_share_an_interpreter() -> None:
    one, four = (_plan(cpu_per_event=0.01, slots=slots).cluster for slots in (1, 4))
    assert one.for_cpu == four.for_cpu == 8  # 5 cores / 0.7
    assert (one.subtasks, four.subtasks) == (8, 32)
    assert any("share one Python" in text for text in _plan(slots=4).warnings)


def test_the_cpu_of_an_event_is_the_sum_of_its_parts() -> None:
    bare = _plan(calls_per_event=0, memory_per_key=0).cpu.per_event
    assert bare == measured.CPU_PER_EVENT
    whole = _plan(calls_per_event=2, cpu_of_actions=0.001).cpu.per_event
    parts = measured.CPU_PER_MEMORY_ACCESS + 2 * measured.CPU_PER_CALL + 0.001
    assert whole == pytest.approx(bare + parts)
    assert _plan(cpu_per_event=0.5).cpu.per_event == 0.5


def test_a_key_has_one_run_at_a_time() -> None:
    keys = _plan(latency=2, calls_per_event=2, keys=10_000).keys
    assert keys.rate_per_key == 0.25
    assert keys.needed == 2858  # 2,000 / 0.7
    assert keys.utilisation == pytest.approx(0.2)
    assert keys.wait == pytest.approx(4 * 0.2 / (2 * 0.8))


def test_too_few_keys_are_a_problem_that_names_the_rate_they_allow() -> None:
    result = _plan(keys=100)
    assert result.keys.wait == float("inf")
    assert any("100 keys take at most 50 events/s" in text for text in result.problems)
    assert _plan(keys=1001).problems == ()


def test_what_is_used_above_70_percent_is_a_warning() -> None:
    assert _plan(keys=2000, task_managers=2).warnings == ()
    assert any("Calls in flight are at 71%" in w for w in _plan(rate=355, task_managers=1).warnings)
    assert any("Keys are at 77%" in w for w in _plan(keys=1300).warnings)
    assert any("CPU is at 75%" in w for w in _plan(cpu_per_event=0.003, task_managers=2).warnings)


def test_too_few_task_managers_are_a_problem() -> None:
    assert any("Use 2 TaskManagers" in text for text in _plan(task_managers=1).problems)
    result = _plan(cpu_per_event=0.01, task_managers=3)
    assert any("Use 8 TaskManagers" in text for text in result.problems)


def test_the_tighter_limit_of_the_model_server_counts() -> None:
    limits: dict[str, Any] = {"requests_per_minute": 60_000, "tokens_per_minute": 6_000_000}
    server = _plan(tokens_per_call=500, **limits).model_server
    assert server.requests_per_minute == 30_000
    assert server.tokens_per_minute == 15_000_000
    assert server.rate_limit == 200
    result = _plan(tokens_per_call=500, **limits)
    assert any("allow 200 events/s of 500" in text for text in result.problems)
    assert _plan(rate=190, keys=2000, tokens_per_call=500, **limits).problems == ()


def test_replicas_of_a_model_server_hold_the_calls_in_flight() -> None:
    assert _plan(server_slots=4).model_server.replicas == 358  # 1,000 / 2.8
    assert _plan(server_slots=None).model_server.replicas is None


def test_state_grows_with_keys_records_and_journals() -> None:
    small, large = (_plan(keys=keys).state for keys in (10_000, 20_000))
    assert large.memory == 2 * small.memory
    assert _plan(keys=10_000, memory_per_key=0).state.memory == 0
    journal = _plan(calls_per_event=3, answer_size=1000).state.open_work
    assert journal - _plan(calls_per_event=3, answer_size=0).state.open_work == 3000 * 2 * 1000
    assert small.bandwidth == small.checkpoint / 30
    assert small.worst_checkpoint - small.checkpoint == 2 * 10_000 * 1024


def test_a_state_too_large_for_the_heap_goes_to_rocksdb() -> None:
    assert _plan(keys=10_000).state.backend == "hashmap"
    result = _plan(keys=50_000_000)
    assert result.state.backend == "rocksdb"
    assert result.memory.managed > 0
    assert any("RocksDB" in text for text in result.warnings)


def test_a_task_manager_has_room_for_python_and_its_calls() -> None:
    few, many = (_plan(max_in_flight=n, cpu_per_event=1e-6).memory for n in (100, 10_000))
    assert few.off_heap >= measured.BASE_MEMORY
    assert many.off_heap - measured.BASE_MEMORY >= 1000 * measured.MEMORY_PER_CALL
    assert many.process > many.off_heap + many.heap + many.managed


@pytest.mark.flink
def test_flink_makes_the_same_of_the_options() -> None:
    from pyflink.java_gateway import get_gateway

    jvm: Any = get_gateway().jvm
    runtime, configuration = jvm.org.apache.flink.runtime, jvm.org.apache.flink.configuration
    for rate, keys in ((500, None), (500, 5_000_000), (500, 50_000_000), (350_000, None)):
        workload = Workload(rate=rate, latency=2.0, keys=keys)
        result = plan(workload)
        options = configuration.Configuration()
        for key, value in flink_options(workload, result).items():
            options.setString(key, value)
        task_manager = runtime.clusterframework.TaskExecutorProcessUtils.processSpecFromConfig(
            options
        )
        heap = task_manager.getFlinkMemory().getJvmHeapMemorySize().getBytes()
        assert heap >= result.memory.heap
        assert heap < result.memory.heap * 1.5
        off_heap = task_manager.getFlinkMemory().getTaskOffHeap().getBytes()
        assert off_heap == result.memory.off_heap
        job_manager = runtime.jobmanager.JobManagerProcessUtils
        specification = job_manager.processSpecFromConfig(options)
        assert specification.getJvmHeapMemorySize().getBytes() >= measured.JOB_MANAGER_HEAP


def test_key_groups_leave_room_to_grow_within_flinks_bounds() -> None:
    assert _plan(rate=1).cluster.max_parallelism == 128
    assert _plan(rate=50_000).cluster.max_parallelism == 2048
    assert _plan(rate=5_000_000).cluster.max_parallelism == 32768
    assert _plan(rate=500_000).cluster.key_group_imbalance < 0.13


def test_a_call_longer_than_the_time_out_is_a_warning() -> None:
    assert any("call-timeout" in text for text in _plan(latency=600.0).warnings)
    assert not any("call-timeout" in text for text in _plan(latency=599.0).warnings)


def test_more_subtasks_than_flink_allows_are_a_problem() -> None:
    assert any("32,768" in text for text in _plan(rate=1e9).problems)


def test_the_default_of_max_in_flight_is_the_librarys() -> None:
    default = AgentExecutionOptions.MAX_IN_FLIGHT.get_default_value()
    assert Workload(rate=1, latency=1).max_in_flight == default


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("--rate nan --latency 2s", "'nan' is not a number"),
        ("--rate 0 --latency 2s", "above zero"),
        ("--rate=-3 --latency 2s", "negative"),
        ("--rate 1e30 --latency 2s", "larger than"),
        ("--rate inf --latency 2s", "larger than"),
        ("--rate many --latency 2s", "not a number, as 500"),
        ("--rate 5 --latency 0", "above zero"),
        ("--rate 5 --latency=-1s", "not a length of time, as 2s"),
        ("--rate 5 --latency 2parsec", "not a length of time"),
        ("--rate 5 --latency 1s --record-size 3parsec", "not a size, as 500B"),
        ("--rate 5 --latency 1s --record-size 9e9GB", "not a size"),
        ("--rate 5 --latency 1s --record-size 99999999999GB", "larger than"),
        ("--rate 5 --latency 1s --headroom 100%", "not a share"),
        ("--rate 5 --latency 1s --headroom=-1%", "negative"),
        ("--rate 5 --latency 1s --keys 0", "above zero"),
        ("--rate 5 --latency 1s --keys 1.5", "not a whole number"),
        ("--rate 5", "--latency"),
    ],
)
def test_odd_input_is_refused_by_name(
    arguments: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        _run(arguments)
    assert exit.value.code == 2
    assert problem in capsys.readouterr().err


def test_units_are_those_of_flink(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = "--record-size 2kB --answer-size 1.5m --memory-per-key 512"
    assert _run(f"--rate 5 --latency 200ms {sizes} --headroom 0.5 --json") == 0
    workload = json.loads(capsys.readouterr().out)["workload"]
    assert workload["latency"] == pytest.approx(0.2)
    assert workload["record_size"] == 2048
    assert workload["answer_size"] == 1.5 * 2**20
    assert workload["memory_per_key"] == 512
    assert workload["headroom"] == 0.5


def test_json_has_all_that_the_text_has_and_no_infinity(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run("--rate 500 --latency 2s --keys 10 --json") == 1

    def refuse(text: str) -> None:
        raise AssertionError(text)

    shown = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert shown["keys"]["wait"] is None
    assert shown["cluster"]["task_managers"] == 2
    assert shown["flink_options"]["taskmanager.numberOfTaskSlots"] == "1"
    assert "10 keys" in shown["problems"][0]


def test_the_exit_code_says_whether_it_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--rate 500 --latency 2s --keys 10000") == 0
    assert "Does not work" not in capsys.readouterr().out
    assert _run("--rate 500 --latency 2s --keys 10") == 1
    assert "Does not work" in capsys.readouterr().out


def test_every_plan_of_the_page_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = re.findall(
        r"^```bash\nflink-agents plan (.*?)\n```\n\n```text\n(.*?)^```",
        PAGE.read_text(),
        re.S | re.M,
    )
    assert len(shown) >= 1
    for arguments, text in shown:
        _run(arguments)
        assert capsys.readouterr().out == text, arguments


def test_the_table_of_large_clusters_is_computed() -> None:
    rows = re.findall(r"^\| (10|100|1,000) \|(.*)\|$", PAGE.read_text(), re.M)
    assert [number for number, _ in rows] == ["10", "100", "1,000"]
    for number, row in rows:
        assert [cell.strip() for cell in row.split("|")] == large_cluster(
            int(number.replace(",", ""))
        )


def large_cluster(task_managers: int) -> list[str]:
    """The cells of the page's table for a number of TaskManagers, each at 70 % of its calls."""
    rate = 350.0 * task_managers
    result = plan(Workload(rate=rate, latency=2.0, keys=int(rate) * 100))
    assert result.cluster.task_managers == task_managers
    cluster, state, memory = result.cluster, result.state, result.memory
    return [
        f"{rate:,.0f}",
        f"{result.calls.in_flight:,.0f}",
        f"{result.keys.needed:,}",
        f"{cluster.max_parallelism:,}; {cluster.key_group_imbalance:.0%}",
        bytes_text(state.checkpoint),
        f"{bytes_text(state.bandwidth)}/s",
        f"{state.files:,}",
        bytes_text(state.worst_checkpoint),
        bytes_text(memory.job_manager),
        bytes_text(memory.total),
        f"{result.model_server.requests_per_minute:,.0f}",
    ]


def test_the_page_quotes_the_measured_figures() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", PAGE.read_text(), re.M))
    expected: dict[str, str] = {}
    for name, value in vars(measured).items():
        if name.startswith("CPU_"):
            expected[name] = seconds_text(value)
        elif name in ("BASE_MEMORY", "MEMORY_PER_CALL"):
            expected[name] = bytes_text(value)
        elif name.endswith("_BYTE"):
            expected[name] = f"{value:g} B"
        elif name.startswith(("CHECKPOINT_", "HEAP_")):
            expected[name] = f"{value:,} B"
    assert {name: text.strip() for name, text in table.items()} == expected
