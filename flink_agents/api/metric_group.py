"""Metrics that actions and resources report to."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Counter(ABC):
    """A number that is counted up and down."""

    @abstractmethod
    def inc(self, n: int = 1) -> None:
        """Add ``n``."""

    @abstractmethod
    def dec(self, n: int = 1) -> None:
        """Subtract ``n``."""

    @abstractmethod
    def get_count(self) -> int:
        """The count."""


class Meter(ABC):
    """How often something happens."""

    @abstractmethod
    def mark(self, n: int = 1) -> None:
        """It has happened ``n`` times."""

    @abstractmethod
    def get_rate(self) -> float:
        """Times per second, averaged over the last minute."""


class Gauge(ABC):
    """The last value of something."""

    @abstractmethod
    def update(self, value: float) -> None:
        """Set the value."""

    @abstractmethod
    def get_value(self) -> float:
        """The value that was set last; 0 before."""


class Histogram(ABC):
    """The spread of the latest values. Without a value, all statistics are 0."""

    @abstractmethod
    def update(self, value: float) -> None:
        """Add a value."""

    @abstractmethod
    def get_mean(self) -> float:
        """The mean of the values in the window."""

    @abstractmethod
    def get_max(self) -> float:
        """The greatest value in the window."""

    @abstractmethod
    def get_min(self) -> float:
        """The smallest value in the window."""


class MetricGroup(ABC):
    """A named group of metrics and further groups. The same name gives the same object."""

    @abstractmethod
    def get_sub_group(self, name: str) -> MetricGroup:
        """The group called ``name`` in this one."""

    @abstractmethod
    def get_counter(self, name: str) -> Counter:
        """The counter called ``name``."""

    @abstractmethod
    def get_meter(self, name: str) -> Meter:
        """The meter called ``name``."""

    @abstractmethod
    def get_gauge(self, name: str) -> Gauge:
        """The gauge called ``name``."""

    @abstractmethod
    def get_histogram(self, name: str, window_size: int = 100) -> Histogram:
        """The histogram called ``name``.

        Args:
            name: Its name.
            window_size: Values that it keeps, at least 1; counts when it is first asked for.
        """


__all__ = ["Counter", "Gauge", "Histogram", "Meter", "MetricGroup"]
