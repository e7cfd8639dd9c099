"""Which finished call answers which call of a replayed action."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_agents.engine.codec import Codec
from flink_agents.engine.journal import TaskJournal, call_digest, call_name
from flink_agents.engine.state import JournalEntry
from flink_agents.exceptions import NotStorableError, ReplayMismatchError

CODEC = Codec()


def fetch(*urls: Any, **options: Any) -> None: ...


class Client:
    def get(self) -> None: ...

    @staticmethod
    def put() -> None: ...

    def __call__(self) -> None: ...


def entry(digest: str, value: Any = None, *, attempt: int = 1, ok: bool = True) -> JournalEntry:
    return JournalEntry(f"call {digest}", digest, attempt, ok, value)


def journal(*entries: JournalEntry, attempt: int = 1) -> TaskJournal:
    return TaskJournal("read", entries, attempt)


def values(claims: Sequence[tuple[str, JournalEntry | None]]) -> list[Any]:
    return [found.value if found is not None else None for _, found in claims]


def test_a_finished_call_answers_the_same_call_once() -> None:
    replayed = journal(entry("a", 1))
    assert replayed.claim("call a", "a") == ("a", entry("a", 1))
    assert replayed.claim("call a", "a") == ("a#1", None)


def test_a_call_that_was_not_finished_has_to_be_made() -> None:
    assert journal(entry("a")).claim("call b", "b") == ("b", None)
    assert journal().claim("call b", "b") == ("b", None)


def test_a_call_that_failed_answers_with_its_error() -> None:
    failed = entry("a", ["builtins.ValueError", "no"], ok=False)
    assert journal(failed).claim("call a", "a") == ("a", failed)


def test_calls_may_be_replayed_in_another_order_than_they_finished_in() -> None:
    replayed = journal(entry("a", 1), entry("b", 2), entry("c", 3))
    assert values([replayed.claim("", digest) for digest in "cab"]) == [3, 1, 2]
    replayed.check_complete()


def test_calls_that_are_alike_get_their_own_results_back() -> None:
    """The second one finished first: that must not make it the result of the first one."""
    live = journal()
    identities = [live.claim("call a", "a")[0] for _ in range(3)]
    assert identities == ["a", "a#1", "a#2"]
    finished = [entry(identities[2], "third"), entry(identities[0], "first")]
    replayed = journal(*finished)
    assert values([replayed.claim("call a", "a") for _ in range(3)]) == ["first", None, "third"]
    replayed.check_complete()


def test_what_an_earlier_attempt_has_finished_answers_whoever_asks_first() -> None:
    """It was the second call of that attempt, whose first one failed and is made again."""
    retried = journal(entry("a#1", "kept"), attempt=2)
    assert values([retried.claim("", "a"), retried.claim("", "a")]) == ["kept", None]


def test_a_retried_attempt_is_replayed_as_it_was() -> None:
    earlier = entry("a", "of attempt 1")
    live = journal(earlier, attempt=2)
    first, second = live.claim("", "a"), live.claim("", "a")
    assert values([first, second]) == ["of attempt 1", None]
    replayed = journal(earlier, entry(second[0], "of attempt 2", attempt=2), attempt=2)
    claims = [replayed.claim("", "a"), replayed.claim("", "a")]
    assert values(claims) == ["of attempt 1", "of attempt 2"]


def test_an_attempt_need_not_repeat_the_calls_of_an_earlier_one() -> None:
    journal(entry("a"), attempt=2).check_complete()
    journal(entry("a"), attempt=2).check_sequential("call b")


def test_a_finished_call_that_is_not_made_again_is_named_with_the_calls_made_instead() -> None:
    replayed = journal(entry("a"), entry("b"))
    replayed.claim("call a", "a")
    replayed.claim("call x", "x")
    with pytest.raises(ReplayMismatchError) as raised:
        replayed.check_complete()
    text = str(raised.value)
    assert "Action 'read'" in text
    assert "called call b before the crash" in text
    assert "on replay call x in its place" in text
    assert "call a" not in text
    assert "durable_execute" in text


def test_a_finished_call_that_nothing_replaces_is_named() -> None:
    with pytest.raises(ReplayMismatchError, match=r"called call a before .* replay nothing in"):
        journal(entry("a")).check_complete()


def test_a_call_in_place_of_another_is_refused_before_it_is_made() -> None:
    replayed = journal(entry("a"))
    replayed.claim("call x", "x")
    with pytest.raises(ReplayMismatchError, match=r"called call a before .* replay call x in"):
        replayed.check_sequential("call x")


def test_a_call_after_all_finished_ones_may_be_made() -> None:
    replayed = journal(entry("a"))
    replayed.claim("call a", "a")
    replayed.claim("call x", "x")
    replayed.check_sequential("call x")
    replayed.check_complete()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_part_of_the_calls_of_an_attempt_answers_the_same_calls_on_replay(
    data: st.DataObject,
) -> None:
    asked = data.draw(st.lists(st.sampled_from("abc"), max_size=8))
    live = journal()
    made = [live.claim("", digest)[0] for digest in asked]
    done = data.draw(st.permutations(range(len(made))).flatmap(_prefixes))
    replayed = journal(*(entry(made[number], number) for number in done))
    found = values([replayed.claim("", digest) for digest in asked])
    assert found == [number if number in done else None for number in range(len(made))]
    replayed.check_complete()


def _prefixes(order: Sequence[int]) -> st.SearchStrategy[Sequence[int]]:
    return st.integers(0, len(order)).map(lambda length: order[:length])


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (fetch, "fetch"),
        (Client().get, "Client.get"),
        (Client.put, "Client.put"),
        (Client(), "Client"),
        (lambda: None, "<lambda>"),
        (len, "builtins.len"),
    ],
)
def test_the_name_of_a_call_is_module_and_qualified_name(func: Any, name: str) -> None:
    assert call_name(func).endswith(name)
    assert call_name(func).startswith(("builtins.", f"{__name__}."))


def test_a_call_is_known_by_function_and_arguments() -> None:
    known = {
        call_digest(CODEC, func, args, kwargs)
        for func, args, kwargs in [
            (fetch, (1,), {}),
            (Client.put, (1,), {}),
            (fetch, (2,), {}),
            (fetch, (1.0,), {}),
            (fetch, ("1",), {}),
            (fetch, (True,), {}),
            (fetch, (), {"a": 1}),
            (fetch, (), {"b": 1}),
            (fetch, ([1],), {}),
            (fetch, ((1,),), {}),
        ]
    }
    assert len(known) == 10
    both = call_digest(CODEC, fetch, (), {"a": 1, "b": 2})
    assert both == call_digest(CODEC, fetch, (), {"b": 2, "a": 1})
    assert "#" not in both


def test_a_partial_function_is_known_by_what_it_calls_in_the_end() -> None:
    plain = call_digest(CODEC, fetch, ("a", "b"), {"c": 1})
    inner = functools.partial(fetch, "a", c=1)
    assert call_digest(CODEC, inner, ("b",), {}) == plain
    assert call_digest(CODEC, functools.partial(inner, "b"), (), {}) == plain
    assert call_digest(CODEC, functools.partial(fetch, "x", c=1), ("b",), {}) != plain
    assert call_name(functools.partial(inner, "b")) == f"{__name__}.fetch"


def test_an_argument_without_a_stable_text_is_refused() -> None:
    with pytest.raises(NotStorableError, match=r"builtins\.object"):
        call_digest(CODEC, fetch, (object(),), {})
