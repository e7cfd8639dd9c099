"""Finds the classes of values that a worker cannot import by name.

A class that is defined in the job's own script lives in ``__main__``, which is another module on
a worker; a class that is defined in a function has no importable name at all. State names such a
class by its dotted name, and the plan carries the class under that name.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any, cast, get_args

from pydantic import BaseModel

from flink_agents.api.resource import ResourceDescriptor
from flink_agents.plan.agent_plan import AgentPlan


def type_name(cls: type) -> str:
    """The name of a class in state: ``module:qualified.name``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def is_data_type(cls: type) -> bool:
    """Whether values of the class can be kept in state by their fields."""
    anything: Any = cls  # keeps the checks below from narrowing it to unknown types
    return (
        issubclass(cls, (BaseModel, Enum))
        or dataclasses.is_dataclass(anything)
        or (issubclass(cls, tuple) and hasattr(anything, "_fields"))
    )


def collect_data_types(plan: AgentPlan) -> dict[str, type]:
    """The classes that actions, tools and resources refer to and that cannot be imported."""
    collector = _Collector()
    for action in plan.actions:
        if not action.concurrent:
            collector.visit(action.func)
            for trigger in action.triggers:
                collector.visit(trigger)
            for value in action.config.values():
                collector.visit(value)
    for resource in plan.resources.values():
        if isinstance(resource, ResourceDescriptor):
            collector.visit(resource.resolve_class())
        else:
            collector.visit(getattr(resource, "func", None))
    return collector.found


def _travels_by_value(obj: Any) -> bool:
    return getattr(obj, "__module__", None) == "__main__" or "<locals>" in getattr(
        obj, "__qualname__", ""
    )


class _Collector:
    def __init__(self) -> None:
        self.found: dict[str, type] = {}
        self._seen: dict[int, Any] = {}  # holds the objects, so that no id is used twice

    def visit(self, obj: Any) -> None:
        if isinstance(obj, types.MethodType):
            obj = obj.__func__
        if id(obj) in self._seen:
            return
        self._seen[id(obj)] = obj
        for child in self._children(obj):
            self.visit(child)

    def _children(self, obj: Any) -> Iterator[Any]:
        if isinstance(obj, type):
            if not _travels_by_value(obj):
                return
            if is_data_type(obj):
                self.found[type_name(obj)] = obj
            yield from obj.__mro__[1:]
            yield from vars(obj).values()
            for annotation in _annotations(obj):
                yield from _classes_in(annotation)
        elif isinstance(obj, types.FunctionType):
            yield from self._in_function(obj)
        elif isinstance(obj, property):
            yield obj.fget
        elif isinstance(obj, (staticmethod, classmethod)):
            yield cast("staticmethod[..., Any]", obj).__func__
        elif isinstance(obj, (list, tuple, set)):
            yield from cast("Iterable[Any]", obj)

    def _in_function(self, func: types.FunctionType) -> Iterator[Any]:
        for annotation in _annotations(func):
            yield from _classes_in(annotation)
        if not _travels_by_value(func):
            # A function that is imported on the worker brings its own module along, but what it
            # closes over may still come from the script.
            yield from _cells(func)
            return
        yield from _cells(func)
        for name in _names(func.__code__):
            value = func.__globals__.get(name)
            if isinstance(value, (type, types.FunctionType)):
                yield value


def _cells(func: Callable[..., Any]) -> Iterator[Any]:
    for cell in getattr(func, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _annotations(obj: Any) -> Iterator[Any]:
    """The annotations of a class or function; of those in quotes, the classes they name."""
    raw: dict[str, Any] = dict(getattr(obj, "__annotations__", {}))
    module = sys.modules.get(getattr(obj, "__module__", None) or "")
    scope = {**vars(module), **_named_cells(obj)} if module is not None else _named_cells(obj)
    if isinstance(obj, type) and issubclass(obj, BaseModel):
        raw = {name: field.annotation for name, field in obj.model_fields.items()}
    for annotation in raw.values():
        if isinstance(annotation, str):
            yield from (scope.get(name) for name in re.findall(r"\w+", annotation))
        else:
            yield annotation


def _named_cells(obj: Any) -> dict[str, Any]:
    code = getattr(obj, "__code__", None)
    names: tuple[str, ...] = code.co_freevars if code is not None else ()
    return dict(zip(names, _cells(obj), strict=False))


def _classes_in(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes_in(argument)
