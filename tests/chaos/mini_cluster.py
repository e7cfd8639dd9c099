"""Runs of the chaos job on MiniClusters."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.chaos.job import JobSettings, build
from tests.chaos.ledger import SEEN, Ledger
from tests.chaos.observer import OBSERVABLE, History, get_json, observing
from tests.chaos.tally import Order
from tests.chaos.verdict import Verdict, judge, read_answers
from tests.cluster.flink_home import free_ports
from tests.servers.model_control import ModelControl

#: Seconds that a job has for what is waited for.
PATIENCE = 240.0


class MiniClusterRun:
    """A run of the job: on one MiniCluster, or on one after the other with the same state.

    Args:
        folder: For all that the run writes.
        flink_env: Makes environments.
        model: The model server.
    """

    def __init__(self, folder: Path, flink_env: Any, model: ModelControl) -> None:
        self.folder = folder
        self.model = model
        self.ledger = Ledger(str(folder / "ledger"))
        self.checkpoints = folder / "checkpoints"
        self.savepoints = folder / "savepoints"
        self.history = History()
        self._flink_env = flink_env
        self._client: Any = None
        self._url = ""
        self._stack = ExitStack()
        (folder / "marks").mkdir()

    def settings(self, **changes: Any) -> JobSettings:
        """Settings of this run."""
        return JobSettings(str(self.folder), self.model.url, **changes)

    def start(
        self,
        settings: JobSettings,
        mode: str = "thread",
        parallelism: int = 1,
        savepoint: str = "",
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Start the job.

        Args:
            settings: Of the job.
            mode: ``thread`` or ``process``.
            parallelism: Of all but its source.
            savepoint: The state that it begins with, or empty.
            options: Of Flink.
        """
        (port,) = free_ports(1)
        self._url = f"http://127.0.0.1:{port}"
        configuration = {
            "rest.bind-port": str(port),
            **OBSERVABLE,
            "execution.checkpointing.dir": self.checkpoints.as_uri(),
            **(options or {}),
        }
        if savepoint:
            configuration["execution.state-recovery.path"] = savepoint
        env = self._flink_env(mode, parallelism=parallelism, options=configuration)
        build(env, settings)
        self._stack.enter_context(observing(self._url, self.history))
        # Else PyFlink has the functions of local jobs run in this very process.
        with patch.dict(os.environ, {"_python_worker_execution_mode": "process"}):
            self._client = env.execute_async(settings.run)

    def open_elements(self) -> int:
        """Orders that went into the agent of the running job and have not come out yet."""
        vertices = get_json(f"{self._url}/jobs/{self._client.get_job_id()}")["vertices"]
        metrics = next(v["metrics"] for v in vertices if v["name"].startswith("agent "))
        return metrics["read-records"] - metrics["write-records"]

    def state_backend(self) -> str:
        """The class of the state backend of the running job."""
        path = f"/jobs/{self._client.get_job_id()}/checkpoints/config"
        return get_json(self._url + path)["state_backend"]

    def wait_to_end(self, timeout: float = PATIENCE) -> None:
        """Wait until the job has ended; raises what it failed with."""
        self.wait_for(lambda: self._result.done(), "the job ends", timeout)
        self._result.result()
        self._stack.close()

    def wait_until_seen(self, count: int, timeout: float = PATIENCE) -> None:
        """Wait until actions have seen that many results more; fails if the job ends before."""
        enough = self.ledger.count(SEEN) + count

        def seen() -> bool:
            if self._result.done():
                self._result.result()
                raise AssertionError("the job ended before it was looked for")
            return self.ledger.count(SEEN) >= enough

        self.wait_for(seen, f"{count} results more are seen", timeout)

    def block_checkpoints(self, *numbers: int) -> None:
        """Let checkpoints with these numbers fail, which fails the job: their place is taken.

        The job must have begun, and not have come to them.
        """
        folder = self.checkpoints / str(self._client.get_job_id())
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            (folder / f"chk-{number}").touch(exist_ok=False)

    def wait_until_answered(self, order: Order) -> None:
        """Wait until the answer to an order is seen."""

        def answered() -> bool:
            return any(e.name == order.call and e.word == SEEN for e in self.ledger.read())

        self.wait_for(answered, f"{order.call} is answered")

    def stop_with_savepoint(self) -> str:
        """Stop the job with a savepoint; gives its path."""
        from pyflink.java_gateway import get_gateway

        # PyFlink's own method calls a Java method that Flink 2 does not have any more.
        jvm: Any = get_gateway().jvm
        form = jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
        path = self._client._j_job_client.stopWithSavepoint(False, str(self.savepoints), form)
        savepoint = path.get()
        self.wait_to_end()
        return savepoint

    def wait_for(self, ask: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
        """Wait until the answer is true."""
        deadline = time.monotonic() + timeout
        while not ask():
            assert time.monotonic() < deadline, f"waited {timeout} s in vain until {what}"
            time.sleep(0.1)

    def verdict(self, settings: JobSettings) -> Verdict:
        """The verdict on the run, which is printed, too."""
        answers = read_answers(self.folder / "answers")
        verdict = judge(settings.orders, answers, self.ledger, self.history)
        print(verdict.report())
        return verdict

    def end(self) -> None:
        """Let nothing strike any more, and end what runs."""
        shutil.rmtree(self.folder / "marks")
        if self._client is not None and not self._result.done():
            self._client.cancel().result()
        self._stack.close()

    @property
    def _result(self) -> Any:
        return self._client.get_job_execution_result()


__all__ = ["MiniClusterRun"]
