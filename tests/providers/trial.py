"""A provider that is asked with some arguments, and the places where an argument shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.resource import ResourceType
from flink_agents.exceptions import ModelError, ModelTimeoutError
from tests.providers import ollama_protocol
from tests.providers.every_provider import Provider
from tests.providers.recorded_server import RecordedRequest, RecordedServer, Silence

#: What is not in the request.
ABSENT = "not on the wire"

HI = [ChatMessage(content="Hi.")]


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@dataclass
class Trial:
    """A provider to be asked with some arguments.

    Attributes:
        provider: Who.
        server: Answers.
        connection: Arguments of the connection beside those that every test needs.
        setup: Arguments of the setup; ``tools`` are functions.
        looked_up: Names of the connections that the setup asked for.
    """

    provider: Provider
    server: RecordedServer
    connection: dict[str, Any] = field(default_factory=dict[str, Any])
    setup: dict[str, Any] = field(default_factory=dict[str, Any])
    looked_up: list[str] = field(default_factory=list[str])

    def ask(self, times: int = 1, **more: Any) -> ChatMessage:
        """The last answer; the server gives a text unless it was told otherwise."""
        arguments = dict(self.setup)
        tools = arguments.pop("tools", [])
        name = arguments.pop("connection", None)

        async def run() -> ChatMessage:
            opened = self.provider.asked.connect(self.server, **self.connection)
            model = self.provider.asked.set_up(opened, tools, **arguments)
            if name is not None:
                model.connection = name
                model.get_resource = self._find(opened)
            try:
                return [await model.achat(HI, **more) for _ in range(times)][-1]
            finally:
                await opened.aclose()

        return asyncio.run(run())

    def request(self) -> RecordedRequest:
        """What arrived, of one question."""
        self.ask()
        return self.server.requests[-1]

    def _find(self, connection: Any) -> Callable[[str, ResourceType], Any]:
        def find(name: str, kind: ResourceType) -> Any:
            assert kind is ResourceType.CHAT_MODEL_CONNECTION
            self.looked_up.append(name)
            return connection

        return find


Shown = Callable[[Trial], Any]


def body(*path: Any) -> Shown:
    """A place in the request's body."""

    def show(trial: Trial) -> Any:
        found = trial.request().body
        for step in path:
            missing = isinstance(found, dict) and step not in found
            if missing or (isinstance(found, list) and not found):
                return ABSENT
            found = found[step]
        return found

    return show


def header(name: str) -> Shown:
    """A header of the request."""
    return lambda trial: trial.request().headers.get(name, ABSENT)


def query(name: str) -> Shown:
    """A parameter in the request's URL."""
    return lambda trial: trial.request().query.get(name, ABSENT)


def host(trial: Trial) -> Any:
    """Whether the request came to the server of the test."""
    return trial.request().headers["Host"] in trial.server.url


def roles(trial: Trial) -> Any:
    """The roles of the messages."""
    return [message["role"] for message in trial.provider.messages(trial.request().body)]


def tool_names(*path: str) -> Shown:
    """The names of the tools; the path leads to them."""

    def show(trial: Trial) -> Any:
        tools = body(*path)(trial)
        if tools == ABSENT:
            return []
        return [tool["function"]["name"] if "function" in tool else tool["name"] for tool in tools]

    return show


def strict_flag(trial: Trial) -> Any:
    """Whether the schema of a tool binds the model."""
    trial.setup.setdefault("tools", [add])
    (tool,) = trial.request().body["tools"]
    return tool.get("function", tool).get("strict", ABSENT)


def connection_used(trial: Trial) -> Any:
    """The name by which the setup looks up its connection."""
    trial.ask()
    return trial.looked_up[0] if trial.looked_up else ABSENT


def requests_while_overloaded(trial: Trial) -> int:
    """How often the server is asked although it always fails."""
    trial.server.always(lambda _: trial.provider.overloaded(500))
    with pytest.raises(ModelError):
        trial.ask()
    return len(trial.server.requests)


def seconds_waited(trial: Trial) -> str:
    """The time-out that the error names, of a server that says nothing."""
    trial.server.always(lambda _: Silence())
    with pytest.raises(ModelTimeoutError) as caught:
        trial.ask()
    return re.findall(r"within ([\d.]+) s", str(caught.value))[0]


def tcp_connections(trial: Trial) -> int:
    """How many connections two questions take."""
    trial.ask(times=2)
    return len(trial.server.connections)


def thought_and_said(trial: Trial) -> Any:
    """What comes back of an answer with a thought."""
    trial.server.always(lambda _: ollama_protocol.thinking("Hm.", "42"))
    answer = trial.ask()
    return answer.extra_args.get("reasoning", ABSENT)


def last_role_for_a_schema(trial: Trial) -> Any:
    """The role of the last message where JSON is asked for."""
    trial.server.always(lambda _: trial.provider.text('{"a": 1}'))
    trial.ask(output_schema={"title": "A", "type": "object", "properties": {}})
    return trial.server.only_request.body["messages"][-1]["role"]
