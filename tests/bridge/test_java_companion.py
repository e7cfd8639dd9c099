"""The companion JVM as a process: its start, its death, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.bridge import java_jar, java_models, java_process
from flink_agents.bridge.facade_client import BridgeCallError, FacadeClient
from flink_agents.exceptions import EnvironmentSetupError, ModelUnavailableError
from tests.bridge.conftest import companions

pytestmark = pytest.mark.java

Connect = Callable[..., Any]


def said(text: str) -> list[ChatMessage]:
    return [ChatMessage(content=text)]


def running_process() -> java_process.JavaProcess:
    companion = java_models._companion
    assert companion is not None
    return companion.calls.process


def test_calls_in_flight_end_with_the_companion_and_the_next_one_starts_another(
    connect: Connect,
) -> None:
    connection = connect(greeting_text="again ")

    async def ask() -> None:
        await connection.achat(said("start"))
        waiting = [
            asyncio.ensure_future(connection.achat(said("x"), millis=600_000)) for _ in range(50)
        ]
        with pytest.raises(ModelUnavailableError, match="exit code 7"):
            await connection.achat(said("x"), fail="exit")
        for task in waiting:
            with pytest.raises(ModelUnavailableError, match="is gone"):
                await task
        assert (await connection.achat(said("x"))).content == "again x"

    asyncio.run(ask())
    assert len(companions()) == 1


@pytest.mark.slow
def test_killed_20_times_every_call_ends_in_an_answer_or_a_named_error(connect: Connect) -> None:
    connection = connect()
    killed: list[int] = []
    outcomes: list[str] = []

    async def ask(number: int) -> None:
        try:
            answer = await connection.achat(said(f"n{number}"), millis=20)
            outcomes.append("answer" if answer.content == f"n{number}" else answer.content)
        except ModelUnavailableError as error:
            assert "is gone" in str(error) or "while it started" in str(error)
            outcomes.append("error")

    async def kill_while_calls_run() -> None:
        while len(killed) < 20 or len(outcomes) < 2000:
            calls = asyncio.gather(*(ask(len(outcomes) + i) for i in range(100)))
            while not companions() and not calls.done():
                await asyncio.sleep(0.01)
            await asyncio.sleep(random.uniform(0.0, 0.6))
            for pid in companions():
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            await calls

    asyncio.run(asyncio.wait_for(kill_while_calls_run(), 110))
    assert len(outcomes) >= 2000
    assert set(outcomes) <= {"answer", "error"}
    assert "error" in outcomes


def test_it_ends_with_its_parent_however_that_ends(java: None, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import os, time\n"
        "from flink_agents.api.chat_message import ChatMessage\n"
        "from flink_agents.api.chat_models.java_chat_model import JavaChatModelConnection\n"
        "connection = JavaChatModelConnection(java_clazz='example.EchoConnection')\n"
        "connection.chat([ChatMessage(content='x')])\n"
        "from flink_agents.bridge import java_models\n"
        "print(java_models._companion.calls.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    for number in (signal.SIGKILL, signal.SIGTERM):
        with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            pid = int(program.stdout.readline())
            assert is_alive(pid)
            program.send_signal(number)
            program.wait()
        wait_until(lambda pid=pid: not is_alive(pid))


def test_a_program_that_forgets_to_close_ends(java: None, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "from flink_agents.api.chat_message import ChatMessage\n"
        "from flink_agents.api.chat_models.java_chat_model import JavaChatModelConnection\n"
        "connection = JavaChatModelConnection(java_clazz='example.EchoConnection')\n"
        "print(connection.chat([ChatMessage(content='done')]).content)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_forked_child_has_a_companion_of_its_own(connect: Connect) -> None:
    connection = connect()
    connection.chat(said("x"))
    own = companions()
    child = os.fork()
    if child == 0:
        try:
            right = connection.chat(said("child")).content == "child"
            right = right and companions() not in ([], own)
            connection.close()
            os._exit(0 if right and companions() == [] else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert connection.chat(said("parent")).content == "parent"
    assert companions() == own


def test_the_token_is_neither_in_the_command_nor_in_the_environment(connect: Connect) -> None:
    connect().chat(said("x"))
    process = running_process()
    for place in ("cmdline", "environ"):
        seen = Path(f"/proc/{process.pid}/{place}").read_bytes()
        assert process.token.encode() not in seen


def test_a_client_without_the_token_is_refused(connect: Connect) -> None:
    connect().chat(said("x"))
    process = running_process()
    with pytest.raises(ConnectionError, match=r"refused|reached"):
        FacadeClient(process.port, "wrong", 10)


def test_a_client_with_the_token_reaches_the_methods_of_the_bridge_only(connect: Connect) -> None:
    from py4j.java_gateway import GatewayParameters, JavaGateway
    from py4j.protocol import Py4JError, Py4JNetworkError

    connect().chat(said("x"))
    process = running_process()
    parameters = GatewayParameters(address="127.0.0.1", port=process.port, auth_token=process.token)
    reached: Any = JavaGateway(gateway_parameters=parameters)
    attempts: list[Callable[[], Any]] = [
        lambda: reached.jvm.java.lang.System.exit(0),
        lambda: reached.jvm.java.lang.Runtime.getRuntime(),
        lambda: reached.jvm.java.util.ArrayList(),
        lambda: reached.entry_point.getClass(),
        lambda: reached.new_array(reached.jvm.int, 1),
        lambda: reached.help(reached.entry_point, display=False),
        lambda: dir(reached.entry_point),
    ]
    for attempt in attempts:
        with pytest.raises((Py4JError, Py4JNetworkError, TypeError)):
            attempt()
    reached.close()
    client = FacadeClient(process.port, process.token, 10)
    with pytest.raises(BridgeCallError, match="has no method getClass"):
        client.call("getClass")
    client.close()


def test_what_java_prints_is_logged(
    connect: Connect, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(java_process.OPTIONS_VARIABLE, "-XshowSettings:vm")
    caplog.set_level("INFO", logger="flink_agents.java")
    connect().chat(said("x"))
    wait_until(lambda: "java: VM settings:" in caplog.messages)
    assert ("flink_agents.java", "INFO") in {(r.name, r.levelname) for r in caplog.records}


def test_a_jvm_that_does_not_start_is_told_with_what_it_said(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(java_process.OPTIONS_VARIABLE, "-XX:NoSuchOption")
    with pytest.raises(EnvironmentSetupError, match=r"exit code 1.*NoSuchOption.*JAVA_HOME"):
        connect().chat(said("x"))


def test_a_jvm_that_has_ended_before_it_is_told_its_token_is_told_with_what_it_said(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.wait()

    monkeypatch.setattr(subprocess, "Popen", Ended)
    monkeypatch.setenv(java_process.OPTIONS_VARIABLE, "-XX:NoSuchOption")
    with pytest.raises(EnvironmentSetupError, match=r"exit code 1.*NoSuchOption.*JAVA_HOME"):
        connect().chat(said("x"))


def test_a_class_path_that_does_not_exist_is_named(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(java_jar.CLASSPATH_VARIABLE, "/no/such.jar")
    with pytest.raises(EnvironmentSetupError, match=r"/no/such\.jar"):
        connect().chat(said("x"))


def test_a_jar_of_another_version_is_refused_with_both_versions(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flink_agents.bridge.wire.__version__", "9.9.9")
    with pytest.raises(EnvironmentSetupError, match=r"9\.9\.9") as raised:
        connect().chat(said("x"))
    assert java_jar.__version__ in str(raised.value)
    assert companions() == []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
