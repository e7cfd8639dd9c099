"""Runs the job and hands its results over, one by one, as checkpoints complete."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.data_stream import CloseableIterator
from pyflink.java_gateway import get_gateway


class RunningJob:
    """A job under way, whose results are collected in a thread: so Ctrl-C is noticed at once.

    Args:
        env: The environment of the job, which is submitted.
        results: The stream to collect.
        name: Name of the job.
    """

    def __init__(self, env: StreamExecutionEnvironment, results: DataStream, name: str) -> None:
        self.finished = False
        self._queue: SimpleQueue[Any] = SimpleQueue()
        # DataStream.execute_and_collect leaves out the job's other sinks, without a word.
        j_results: Any = results._j_data_stream
        collected = j_results.collectAsync()
        self._iterator = CloseableIterator(collected, results.get_type())
        self._job = env.execute_async(name)
        threading.Thread(target=self._collect, daemon=True).start()

    def take(self, wait: float) -> list[tuple[str, str]]:
        """The results that have come since the last call.

        Args:
            wait: Seconds to wait for the first of them.

        Raises:
            Exception: What the job failed with.
        """
        taken: list[tuple[str, str]] = []
        try:
            while isinstance(item := self._queue.get(timeout=0 if taken else wait), tuple):
                taken.append(item)
        except Empty:
            return taken
        if item is None:
            self.finished = True
        elif taken:
            self._queue.put(item)  # it is the last one; results go first
        else:
            self.finished = True
            raise item
        return taken

    def finish(self, folder: Path) -> None:
        """End the job once what it has read is done and all of its output is confirmed.

        Args:
            folder: Where the savepoint goes that comes with it.
        """
        # PyFlink's JobClient.stop_with_savepoint calls a method that Flink 2 no longer has.
        jvm: Any = get_gateway().jvm
        form = jvm.org.apache.flink.core.execution.SavepointFormatType.DEFAULT
        self._job._j_job_client.stopWithSavepoint(True, folder.as_uri(), form).get()

    def cancel(self) -> None:
        """End the job; what the last checkpoint has confirmed stays in the output."""
        self._job.cancel().result()

    def _collect(self) -> None:
        try:
            for result in self._iterator:
                self._queue.put(result)
            self._queue.put(None)
        except Exception as error:
            self._queue.put(error)
