"""A model server that hangs for ever: calls end in time, by each strategy, and the job lives on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyflink.common import Types
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from flink_agents.api.agents.agent import Agent
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.configuration import Configuration
from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.api.execution_environment import AgentsExecutionEnvironment
from flink_agents.api.resource import (
    Constant,
    ResourceDescriptor,
    ResourceType,
    get_resource_class,
)
from tests.chaos.observer import OBSERVABLE, History, observing
from tests.cluster.flink_home import free_ports
from tests.servers.hanging_server import HangingServer, hanging_server

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(300)]

#: Ways to hang of which the provider's own time-out is to make an end.
WAYS = ("silent", "half")
#: Long beside an answer, also on a machine that has much to do.
TIMEOUT = 5.0
#: More than the buffers between a client and a server that does not read.
LARGE = 12 * 2**20


@pytest.fixture
def server() -> Iterator[HangingServer]:
    with hanging_server() as running:
        yield running


def asking(urls: Mapping[str, str], **connection: Any) -> Agent:
    """An agent that asks the server of its element's way to hang."""

    def ask(event: Any, ctx: Any) -> None:
        _, way, _ = event.input.split()
        ctx.sensory_memory.set("asked", event.input)
        question = ChatMessage(content=event.input + " " * (LARGE if way == "deaf" else 0))
        ctx.send_event(ChatRequestEvent(model=way, messages=[question]))

    def answer(event: Any, ctx: Any) -> None:
        response = event.response
        told = response.content or response.extra_args["error"].partition(":")[0]
        ctx.send_event(OutputEvent(output=f"{ctx.sensory_memory.get('asked')}: {told}"))

    agent = Agent().add_action("ask", [InputEvent], ask)
    agent.add_action("answer", [ChatResponseEvent], answer)
    for way, url in urls.items():
        server = ResourceDescriptor(
            clazz=Constant.OPENAI_CHAT_MODEL_CONNECTION,
            api_key="none-is-needed",
            api_base_url=url,
            max_retries=0,
            **connection,
        )
        agent.add_resource(f"{way} server", ResourceType.CHAT_MODEL_CONNECTION, server)
        setup = ResourceDescriptor(
            clazz=Constant.OPENAI_CHAT_MODEL_SETUP, connection=f"{way} server", model="m"
        )
        agent.add_resource(way, ResourceType.CHAT_MODEL, setup)
    return agent


def elements(ways: Sequence[str], fillers: int = 0) -> list[str]:
    """For each way: of one key a call that hangs, and one behind it that does not."""
    first = [f"{way}-key {way} 1" for way in ways] + [f"{way}-key well 2" for way in ways]
    return first + [f"other-key-{n} well {n}" for n in range(fillers)]


def stream_of(env: Any, texts: Sequence[str]) -> Any:
    """The elements, ten a second, from a source that checkpoints can pass."""
    texts = list(texts)

    def pace(number: int) -> str:
        import time

        time.sleep(0.1)
        return texts[number]

    source = NumberSequenceSource(0, len(texts) - 1)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "n", Types.LONG())
    return numbers.map(pace, Types.STRING())


def applied(env: Any, stream: Any, agent: Agent, uid: str, **options: str) -> Any:
    """An agent on a stream, with options of its own."""
    agents = AgentsExecutionEnvironment.get_execution_environment(env)
    for name, value in options.items():
        agents.get_config().set_str(name.replace("_", "-"), value)
    return agents.from_datastream(stream, lambda text: text.split()[0]).apply(agent, uid=uid)


def collect(stream: Any) -> list[str]:
    with stream.execute_and_collect("hanging") as results:
        return list(results)


