"""Failures on a MiniCluster: nothing is lost, doubled or out of order, however it fails."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.flink, pytest.mark.timeout(240)]

ELEMENTS = 1_200
KEYS = 60


def _once(marker: str) -> bool:
    """Whether this is the first call with this marker, over all attempts of the job."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _failing_agent(folder: str, fail_in: str) -> Any:
    from flink_agents.api.agents.agent import Agent
    from flink_agents.api.chat_message import ChatMessage
    from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
    from flink_agents.api.events.event import InputEvent, OutputEvent
    from flink_agents.testing import add_scripted_model

    def fail_once(place: str, number: int) -> None:
        if place == fail_in and number % 300 == 150 and _once(f"{folder}/failed-{number}"):
            raise RuntimeError(f"injected in {place} at {number}")

    def ask(event: Any, ctx: Any) -> None:
        number = int(event.input)
        count = (ctx.short_term_memory.get("count") or 0) + 1
        ctx.short_term_memory.set("count", count)
        fail_once("action", number)
        message = ChatMessage(content=json.dumps([number, count]))
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    def answer(event: Any, ctx: Any) -> None:
        number, count = json.loads(event.response.content)
        fail_once("response", number)
        ctx.send_event(OutputEvent(output=f"{ctx.key} {number} {count}"))

    def respond(messages: Any, tools: Any) -> Any:
        fail_once("model", json.loads(messages[-1].content)[0])
        return messages[-1].content

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    return add_scripted_model(agent, "model", respond=respond, latency=0.05)


def _build(tmp_path: Path, env: Any, fail_in: str, pause: float) -> Any:
    """The job: numbers, keyed by their remainder, through the agent into a file sink."""
    from pyflink.common import Types
    from pyflink.common.serialization import Encoder
    from pyflink.common.watermark_strategy import WatermarkStrategy
    from pyflink.datastream.connectors.file_system import FileSink
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource

    from flink_agents.api.execution_environment import AgentsExecutionEnvironment

    env.enable_checkpointing(200)
    source = NumberSequenceSource(0, ELEMENTS - 1)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "n", Types.LONG())

    def throttle(number: int) -> int:
        import time

        time.sleep(pause)
        return number

    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    result = (
        agents.from_datastream(
            numbers.uid("numbers").map(throttle, Types.LONG()).uid("throttle"),
            lambda n: f"key-{n % KEYS}",
        )
        .apply(_failing_agent(str(tmp_path), fail_in))
        .to_datastream(Types.STRING())
    )
    sink = FileSink.for_row_format(str(tmp_path / "out"), Encoder.simple_string_encoder())
    result.sink_to(sink.build()).uid("files")
    return agents


def _bytes_written(tmp_path: Path) -> int:
    """Bytes in the output, those that no checkpoint has made final included."""
    return sum(part.stat().st_size for part in (tmp_path / "out").rglob("*") if part.is_file())


def _stop_with_savepoint(client: Any, folder: Path) -> str:
    from pyflink.java_gateway import get_gateway

    # PyFlink's own method calls a Java method that Flink 2 does not have any more.
    jvm: Any = get_gateway().jvm
    form = jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
    return client._j_job_client.stopWithSavepoint(False, str(folder), form).get()


def _lines(tmp_path: Path) -> list[str]:
    return [
        line
        for part in sorted((tmp_path / "out").rglob("*"))
        if part.is_file() and not part.name.startswith(".")
        for line in part.read_text().splitlines()
    ]


def check_exactly_once(lines: list[str]) -> None:
    """Each element has one output; each key's count is that of its elements."""
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for line in lines:
        key, number, count = line.split()
        seen[key].append((int(number), int(count)))
    numbers = sorted(number for rows in seen.values() for number, _ in rows)
    assert numbers == list(range(ELEMENTS)), (
        f"lost {sorted(set(range(ELEMENTS)) - set(numbers))[:10]}, "
        f"doubled {len(numbers) - len(set(numbers))}"
    )
    for key, rows in seen.items():
        counts = sorted(count for _, count in rows)
        assert counts == list(range(1, len(rows) + 1)), f"{key}: {counts}"
        by_count = [number for _, number in sorted((c, n) for n, c in rows)]
        assert by_count == sorted(by_count), f"{key} out of order: {by_count}"


@pytest.mark.parametrize("fail_in", ["action", "model", "response"])
def test_a_failure_loses_doubles_and_reorders_nothing_in_thread_mode(
    tmp_path: Path, flink_env: Any, fail_in: str
) -> None:
    env = flink_env(
        "thread",
        parallelism=1,
        options={
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "20",
            "restart-strategy.fixed-delay.delay": "200 ms",
        },
    )
    _build(tmp_path, env, fail_in, pause=0.003).execute("exactly-once")
    assert len(list(tmp_path.glob("failed-*"))) == 4
    check_exactly_once(_lines(tmp_path))


def test_a_job_goes_on_from_a_savepoint_with_other_parallelism_and_calls_in_flight(
    tmp_path: Path, flink_env: Any
) -> None:
    savepoint = None
    for parallelism in (1, 2, 4, 1):
        options = {"execution.state-recovery.path": savepoint} if savepoint else {}
        env = flink_env("thread", parallelism=parallelism, options=options)
        agents = _build(tmp_path, env, "nowhere", pause=0.01 * parallelism)
        if len(list(tmp_path.glob("savepoint-*"))) == 3:
            agents.execute("rescaled")
            break
        before = _bytes_written(tmp_path)
        client = env.execute_async("to be rescaled")
        while _bytes_written(tmp_path) < before + 2_000:
            if (result := client.get_job_execution_result()).done():
                result.result()  # raises what the job failed with
                pytest.fail("the job ended before it could be stopped")
            time.sleep(0.1)
        savepoint = _stop_with_savepoint(client, tmp_path)
    check_exactly_once(_lines(tmp_path))
