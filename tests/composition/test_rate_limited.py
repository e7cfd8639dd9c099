"""Requests wait until the limits of their rate allow them."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from flink_agents.api.chat_message import ChatMessage
from flink_agents.exceptions import ModelUnavailableError
from flink_agents.integrations.chat_models.composition import rate_limited
from flink_agents.integrations.chat_models.composition.rate_limited import (
    Limits,
    RateLimitedChatModelConnection,
)
from flink_agents.integrations.chat_models.composition.token_bucket import TokenBucket
from tests.composition.connecting import HI, Inner, ask, attach, chunks, together


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_through_and_the_rest_is_spread_evenly() -> None:
    bucket = TokenBucket(per_minute=60, burst=3, clock=Clock())
    assert [bucket.reserve(1) for _ in range(6)] == [0, 0, 0, 1, 2, 3]


def test_a_pause_fills_the_bucket_up_to_the_burst_and_no_further() -> None:
    clock = Clock()
    bucket = TokenBucket(per_minute=60, burst=2, clock=clock)
    for _ in range(4):
        bucket.reserve(1)
    clock.now += 3600
    assert [bucket.reserve(1) for _ in range(3)] == [0, 0, 1]


def test_a_use_larger_than_the_burst_goes_through_and_those_after_it_make_up_for_it() -> None:
    bucket = TokenBucket(per_minute=60, burst=2, clock=Clock())
    assert bucket.reserve(10) == 0
    assert bucket.reserve(1) == 9


def test_a_correction_is_felt_by_the_next() -> None:
    bucket = TokenBucket(per_minute=60, burst=10, clock=Clock())
    bucket.reserve(10)
    bucket.correct(5)
    assert bucket.reserve(1) == 6
    bucket.correct(-100)  # never more than the burst
    assert [bucket.reserve(10), bucket.reserve(1)] == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_over_any_time_no_more_is_used_than_the_rate_and_one_burst(seed: int) -> None:
    clock = Clock()
    bucket = TokenBucket(per_minute=600, burst=10, clock=clock)
    used: list[float] = []
    for step in range(300):
        clock.now += (step * 7 + seed * 13) % 11 / 100
        used.append(clock.now + bucket.reserve(1))
    for start in range(0, 300, 17):
        for end in range(start, 300, 23):
            assert end - start <= 10 + 1 + (used[end] - used[start]) * 10


def limited(inner: Inner, **limits: Any) -> RateLimitedChatModelConnection:
    return attach(RateLimitedChatModelConnection(connection=inner.name, **limits), inner)


def test_requests_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(rate_limited.asyncio, "sleep", sleep)
    connection = limited(Inner(name="a"), requests_per_minute=60, burst_seconds=2)
    together(*(lambda: connection.achat(HI) for _ in range(5)))
    assert [round(wait, 1) for wait in waits] == [0, 0, 1, 2, 3]


def test_connections_to_the_same_server_share_a_limit_and_others_do_not() -> None:
    same = [limited(Inner(name="a"), requests_per_minute=6) for _ in range(2)]
    other = limited(Inner(name="b"), requests_per_minute=6)
    named = [
        limited(Inner(name=name), requests_per_minute=6, limit="gateway") for name in ("a", "b")
    ]
    assert same[0]._limits() is same[1]._limits()
    assert other._limits() is not same[0]._limits()
    assert named[0]._limits() is named[1]._limits()
    assert named[0]._limits() is not same[0]._limits()


def test_a_limit_that_nobody_uses_any_more_is_forgotten() -> None:
    before = len(rate_limited._shared)
    connection = limited(Inner(name="gone"), requests_per_minute=77)
    connection._limits()
    assert len(rate_limited._shared) == before + 1
    del connection
    gc.collect()
    assert len(rate_limited._shared) == before


def test_tokens_are_estimated_before_and_put_right_after() -> None:
    inner = Inner(name="a")
    connection = limited(inner, tokens_per_minute=600, burst_seconds=60)
    answer = ask(connection, "x" * 400)
    assert answer.extra_args["promptTokens"] == 10
    tokens = connection._limits().tokens
    assert tokens is not None
    # 30 tokens were used: not the 100 that the length of the text had been taken for.
    assert tokens.reserve(600) == pytest.approx(3, abs=0.5)


def test_what_answers_need_is_learnt_from_those_so_far() -> None:
    limits = Limits(None, 1e9, 60)

    async def run() -> list[float]:
        answer = ChatMessage(extra_args={"promptTokens": 0, "completionTokens": 1000})
        reserved: list[float] = []
        for _ in range(100):
            reserved.append(await limits.wait([]))
            limits.settle(reserved[-1], answer)
        return reserved

    reserved = asyncio.run(run())
    assert reserved[0] == 0
    assert reserved[-1] == pytest.approx(1000, rel=0.01)


def test_a_request_that_is_cancelled_while_it_waits_gives_its_share_back() -> None:
    connection = limited(Inner(name="a"), requests_per_minute=1, tokens_per_minute=60)

    async def run() -> None:
        await connection.achat(HI)
        waiting = asyncio.ensure_future(connection.achat(HI))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(run())
    limits = connection._limits()
    assert limits.requests is not None
    assert limits.requests.reserve(1) == pytest.approx(60, abs=1)  # not 120


def test_a_failed_request_counts_and_its_error_comes_through() -> None:
    inner = Inner(name="a").script(ModelUnavailableError("down"))
    connection = limited(inner, requests_per_minute=6)
    with pytest.raises(ModelUnavailableError, match="down"):
        ask(connection)
    requests = connection._limits().requests
    assert requests is not None
    assert requests.reserve(1) > 5


def test_a_stream_is_limited_and_settled_too() -> None:
    connection = limited(Inner(name="a").script("abc"), tokens_per_minute=600, burst_seconds=60)
    assert "".join(chunk.content for chunk in chunks(connection, "x" * 4000)) == "abc"
    tokens = connection._limits().tokens
    assert tokens is not None
    assert tokens.reserve(600) == pytest.approx(3, abs=0.5)


@pytest.mark.parametrize(
    "arguments", [{}, {"requests_per_minute": 0}, {"tokens_per_minute": -1}, {"burst_seconds": 0}]
)
def test_limits_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RateLimitedChatModelConnection(connection="a", **arguments)
