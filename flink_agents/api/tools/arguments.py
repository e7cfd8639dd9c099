"""Reading the arguments that a model gave to a function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, to_json

from flink_agents.api.schema_errors import explain
from flink_agents.api.tools.field_names import field_names
from flink_agents.api.tools.function_schema import FunctionArguments
from flink_agents.exceptions import ToolArgumentsError


class ArgumentReader:
    """Checks and converts the arguments of one function.

    Args:
        tool: Name of the tool, for errors.
        parameters: The parameters that a model gives.
        schema: The class that was made of them.
    """

    def __init__(
        self,
        tool: str,
        parameters: Sequence[inspect.Parameter],
        schema: type[FunctionArguments],
    ) -> None:
        self._tool = tool
        self._schema = schema
        names = field_names([parameter.name for parameter in parameters])
        #: Parameter name, field name, whether the function itself has a default for it.
        self._parameters = [(p.name, names[p.name], _has_own_default(p)) for p in parameters]

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by parameter name, in the types of the function.

        Raises:
            ToolArgumentsError: If an argument is missing, unknown or of a wrong type.
        """
        if not isinstance(cast("Any", arguments), Mapping):
            raise self._refusal(f"they must be a JSON object, not {type(arguments).__name__}")
        try:
            read = self._validate(arguments)
        except ValidationError as error:
            rest = self._without_optional_nulls(arguments, error)
            if len(rest) == len(arguments):
                raise self._refusal(explain(error)) from error
            try:
                read = self._validate(rest)
            except ValidationError as second:
                raise self._refusal(explain(second)) from second
        return {
            parameter: getattr(read, field)
            for parameter, field, own_default in self._parameters
            if field in read.model_fields_set or not own_default
        }

    def _validate(self, arguments: Mapping[str, Any]) -> FunctionArguments:
        try:
            # As JSON, because that is what they were: a strict model then takes dates and enums.
            text = to_json(arguments, inf_nan_mode="constants")
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            raise self._refusal(f"they are not JSON: {str(error).splitlines()[0]}") from error
        return self._schema.model_validate_json(text)

    def _without_optional_nulls(
        self, arguments: Mapping[str, Any], error: ValidationError
    ) -> dict[str, Any]:
        """Some services make a model give every argument, and null for those it leaves out."""
        refused = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
        fields = self._schema.model_fields
        optional = {
            name
            for parameter, field, _ in self._parameters
            for name in (parameter, fields[field].alias)
            if not fields[field].is_required()
        }
        return {
            name: value
            for name, value in arguments.items()
            if not (value is None and name in refused and name in optional)
        }

    def _refusal(self, problem: str) -> ToolArgumentsError:
        takes = ", ".join(
            (field.alias or name) + ("" if field.is_required() else " (optional)")
            for name, field in self._schema.model_fields.items()
        )
        return ToolArgumentsError(
            f"The arguments of {self._tool!r} are wrong: {problem}. "
            f"It takes: {takes or 'no arguments'}."
        )


def _has_own_default(parameter: inspect.Parameter) -> bool:
    # pydantic's Field(...) as a default describes one instead of being it.
    return parameter.default is not parameter.empty and not isinstance(parameter.default, FieldInfo)
