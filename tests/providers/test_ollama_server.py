"""The real servers of the tests: that they end, whatever happens to the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.servers import guard, ollama_server
from tests.servers.ollama_server import MODELS, ServerMissingError

ROOT = Path(__file__).parents[2]


def wait_until_gone(process: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {process} is still there")


#: A server with a child of its own.
FAMILY = (
    "import os, signal, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(os.getpid(), child.pid, flush=True)\n"
    "time.sleep(600)\n"
)


def test_a_server_ends_with_its_children_when_its_owner_lets_go() -> None:
    command = [sys.executable, str(guard.__file__), sys.executable, "-c", FAMILY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        processes = [int(number) for number in running.stdout.readline().split()]
    for process in processes:
        wait_until_gone(process)


def test_the_guard_ends_with_the_server_and_its_exit_code() -> None:
    command = [sys.executable, str(guard.__file__), sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        assert running.wait() == 7


OWNER = (
    "import os, subprocess, sys, time\n"
    "guard = subprocess.Popen([sys.executable, sys.argv[1], sys.executable, '-c', sys.argv[2]],\n"
    "    stdin=subprocess.PIPE, start_new_session=True)\n"
    "time.sleep(600)\n"
)


def test_a_server_ends_when_its_owner_is_killed() -> None:
    command = [sys.executable, "-c", OWNER, str(guard.__file__), FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        processes = [int(number) for number in owner.stdout.readline().split()]
        owner.send_signal(signal.SIGKILL)
    for process in processes:
        wait_until_gone(process)


def test_without_a_binary_the_reason_tells_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "FLINK_AGENTS_BUILD_OLLAMA", "OLLAMA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with (
        pytest.raises(ServerMissingError, match="not built yet: run scripts/build-ollama"),
        ollama_server.ollama_server(),
    ):
        pass
    assert not list(tmp_path.glob("pyflink-agents/ollama-*"))


@pytest.mark.ollama
@pytest.mark.timeout(900)
def test_two_servers_at_the_same_time_do_not_disturb_each_other(ollama: str) -> None:
    def models(url: str) -> set[str]:
        tags = httpx.get(f"{url}/api/tags", trust_env=False).json()
        return {model["name"].removesuffix(":latest") for model in tags["models"]}

    with ollama_server.ollama_server() as other:
        assert other != ollama
        assert models(other) == models(ollama) == set(MODELS)
    with pytest.raises(httpx.ConnectError):
        models(other)
    assert models(ollama) == set(MODELS)
