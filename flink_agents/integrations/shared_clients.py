"""Clients of services, shared by all connections of a subtask that are set up alike.

A client belongs to the event loop that it was first used on. A job that is restarted in the same
process has a new loop and gets new clients.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

C = TypeVar("C")

_SALT = secrets.token_bytes(32)


def settings_key(*settings: Any) -> str:
    """A key that is equal for equal settings and tells nothing about them.

    It is salted for this process, so that a secret among the settings cannot be guessed from it.

    Args:
        *settings: JSON values; others count as their text.
    """
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), key=_SALT, digest_size=16).hexdigest()


@dataclass(eq=False)
class _Shared(Generic[C]):
    client: C
    users: int = 0


@dataclass(eq=False)
class SharedClients(Generic[C]):
    """Clients by event loop and key, each counted by its users and closed after the last one.

    Safe to use from the loops of several threads.

    Args:
        close: Closes a client, on its loop.
    """

    close: Callable[[C], Awaitable[None]] = field(repr=False)
    _shared: dict[tuple[asyncio.AbstractEventLoop, str], _Shared[C]] = field(
        default_factory=dict[Any, Any], init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __len__(self) -> int:
        """Number of open clients."""
        return len(self._shared)

    def user(self) -> ClientUser[C]:
        """One more user of the clients."""
        return ClientUser(self)

    def acquire(self, key: str, create: Callable[[], C]) -> C:
        """The client of that key on the running loop, with one more user.

        Args:
            key: From :func:`settings_key`.
            create: Makes the client if there is none.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            self._forget_closed_loops()
            shared = self._shared.get((loop, key))
            if shared is None:
                shared = self._shared[loop, key] = _Shared(create())
            shared.users += 1
            return shared.client

    async def release(self, key: str) -> None:
        """One user less of the client of that key on the running loop."""
        place = (asyncio.get_running_loop(), key)
        with self._lock:
            shared = self._shared[place]
            shared.users -= 1
            if shared.users:
                return
            del self._shared[place]
        await self.close(shared.client)

    def _forget_closed_loops(self) -> None:
        # Nothing can be awaited on a closed loop any more, not even a client's close().
        for place in [p for p in self._shared if p[0].is_closed()]:
            del self._shared[place]


class ClientUser(Generic[C]):
    """What one connection holds of shared clients: at most one per loop and key."""

    def __init__(self, clients: SharedClients[C]) -> None:
        self._clients = clients
        self._held: dict[asyncio.AbstractEventLoop, tuple[str, C]] = {}

    def get(self, key: Callable[[], str], create: Callable[[], C]) -> C:
        """The client for the running loop.

        Args:
            key: Tells the key; called once per loop.
            create: Makes the client if no connection of this key has one.
        """
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None:
            for other in list(self._held):
                if other.is_closed():
                    self._held.pop(other, None)
            name = key()
            held = self._held[loop] = name, self._clients.acquire(name, create)
        return held[1]

    async def release(self) -> None:
        """Give back what is held for the running loop. To use it again is allowed."""
        held = self._held.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await self._clients.release(held[0])


__all__ = ["ClientUser", "SharedClients", "settings_key"]