def test_calls_that_hang_end_by_each_strategy_and_the_job_lives_on(
    server: HangingServer, flink_env: Any, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    options = {
        **OBSERVABLE,
        "rest.bind-port": str(port),
        "execution.checkpointing.dir": (tmp_path / "checkpoints").as_uri(),
    }
    env = flink_env("thread", options=options)
    env.enable_checkpointing(300)
    urls = server.urls
    texts = elements(WAYS, fillers=50)
    stream = stream_of(env, texts)
    agent = asking(urls, timeout=TIMEOUT)
    outputs: list[Any] = []
    ignoring = applied(env, stream, agent, "ignore", error_handling_strategy="ignore")
    outputs.append(ignoring.to_datastream(Types.STRING()).map(_labelled("ignored"), Types.STRING()))
    retried = {"max_retries": "1", "retry_wait_interval": "0.1"}
    letting_go = applied(
        env, stream, agent, "letters", error_handling_strategy="dead-letter", **retried
    )
    told = letting_go.to_datastream(Types.STRING())
    outputs.append(told.map(_labelled("let go"), Types.STRING()))
    outputs.append(letting_go.to_dead_letters().map(_letter, Types.STRING()))
    # The server is silent the first time only.
    late = stream.filter(lambda text: text.startswith("silent-key")).map(
        lambda text: text.replace(" silent ", " late "), Types.STRING()
    )
    retrying = applied(env, late, agent, "retry", error_handling_strategy="retry", **retried)
    outputs.append(retrying.to_datastream(Types.STRING()).map(_labelled("retried"), Types.STRING()))
    with observing(f"http://127.0.0.1:{port}", History()) as history:
        found = collect(outputs[0].union(*outputs[1:]))
    fine = {f"{text}: answer to {text}" for text in texts if " well " in text}
    wrong = {f"{way}-key {way} 1: ModelTimeoutError" for way in WAYS}
    assert _of(found, "ignored") == sorted(fine | wrong)
    assert _of(found, "let go") == sorted(fine | wrong)
    assert _of(found, "letter") == sorted(
        f"{way}-key {way} 1, ModelTimeoutError, 2" for way in WAYS
    )
    behind = {"silent-key late 1", "silent-key well 2"}
    assert _of(found, "retried") == sorted(f"{text}: answer to {text}" for text in behind)
    assert len(history.checkpoints) >= 3


def _labelled(label: str) -> Any:
    return lambda text: f"{label}|{text}"


def _letter(text: str) -> str:
    letter = json.loads(text)
    error = letter["error"].partition(":")[0].rpartition(".")[2]
    return f"letter|{letter['input']}, {error}, {letter['attempts']}"


def _of(found: Sequence[str], label: str) -> list[str]:
    return sorted(text for kind, _, text in (f.partition("|") for f in found) if kind == label)


def test_a_call_that_hangs_fails_the_job_by_default_and_is_named(
    server: HangingServer, flink_env: Any
) -> None:
    env = flink_env("thread")
    agent = asking(server.urls, timeout=TIMEOUT)
    builder = applied(env, stream_of(env, elements(["half"])), agent, "fail")
    with pytest.raises(Exception, match="ModelTimeoutError") as raised:
        collect(builder.to_datastream(Types.STRING()))
    assert f"no answer within {TIMEOUT:g} s" in str(raised.value)
    assert "key 'half-key'" in str(raised.value)


def test_what_the_providers_time_out_does_not_see_ends_with_the_time_for_a_call(
    server: HangingServer, flink_env: Any
) -> None:
    """Each byte is a sign of life to it, and while it sends it does not look at the clock."""
    env = flink_env("thread")
    ways = ["drip", "deaf"]
    options = {"call_timeout": "8", "error_handling_strategy": "ignore"}
    stream = stream_of(env, elements(ways))
    builder = applied(env, stream, asking(server.urls, timeout=TIMEOUT), "unseen", **options)
    found = collect(builder.to_datastream(Types.STRING()))
    wrong = {f"{way}-key {way} 1: ModelTimeoutError" for way in ways}
    fine = {f"{way}-key well 2: answer to {way}-key well 2" for way in ways}
    assert sorted(found) == sorted(wrong | fine)


def test_without_a_time_out_there_is_one() -> None:
    """Of each provider, and of the runtime for each call."""
    assert 0 < Configuration().get(AgentExecutionOptions.CALL_TIMEOUT) <= 600
    connections = {n: p for n, p in vars(Constant).items() if n.endswith("_MODEL_CONNECTION")}
    limits: dict[str, float] = {}
    for name, path in connections.items():
        fields = get_resource_class(*path.rsplit(".", 1)).model_fields
        for argument in ("timeout", "request_timeout"):
            if argument in fields and fields[argument].default is not None:
                limits[name] = fields[argument].default
    remote = {n for n in connections if n.split("_")[0] in _PROVIDERS}
    assert limits.keys() >= remote
    assert all(0 < limit <= 60 for limit in limits.values()), limits


_PROVIDERS = {"OPENAI", "ANTHROPIC", "OLLAMA", "TONGYI", "AZURE"}
