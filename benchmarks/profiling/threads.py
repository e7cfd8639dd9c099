"""CPU by thread, from ``/proc``."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ThreadTimes:
    """CPU of the threads of a process at one moment.

    Attributes:
        time: Seconds since the epoch.
        seconds: CPU that a thread has used, by its id.
        names: Name of a thread by its id; at most 15 characters.
    """

    time: float
    seconds: Mapping[int, float]
    names: Mapping[int, str]

    def since(self, before: ThreadTimes) -> dict[int, float]:
        """Seconds of CPU that each thread has used since then."""
        return {t: used - before.seconds.get(t, 0.0) for t, used in self.seconds.items()}


def thread_times(pid: int) -> ThreadTimes:
    """Look at a process."""
    seconds: dict[int, float] = {}
    names: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (task / "stat").read_text()
        except OSError:
            continue  # it has just ended
        fields = text[text.rindex(")") + 2 :].split()
        seconds[int(task.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
        names[int(task.name)] = text[text.index("(") + 1 : text.rindex(")")]
    return ThreadTimes(time.time(), seconds, names)


def java_process(session: int) -> int | None:
    """The Java process of a session that has used the most CPU, or None."""
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2 :].split()
        if int(fields[3]) == session and text[text.index("(") + 1 : text.rindex(")")] == "java":
            found[int(entry.name)] = int(fields[11])
    return max(found, key=lambda pid: found[pid]) if found else None
