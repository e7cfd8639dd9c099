"""Runs the job on this machine and hands its results over, one by one, as checkpoints complete."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from pyflink.common import Configuration
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.data_stream import CloseableIterator
from pyflink.java_gateway import get_gateway


def flink_environment(
    scratch: Path, parallelism: int, checkpoint_interval: float
) -> StreamExecutionEnvironment:
    """A Flink environment for the job, on this machine unless Flink is told otherwise.

    Args:
        scratch: Folder for checkpoints.
        parallelism: Subtasks of each operator, at least 1.
        checkpoint_interval: Seconds between checkpoints, above 0.
    """
    configuration = Configuration()
    for key, value in {
        "execution.checkpointing.dir": scratch.as_uri(),
        "rest.bind-port": "0",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "3",
        "restart-strategy.fixed-delay.delay": "1 s",
    }.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    env.enable_checkpointing(int(checkpoint_interval * 1000))
    return env


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
