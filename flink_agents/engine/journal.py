"""Which finished calls answer the calls of a replayed action."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flink_agents.engine.codec import Codec
from flink_agents.engine.state import JournalEntry
from flink_agents.exceptions import ReplayMismatchError


def call_name(func: Callable[..., Any]) -> str:
    """The name of a function in a journal: module and qualified name."""
    while isinstance(func, partial):
        func = func.func
    owner = getattr(func, "__func__", func)
    name = getattr(owner, "__qualname__", None) or type(owner).__qualname__
    return f"{getattr(owner, '__module__', '')}.{name}"


def call_digest(
    codec: Codec, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> str:
    """Identity of a call: a digest of the function's name and arguments.

    Raises:
        NotStorableError: If an argument is of a type that has no stable text form.
    """
    while isinstance(func, partial):
        func, args, kwargs = func.func, [*func.args, *args], {**func.keywords, **kwargs}
    text = codec.dumps([call_name(func), list(args), sorted(kwargs.items())])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class TaskJournal:
    """The journal of a task as one attempt sees it.

    A call is known by its function and arguments and, of several alike, by its number in the
    attempt: so calls that were made side by side may finish in another order on replay, and each
    gets its own result back. What an earlier attempt has finished answers whoever asks first.

    What comes from the durable journal answers in the same way, in the attempt that made it. It
    was made after the checkpoint that the key was restored from, so nothing in state depends on it
    and a call that is not made again is no error: see :meth:`unused`.

    Args:
        action: Name of the action, for errors.
        entries: Calls finished so far.
        attempt: The attempt that runs now.
    """

    def __init__(self, action: str, entries: Sequence[JournalEntry], attempt: int) -> None:
        self._action = action
        self._made: dict[str, JournalEntry] = {}
        self._earlier: dict[str, deque[JournalEntry]] = defaultdict(deque)
        self._later: list[str] = []
        for entry in entries:
            if entry.attempt == attempt:
                self._made[entry.digest] = entry
            elif entry.attempt > attempt:
                self._later.append(entry.call)
            else:
                self._earlier[entry.digest.partition("#")[0]].append(entry)
        self._claims: dict[str, int] = defaultdict(int)
        self._new: list[str] = []

    def claim(self, name: str, digest: str) -> tuple[str, JournalEntry | None]:
        """Ask for the result of a call that is about to be made.

        Args:
            name: Name of the function.
            digest: Identity of the call, as :func:`call_digest` gives it.

        Returns:
            The digest to keep the call under, and the finished call that answers it, or None if
            it has to be made.
        """
        number = self._claims[digest]
        self._claims[digest] += 1
        own = f"{digest}#{number}" if number else digest
        if found := self._made.pop(own, None):
            return own, found
        if earlier := self._earlier.get(digest):
            return own, earlier.popleft()
        self._new.append(name)
        return own, None

    def check_sequential(self, name: str) -> None:
        """Check a call that is about to be made by an action that makes one call at a time.

        Raises:
            ReplayMismatchError: If another call was made in its place before the crash.
        """
        if left := self._left():
            raise self._mismatch(left, [name])

    def check_complete(self) -> None:
        """Check, at the end of an attempt, that each finished call has answered.

        Raises:
            ReplayMismatchError: If the attempt made other calls than before the crash.
        """
        if left := self._left():
            raise self._mismatch(left, self._new)

    def unused(self) -> list[str]:
        """Names of the calls of the durable journal that this attempt, now over, did not make."""
        return [entry.call for entry in self._made.values() if entry.recalled] + self._later

    def _left(self) -> list[str]:
        # Calls of an earlier attempt need not be made again: it failed, this one may go another
        # way.
        return [entry.call for entry in self._made.values() if not entry.recalled]

    def _mismatch(self, before: Sequence[str], now: Sequence[str]) -> ReplayMismatchError:
        return ReplayMismatchError(
            f"Action {self._action!r} called {', '.join(before)} before the crash, but on replay "
            f"{', '.join(now) or 'nothing'} in its place (other function or other arguments). "
            "An action must make the same calls when it is replayed: take time, randomness and "
            "outside data from durable_execute."
        )
