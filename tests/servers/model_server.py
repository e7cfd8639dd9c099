"""A model server for tests of whole clusters: proves what it was asked, and counts it.

    python -m tests.servers.model_server --port 8000

It speaks OpenAI's chat completions. A question is JSON text with a ``call``, the name of the
logical call; the answer is a digest of the whole question, so that it tells which question it
belongs to. Beside that:

    GET  /health
    GET  /counts?prefix=orders-1/   how often each call that begins so was asked
    GET  /stats                     see :class:`Stats`
    POST /behaviour                 see :class:`Behaviour`; starts a new ``max_in_flight``

With ``--ledger FILE`` it also writes down each call when it is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aiohttp import web

from tests.chaos.ledger import FAILED, MADE, Ledger


def answer_to(question: str) -> str:
    """The answer to a question."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


@dataclass
class Behaviour:
    """How the server answers.

    Attributes:
        latency: Seconds from question to answer.
        spread: Seconds that an answer may take longer, at random.
        failing: Share of questions that are answered by an error that may pass, from 0 to 1.
        dropping: Calls of which one question gets no answer: the connection is reset.
    """

    latency: float = 0.05
    spread: float = 0.0
    failing: float = 0.0
    dropping: Sequence[str] = ()


@dataclass(frozen=True)
class Stats:
    """What the server has seen.

    Attributes:
        requests: Questions, since it was started.
        in_flight: Open questions.
        max_in_flight: Most open questions at once, since the last change of behaviour.
        keys: Digests of the keys that came with questions; see :func:`digest_of_key`.
    """

    requests: int
    in_flight: int
    max_in_flight: int
    keys: list[str]


def digest_of_key(key: str) -> str:
    """What the server tells of an API key."""
    return hashlib.sha256(f"Bearer {key}".encode()).hexdigest()


class ModelServer:
    """Answers questions after a while, and counts them by call.

    Args:
        ledger: Where it writes down each call, or None.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._ledger = ledger
        self.behaviour = Behaviour()
        self.calls: Counter[str] = Counter()
        self.dropped: set[str] = set()
        self.keys: set[str] = set()
        self.in_flight = 0
        self.max_in_flight = 0
        self._chance = random.Random(7)

    def application(self) -> web.Application:
        """All of it."""
        application = web.Application()
        application.add_routes(
            [
                web.post("/v1/chat/completions", self._answer),
                web.get("/health", self._health),
                web.get("/counts", self._counts),
                web.get("/stats", self._stats),
                web.post("/behaviour", self._behave),
            ]
        )
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        question = body["messages"][-1]["content"]
        authorization = request.headers.get("Authorization", "")
        self.keys.add(hashlib.sha256(authorization.encode()).hexdigest())
        call = json.loads(question)["call"]
        self.calls[call] += 1
        if self._ledger is not None:
            self._ledger.note(MADE, call)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            behaviour = self.behaviour
            await asyncio.sleep(behaviour.latency + behaviour.spread * self._chance.random())
        finally:
            self.in_flight -= 1
        if call in self.behaviour.dropping and call not in self.dropped:
            self.dropped.add(call)
            assert request.transport is not None
            request.transport.abort()
            if self._ledger is not None:
                self._ledger.note(FAILED, f"connection {call}")
        if self._chance.random() < self.behaviour.failing:
            error = {"message": "too much to do", "type": "server_error"}
            return web.json_response({"error": error}, status=503)
        return web.json_response(_completion(body["model"], answer_to(question)))

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _counts(self, request: web.Request) -> web.Response:
        prefix = request.query.get("prefix", "")
        return web.json_response({c: n for c, n in self.calls.items() if c.startswith(prefix)})

    async def _stats(self, request: web.Request) -> web.Response:
        requests = sum(self.calls.values())
        stats = Stats(requests, self.in_flight, self.max_in_flight, sorted(self.keys))
        return web.json_response(asdict(stats))

    async def _behave(self, request: web.Request) -> web.Response:
        self.behaviour = Behaviour(**await request.json())
        self.max_in_flight = self.in_flight
        return web.json_response(asdict(self.behaviour))


def _completion(model: str, content: str) -> dict[str, object]:
    message = {"role": "assistant", "content": content, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18},
    }


def main() -> None:
    """Run the server until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--ledger", help="file to write calls to")
    options = parser.parse_args()
    ledger = Ledger(options.ledger) if options.ledger else None
    application = ModelServer(ledger).application()
    web.run_app(application, host=options.host, port=options.port, backlog=4096, shutdown_timeout=1)


if __name__ == "__main__":
    main()
