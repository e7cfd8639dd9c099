"""What our Java operators for thread mode call, once per element or timer.

Flink opens the function, which offers its methods here; then the operator, in the same interpreter,
makes a call of them that takes and gives what Java has: keys, elements and outputs as PyFlink's
converters exchange them. The operator of an agent also gives the function, before it opens it, what
makes its changes of state and timers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyflink.datastream import OutputTag, TimeDomain, TimerService
from pyflink.fn_execution import flink_fn_execution_pb2

from flink_agents.runtime.flink.deferred_writes import DeferredWrites

# The values that a thread has here are those of one interpreter, and an operator has its own.
_interpreter = threading.local()


def expect(j_writes: Any) -> None:
    """Say what makes the changes of the function that is opened next. The operator calls it."""
    _interpreter.expected = DeferredWrites(j_writes)


def take_expected() -> DeferredWrites | None:
    """What makes the changes of the function that is being opened; None if PyFlink runs it."""
    expected = getattr(_interpreter, "expected", None)
    _interpreter.expected = None
    return expected


def offer(*offered: Any) -> None:
    """Give the operator what it is to call. Use it in the function's ``open``, in thread mode.

    Args:
        *offered: The function that gives the key of an element; or those that take elements and
            timers, and the changes that they note.
    """
    _interpreter.offered = offered


class DirectContext:
    """The context of an element or a timer, as far as an agent needs one."""

    __slots__ = ("_timers", "domain", "key", "time")

    def __init__(self, timers: TimerService) -> None:
        self._timers = timers
        self.key: Any = None
        self.time: int | None = None
        self.domain = TimeDomain.PROCESSING_TIME

    def get_current_key(self) -> Any:
        return self.key

    def timestamp(self) -> int | None:
        return self.time

    def timer_service(self) -> TimerService:
        return self._timers

    def time_domain(self) -> TimeDomain:
        return self.domain


class KeyCall:
    """Gives the keys of elements.

    Args:
        element_coder: PyFlink's description of the elements.
    """

    __slots__ = ("_select", "_to_element")

    def __init__(self, element_coder: bytes) -> None:
        (self._select,) = _take_offered()
        self._to_element = _to_python(_type_of(element_coder))

    def key_of(self, element: Any) -> str:
        """The key of an element."""
        to_element = self._to_element
        return self._select(element if to_element is None else to_element(element))


class ElementCall:
    """Gives elements and timers to the agent.

    Args:
        row_coder: PyFlink's description of the rows of key and element.
        output_coder: PyFlink's description of the outputs.
        j_context: The operator's context in Java.
        j_side_outputs: Takes side outputs; None if there are none.
    """

    __slots__ = (
        "_ctx",
        "_has_text_keys",
        "_on_timer",
        "_process_element",
        "_side_outputs",
        "_timers",
        "_to_element",
        "_to_java",
        "_to_key",
        "_writes",
    )

    def __init__(
        self, row_coder: bytes, output_coder: bytes, j_context: Any, j_side_outputs: Any
    ) -> None:
        from pyflink.fn_execution.datastream.embedded.side_output_context import SideOutputContext

        self._process_element, self._on_timer, self._writes = _take_offered()
        key, element = _type_of(row_coder).row_type_info.fields
        self._to_key = _to_python(key.field_type)
        self._has_text_keys = key.field_type.type_name == flink_fn_execution_pb2.TypeInfo.STRING
        self._to_element = _to_python(element.field_type)
        self._to_java = _to_java(_type_of(output_coder))
        self._side_outputs = None
        if j_side_outputs is not None:
            self._side_outputs = SideOutputContext(j_side_outputs)
        self._timers = self._writes.timers(j_context.timerService())
        self._ctx = DirectContext(self._timers)

    def take(
        self, key: Any, element: Any, timestamp: int, watermark: int
    ) -> tuple[Any, ...] | None:
        """Take an element.

        Returns:
            The changes to be made, or None, and the outputs; None in the place of all if there is
            nothing.
        """
        ctx, to_element = self._ctx, self._to_element
        ctx.time = timestamp
        self._begin(key, watermark)
        outputs = self._process_element(element if to_element is None else to_element(element), ctx)
        return self._results(outputs)

    def fire(
        self, key: Any, timestamp: int, is_processing_time: bool, watermark: int
    ) -> tuple[Any, ...] | None:
        """Take a timer; returns what :meth:`take` returns."""
        ctx = self._ctx
        ctx.domain = TimeDomain.PROCESSING_TIME if is_processing_time else TimeDomain.EVENT_TIME
        self._begin(key, watermark)
        return self._results(self._on_timer(timestamp, ctx))

    def _begin(self, key: Any, watermark: int) -> None:
        to_key = self._to_key
        self._ctx.key = key if to_key is None else to_key(key)
        self._timers.watermark = watermark
        self._writes.begin(key if self._has_text_keys else None)

    def _results(self, outputs: Iterable[Any]) -> tuple[Any, ...] | None:
        changes = self._writes.take()
        if not outputs:
            return None if changes is None else (changes,)
        if self._side_outputs is not None:
            outputs = _put_aside(outputs, self._side_outputs)
        if (to_java := self._to_java) is not None:
            outputs = map(to_java, outputs)
        return (changes, *outputs)


def _take_offered() -> tuple[Any, ...]:
    offered = _interpreter.offered
    # What an interpreter keeps lives until its end: the operator is to hold the only reference.
    del _interpreter.offered
    return offered


def _put_aside(outputs: Iterable[Any], side_outputs: Any) -> Iterator[Any]:
    """The outputs without those that have a tag, which go to the side."""
    for output in outputs:
        if isinstance(output, tuple) and output and isinstance(output[0], OutputTag):
            side_outputs.collect(output[0].tag_id, output[1])
        else:
            yield output


def _type_of(coder: bytes) -> Any:
    descriptor: Any = flink_fn_execution_pb2.CoderInfoDescriptor()
    descriptor.ParseFromString(coder)
    return descriptor.raw_type.type_info


def _to_python(type_info: Any) -> Callable[[Any], Any] | None:
    converter = _converter(type_info)
    return None if converter is None else converter.to_internal


def _to_java(type_info: Any) -> Callable[[Any], Any] | None:
    converter = _converter(type_info)
    return None if converter is None else converter.to_external


def _converter(type_info: Any) -> Any:
    """PyFlink's converter; None if it leaves values as they are."""
    from pyflink.fn_execution.embedded import converters

    converter = converters.from_type_info_proto(type_info)
    return None if isinstance(converter, converters.IdentityDataConverter) else converter
