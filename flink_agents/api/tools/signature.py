"""How a tool's function is called: its parameters, its name, and what the runtime supplies."""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

_CONTEXT_NAME = "RunnerContext"
_CONTEXT_TEXT = re.compile(
    rf"""['"]?(?:(?:typing\.)?Optional\[)?(?:[\w.]+\.)?{_CONTEXT_NAME}\]?(?:\s*\|\s*None)?['"]?"""
)


@dataclass(frozen=True)
class ToolSignature:
    """How a function is called.

    Attributes:
        parameters: What a model gives, in order, with resolved annotations; ``Any`` where the
            function has none.
        context_parameter: Name of the parameter that the runtime fills, or None.
        positional_only: All parameters that cannot be given by name, in order.
        is_async: Whether it is an ``async def``. That a plain function returns a coroutine is seen
            only when it is called.
        hints: Those annotations that are written as text, resolved. A function that was pickled
            by value cannot resolve them any more, for lack of its module.
    """

    parameters: tuple[inspect.Parameter, ...]
    context_parameter: str | None
    positional_only: tuple[inspect.Parameter, ...]
    is_async: bool
    hints: dict[str, Any]


def plain_callable(func: Any) -> Callable[..., Any]:
    """The callable behind a ``staticmethod`` object; everything else as it is.

    Raises:
        TypeError: If it cannot be called, or only with a class or instance that nobody has.
    """
    if isinstance(func, staticmethod):
        return cast("staticmethod[..., Any]", func).__func__
    if isinstance(func, classmethod):
        raise TypeError(
            f"{cast('Any', func).__func__.__qualname__} is a classmethod without its class. Make "
            "it a @staticmethod."
        )
    if not callable(func):
        raise TypeError(f"A tool is made of a function, not of {type(func).__name__}.")
    return cast("Callable[..., Any]", func)


def tool_name(func: Callable[..., Any]) -> str:
    """The name by which a model calls the function.

    Raises:
        TypeError: If it has none, as a lambda.
    """
    named: Any = func
    while isinstance(named, functools.partial):
        partial = cast("functools.partial[Any]", named)
        if hasattr(partial, "__name__"):
            break
        named = partial.func
    name: str = getattr(cast("Any", named), "__name__", "<nameless>")
    if name.startswith("<"):
        raise TypeError(
            f"A tool needs a name that a model can call, and {func!r} has none. Define the "
            "function with def."
        )
    return name


def read_signature(
    name: str, func: Callable[..., Any], hints: Mapping[str, Any] | None = None
) -> ToolSignature:
    """How the function of the tool ``name`` is called.

    Args:
        name: Name of the tool, for errors.
        func: The function; what a ``functools.partial`` has bound is not a parameter any more.
        hints: Annotations that are known already, by parameter.

    Raises:
        TypeError: If a model could not call it: ``*args`` or ``**kwargs``, a method without its
            instance, a generator, or a type that cannot be resolved.
    """
    code = _function(func)
    try:
        signature = inspect.signature(func)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Tool {name!r}: {func!r} does not tell its parameters. Wrap it into a function with "
            "type hints."
        ) from error
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(f"Tool {name!r} is a generator. Return a list instead of yielding.")
    keywords: Mapping[str, Any] = getattr(func, "keywords", {})
    bound = set(keywords) if isinstance(func, functools.partial) else set[str]()
    parameters: list[inspect.Parameter] = []
    resolved_hints: dict[str, Any] = dict(hints or {})
    context_parameter: str | None = None
    for index, parameter in enumerate(signature.parameters.values()):
        if parameter.name in bound:
            continue
        _refuse_unnamed(name, parameter, is_first=index == 0)
        if _is_context(parameter.annotation):
            resolved: Any = None
        elif parameter.name in resolved_hints:
            resolved = resolved_hints[parameter.name]
        else:
            resolved = _resolve(name, parameter, code)
            if resolved != parameter.annotation and parameter.annotation is not parameter.empty:
                resolved_hints[parameter.name] = resolved
        if resolved is None or _is_context(resolved):
            if context_parameter is not None:
                raise TypeError(
                    f"Tool {name!r} has two parameters of type {_CONTEXT_NAME}, "
                    f"{context_parameter!r} and {parameter.name!r}. Keep one."
                )
            context_parameter = parameter.name
        else:
            parameters.append(parameter.replace(annotation=resolved))
    return ToolSignature(
        parameters=tuple(parameters),
        context_parameter=context_parameter,
        positional_only=tuple(
            p for p in signature.parameters.values() if p.kind is p.POSITIONAL_ONLY
        ),
        is_async=_is_async(func),
        hints=resolved_hints,
    )


def _function(func: Callable[..., Any]) -> Any:
    """The function at the bottom of partials, bound methods, wrappers and callable objects."""
    found: Any = func
    while True:
        if isinstance(found, functools.partial):
            found = cast("functools.partial[Any]", found).func
        elif isinstance(found, types.MethodType):
            found = found.__func__
        elif hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        elif not hasattr(found, "__code__") and hasattr(type(found).__call__, "__code__"):
            found = type(found).__call__
        else:
            return found


def _is_async(func: Any) -> bool:
    # Not of what it wraps: a wrapper decides itself whether it awaits.
    if inspect.iscoroutinefunction(func):
        return True
    # The function behind an object that can be called.
    return inspect.iscoroutinefunction(type(func).__call__)


def _refuse_unnamed(tool: str, parameter: inspect.Parameter, *, is_first: bool) -> None:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise TypeError(
            f"Tool {tool!r} takes {parameter}, of which a model cannot know what to pass. Name "
            "the parameters one by one."
        )
    if is_first and parameter.name in ("self", "cls") and parameter.annotation is parameter.empty:
        raise TypeError(
            f"Tool {tool!r} is a method, and nobody passes {parameter.name!r} when it is called. "
            "Make it a @staticmethod, or give the bound method of an instance."
        )


def _is_context(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return _CONTEXT_TEXT.fullmatch(annotation.strip()) is not None
    if typing.get_origin(annotation) is Annotated:
        return _is_context(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return any(_is_context(part) for part in typing.get_args(annotation))
    if isinstance(annotation, typing.ForwardRef):
        return _is_context(annotation.__forward_arg__)
    # By name: the context's own module must not be imported for every tool.
    return isinstance(annotation, type) and any(
        base.__name__ == _CONTEXT_NAME and base.__module__.startswith("flink_agents.")
        for base in annotation.__mro__
    )


def _resolve(tool: str, parameter: inspect.Parameter, function: Any) -> Any:
    if parameter.annotation is parameter.empty:
        return Any
    holder: Any = types.SimpleNamespace(__annotations__={"it": parameter.annotation})
    module_names: dict[str, Any] = getattr(function, "__globals__", {})
    try:
        return typing.get_type_hints(
            holder, module_names, _enclosing_names(function), include_extras=True
        )["it"]
    except Exception as error:
        raise TypeError(
            f"Tool {tool!r}, parameter {parameter.name!r}: the type {parameter.annotation!r} "
            f"cannot be resolved ({error}). Define or import it at the top level of the module, "
            "and not only for TYPE_CHECKING."
        ) from error


def _enclosing_names(function: Any) -> dict[str, Any]:
    """Names of the scopes around a local function, as far as its body uses them too."""
    try:
        return dict(inspect.getclosurevars(function).nonlocals)
    except TypeError:
        return {}
