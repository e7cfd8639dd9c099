"""What a test asks of a JobManager, by its REST interface."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class Checkpoints:
    """How the checkpoints of a job have gone.

    Attributes:
        completed: How many were completed, over all attempts of the job.
        failed: How many failed.
        longest: Seconds that the longest of the latest ones took, from its trigger to its end.
    """

    completed: int
    failed: int
    longest: float


class FlinkRest:
    """The REST interface of a JobManager.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        # Containers are on this machine, whatever proxy there is to others.
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=20)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str) -> Any:
        """What it says to a GET."""
        return self._client.get(path).raise_for_status().json()

    def text(self, path: str) -> str:
        """What it says to a GET, as text."""
        return self._client.get(path).raise_for_status().text

    def state(self, job: str) -> str:
        """The state of a job, such as ``RUNNING``."""
        return self.get(f"/jobs/{job}")["state"]

    def is_running(self, job: str) -> bool:
        """Whether all subtasks of a job are running."""
        told = self.get(f"/jobs/{job}")
        # A vertex is said to be running as soon as one of its subtasks is.
        return told["state"] == "RUNNING" and all(
            vertex["tasks"]["RUNNING"] == vertex["parallelism"] for vertex in told["vertices"]
        )

    def wait_until_running(self, job: str, timeout: float = 240) -> None:
        """Wait until all subtasks of a job run; fails if the job does."""

        def running() -> bool:
            state = self.state(job)
            assert state not in ("FAILED", "CANCELED", "FINISHED"), self.why_failed(job)
            return self.is_running(job)

        try:
            wait_for(running, f"job {job} runs", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.why_failed(job)}") from None

    def why_failed(self, job: str) -> str:
        """The last failure of a job, with its stack trace."""
        entries = self.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return entries[0]["stacktrace"] if entries else "the job has not failed"

    def restores(self, job: str) -> int:
        """How often a job has gone on from a checkpoint or savepoint; told of ended jobs, too."""
        return self.get(f"/jobs/{job}/checkpoints")["counts"]["restored"]

    def checkpoints(self, job: str) -> Checkpoints:
        """How the checkpoints of a job have gone."""
        told = self.get(f"/jobs/{job}/checkpoints")
        times = [c["end_to_end_duration"] for c in told["history"] if c["status"] == "COMPLETED"]
        counts = told["counts"]
        return Checkpoints(counts["completed"], counts["failed"], max(times, default=0) / 1000)

    def open_elements(self, job: str) -> int:
        """Elements that went into the agent of a job and have not come out yet."""
        metrics = self._agent(job)["metrics"]
        return metrics["read-records"] - metrics["write-records"]

    def subtasks(self, job: str) -> int:
        """Subtasks of the agent, which are fewer than wanted while there are too few slots."""
        return self._agent(job)["parallelism"]

    def _agent(self, job: str) -> Any:
        vertices = self.get(f"/jobs/{job}")["vertices"]
        return next(vertex for vertex in vertices if vertex["name"].startswith("agent "))

    def stop(self, job: str, folder: str) -> str:
        """Stop a job with a savepoint; gives the path of that."""
        path = self._make_savepoint(job, "stop", {"targetDirectory": folder})
        wait_for(lambda: self.state(job) == "FINISHED", f"job {job} ends", 60)
        return path

    def savepoint(self, job: str, folder: str) -> str:
        """Make a savepoint of a job that goes on; gives its path."""
        return self._make_savepoint(job, "savepoints", {"target-directory": folder})

    def checkpoint(self, job: str) -> None:
        """Make a checkpoint of a job, beside those that it makes by itself; waits for its end."""
        told = self._operate(job, "checkpoints", {}, "checkpoints")
        assert "checkpointId" in told, told["failureCause"]["stack-trace"]

    def _make_savepoint(self, job: str, how: str, body: dict[str, str]) -> str:
        told = self._operate(job, how, body, "savepoints")
        assert "location" in told, told["failure-cause"]["stack-trace"]
        return told["location"]

    def _operate(self, job: str, how: str, body: dict[str, str], kind: str) -> Any:
        """Begin an operation that has a kind, and wait for its end; gives what is told of it."""
        started = self._client.post(f"/jobs/{job}/{how}", json=body).raise_for_status()
        request = started.json()["request-id"]

        def ended() -> Any:
            told = self.get(f"/jobs/{job}/{kind}/{request}")
            return told["operation"] if told["status"]["id"] == "COMPLETED" else None

        return wait_for(ended, f"what was begun by {how} of job {job} ends", 120)

    def running_jobs(self) -> list[str]:
        """The jobs that have not ended."""
        ended = ("CANCELED", "FAILED", "FINISHED")
        return [job["id"] for job in self.get("/jobs")["jobs"] if job["status"] not in ended]

    def cancel(self, job: str) -> None:
        """Cancel a job, if it has not ended."""
        if job in self.running_jobs():
            self._client.patch(f"/jobs/{job}").raise_for_status()
            wait_for(lambda: job not in self.running_jobs(), f"job {job} ends", 60)


def wait_for(ask: Callable[[], T], what: str, timeout: float) -> T:
    """Ask until the answer is true; gives it.

    Raises:
        AssertionError: If it takes more than ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            if answer := ask():
                return answer
            problem = ""
        except httpx.HTTPError as error:
            # A JobManager that has just come back knows its jobs a little later.
            problem = f": {error!r}"
        assert time.monotonic() < deadline, f"waited {timeout} s in vain until {what}{problem}"
        time.sleep(0.2)
