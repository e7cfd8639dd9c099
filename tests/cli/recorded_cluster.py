"""A server that answers as the REST API of a real Flink 2.3 cluster did, with changes."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_RECORDED = Path(__file__).with_name("recorded")

Change = Callable[[dict[str, Any]], None]
"""Changes the answers in place; they are found under their path without the first slash."""


@contextlib.contextmanager
def recorded_cluster(change: Change = lambda answers: None) -> Iterator[str]:
    """Run the server; gives its URL."""
    answers = {
        file.stem.replace("-", "/"): json.loads(file.read_text())
        for file in _RECORDED.glob("*.json")
    }
    change(answers)

    def answer(path: str) -> tuple[int, bytes]:
        found = answers.get(path.strip("/"))
        return (404, b"{}") if found is None else (200, json.dumps(found).encode())

    with http_server(answer) as url:
        yield url


@contextlib.contextmanager
def http_server(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[str]:
    """Run a server on loopback that answers a GET of a path with a code and a text."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "RecordedServer/1"

        def do_GET(self) -> None:
            code, body = answer(self.path)
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # who asked may have ended
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
