"""Runs the job and hands its results over, one by one, as checkpoints complete."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from queue import Empty, SimpleQueue
from typing import Any

from pyflink.datastream import DataStream


class RunningJob:
    """A job under way, whose results are collected in a thread: so Ctrl-C is noticed at once.

    Args:
        results: The stream to collect; submits the job.
        name: Name of the job.
    """

    def __init__(self, results: DataStream, name: str) -> None:
        self.finished = False
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._iterator: Any = None
        self._thread = threading.Thread(target=self._collect, args=(results, name), daemon=True)
        self._thread.start()

    def take(self, wait: float) -> list[tuple[str, str]]:
        """The results that have come since the last call.

        Args:
            wait: Seconds to wait for the first of them.

        Raises:
            Exception: What the job failed with.
        """
        taken: list[tuple[str, str]] = []
        try:
            item = self._queue.get(timeout=wait)
            while True:
                if isinstance(item, BaseException):
                    self.finished = True
                    raise item
                if item is None:
                    self.finished = True
                    break
                taken.append(item)
                item = self._queue.get_nowait()
        except Empty:
            pass
        return taken

    def cancel(self) -> None:
        """End the job; what the last checkpoint has confirmed stays in the output."""
        if self._iterator is None:
            self._thread.join(timeout=30)  # it is being submitted
        if self._iterator is not None:
            self._iterator.close()

    def _collect(self, results: DataStream, name: str) -> None:
        try:
            self._iterator = results.execute_and_collect(name)
            for result in self._iterator:
                self._queue.put(result)
            self._queue.put(None)
        except BaseException as error:
            self._queue.put(error)


class CallsInFlight:
    """Asks Flink's REST interface how many calls the agents have open.

    Args:
        port: Its port on this machine.
        agents: How many agents the job has.
    """

    def __init__(self, port: int, agents: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._agents = agents
        self._metrics: list[str] = []

    def now(self) -> int | None:
        """The number, a second or two old; None if it cannot be told."""
        try:
            if len(self._metrics) < self._agents:  # each appears with its first value
                self._metrics = self._find()
            return sum(int(metric["sum"]) for url in self._metrics for metric in self._get(url))
        except (OSError, ValueError, KeyError):
            return None

    def _find(self) -> list[str]:
        found: list[str] = []
        for job in self._get("/jobs")["jobs"]:
            for vertex in self._get(f"/jobs/{job['id']}")["vertices"]:
                url = f"/jobs/{job['id']}/vertices/{vertex['id']}/subtasks/metrics"
                for metric in self._get(url):
                    if metric["id"].endswith("numOfTasksInFlight"):
                        found.append(f"{url}?get={metric['id']}&agg=sum")
        return found

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path, timeout=1) as answer:
            return json.load(answer)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
