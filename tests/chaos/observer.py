"""Looks on while jobs run: which checkpoints were completed, and which were gone back to."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

#: Seconds between two looks: shorter than a job takes to restart, so that no restore is missed.
_INTERVAL = 0.15
#: Options of a cluster that is observed: it remembers many checkpoints, and tells of each at once.
OBSERVABLE = {"web.checkpoints.history": "1000", "web.refresh-interval": "50"}
#: A proxy of the machine is none for the loopback interface.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Checkpoint:
    """A completed checkpoint or savepoint.

    Attributes:
        number: Its number, which goes on from job to job where one begins with another's state.
        triggered: When it began, in seconds since 1970.
        completed: When it was complete.
        size: Bytes of state in it.
    """

    number: int
    triggered: float
    completed: float
    size: int = 0


@dataclass(frozen=True)
class Restore:
    """A job that goes on from a checkpoint.

    Attributes:
        number: Of the checkpoint.
        at: When, in seconds since 1970.
    """

    number: int
    at: float


@dataclass
class History:
    """What an observer has seen.

    Attributes:
        checkpoints: Completed ones by number.
        restores: In the order of time.
    """

    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    restores: list[Restore] = field(default_factory=list)

    def add(self, told: Any) -> None:
        """Add what ``/jobs/ID/checkpoints`` tells."""
        for one in told["history"]:
            if one["status"] == "COMPLETED":
                completed = one["latest_ack_timestamp"] / 1000
                self.checkpoints[one["id"]] = Checkpoint(
                    one["id"], one["trigger_timestamp"] / 1000, completed, one["state_size"]
                )
        if (restored := told["latest"]["restored"]) is not None:
            restore = Restore(restored["id"], restored["restore_timestamp"] / 1000)
            if restore not in self.restores:
                self.restores.append(restore)

    def add_last_of(self, folder: Path) -> None:
        """Add the last checkpoint in the folder of a job, if Flink has not told of it."""
        made = {int(file.parent.name[4:]): file for file in folder.glob("chk-*/_metadata")}
        if made and (last := max(made)) not in self.checkpoints:
            completed = made[last].stat().st_mtime
            self.checkpoints[last] = Checkpoint(last, self.triggered(last), completed)

    @property
    def completed_so_far(self) -> list[Checkpoint]:
        """A copy of the completed ones, to which no thread adds meanwhile."""
        return list(self.checkpoints.values())

    def triggered(self, number: int) -> float:
        """When a checkpoint was triggered; if it was missed, the last one before it that was not.

        0 if there is none.
        """
        return max((c.triggered for c in self.completed_so_far if c.number <= number), default=0.0)

    def completed(self, number: int) -> float:
        """When a checkpoint was complete; infinite if that was missed."""
        found = self.checkpoints.get(number)
        return found.completed if found is not None else float("inf")


@contextmanager
def observing(
    url: str, history: History | None = None, apart_from: Collection[str] = ()
) -> Iterator[History]:
    """Look on at all jobs of a cluster, in a thread of its own, also while it is down for a while.

    The cluster has to have the options :data:`OBSERVABLE`.

    Args:
        url: The REST interface.
        history: What was seen before, of jobs that these go on from. It is added to.
        apart_from: Ids of jobs that have nothing to do with these.
    """
    history = history or History()
    stopping = threading.Event()

    def look() -> None:
        while not stopping.wait(_INTERVAL):
            try:
                jobs = [job["id"] for job in get_json(f"{url}/jobs")["jobs"]]
                for job in jobs:
                    if job not in apart_from:
                        history.add(get_json(f"{url}/jobs/{job}/checkpoints"))
            except (OSError, HTTPException, ValueError):
                continue  # it is not up, or about to end

    thread = threading.Thread(target=look, name="observer", daemon=True)
    thread.start()
    try:
        yield history
    finally:
        stopping.set()
        thread.join()


def get_json(url: str) -> Any:
    """What a REST interface of this machine says to a GET."""
    # Not by httpx, which logs each request: pytest shows that with every failure.
    with _DIRECT.open(url, timeout=10) as answer:
        return json.load(answer)


__all__ = ["OBSERVABLE", "Checkpoint", "History", "Restore", "get_json", "observing"]
