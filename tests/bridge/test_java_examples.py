"""Java agents as programs, with the jar that ships: the examples, and a job that fails often."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bridge.conftest import EXAMPLES
from tests.bridge.java_program import compile_java, run_java

pytestmark = [pytest.mark.java, pytest.mark.timeout(180)]

PACKAGE = "org.apache.flink.agents.examples"
MODELS = Path(__file__).parents[2] / "java-bridge/bridge/src/test/python"
JOBS = Path(__file__).parent / "java_jobs"

here_and_on_flink = pytest.mark.parametrize(
    "options", [(), pytest.param(("--flink",), marks=pytest.mark.flink)], ids=["here", "flink"]
)


def lines_of(classes: Path, program: str, *arguments: str, **environment: str) -> list[str]:
    """What a program prints; it must end well."""
    done = run_java(classes, f"{PACKAGE}.{program}", *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(done.stdout.splitlines())


@pytest.mark.ollama
@here_and_on_flink
@pytest.mark.parametrize("program", ["JavaModelExample", "PythonModelExample"])
def test_a_java_agent_calls_its_tool_for_a_model_of_either_language(
    example_classes: Path, ollama: str, program: str, options: tuple[str, ...]
) -> None:
    question = "add 48 and 31"
    (line,) = lines_of(example_classes, program, question, *options, OLLAMA_TEST_URL=ollama)
    # The tiny model of the tests repeats the result of the tool.
    assert re.fullmatch(f"{question} -> .*79.*", line)


@here_and_on_flink
def test_a_java_agent_asks_a_python_model_of_its_own(
    example_classes: Path, options: tuple[str, ...]
) -> None:
    folder = str(EXAMPLES / "python")
    program = "CustomPythonModelExample"
    lines = lines_of(example_classes, program, folder, "hello", "world", *options)
    assert lines == ["hello -> HELLO!!", "world -> WORLD!!"]


def test_an_agent_without_a_server_ends_with_an_error_that_names_it(example_classes: Path) -> None:
    url = "http://127.0.0.1:9"
    for program in ("JavaModelExample", "PythonModelExample"):
        done = run_java(example_classes, f"{PACKAGE}.{program}", OLLAMA_TEST_URL=url)
        assert done.returncode == 1
        assert url in done.stderr


def test_an_agent_without_a_python_ends_with_an_error_that_tells_where_to_name_it(
    example_classes: Path,
) -> None:
    program = f"{PACKAGE}.CustomPythonModelExample"
    done = run_java(example_classes, program, "x", FLINK_AGENTS_PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "/no/such/python" in done.stderr
    assert "FLINK_AGENTS_PYTHON" in done.stderr


@pytest.mark.flink
@pytest.mark.slow
def test_failures_of_actions_and_companions_lose_and_repeat_nothing(
    java_classes: Path, tmp_path: Path
) -> None:
    classes = tmp_path / "classes"
    classes.mkdir()
    compile_java(sorted(JOBS.rglob("*.java")), classes)
    checkpoints = (tmp_path / "checkpoints").as_uri()
    done = run_java(classes, "example.ChaosJob", checkpoints, "2000", PYTHON_MODELS=str(MODELS))
    assert done.returncode == 0, done.stdout + done.stderr
    # Before them may stand what Flink logs of its restarts.
    counts, failures = done.stdout.splitlines()[-2:]
    assert counts == "lost 0, duplicated 0, miscounted 0"
    failed, killed = map(int, re.findall(r"\d+", failures))
    assert failed == 8
    # One that is about to end may be killed beside its successor.
    assert killed >= 4
