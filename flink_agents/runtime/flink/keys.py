"""Keys of any storable type as texts: Flink partitions and stores them as strings."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pyflink.common import Row
from pyflink.datastream import ProcessFunction, RuntimeContext

from flink_agents.engine.codec import Codec
from flink_agents.exceptions import AgentsError
from flink_agents.runtime.flink import direct_calls

_TEXT = "="
#: Keys that are no texts to remember, some 20 MB; beyond that their texts are read anew.
_MAX_KNOWN = 100_000


class KeyText:
    """Turns keys into texts and back. A text key is only marked, so it stays readable."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._keys: dict[str, Hashable] = {}
        self._texts: dict[Hashable, str] = {}

    def to_text(self, key: Any) -> str:
        """The text of a key; equal keys of one type have equal texts."""
        return _TEXT + key if type(key) is str else self._codec.dumps(key)

    def from_text(self, text: str) -> Hashable:
        """The key of a text. One that cannot be hashed, such as a list, stays a text.

        Raises:
            AgentsError: If it equals a key of another type: they are one key for Python, and two
                for Flink.
        """
        if text.startswith(_TEXT):
            return text[1:]
        key = self._keys.get(text)
        return self._learn(text) if key is None else key

    def _learn(self, text: str) -> Hashable:
        key = hashable(self._codec.loads(text), text)
        if len(self._keys) >= _MAX_KNOWN:
            self._keys.clear()
            self._texts.clear()
        other = self._texts.setdefault(key, text)
        if other != text:
            raise AgentsError(
                f"The keys {other} and {text} are equal in Python, but Flink keeps them apart: the "
                "key selector returned them with different types. Convert its keys to one type, "
                "for example with str()."
            )
        self._keys[text] = key
        return key


def hashable(key: Any, instead: str) -> Hashable:
    """The key, or something else if it cannot be hashed."""
    try:
        hash(key)
    except TypeError:
        return instead
    return key


class TextKeySelector:
    """The user's key selector, as Flink needs it. Travels with the job.

    Args:
        select: The user's key selector.
        codec: Makes the codec; called on the worker.
    """

    def __init__(self, select: Callable[[Any], Any], codec: Callable[[], Codec]) -> None:
        self._select = select
        self._codec = codec
        self._keys: KeyText | None = None

    def __call__(self, element: Any) -> str:
        if self._keys is None:
            self._keys = KeyText(self._codec())
        try:
            return self._keys.to_text(self._select(element))
        except Exception as error:
            raise AgentsError(
                f"The key selector failed with {type(error).__name__}: {error} on the element "
                f"{str(element)[:200]!r}. Filter such elements out before the agent, or let the "
                "selector return a key for them."
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_keys": None}


class KeyFunction(ProcessFunction):
    """Puts the key before each element, in thread mode. Travels with the job.

    Args:
        select: Gives the key.
    """

    def __init__(self, select: Callable[[Any], str]) -> None:
        self._select = select

    def open(self, runtime_context: RuntimeContext) -> None:
        direct_calls.offer(self._select)

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Any:
        # Where PyFlink chains it behind another function.
        return (Row(self._select(value), value),)
