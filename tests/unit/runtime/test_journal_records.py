"""The text of the durable journal's files, whole and damaged."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flink_agents.engine.state import JournalEntry
from flink_agents.runtime.durable_calls import CallPlace
from flink_agents.runtime.flink.journal.records import decode_file, encode_call

Call = tuple[CallPlace, JournalEntry]

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
_places = st.builds(
    CallPlace, st.text(max_size=8), st.integers(1, 9), st.text(max_size=4), st.text(max_size=4)
)
_entries = st.builds(
    JournalEntry, st.text(max_size=8), st.text(max_size=4), st.integers(1, 3), st.booleans(), _json
)
_calls = st.lists(st.tuples(_places, _entries), min_size=1, max_size=6)


def _lines(calls: list[Call]) -> list[bytes]:
    return [encode_call(*call) for call in calls]


def _is_part_in_order(part: list[Any], whole: list[Any]) -> bool:
    rest = iter(whole)
    return all(one in rest for one in part)


@given(_calls)
def test_what_is_written_is_read(calls: list[Call]) -> None:
    content = decode_file(b"".join(_lines(calls)))
    assert content.calls == calls
    assert content.damaged == 0


def test_an_empty_file_has_no_calls() -> None:
    assert decode_file(b"").calls == []
    assert decode_file(b"").damaged == 0


@settings(max_examples=50)
@given(_calls)
def test_a_file_that_was_torn_off_anywhere_has_all_calls_before_that(calls: list[Call]) -> None:
    lines = _lines(calls)
    data = b"".join(lines)
    for length in range(len(data)):
        whole = sum(len(b"".join(lines[: n + 1])) <= length for n in range(len(lines)))
        content = decode_file(data[:length])
        assert content.calls == calls[:whole]
        assert content.damaged == 0


@settings(max_examples=30, deadline=None)
@given(_calls, st.integers(1, 255))
def test_a_byte_that_flips_costs_its_call_is_reported_and_makes_up_nothing(
    calls: list[Call], flip: int
) -> None:
    data = b"".join(_lines(calls))
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= flip
        content = decode_file(bytes(damaged))
        assert _is_part_in_order(content.calls, calls)
        # A line feed that is lost takes the next call with it; the last one looks torn off.
        lost = len(calls) - len(content.calls)
        assert 1 <= lost <= 2
        assert content.damaged or position == len(data) - 1


@given(_calls, st.binary(max_size=40), st.integers(0, 400))
def test_any_bytes_in_between_make_up_nothing(calls: list[Call], junk: bytes, at: int) -> None:
    data = b"".join(_lines(calls))
    content = decode_file(data[:at] + junk + data[at:])
    assert _is_part_in_order(content.calls, calls)
    assert len(content.calls) >= len(calls) - 1
