"""Java chat models as Python holds them: opened in the companion JVM, again after its death.

There is one companion per Python process. It starts with the first call and stops when the last
model is closed, or with the process.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from flink_agents.api.blocking import run_in_thread
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.tools.tool import Tool
from flink_agents.bridge import wire
from flink_agents.bridge.java_calls import Answer, JavaCalls
from flink_agents.bridge.java_process import JavaProcess
from flink_agents.bridge.wire_errors import error_from_wire, secrets_of
from flink_agents.exceptions import ModelError, ModelTimeoutError, ModelUnavailableError


class JavaModel:
    """A Java connection or setup.

    Args:
        kind: ``connection`` or ``setup``.
        clazz: Full name of the Java class.
        arguments: Of the class, JSON values.
        timeout: Seconds that a call may take in all.
    """

    def __init__(self, kind: str, clazz: str, arguments: Mapping[str, Any], timeout: float) -> None:
        self.request = {"op": "open", "type": kind, "class": clazz, "arguments": dict(arguments)}
        self._clazz = clazz
        self._timeout = timeout
        self._secrets = secrets_of(arguments)

    async def describe(self) -> dict[str, Any]:
        """What Java tells of it: ``parameters``, or ``native_structured_output``."""
        companion = await _ausable(self)
        # Others may wait for the same: a task that is cancelled must not take it away from them.
        return self._value(await asyncio.shield(asyncio.wrap_future(companion.opened(self))))

    def describe_blocking(self) -> dict[str, Any]:
        """As :meth:`describe`, for code that is not async."""
        return self._value(_usable(self).opened(self).result())

    async def achat(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
    ) -> ChatMessage:
        """Ask the model. When the task is cancelled, the Java call is too."""
        companion = await _ausable(self)
        request = self._chat(companion, messages, tools, arguments)
        try:
            answer = await companion.calls.acall(request, self._timeout)
        except asyncio.TimeoutError:
            raise self._late() from None
        return wire.message_from_wire(self._value(answer))

    def chat(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
    ) -> ChatMessage:
        """As :meth:`achat`, for code that is not async."""
        companion = _usable(self)
        number, future = companion.calls.call(self._chat(companion, messages, tools, arguments))
        try:
            return wire.message_from_wire(self._value(future.result(self._timeout)))
        except FutureTimeoutError:
            raise self._late() from None
        finally:
            companion.calls.cancel(number)  # does nothing if there was an answer

    def close(self) -> None:
        """Close it in Java; the last one stops the companion."""
        _forget(self)

    def _chat(
        self,
        companion: _Companion,
        messages: Sequence[ChatMessage],
        tools: Sequence[Tool],
        arguments: Mapping[str, Any],
    ) -> dict[str, Any]:
        return {
            "op": "chat",
            "resource": companion.number(self),
            "messages": [wire.message_to_wire(message) for message in messages],
            "tools": [wire.tool_to_wire(tool) for tool in tools],
            "arguments": {n: v for n, v in arguments.items() if v is not None},
        }

    def _value(self, answer: Answer) -> dict[str, Any]:
        if answer["ok"]:
            return answer["value"]
        raise self._named(error_from_wire(answer["error"], self._secrets))

    def _named(self, error: ModelError) -> ModelError:
        named = type(error)(f"Java chat model {self._clazz}: {error}")
        vars(named).update(vars(error))  # the notes
        return named

    def _late(self) -> ModelTimeoutError:
        return ModelTimeoutError(
            f"Java chat model {self._clazz}: no answer within {self._timeout:g} s. Raise "
            "bridge_timeout of the connection, or set a time-out of the Java class below it."
        )


class _Companion:
    """A companion JVM and the models that are open in it."""

    def __init__(self) -> None:
        process = JavaProcess()
        try:
            self.calls = JavaCalls(process)
        except BaseException:
            process.stop(kill=True)
            raise
        self._numbers = itertools.count(1)
        self._models: dict[JavaModel, tuple[int, Future[Answer]]] = {}
        self._lock = threading.Lock()

    def open(self, model: JavaModel) -> None:
        """Open a model unless it is open. What is asked of it meanwhile waits in Java."""
        if model in self._models:
            return
        with self._lock:
            if model not in self._models:
                number = next(self._numbers)
                opened = self.calls.call({**model.request, "resource": number})[1]
                self._models[model] = number, opened

    def close(self, model: JavaModel) -> bool:
        """Close a model; whether none is left."""
        with self._lock:
            if (found := self._models.pop(model, None)) is not None:
                with contextlib.suppress(ModelUnavailableError):  # what is dead is closed
                    self.calls.call({"op": "close", "resource": found[0]})
            return not self._models

    def number(self, model: JavaModel) -> int:
        """By which Java knows the model."""
        return self._models[model][0]

    def opened(self, model: JavaModel) -> Future[Answer]:
        """What Java told when it opened the model."""
        return self._models[model][1]


_lock = threading.Lock()
_companion: _Companion | None = None


def _running(model: JavaModel) -> _Companion | None:
    companion = _companion
    if companion is None or not companion.calls.is_usable:
        return None
    companion.open(model)
    return companion


def _usable(model: JavaModel) -> _Companion:
    """The companion with that model open in it; started if there is none that runs."""
    global _companion
    with _lock:
        companion = _running(model)
        if companion is None:
            if _companion is not None:
                _companion.calls.stop()
            companion = _companion = _Companion()
            companion.open(model)
        return companion


async def _ausable(model: JavaModel) -> _Companion:
    return _running(model) or await run_in_thread(_usable, model)


def _forget(model: JavaModel) -> None:
    global _companion
    with _lock:
        if _companion is not None and _companion.close(model):
            _companion.calls.stop()
            _companion = None


def running_process() -> int | None:
    """Process id of the companion JVM, or None if none runs."""
    companion = _companion
    return companion.calls.process.pid if companion and companion.calls.is_usable else None


def stop() -> None:
    """Stop the companion JVM of this process; the next call starts another one."""
    global _companion
    with _lock:
        if _companion is not None:
            _companion.calls.stop()
            _companion = None


def _after_fork() -> None:
    # The threads that serve the companion are not in the child, and it is not the child's.
    global _companion, _lock
    _lock = threading.Lock()
    if _companion is not None:
        _companion.calls.forget()
        _companion = None


atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["JavaModel", "running_process", "stop"]
