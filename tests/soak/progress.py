"""A line every 10 seconds about a soak that goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.providers.recorded_server import RecordedServer
from tests.soak.findings import look_so_far
from tests.soak.sampler import ProcessSeries, Sampler
from tests.soak.soaked_job import SoakedJob

_INTERVAL = 10.0
#: Of the time, at most, that may go into looking at the answers so far.
_SHARE = 0.1


class Progress:
    """Samples and tells, in a thread of its own, until it is stopped.

    Args:
        job: What is looked at.
        sampler: Takes samples.
        server: Whose memory of requests is not to grow.
        say: Is given the lines.
    """

    def __init__(
        self,
        job: SoakedJob,
        sampler: Sampler,
        server: RecordedServer,
        say: Callable[[str], None],
    ) -> None:
        self._job = job
        self._sampler = sampler
        self._server = server
        self._say = say
        self._answers = 0
        self._next_look = 0.0
        self._told: set[str] = set()
        self._over = threading.Event()
        self._thread = ThreadPoolExecutor(1, "progress")

    def __enter__(self) -> Progress:
        self._end = self._thread.submit(self._run)
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def stop(self) -> None:
        """End; what went wrong meanwhile is raised here."""
        self._over.set()
        self._thread.shutdown()
        self._end.result()

    def _run(self) -> None:
        while not self._over.wait(_INTERVAL):
            self._sampler.sample()
            self._server.requests.clear()
            self._look()
            self._say(self._line())

    def _look(self) -> None:
        """Judge the answers so far, now and then: that takes the longer the more there are."""
        begin = time.monotonic()
        if begin < self._next_look:
            return
        self._answers, problems = look_so_far(self._job.settings)
        for problem in problems:
            if problem not in self._told:
                self._told.add(problem)
                self._say(f"WRONG: {problem}")
        self._next_look = begin + (time.monotonic() - begin) / _SHARE

    def _line(self) -> str:
        settings, now = self._job.settings, time.time()
        due = settings.due(now)
        if settings.end.exists():
            due = min(due, settings.total)
        words = [
            f"{max(0.0, now - settings.start):5.0f} s",
            f"{self._answers} of {due} answers are complete",
            f"{len(self._job.history.restores)} restores",
        ]
        try:
            self._job.note_failures()
            checkpoints = self._job.checkpoints()
            words.append(
                f"{checkpoints.completed} checkpoints ({checkpoints.failed} failed), "
                f"state {checkpoints.size / 2**20:.1f} MiB"
            )
        except httpx.HTTPError:
            words.append("the JobManager does not answer")
        words += map(_memory, self._sampler.running)
        return "; ".join(words)


def _memory(series: ProcessSeries) -> str:
    shown = {
        "RSS": series.latest("resident memory"),
        "heap": series.latest("Java heap after GC"),
        "metaspace": series.latest("Java metaspace"),
        "threads": series.latest("threads"),
    }
    told = ", ".join(f"{name} {value:.0f}" for name, value in shown.items() if value is not None)
    return f"{series.name}: {told}"


__all__ = ["Progress"]
