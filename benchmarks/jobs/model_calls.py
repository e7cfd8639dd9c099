"""Model calls in flight: over HTTP, and with a model in the process that only waits."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.agents import add_model, asking_agent
from benchmarks.marks import Marks
from benchmarks.slow_model_server import allow_many_connections
from flink_agents.api.agents.agent import Agent
from flink_agents.testing import ScriptedChatModelConnection, add_scripted_model

MODEL_KEYS = 2_000


def http(
    folder: str,
    mode: str,
    calls: int,
    in_flight: int,
    provider: str,
    url: str,
    parallelism: int = 1,
    cluster: str | None = None,
) -> None:
    """Calls over HTTP with a provider, on Flink.

    Args:
        folder: Where to write.
        mode: ``thread`` or ``process``.
        calls: How many.
        in_flight: Most calls in flight of a subtask.
        provider: As for :func:`add_model`.
        url: Of the server.
        parallelism: Of the job.
        cluster: As for :func:`benchmarks.jobs.flink.environment`.
    """
    allow_many_connections()
    every = max(1, min(100, calls // 50))
    agent = asking_agent(Marks(f"{folder}/marks", every, apart=cluster is not None))
    add_model(agent, provider, url)
    _on_flink(agent, mode, calls, in_flight, parallelism=parallelism, cluster=cluster)


def in_process(folder: str, mode: str, calls: int, in_flight: int, latency: float) -> None:
    """Calls of a scripted model, on Flink: what the runtime itself costs."""
    agent = asking_agent(Marks(f"{folder}/marks", 100))
    add_scripted_model(agent, "model", script=["I have thought about it."], latency=latency)
    _on_flink(agent, mode, calls, in_flight)


def journaled(
    folder: str,
    mode: str,
    calls: int,
    in_flight: int,
    journal: bool,
    latency: float,
    url: str | None = None,
) -> None:
    """Calls on Flink with checkpoints, with a durable journal or without.

    Args:
        folder: Where to write.
        mode: ``thread`` or ``process``.
        calls: How many.
        in_flight: Most calls in flight.
        journal: Whether there is one.
        latency: Seconds, of the scripted model.
        url: Of the server, which has a latency of its own; None for a scripted model.
    """
    allow_many_connections()
    agent = asking_agent(Marks(f"{folder}/marks", 100))
    if url is not None:
        add_model(agent, "openai", url)
    else:
        add_scripted_model(agent, "model", script=["I have thought about it."], latency=latency)
    state = {
        "execution__checkpointing__interval": "2 s",
        "execution__checkpointing__dir": f"file://{folder}/../checkpoints",
    }
    options = {"durable_journal": f"{folder}/../journal"} if journal else {}
    _on_flink(agent, mode, calls, in_flight, state, 1, None, **options)


def in_process_bare(folder: str, calls: int, in_flight: int, latency: float) -> None:
    """The same scripted model awaited in a bare asyncio program."""
    from flink_agents.api.chat_message import ChatMessage

    marks = Marks(f"{folder}/marks", 100)
    model = ScriptedChatModelConnection(script=["I have thought about it."], latency=latency)
    message = ChatMessage(content="What do you think about it?")

    async def worker(share: int) -> None:
        for _ in range(share):
            await model.achat([message])
            marks()

    async def all_calls() -> None:
        await asyncio.gather(*(worker(calls // in_flight) for _ in range(in_flight)))

    asyncio.run(all_calls())
    time.sleep(0.3)  # so that the last mark lies between two samples of the CPU time


def _on_flink(
    agent: Agent,
    mode: str,
    calls: int,
    in_flight: int,
    flink: dict[str, str] | None = None,
    parallelism: int = 1,
    cluster: str | None = None,
    **options: Any,
) -> None:
    from pyflink.common import Types

    from benchmarks.jobs.flink import discard, environment, numbers, with_agent

    # So many that there are always keys without an open call.
    keys = max(MODEL_KEYS, 2 * in_flight * parallelism)

    def key(number: Any) -> str:
        return f"key-{number % keys}"

    env = environment(mode, parallelism, cluster, **(flink or {}))
    stream = numbers(env, calls)
    discard(with_agent(stream, key, agent, Types.LONG(), max_in_flight=in_flight, **options))
    env.execute("model calls")
