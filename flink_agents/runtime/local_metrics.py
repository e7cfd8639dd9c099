"""Metrics of the local host and of tests, kept in the process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from flink_agents.api.metric_group import Counter, Gauge, Histogram, Meter, MetricGroup

_RATE_WINDOW_SECONDS = 60


class LocalCounter(Counter):
    """A counter. CPython does not switch threads inside of one ``inc``, so it takes no lock."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def inc(self, n: int = 1) -> None:
        """Add ``n``."""
        self._count += n

    def dec(self, n: int = 1) -> None:
        """Subtract ``n``."""
        self._count -= n

    def get_count(self) -> int:
        """The count."""
        return self._count


class LocalMeter(Meter):
    """A meter that counts by the second.

    Args:
        clock: Seconds that never go back. Default ``time.monotonic``.
    """

    __slots__ = ("_clock", "_seconds", "_started")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        #: Pairs of a second and the number of events in it, oldest first.
        self._seconds: deque[list[int]] = deque(maxlen=_RATE_WINDOW_SECONDS + 1)

    def mark(self, n: int = 1) -> None:
        """It has happened ``n`` times."""
        second = int(self._clock())
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += n
        else:
            self._seconds.append([second, n])

    def get_rate(self) -> float:
        """Times per second over the last minute, or since the start if that is less."""
        now = self._clock()
        recent = sum(n for s, n in list(self._seconds) if s > now - _RATE_WINDOW_SECONDS)
        return recent / min(_RATE_WINDOW_SECONDS, max(1.0, now - self._started))


class LocalGauge(Gauge):
    """A gauge."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: float = 0

    def update(self, value: float) -> None:
        """Set the value."""
        self._value = value

    def get_value(self) -> float:
        """The value that was set last; 0 before."""
        return self._value


class LocalHistogram(Histogram):
    """A histogram of the latest values.

    Args:
        window_size: Values that it keeps, at least 1.
    """

    __slots__ = ("_values",)

    def __init__(self, window_size: int = 100) -> None:
        if window_size < 1:
            raise ValueError(f"A histogram keeps at least 1 value, not {window_size}.")
        self._values: deque[float] = deque(maxlen=window_size)

    def update(self, value: float) -> None:
        """Add a value."""
        self._values.append(value)

    def get_mean(self) -> float:
        """The mean of the values in the window."""
        values = self._values.copy()
        return sum(values) / len(values) if values else 0.0

    def get_max(self) -> float:
        """The greatest value in the window."""
        return max(self._values.copy(), default=0.0)

    def get_min(self) -> float:
        """The smallest value in the window."""
        return min(self._values.copy(), default=0.0)


class LocalMetricGroup(MetricGroup):
    """A group whose metrics can be read with :meth:`snapshot`.

    Args:
        clock: The clock of its meters. Default ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._groups: dict[str, LocalMetricGroup] = {}
        self._counters: dict[str, LocalCounter] = {}
        self._meters: dict[str, LocalMeter] = {}
        self._gauges: dict[str, LocalGauge] = {}
        self._histograms: dict[str, LocalHistogram] = {}

    # setdefault() is atomic, so that two threads that ask first get the same object.

    def get_sub_group(self, name: str) -> LocalMetricGroup:
        """The group called ``name`` in this one."""
        found = self._groups.get(name)
        return found or self._groups.setdefault(name, LocalMetricGroup(self._clock))

    def get_counter(self, name: str) -> LocalCounter:
        """The counter called ``name``."""
        found = self._counters.get(name)
        return found or self._counters.setdefault(name, LocalCounter())

    def get_meter(self, name: str) -> LocalMeter:
        """The meter called ``name``."""
        found = self._meters.get(name)
        return found or self._meters.setdefault(name, LocalMeter(self._clock))

    def get_gauge(self, name: str) -> LocalGauge:
        """The gauge called ``name``."""
        found = self._gauges.get(name)
        return found or self._gauges.setdefault(name, LocalGauge())

    def get_histogram(self, name: str, window_size: int = 100) -> LocalHistogram:
        """The histogram called ``name``; ``window_size`` counts when it is first asked for."""
        found = self._histograms.get(name)
        return found or self._histograms.setdefault(name, LocalHistogram(window_size))

    def snapshot(self) -> dict[str, float]:
        """All metrics of this group and those in it, now.

        Returns:
            Values by dotted name: counts, rates per second and gauges under the metric's own
            name, histograms as ``<name>.mean``, ``<name>.max`` and ``<name>.min``.
        """
        found: dict[str, float] = {}
        for name, counter in self._counters.copy().items():
            found[name] = counter.get_count()
        for name, meter in self._meters.copy().items():
            found[name] = meter.get_rate()
        for name, gauge in self._gauges.copy().items():
            found[name] = gauge.get_value()
        for name, histogram in self._histograms.copy().items():
            found[f"{name}.mean"] = histogram.get_mean()
            found[f"{name}.max"] = histogram.get_max()
            found[f"{name}.min"] = histogram.get_min()
        for name, group in self._groups.copy().items():
            found.update({f"{name}.{key}": value for key, value in group.snapshot().items()})
        return found


__all__ = ["LocalCounter", "LocalGauge", "LocalHistogram", "LocalMeter", "LocalMetricGroup"]
