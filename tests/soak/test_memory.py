"""The judgement of memory finds a leak, and takes noise and a warm-up for none."""

from __future__ import annotations

import random

import pytest

from tests.soak.memory import FEW, JUDGED_AFTER, growth
from tests.soak.sampler import read_histogram, read_metaspace


def points(seconds: int, per_hour: float, noise: float = 0.0) -> list[tuple[float, float]]:
    """A process of 1,000 MiB, looked at every 10 seconds."""
    chance = random.Random(7)
    return [
        (1_000_000.0 + at, 1_000 + per_hour * at / 3600 + chance.uniform(-noise, noise))
        for at in range(0, seconds, 10)
    ]


def test_what_stays_the_same_is_flat() -> None:
    found = growth(points(900, per_hour=0, noise=30))
    assert found is not None and found.is_judged
    assert found.is_flat
    assert abs(found.share) < 0.02


def test_a_leak_is_not_flat() -> None:
    found = growth(points(900, per_hour=600, noise=10))
    assert found is not None and found.is_judged
    assert not found.is_flat
    assert found.slope == pytest.approx(600, rel=0.2)


def test_growth_while_it_warms_up_is_left_out() -> None:
    warming = [(at, value - max(0, 100 - (at - 1_000_000)) * 5) for at, value in points(900, 0)]
    found = growth(warming)
    assert found is not None
    assert found.share == 0
    assert found.is_flat


def test_a_process_that_did_not_live_for_long_is_not_judged() -> None:
    found = growth(points(int(JUDGED_AFTER), per_hour=100_000))
    assert found is not None
    assert not found.is_judged
    assert growth(points(100, per_hour=100_000)) is None
    assert growth([]) is None


def test_what_comes_and_goes_is_compared_by_its_lowest_values() -> None:
    def threads(leaked: int) -> list[tuple[float, float]]:
        # The job is up for a part of the time that grows.
        return [(at, 70.0 + 60 * (at > 600) + leaked * at / 900) for at in range(0, 900, 10)]

    up_and_down = [(at, value - 60 * (at % 50 == 0 and at > 600)) for at, value in threads(0)]
    found, misled = growth(up_and_down, lowest=True), growth(up_and_down)
    assert found is not None and misled is not None
    assert found.is_flat and not misled.is_flat
    leak = growth([(at, value - 60 * (at > 600)) for at, value in threads(20)], lowest=True)
    assert leak is not None and not leak.is_flat


def test_one_low_value_in_the_first_third_is_no_leak() -> None:
    def heap(low: float, climb: float) -> list[tuple[float, float]]:
        return [(at, 40.0 + climb * at / 900 - low * (at == 300)) for at in range(0, 900, 10)]

    lucky, leak = (growth(heap(*it), lowest=True) for it in ((6.0, 0.0), (6.0, 6.0)))
    assert lucky is not None and lucky.share > 0.1
    assert lucky.is_flat
    assert leak is not None and not leak.is_flat


def test_a_thread_more_is_no_leak_and_one_for_each_restart_is() -> None:
    def threads(restarts: int) -> list[tuple[float, float]]:
        return [(at, 3.0 + restarts * at // 900) for at in range(0, 900, 10)]

    one, each = (growth(threads(n), lowest=True, slack=FEW) for n in (2, 20))
    assert one is not None and one.share > 0.3
    assert one.is_flat
    assert each is not None and not each.is_flat


def test_heap_methods_and_metaspace_are_read_of_what_the_jvm_says() -> None:
    histogram = (
        "12345:\n num     #instances         #bytes  class name (module)\n"
        "   1:         31000       15728640  [B (java.base@17.0.15)\n"
        "   2:         11915        1048576  java.lang.reflect.Method (java.base@17.0.15)\n"
        "   3:          1000        5242880  java.lang.reflect.MethodHandles (java.base@17.0.15)\n"
        "Total        143915       22020096\n"
    )
    assert read_histogram(histogram) == {"Java heap after GC": 20.0, "Java methods": 1.0}
    metaspace = (
        " Metaspace       used 5120K, committed 6000K, reserved 1056768K\n"
        "  class space    used 1000K, committed 1100K, reserved 1048576K\n"
    )
    assert read_metaspace(metaspace) == {"Java metaspace": 5.0}
    assert read_histogram("no such process") == read_metaspace("no such process") == {}
