"""CPU time and memory of a job's processes, sampled from outside, so that the job is not changed.

Reads ``/proc``, so it needs Linux.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Sample:
    """The processes at one moment.

    Attributes:
        time: Seconds since the epoch.
        cpu: Seconds of CPU that all processes have used.
        java_mb: Resident memory of the Java process, in MiB. In thread mode it holds the Python
            interpreter too.
        total_mb: Resident memory of all processes, in MiB; shared pages count for each.
    """

    time: float
    cpu: float
    java_mb: float
    total_mb: float


class ProcessTree:
    """Samples the processes of sessions until :meth:`stop`.

    Args:
        *sessions: Ids of the sessions: those of processes that were started with
            ``start_new_session``.
        interval: Seconds between two samples.
    """

    def __init__(self, *sessions: int, interval: float = 0.2) -> None:
        self.samples: list[Sample] = []
        self._sessions = frozenset(sessions)
        self._interval = interval
        self._cpu: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[Sample]:
        """End the sampling and return what was found."""
        self._over.set()
        self._thread.join()
        return self.samples

    def _run(self) -> None:
        while not self._over.is_set():
            self._sample()
            self._over.wait(self._interval)

    def _sample(self) -> None:
        java = total = 0.0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue  # it has just ended
            name = text[text.index("(") + 1 : text.rindex(")")]
            fields = text[text.rindex(")") + 2 :].split()
            if int(fields[3]) not in self._sessions:
                continue
            resident = int(fields[21]) * _PAGE_MB
            total += resident
            java += resident if name == "java" else 0.0
            # A process that has ended keeps what it has used.
            self._cpu[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
        self.samples.append(Sample(time.time(), sum(self._cpu.values()), java, total))


def cpu_between(samples: list[Sample], begin: float, end: float) -> float:
    """Seconds of CPU used between two times, which are taken between samples linearly."""
    return _cpu_at(samples, end) - _cpu_at(samples, begin)


def _cpu_at(samples: list[Sample], when: float) -> float:
    before = samples[0]
    for sample in samples:
        if sample.time >= when:
            span = sample.time - before.time
            share = (when - before.time) / span if span else 0.0
            return before.cpu + (sample.cpu - before.cpu) * share
        before = sample
    return before.cpu
