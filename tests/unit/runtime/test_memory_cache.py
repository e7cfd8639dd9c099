"""Nodes of memory at hand: read once, true after every write, and not too many."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from flink_agents.runtime import memory_cache
from flink_agents.runtime.local_environment import LocalHost
from flink_agents.runtime.memory_cache import MAX_NODE_LENGTH, MemoryCache


class CountingStore(LocalHost):
    """State of all keys, which counts how often each node is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[Any] = Counter()

    def read_memory(self, path: str) -> str | None:
        self.reads[self._key, path] += 1
        return super().read_memory(path)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def cache(store: CountingStore) -> MemoryCache:
    return MemoryCache(store)


def test_a_node_is_read_once_also_where_there_is_none(
    store: CountingStore, cache: MemoryCache
) -> None:
    store.switch("a")
    store.write_memory({"x": "1"})
    assert [cache.read("a", "x") for _ in range(3)] == ["1"] * 3
    assert [cache.read("a", "y") for _ in range(3)] == [None] * 3
    assert store.reads == {("a", "x"): 1, ("a", "y"): 1}


def test_what_is_written_is_in_the_store_and_at_hand(
    store: CountingStore, cache: MemoryCache
) -> None:
    store.switch("a")
    cache.write("a", {"x": "1", "y": "2"})
    cache.write("a", {"x": None})
    assert (cache.read("a", "x"), cache.read("a", "y")) == (None, "2")
    assert not store.reads
    assert store.all_memory() == {"y": "2"}


def test_keys_do_not_see_each_others_nodes(store: CountingStore, cache: MemoryCache) -> None:
    for key in ("a", "b"):
        store.switch(key)
        cache.write(key, {"x": key})
    store.switch("c")
    assert cache.read("c", "x") is None
    assert (cache.read("a", "x"), cache.read("b", "x")) == ("a", "b")


def test_a_long_node_takes_the_place_of_a_short_one(
    store: CountingStore, cache: MemoryCache
) -> None:
    store.switch("a")
    long = "x" * (MAX_NODE_LENGTH + 1)
    cache.write("a", {"x": "short"})
    cache.write("a", {"x": long})
    assert [cache.read("a", "x") for _ in range(2)] == [long] * 2
    assert store.reads["a", "x"] == 2
    cache.write("a", {"x": "short again"})
    assert cache.read("a", "x") == "short again"


def test_there_are_never_more_nodes_than_the_limit(
    monkeypatch: pytest.MonkeyPatch, store: CountingStore, cache: MemoryCache
) -> None:
    monkeypatch.setattr(memory_cache, "MAX_NODES", 5)
    for n in range(40):
        store.switch(n)
        cache.write(n, {"x": str(n), "y": "x" * (MAX_NODE_LENGTH + n % 2)})
        assert sum(map(len, cache._nodes.values())) <= 5
    for n in range(40):
        store.switch(n)
        assert cache.read(n, "x") == str(n)
