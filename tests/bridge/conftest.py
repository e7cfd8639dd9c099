"""Fixtures of the bridge tests: a companion JVM that knows the classes of ``tests/bridge/java``."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from flink_agents.api.chat_models.java_chat_model import (
    JavaChatModelConnection,
    JavaChatModelSetup,
)
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.bridge import java_models
from flink_agents.bridge.java_home import java_home
from flink_agents.bridge.java_jar import CLASSPATH_VARIABLE, jar
from flink_agents.exceptions import EnvironmentSetupError
from tests.bridge.java_program import compile_java
from tests.servers.ollama_server import ServerMissingError, is_required, ollama_server

SOURCES = Path(__file__).parent / "java"
EXAMPLES = Path(__file__).parents[2] / "java-bridge" / "examples" / "src" / "main"


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the compiled classes of the tests, those of the guide's example included."""
    try:
        library = jar()
        javac = Path(java_home()) / "bin" / "javac"
    except EnvironmentSetupError as missing:
        (pytest.fail if is_required() else pytest.skip)(str(missing))
    compiler = str(javac) if javac.exists() else shutil.which("javac")
    if compiler is None:
        (pytest.fail if is_required() else pytest.skip)("there is no Java compiler (javac)")
    folder = tmp_path_factory.mktemp("classes")
    sources = [str(path) for path in sorted(SOURCES.rglob("*.java"))]
    command = [compiler, "-cp", str(library), "-d", str(folder), *sources]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    return folder


@pytest.fixture(scope="session")
def example_classes(java_classes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the compiled classes of the Java examples."""
    sources = sorted((EXAMPLES / "java").rglob("*.java"))
    return compile_java(sources, tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def ollama() -> Iterator[str]:
    """URL of a real Ollama server, whose model ``tools`` is also there as ``qwen3:8b``."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(ollama_server())
        except ServerMissingError as missing:
            (pytest.fail if is_required() else pytest.skip)(str(missing))
        # The examples ask for that one.
        names = {"source": "tools", "destination": "qwen3:8b"}
        httpx.post(f"{url}/api/copy", json=names, trust_env=False).raise_for_status()
        yield url
        # Other servers of the tests have the same models, from a common cache.
        model = {"model": "qwen3:8b"}
        httpx.request("DELETE", f"{url}/api/delete", json=model, trust_env=False)


@pytest.fixture
def java(java_classes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Java can be used; nothing of it is left afterwards."""
    monkeypatch.setenv(CLASSPATH_VARIABLE, str(java_classes))
    before = set(threading.enumerate())
    yield
    pids = companions()
    java_models.stop()
    assert not companions(), f"of {pids}"
    left = [t.name for t in set(threading.enumerate()) - before if "java" in t.name]
    assert not left


@pytest.fixture
def connect(java: None) -> Iterator[Callable[..., JavaChatModelConnection]]:
    """Makes a connection of a Java class, by default ``example.EchoConnection``."""
    made: list[JavaChatModelConnection] = []

    def connect(clazz: str = "example.EchoConnection", **arguments: Any) -> Any:
        made.append(JavaChatModelConnection(java_clazz=clazz, **arguments))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


@pytest.fixture
def set_up(java: None) -> Iterator[Callable[..., JavaChatModelSetup]]:
    """Makes a setup of ``example.EchoSetup`` with a connection and other resources by name."""
    made: list[JavaChatModelSetup] = []

    def set_up(connection: Resource, *tools: Resource, **arguments: Any) -> Any:
        known: dict[tuple[str, ResourceType], Resource] = {
            ("connection", ResourceType.CHAT_MODEL_CONNECTION): connection
        }
        known.update({(getattr(tool, "name", ""), ResourceType.TOOL): tool for tool in tools})
        setup = JavaChatModelSetup(
            java_clazz=arguments.pop("java_clazz", "example.EchoSetup"),
            connection="connection",
            tools=[getattr(tool, "name", "") for tool in tools],
            get_resource=lambda name, kind: known[name, kind],
            **arguments,
        )
        made.append(setup)
        return setup

    yield set_up
    for setup in made:
        setup.close()


def companions(parent: int | None = None) -> list[int]:
    """Process ids of the companion JVMs that this process (or another one) has started."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                status = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if b"CompanionMain" in command and int(status[1]) == (parent or os.getpid()):
                found.append(int(entry.name))
    return found
