"""Metrics of the local host."""

from __future__ import annotations

from threading import Thread

import pytest

from flink_agents.runtime.local_metrics import LocalHistogram, LocalMetricGroup


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_same_name_is_the_same_metric() -> None:
    group = LocalMetricGroup()
    assert group.get_counter("a") is group.get_counter("a")
    assert group.get_meter("a") is group.get_meter("a")
    assert group.get_gauge("a") is group.get_gauge("a")
    assert group.get_histogram("a") is group.get_histogram("a", window_size=5)
    assert group.get_sub_group("a") is group.get_sub_group("a")
    assert group.get_counter("a") is not group.get_sub_group("b").get_counter("a")


def test_a_counter_counts_up_and_down() -> None:
    counter = LocalMetricGroup().get_counter("c")
    counter.inc()
    counter.inc(10**20)
    counter.dec(3)
    counter.dec()
    assert counter.get_count() == 10**20 - 3


def test_a_counter_loses_nothing_between_threads() -> None:
    group = LocalMetricGroup()

    def count() -> None:
        for _ in range(20_000):
            group.get_counter("c").inc()

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert group.get_counter("c").get_count() == 80_000


def test_a_meter_gives_the_rate_of_the_last_minute() -> None:
    clock = Clock()
    meter = LocalMetricGroup(clock).get_meter("m")
    assert meter.get_rate() == 0
    meter.mark(10)
    assert meter.get_rate() == 10
    clock.now += 10
    meter.mark()
    meter.mark(9)
    assert meter.get_rate() == 2
    clock.now += 55
    assert meter.get_rate() == pytest.approx(10 / 60)
    clock.now += 60
    assert meter.get_rate() == 0


def test_a_meter_keeps_no_more_than_a_minute() -> None:
    clock = Clock()
    meter = LocalMetricGroup(clock).get_meter("m")
    for _ in range(1000):
        clock.now += 1
        meter.mark(5)
    assert meter.get_rate() == pytest.approx(5, rel=0.02)


def test_a_gauge_has_its_last_value() -> None:
    gauge = LocalMetricGroup().get_gauge("g")
    assert gauge.get_value() == 0
    gauge.update(3)
    gauge.update(-1.5)
    assert gauge.get_value() == -1.5


def test_a_histogram_describes_its_window() -> None:
    histogram = LocalHistogram(window_size=3)
    assert (histogram.get_mean(), histogram.get_max(), histogram.get_min()) == (0, 0, 0)
    for value in (100, 1, 2, 6):
        histogram.update(value)
    assert (histogram.get_mean(), histogram.get_max(), histogram.get_min()) == (3, 6, 1)


def test_a_histogram_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        LocalMetricGroup().get_histogram("h", window_size=0)


def test_a_snapshot_has_dotted_names() -> None:
    clock = Clock()
    group = LocalMetricGroup(clock)
    group.get_counter("numOfEventProcessed").inc(2)
    group.get_gauge("open").update(7)
    action = group.get_sub_group("action").get_sub_group("my_action")
    action.get_sub_group("model").get_sub_group("gpt").get_counter("promptTokens").inc(0)
    action.get_meter("numOfActionsExecutedPerSec").mark(4)
    action.get_histogram("latency").update(1.5)
    assert group.snapshot() == {
        "numOfEventProcessed": 2,
        "open": 7,
        "action.my_action.model.gpt.promptTokens": 0,
        "action.my_action.numOfActionsExecutedPerSec": 4,
        "action.my_action.latency.mean": 1.5,
        "action.my_action.latency.max": 1.5,
        "action.my_action.latency.min": 1.5,
    }
