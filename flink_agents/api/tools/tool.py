"""Tools: functions that a model may ask to call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import PrivateAttr, SkipValidation, field_serializer

from flink_agents.api.resource import ResourceType, SerializableResource
from flink_agents.api.tools.arguments import ArgumentReader
from flink_agents.api.tools.docstring import doc_of
from flink_agents.api.tools.function_reference import (
    reference_of,
    resolve_reference,
    same_function,
)
from flink_agents.api.tools.function_schema import arguments_class
from flink_agents.api.tools.metadata import ToolMetadata, ToolType
from flink_agents.api.tools.signature import (
    ToolSignature,
    plain_callable,
    read_signature,
    tool_name,
)


class Tool(SerializableResource, ABC):
    """Base of all tools.

    Attributes:
        metadata: What a model is told about the tool.
    """

    metadata: ToolMetadata

    @classmethod
    def resource_type(cls) -> ResourceType:
        """``TOOL``."""
        return ResourceType.TOOL

    @classmethod
    @abstractmethod
    def tool_type(cls) -> ToolType:
        """The kind of this tool."""

    @property
    def name(self) -> str:
        """The name by which a model calls the tool."""
        return self.metadata.name

    @abstractmethod
    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the tool with arguments that fit its schema, and return its result."""

    @staticmethod
    def from_callable(func: Callable[..., Any]) -> FunctionTool:
        """Make a tool of a function; the same as ``FunctionTool(func)``."""
        return FunctionTool(func)


class FunctionTool(Tool):
    """A Python function as a tool.

    Its type hints become the schema of the arguments, its docstring (Google, NumPy or reST style)
    the descriptions. A parameter of type ``RunnerContext`` is left out of the schema; the runtime
    supplies it.

    Written as JSON, a tool refers to its function by module and name. Pickled with cloudpickle it
    travels with its function, if that is local or of ``__main__``.

    Args:
        func: The function, sync or async: also a static method, a bound method or a
            ``functools.partial``.
        metadata: What a model is told; its schema is not taken over. Default: read from the
            function.

    Raises:
        TypeError: If a model could not call it; names the parameter and what to do.
    """

    func: SkipValidation[Callable[..., Any]]
    _signature: ToolSignature = PrivateAttr()
    _arguments: ArgumentReader = PrivateAttr()

    def __init__(self, func: Callable[..., Any] | None = None, /, **data: Any) -> None:
        given = data.pop("func", func)
        if isinstance(given, Mapping):
            given = resolve_reference(cast("Mapping[str, Any]", given))
        function = plain_callable(given)
        told = data.pop("metadata", None)
        hints = data.pop("hints", None)
        if isinstance(told, ToolMetadata):
            told = {"name": told.name, "description": told.description}
        doc = doc_of(function)
        name = told["name"] if told else tool_name(function)
        signature = read_signature(name, function, hints)
        schema = arguments_class(name, signature.parameters, doc.parameters)
        description = told.get("description", "") if told else doc.description
        fields: dict[str, Any] = {
            **data,
            "func": function,
            "metadata": ToolMetadata(name=name, description=description, args_schema=schema),
        }
        super().__init__(**fields)
        self._signature = signature
        self._arguments = ArgumentReader(name, signature.parameters, schema)

    @classmethod
    def tool_type(cls) -> ToolType:
        """``FUNCTION``."""
        return ToolType.FUNCTION

    @property
    def context_parameter(self) -> str | None:
        """Name of the parameter that takes the ``RunnerContext``, or None."""
        return self._signature.context_parameter

    @property
    def is_async(self) -> bool:
        """Whether the function is an ``async def``, so that :meth:`call` returns a coroutine.

        A plain function may return one too, which only its result shows.
        """
        return self._signature.is_async

    def bind_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check the arguments that a model gave, and convert them to the types of the function.

        Args:
            arguments: JSON values by name. A null for a parameter that has a default and takes no
                None means the default.

        Returns:
            Arguments for :meth:`call`. Those that were not given and have a default in the
            function's own signature are left to it.

        Raises:
            ToolArgumentsError: If an argument is missing, unknown or of a wrong type.
        """
        return self._arguments.read(arguments)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function.

        Args:
            *args: Passed on.
            **kwargs: Passed on; those of positional-only parameters by position.

        Returns:
            What the function returns; of an async function its coroutine.
        """
        leading: list[Any] = []
        for parameter in self._signature.positional_only[len(args) :]:
            if not any(p.name in kwargs for p in self._signature.positional_only):
                break
            leading.append(kwargs.pop(parameter.name, parameter.default))
        return self.func(*args, *leading, **kwargs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FunctionTool):
            return NotImplemented
        return self.name == other.name and same_function(self.func, other.func)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        # The argument class was made at run time, so it is made again instead of being pickled.
        told = {"name": self.metadata.name, "description": self.metadata.description}
        return _function_tool, (self.func, told, self._signature.hints)

    @field_serializer("func")
    def _store_func(self, func: Callable[..., Any]) -> dict[str, str]:
        return reference_of(func)


def _function_tool(
    func: Callable[..., Any], told: dict[str, str], hints: dict[str, Any]
) -> FunctionTool:
    return FunctionTool(func, metadata=told, hints=hints)


__all__ = ["FunctionTool", "Tool", "ToolMetadata", "ToolType"]
