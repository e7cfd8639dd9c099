"""Faults of a server that are no provider's own, and what errors may tell of a secret."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from flink_agents.exceptions import ModelError
from tests.providers.recorded_server import (
    Answer,
    HalfAnswer,
    RecordedRequest,
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


#: What a server does, by a name; the class of the error that it becomes, and what that tells.
Fault = tuple[str, Step, type[ModelError], str]


def each_fault(faults: Sequence[Fault]) -> pytest.MarkDecorator:
    """Run a test with the ``step`` of each fault, its error's ``kind`` and what is ``told``."""
    return pytest.mark.parametrize(
        ("step", "kind", "told"), [f[1:] for f in faults], ids=[f[0] for f in faults]
    )


def assert_fails(attempt: Callable[[], Any], kind: type[ModelError], told: str) -> str:
    """Make an attempt, which fails with an error of just this kind; returns all that it tells."""
    with pytest.raises(kind, match=told) as caught:
        attempt()
    assert type(caught.value) is kind
    return str(caught.value)


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
