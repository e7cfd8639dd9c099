"""Flink's metrics behind the library's interface."""

from __future__ import annotations

from collections import deque
from typing import Any

from flink_agents.api.metric_group import Counter, Gauge, Histogram, Meter, MetricGroup


class FlinkMetricGroup(MetricGroup):
    """A metric group of the operator. Each metric is registered once, on first use."""

    def __init__(self, group: Any) -> None:
        self._group = group
        self._made: dict[tuple[str, str], Any] = {}

    def get_sub_group(self, name: str) -> MetricGroup:
        return self._once("group", name, lambda: FlinkMetricGroup(self._group.add_group(name)))

    def get_counter(self, name: str) -> Counter:
        return self._once("counter", name, lambda: _Counter(self._group.counter(name)))

    def get_meter(self, name: str) -> Meter:
        return self._once("meter", name, lambda: _Meter(self._group.meter(name)))

    def get_gauge(self, name: str) -> Gauge:
        return self._once("gauge", name, lambda: _Gauge(self._group.counter(name)))

    def get_histogram(self, name: str, window_size: int = 100) -> Histogram:
        return self._once("histogram", name, lambda: _Histogram(self._group, name, window_size))

    def _once(self, kind: str, name: str, make: Any) -> Any:
        if (metric := self._made.get((kind, name))) is None:
            metric = self._made[kind, name] = make()
        return metric


class _Counter(Counter):
    def __init__(self, counter: Any) -> None:
        self._counter = counter

    def inc(self, n: int = 1) -> None:
        self._counter.inc(n)

    def dec(self, n: int = 1) -> None:
        self._counter.dec(n)

    def get_count(self) -> int:
        return self._counter.get_count()


class _Meter(Meter):
    def __init__(self, meter: Any) -> None:
        self._meter = meter

    def mark(self, n: int = 1) -> None:
        self._meter.mark_event(n)

    def get_rate(self) -> float:
        return float(self._meter.get_rate())


class _Gauge(Gauge):
    """A value that is reported as a counter, rounded to a whole number.

    Flink asks a Python gauge for its value from a thread of its own. In thread mode that crashes
    the TaskManager when it happens while a task ends; a counter lives in Java.
    """

    def __init__(self, counter: Any) -> None:
        self._counter = counter
        self._value: Any = 0
        self._reported = 0

    def update(self, value: Any) -> None:
        self._value = value
        change = round(value) - self._reported
        if change:
            self._reported += change
            self._counter.inc(change)

    def get_value(self) -> Any:
        return self._value


class _Histogram(Histogram):
    """The values of a window, beside a Flink distribution that reports them."""

    def __init__(self, group: Any, name: str, window_size: int) -> None:
        self._distribution = group.distribution(name)
        self._window: deque[float] = deque(maxlen=window_size)

    def update(self, value: Any) -> None:
        self._window.append(value)
        self._distribution.update(int(value))

    def get_mean(self) -> float:
        return sum(self._window) / len(self._window) if self._window else 0.0

    def get_max(self) -> Any:
        return max(self._window, default=0)

    def get_min(self) -> Any:
        return min(self._window, default=0)
