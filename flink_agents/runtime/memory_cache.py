"""Short-term memory of the current key, with small nodes of recent keys kept at hand."""

from __future__ import annotations

from collections.abc import Hashable

from flink_agents.runtime.host import KeyStore

#: Nodes at hand, at most; beyond that the cache begins anew. With nodes of the longest kind some
#: 80 MB, with counters and names 15 MB.
MAX_NODES = 100_000
#: Characters of a node that is kept at hand.
MAX_NODE_LENGTH = 512


class MemoryCache:
    """Reads and writes memory of the current key, and reads most of it only once.

    Only one runner changes the state of a key, so what it has read stays true until it writes. In
    process mode a read is a round trip to Java, in thread mode half of what a small action costs.

    Args:
        store: State of the current key.
    """

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._nodes: dict[Hashable, dict[str, str | None]] = {}
        self._count = 0

    def read(self, key: Hashable, path: str) -> str | None:
        """A node of the key, which must be the current one; None if there is none."""
        nodes = self._nodes.get(key)
        if nodes is not None and path in nodes:
            return nodes[path]
        node = self._store.read_memory(path)
        self._keep(key, path, node)
        return node

    def write(self, key: Hashable, nodes: dict[str, str | None]) -> None:
        """Write nodes of the key, which must be the current one; None removes one."""
        self._store.write_memory(nodes)
        for path, node in nodes.items():
            self._keep(key, path, node)

    def _keep(self, key: Hashable, path: str, node: str | None) -> None:
        nodes = self._nodes.get(key)
        if node is not None and len(node) > MAX_NODE_LENGTH:
            if nodes is not None and nodes.pop(path, "") != "":
                self._count -= 1
            return
        if nodes is None:
            nodes = self._nodes[key] = {}
        if path not in nodes:
            self._count += 1
            if self._count > MAX_NODES:
                self._nodes = {key: (nodes := {})}
                self._count = 1
        nodes[path] = node
