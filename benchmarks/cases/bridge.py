"""What it costs to ask a Java chat model from Python, beside one in Python that does the same."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.comparison import Comparison, Figure, at_least, at_most
from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.chat_models.java_chat_model import JavaChatModelConnection
from flink_agents.api.tools.tool import Tool
from flink_agents.bridge import java_models
from flink_agents.bridge.java_home import java_home
from flink_agents.bridge.java_jar import CLASSPATH_VARIABLE, jar

IN_FLIGHT = 64
CHARS = 10_000
SOURCES = Path(__file__).parents[2] / "tests/bridge/java"


def comparisons(scale: float) -> Iterator[Comparison]:
    """One call at a time, and many."""
    figures = (
        Figure("p50", f"one call of {CHARS / 1000:g} kB, p50, ms", 2, (at_most(1, " ms"),)),
        Figure("rate", f"{IN_FLIGHT} in flight, calls/s", 0, (at_least(5_000),)),
        Figure("start", "first call, s", 2, (at_most(1.5, " s"),)),
        Figure("memory", "idle companion, MB", 0, (at_most(150, " MB"),)),
    )
    calls = int(20_000 * scale)
    yield Comparison(
        "Java chat model in Python", figures, lambda: _java(calls), lambda: _bare(calls)
    )


class Echo(BaseChatModelConnection):
    """As the Java class, in this process."""

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """The last message."""
        return messages[-1].model_copy(update={"role": MessageRole.ASSISTANT})


def _java(calls: int) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory() as classes:
        sources = [str(path) for path in SOURCES.rglob("*.java")]
        javac = str(Path(java_home()) / "bin" / "javac")
        command = [javac, "-cp", str(jar()), "-d", classes, *sources]
        subprocess.run(command, check=True, capture_output=True)
        os.environ[CLASSPATH_VARIABLE] = classes
        connection = JavaChatModelConnection(java_clazz="example.EchoConnection")
        try:
            return asyncio.run(_measured(connection, calls))
        finally:
            connection.close()
            del os.environ[CLASSPATH_VARIABLE]


def _bare(calls: int) -> Mapping[str, float]:
    return asyncio.run(_measured(Echo(), calls))


async def _measured(connection: BaseChatModelConnection, calls: int) -> Mapping[str, float]:
    begin = time.perf_counter()
    await connection.achat([ChatMessage(content="first")])
    figures = {"start": time.perf_counter() - begin}
    if (memory := _companion_memory()) is not None:
        figures["memory"] = memory
    large = [ChatMessage(content="x" * CHARS)]
    seconds: list[float] = []
    for _ in range(max(calls // 10, 500)):
        begin = time.perf_counter()
        await connection.achat(large)
        seconds.append(time.perf_counter() - begin)
    # The first fifth warms both sides up.
    figures["p50"] = median(seconds[len(seconds) // 5 :]) * 1000
    figures["rate"] = await _rate(connection, calls)
    return figures


async def _rate(connection: BaseChatModelConnection, calls: int) -> float:
    small = [ChatMessage(content="x" * 100)]
    left = iter(range(calls))

    async def ask() -> None:
        for _ in left:
            await connection.achat(small)

    begin = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(IN_FLIGHT)))
    return calls / (time.perf_counter() - begin)


def _companion_memory() -> float | None:
    companion = java_models.running_process()
    if companion is None:
        return None
    status = Path(f"/proc/{companion}/status").read_text()
    return float(status.partition("VmRSS:")[2].split()[0]) / 1024
