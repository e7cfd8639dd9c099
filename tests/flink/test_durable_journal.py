"""The durable journal on a MiniCluster: what failures between checkpoints repeat, and what not."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.cluster.flink_home import free_ports
from tests.environment import clean_environment

pytestmark = [pytest.mark.flink, pytest.mark.timeout(240)]

ELEMENTS = 600
KEYS = 40
#: A file that makes the job fail, once.
_FAIL_NOW = "fail-now"
#: Long beside the calls, so that most failures come between two checkpoints.
CHECKPOINT_MS = 1_500
RESTARTS = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "50",
    "restart-strategy.fixed-delay.delay": "100 ms",
}


def _note(folder: str, *words: Any) -> None:
    """Write a line that survives whatever happens to the job, in one write."""
    log = os.open(f"{folder}/log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.write(log, (" ".join(map(str, words)) + "\n").encode())
    os.close(log)


def _agent(folder: str) -> Any:
    """Of each element: a durable call, a chat with a tool call, and a durable call of a `def`."""
    from flink_agents.api.agents.agent import Agent
    from flink_agents.api.chat_message import ChatMessage, MessageRole
    from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
    from flink_agents.api.events.event import InputEvent, OutputEvent
    from flink_agents.api.resource import ResourceType
    from flink_agents.api.tools.tool import Tool
    from flink_agents.testing import add_scripted_model

    async def look_up(number: int) -> int:
        import asyncio

        _note(folder, "made", "look_up", number)
        await asyncio.sleep(0.01)
        return number

    def check(number: int) -> int:
        _note(folder, "made", "check", number)
        return number

    def weigh(number: int) -> str:
        """Weigh a number."""
        _note(folder, "made", "weigh", number)
        return str(number)

    async def ask(event: Any, ctx: Any) -> None:
        number = await ctx.durable_execute_async(look_up, int(event.input))
        _note(folder, "seen", "look_up", number)
        count = (ctx.short_term_memory.get("count") or 0) + 1
        ctx.short_term_memory.set("count", count)
        message = ChatMessage(content=json.dumps([number, count]))
        ctx.send_event(ChatRequestEvent(model="model", messages=[message]))

    def respond(messages: Any, tools: Any) -> Any:
        number, _ = json.loads(messages[0].content)
        last = messages[-1]
        if last.role is MessageRole.TOOL:
            _note(folder, "seen", "weigh", number)
            _note(folder, "made", "second", number)
            return messages[0].content
        _note(folder, "made", "first", number)
        call = {"id": f"c{number}", "function": {"name": "weigh", "arguments": {"number": number}}}
        return ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[{"type": "function", **call}])

    def answer(event: Any, ctx: Any) -> None:
        number, count = json.loads(event.response.content)
        _note(folder, "seen", "first", number)
        _note(folder, "seen", "second", number)
        ctx.durable_execute(check, number)
        _note(folder, "seen", "check", number)
        ctx.send_event(OutputEvent(output=f"{ctx.key} {number} {count}"))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    agent.add_resource("weigh", ResourceType.TOOL, Tool.from_callable(weigh))
    return add_scripted_model(agent, "model", respond=respond, latency=0.02, tools=["weigh"])


def _build(
    folder: Path,
    env: Any,
    journal: Path | None,
    fail_at: tuple[int, ...] = (),
    pause: float = 0.008,
    file_seconds: float | None = None,
) -> Any:
    from pyflink.common import Types
    from pyflink.common.serialization import Encoder
    from pyflink.common.watermark_strategy import WatermarkStrategy
    from pyflink.datastream.connectors.file_system import FileSink
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource

    from flink_agents.api.execution_environment import AgentsExecutionEnvironment

    env.enable_checkpointing(CHECKPOINT_MS)
    source = NumberSequenceSource(0, ELEMENTS - 1)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "n", Types.LONG())
    marks = str(folder)

    def pace(number: int) -> int:
        import os
        import time

        if file_seconds is not None:
            from flink_agents.runtime.flink.journal import committer

            # In thread mode the operators of a job share one interpreter.
            committer._MOST_SECONDS = file_seconds
        time.sleep(pause)
        with suppress(FileNotFoundError):
            os.remove(f"{marks}/{_FAIL_NOW}")
            raise RuntimeError(f"told to fail at {number}")
        if number in fail_at:
            try:
                os.close(os.open(f"{marks}/failed-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return number
            raise RuntimeError(f"injected at {number}")
        return number

    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    if journal is not None:
        agents.get_config().set_str("durable-journal", journal.as_uri())
    result = (
        agents.from_datastream(
            # One after the other: what is replayed has to come in the same order for each key.
            numbers.set_parallelism(1)
            .uid("numbers")
            .map(pace, Types.LONG())
            .set_parallelism(1)
            .uid("pace"),
            lambda n: f"key-{n % KEYS}",
        )
        .apply(_agent(str(folder)), uid="agent")
        .to_datastream(Types.STRING())
    )
    sink = FileSink.for_row_format(str(folder / "out"), Encoder.simple_string_encoder())
    result.sink_to(sink.build()).uid("files")
    return agents


def _made_again(folder: Path) -> Counter[str]:
    """Calls that were made although an action had seen their result, by name."""
    seen: set[str] = set()
    again: Counter[str] = Counter()
    for line in (folder / "log").read_text().splitlines():
        what, call = line.split(" ", 1)
        if what == "seen":
            seen.add(call)
        elif call in seen:
            again[call.split()[0]] += 1
    return again


def _check_exactly_once(folder: Path) -> None:
    parts = [part for part in (folder / "out").rglob("*") if part.is_file()]
    finished = [part for part in parts if not part.name.startswith(".")]
    rows = [line.split() for part in finished for line in part.read_text().splitlines()]
    assert sorted(int(number) for _, number, _ in rows) == list(range(ELEMENTS))
    for key in {key for key, _, _ in rows}:
        mine = sorted((int(count), int(number)) for k, number, count in rows if k == key)
        assert [count for count, _ in mine] == list(range(1, len(mine) + 1))
        assert [number for _, number in mine] == sorted(number for _, number in mine)


@pytest.mark.parametrize("with_journal", [True, False], ids=["with journal", "without"])
def test_failures_between_checkpoints_repeat_no_finished_call(
    tmp_path: Path, flink_env: Any, with_journal: bool
) -> None:
    fail_at = tuple(random.Random(7).sample(range(30, ELEMENTS), 10))
    options = {**RESTARTS, "execution.checkpointing.dir": (tmp_path / "checkpoints").as_uri()}
    env = flink_env("thread", parallelism=2, options=options)
    journal = tmp_path / "journal" if with_journal else None
    _build(tmp_path, env, journal, fail_at).execute("durable journal")
    assert len(list(tmp_path.glob("failed-*"))) == len(fail_at)
    _check_exactly_once(tmp_path)
    again = _made_again(tmp_path)

    if with_journal:
        assert not again
    else:
        # So the test can tell.
        assert all(again[call] for call in ("look_up", "first", "weigh", "second", "check"))


def test_files_are_deleted_as_checkpoints_complete_and_nothing_is_repeated(
    tmp_path: Path, flink_env: Any
) -> None:
    journal = tmp_path / "journal"
    options = {**RESTARTS, "execution.checkpointing.dir": (tmp_path / "checkpoints").as_uri()}
    env = flink_env("thread", options=options)
    _build(tmp_path, env, journal, fail_at=(550,), pause=0.02, file_seconds=0.5)
    client = env.execute_async("files of half a second")
    result = client.get_job_execution_result()

    def names() -> set[str]:
        return {path.name for path in journal.rglob("*.journal")}

    seen: set[str] = set()
    told = False
    while not result.done():
        seen |= names()
        # Those that two checkpoints have come after.
        if not told and len(seen - names()) >= 3:
            (tmp_path / _FAIL_NOW).touch()
            told = True
        time.sleep(0.1)
    result.result()
    assert told and not (tmp_path / _FAIL_NOW).exists()
    assert names()
    assert not _made_again(tmp_path)
    _check_exactly_once(tmp_path)


def test_the_adaptive_scheduler_changes_the_parallelism_and_nothing_is_repeated(
    tmp_path: Path, flink_env: Any
) -> None:
    """It counts attempts for each subtask: those of one attempt have different numbers."""
    (port,) = free_ports(1)
    options = {
        **RESTARTS,
        "execution.checkpointing.dir": (tmp_path / "checkpoints").as_uri(),
        "jobmanager.scheduler": "adaptive",
        "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling": "0 ms",
        "rest.bind-port": str(port),
    }
    env = flink_env("thread", parallelism=2, options=options)
    # Each change waits for a checkpoint; there have to be elements left for all of them.
    _build(tmp_path, env, tmp_path / "journal", fail_at=(560,), pause=0.06)
    client = env.execute_async("rescaled as it runs")
    result = client.get_job_execution_result()
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as flink:
        url = f"/jobs/{client.get_job_id()}"

        def vertices() -> list[Any]:
            return flink.get(url).raise_for_status().json()["vertices"]

        def runs_with(parallelism: int) -> bool:
            assert not result.done(), "the job ended before it was rescaled"
            agent = next(each for each in vertices() if each["name"].startswith("agent "))
            running = agent["tasks"]["RUNNING"]
            return agent["parallelism"] == running == parallelism

        def wait_until_it_runs_with(parallelism: int) -> None:
            while not runs_with(parallelism):
                time.sleep(0.1)
            before = _lines(tmp_path)
            while _lines(tmp_path) < before + 150:
                assert not result.done()
                time.sleep(0.1)

        wait_until_it_runs_with(2)
        for parallelism in (1, 2, 1, 2):
            wanted = {"lowerBound": 1, "upperBound": parallelism}
            needs = {vertex["id"]: {"parallelism": wanted} for vertex in vertices()}
            flink.put(f"{url}/resource-requirements", json=needs).raise_for_status()
            wait_until_it_runs_with(parallelism)
        restarts = flink.get(f"{url}/exceptions").raise_for_status().json()
    result.result()
    assert not _made_again(tmp_path)
    _check_exactly_once(tmp_path)
    failed = str(restarts["exceptionHistory"])
    assert "DurableJournalError" not in failed, failed


def run_until_killed(folder: Path) -> None:
    """The job in a process of its own, which a test kills."""
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    from flink_agents.runtime.flink.worker_environment import configure

    options = {
        "python.execution-mode": "thread",
        "rest.bind-port": "0",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
    }
    configuration = Configuration()
    for name, value in options.items():
        configuration.set_string(name, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    configure(env)
    env.set_parallelism(1)
    _build(folder, env, folder / "journal").execute("to be killed")


def _last_checkpoint(folder: Path) -> str:
    found = (folder / "checkpoints").glob("*/chk-*/_metadata")
    return str(max(found, key=lambda path: int(path.parent.name[4:])).parent)


def _lines(folder: Path) -> int:
    log = folder / "log"
    return log.read_text().count("\n") if log.exists() else 0


def test_a_killed_job_goes_on_from_its_checkpoint_with_other_parallelism(
    tmp_path: Path, flink_env: Any
) -> None:
    """Then it is stopped with a savepoint, and goes on with yet another one, and with failures."""
    program = "import sys, pathlib; from tests.flink import test_durable_journal as job; "
    program += "job.run_until_killed(pathlib.Path(sys.argv[1]))"
    with (tmp_path / "output").open("w") as output:
        killed = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            cwd=Path(__file__).parents[2],
            env=clean_environment(),
            stdout=output,
            stderr=output,
        )
        try:
            while _lines(tmp_path) < 1_200 and killed.poll() is None:
                time.sleep(0.05)
            assert killed.poll() is None, (tmp_path / "output").read_text()[-3000:]
        finally:
            # Java runs in a session of its own.
            for process in [*psutil.Process(killed.pid).children(recursive=True), killed]:
                process.kill()
            killed.wait()

    def options(start: str) -> dict[str, str]:
        folder = (tmp_path / "checkpoints").as_uri()
        begin = {"execution.state-recovery.path": start}
        return {**RESTARTS, "execution.checkpointing.dir": folder, **begin}

    env = flink_env("thread", parallelism=2, options=options(_last_checkpoint(tmp_path)))
    _build(tmp_path, env, tmp_path / "journal", fail_at=(150, 210), pause=0.02)
    client = env.execute_async("to be stopped")
    # Of all keys, and beyond what is on its way when it fails: so all subtasks run again.
    wanted = {f"seen check {number}" for number in range(250, 250 + KEYS)}
    while not wanted <= set((tmp_path / "log").read_text().splitlines()):
        assert not client.get_job_execution_result().done()
        time.sleep(0.1)
    savepoint = _stop_with_savepoint(client, tmp_path)
    env = flink_env("thread", parallelism=1, options=options(savepoint))
    _build(tmp_path, env, tmp_path / "journal", fail_at=(450, 500, 550)).execute("to its end")
    assert not _made_again(tmp_path)
    _check_exactly_once(tmp_path)


def _stop_with_savepoint(client: Any, folder: Path) -> str:
    from pyflink.java_gateway import get_gateway

    # PyFlink's own method calls a Java method that Flink 2 does not have any more.
    jvm: Any = get_gateway().jvm
    form = jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
    return client._j_job_client.stopWithSavepoint(False, str(folder), form).get()


def test_flinks_file_systems_can_be_reached_from_the_operators_thread(
    tmp_path: Path, flink_env: Any
) -> None:
    """And not from others: should that change, the journal need not write with the pump."""
    from pyflink.common import Types
    from pyflink.datastream import KeyedProcessFunction

    uri = (tmp_path / "journal").as_uri()

    class Try(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            import threading

            from flink_agents.runtime.flink.journal.folder import FlinkFolder

            folder = FlinkFolder(uri)
            folder.write("a", b"one")
            folder.write("b", b"two")
            folder.delete("b")
            refused: list[Exception] = []

            def elsewhere() -> None:
                try:
                    FlinkFolder(uri)
                except Exception as error:
                    refused.append(error)

            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
            found = [folder.names(), folder.read("a"), folder.read("b"), folder.has("b")]
            yield repr([*found, len(refused)])

    env = flink_env("thread")
    stream = env.from_collection(["x"], Types.STRING()).key_by(len)
    with stream.process(Try(), Types.STRING()).execute_and_collect() as results:
        assert list(results) == ["[['a'], b'one', b'', False, 1]"]
