"""Faults of a server that are no provider's own, and what errors may tell of a secret."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelError
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedRequest,
    RecordedServer,
    Reset,
    Silence,
    Step,
)

HTML = Answer(b"<html>Bad gateway</html>", status=502, content_type="text/html")

CANARY = "sk-canary-5f1d0c9e"
HEADER_CANARY = "canary-in-a-header-77"

#: Arguments of a connection whose secrets no error may tell.
SECRETS: dict[str, Any] = {
    "api_key": CANARY,
    "default_headers": {"X-Gateway-Token": HEADER_CANARY},
    "timeout": 0.3,
}


def echo(request: RecordedRequest, status: int) -> Answer:
    """A server that repeats all that it was sent, as some do in their errors."""
    said = f"{dict(request.headers)} " + "x" * 470 + f" {dict(request.headers)}"
    return Answer.of({"error": {"message": said, "detail": dict(request.headers)}}, status)


#: By name: what a server does to the request of somebody who has secrets.
FAULTS_WITH_SECRETS: Mapping[str, Callable[[RecordedRequest], Step]] = {
    "garbage": lambda request: Answer(str(dict(request.headers)).encode()),
    "silence": lambda _: Silence(),
    "reset": lambda _: Reset(),
    "half": lambda request: HalfAnswer(echo(request, 200)),
}


def assert_fails_without_a_secret(attempt: Callable[[], Any]) -> None:
    """Make an attempt with :data:`SECRETS`, which fails; its error tells none of them."""
    with pytest.raises(ModelError) as caught:
        attempt()
    told = "".join(traceback.format_exception(caught.value))
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [caught.value]
    while queue:
        if (link := queue.pop()) is not None and link not in seen:
            seen.append(link)
            queue += [link.__cause__, link.__context__]
            told += f"{link} {link!r} {link.args} {link.__dict__}"
    assert CANARY not in told
    assert HEADER_CANARY not in told


@dataclass
class Outcome:
    """How many questions to a server with faults ended.

    Attributes:
        made: How often the server made each fault.
        calls: How often each question came to the server.
        answered: The questions that got their own answer.
        failed: The errors of the others.
    """

    made: Counter[str] = field(default_factory=Counter[str])
    calls: Counter[str] = field(default_factory=Counter[str])
    answered: set[str] = field(default_factory=set[str])
    failed: dict[str, ModelError] = field(default_factory=dict[str, ModelError])


FAULTY = 0.2


def ask_through_faults(
    server: RecordedServer,
    connection: Any,
    requests: int,
    text: Callable[[str], Answer],
    overloaded: Callable[[int], Answer],
    **arguments: Any,
) -> Outcome:
    """Ask many questions at once of a server that makes a fault in every fifth case.

    Args:
        server: Makes the faults.
        connection: To the server.
        requests: How many questions.
        text: The provider's answer of a text.
        overloaded: The provider's error of a status.
        **arguments: Of each call.
    """
    chance = random.Random(7)
    outcome = Outcome()
    faults: dict[str, Step] = {
        "429": overloaded(429),
        "500": overloaded(500),
        "silence": Silence(),
        "reset": Reset(),
        "half": HalfAnswer(text("")),
        "garbage": Answer(b'{"choices": [{'),
    }

    def answer(request: RecordedRequest) -> Step:
        question = request.body["messages"][0]["content"]
        outcome.calls[question] += 1
        if chance.random() >= FAULTY:
            return text(f"answer to {question}")
        fault = chance.choice(sorted(faults))
        outcome.made[fault] += 1
        return faults[fault]

    async def one(question: str) -> None:
        try:
            said = await connection.achat([ChatMessage(content=question)], **arguments)
        except ModelError as failure:
            outcome.failed[question] = failure
        else:
            assert said.content == f"answer to {question}"
            outcome.answered.add(question)

    async def run() -> None:
        await asyncio.gather(*(one(f"question {n}") for n in range(requests)))
        await connection.aclose()

    server.always(answer)
    asyncio.run(run())
    assert set(outcome.made) == set(faults)
    return outcome
