"""A model server that thinks for a fixed time: the other end of the benchmarks.

    python benchmarks/slow_model_server.py --port 8000 --latency 0.2

Every POST is a chat request in the protocol of its path (OpenAI's, Anthropic's, Ollama's or
DashScope's) and gets the same answer after the latency, unchecked, so that the server needs little
CPU. GET /stats counts: ``{"requests", "in_flight", "max_in_flight"}``;
POST /reset sets the counters back.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
from collections.abc import Iterator

from aiohttp import web

TEXT = "I have thought about it."
MESSAGE = {"role": "assistant", "content": TEXT}
CHOICES = [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}]

#: By the end of the path: what each protocol has for an answer.
ANSWERS = {
    "/chat/completions": {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "slow-model",
        "choices": CHOICES,
        "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18},
    },
    "/messages": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "slow-model",
        "content": [{"type": "text", "text": TEXT}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 6},
    },
    "/api/chat": {
        "model": "slow-model",
        "created_at": "2026-01-01T00:00:00Z",
        "message": MESSAGE,
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 12,
        "eval_count": 6,
    },
    "/generation": {
        "request_id": "1",
        "output": {"choices": CHOICES},
        "usage": {"input_tokens": 12, "output_tokens": 6, "total_tokens": 18},
    },
}
BODIES = {path: json.dumps(answer).encode() for path, answer in ANSWERS.items()}


class SlowModel:
    """Answers every request after ``latency`` seconds and counts them."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.requests = 0
        self.in_flight = 0
        self.max_in_flight = 0

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        if request.path == "/stats":
            return web.json_response(self.stats())
        if request.path == "/reset":
            self.requests = self.max_in_flight = 0
            return web.json_response(self.stats())
        self.requests += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await request.read()
            await asyncio.sleep(self.latency)
        finally:
            self.in_flight -= 1
        body = next((body for end, body in BODIES.items() if request.path.endswith(end)), None)
        if body is None:
            return web.Response(status=404, text=f"no protocol has the path {request.path}")
        return web.Response(body=body, content_type="application/json")

    def stats(self) -> dict[str, int]:
        """The counters."""
        return {
            "requests": self.requests,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
        }


@contextlib.contextmanager
def slow_model_server(latency: float = 0.2) -> Iterator[str]:
    """Run the server in a process of its own, which ends with this one.

    Args:
        latency: Seconds from request to answer.

    Yields:
        Its URL, without a path.
    """
    command = [sys.executable, __file__, "--port", "0", "--latency", str(latency), "--with-parent"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"The server did not start; exit code {process.wait()}.")
        yield f"http://127.0.0.1:{json.loads(line)['port']}"
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def allow_many_connections() -> None:
    """Raise the limit of open files as far as it may go: each connection needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def serve(port: int, latency: float, with_parent: bool) -> None:
    """Serve until cancelled or, ``with_parent``, until standard input closes.

    Prints ``{"port": ...}`` when it listens.
    """
    model = SlowModel(latency)
    runner = web.ServerRunner(web.Server(model.handle, keepalive_timeout=600))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    try:
        if with_parent:
            await asyncio.to_thread(sys.stdin.read)
        else:
            await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def main() -> None:
    """Run the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="0: any free port")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    arguments = parser.parse_args()
    allow_many_connections()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.latency, arguments.with_parent))


if __name__ == "__main__":
    main()
