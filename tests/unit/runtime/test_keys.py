"""Keys as texts and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from flink_agents.engine.codec import Codec
from flink_agents.exceptions import AgentsError
from flink_agents.runtime.flink import keys
from flink_agents.runtime.flink.keys import KeyText


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "",
        "=a",
        "1",
        1,
        -1,
        2.5,
        True,
        None,
        ("a", 1),
        Decimal("1.50"),
        date(2026, 1, 2),
        b"\0",
    ],
    ids=repr,
)
def test_a_key_comes_back_as_it_was(key: Any) -> None:
    texts = KeyText(Codec())
    text = texts.to_text(key)
    for _ in range(2):
        found = texts.from_text(text)
        assert found == key and type(found) is type(key)


@pytest.mark.parametrize("one, other", [(1, True), (1, 1.0), (1, Decimal(1)), ((1,), (True,))])
def test_keys_that_python_cannot_tell_apart_are_refused(one: Any, other: Any) -> None:
    texts = KeyText(Codec())
    assert texts.from_text(texts.to_text(one)) == one
    with pytest.raises(AgentsError, match=r"equal in Python.*Convert its keys to one type"):
        texts.from_text(texts.to_text(other))
    assert texts.from_text(texts.to_text(one)) == one


def test_a_key_that_cannot_be_hashed_stays_a_text() -> None:
    texts = KeyText(Codec())
    assert texts.from_text(texts.to_text([1, 2])) == "[1,2]"


def test_not_all_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_MAX_KNOWN", 5)
    texts = KeyText(Codec())
    for n in range(40):
        assert texts.from_text(texts.to_text(n)) == n
        assert len(texts._keys) <= 5
