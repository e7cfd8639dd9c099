"""What profiles are made of: stacks that samplers write, and the layers they belong to."""

from __future__ import annotations

from benchmarks.profiling import native, python_stacks
from benchmarks.profiling.layers import NO_FRAME, java_layer, python_layer
from benchmarks.profiling.stacks import Stack, add_up, by_any_frame

RAW = """\
thread (17): Dummy-1;outer (pyflink/operations.py:57);step (flink_agents/engine/step.py:7) 3
thread (17): Dummy-1;outer (pyflink/operations.py:58);step (flink_agents/engine/step.py:9) 2
thread (18): Dummy-2 4
"""


def test_stacks_of_py_spy_are_read_without_their_lines() -> None:
    first, second, third = python_stacks.parse(RAW)
    frames = ("outer (pyflink/operations.py)", "step (flink_agents/engine/step.py)")
    assert (first, second) == (Stack(17, frames, 3), Stack(17, frames, 2))
    assert third == Stack(18, (), 4)


def test_weights_are_added_up_by_layer_and_by_function_with_what_it_calls() -> None:
    stacks = python_stacks.parse(RAW)
    layers = add_up((python_layer(stack), stack.weight) for stack in stacks)
    assert layers == {"flink_agents: engine, codec": 5, NO_FRAME: 4}
    assert by_any_frame(stacks)["outer (pyflink/operations.py)"] == 5


def test_a_function_that_calls_itself_is_counted_once() -> None:
    assert by_any_frame([Stack(1, ("f", "f"), 2)]) == {"f": 2}


def test_pythons_and_javas_own_libraries_count_for_who_called_them() -> None:
    python = ("dump (flink_agents/engine/codec.py)", "deepcopy (copy.py)")
    assert python_layer(Stack(1, python, 1)) == "flink_agents: engine, codec"
    java = ("org.apache.flink.runtime.state.heap.StateTable.get", "java.util.Arrays.equals")
    assert java_layer(Stack(1, java, 1)) == "Flink: state"


def test_shares_of_perf_are_added_up_by_library() -> None:
    report = "# Overhead\n  40.00%|libpython3.11.so.1.0\n  20.00%|[JIT] tid 7\n  5.00%|[kernel]\n"
    shares = native.parse(report)
    assert shares["Python interpreter (libpython)"] == 0.4
    assert (shares["Java code"], shares["kernel"]) == (0.2, 0.05)
