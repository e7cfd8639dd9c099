"""The arguments of a function as a pydantic class."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from flink_agents.api.json_schema import PlainJsonSchema
from flink_agents.api.tools.field_names import field_names


class FunctionArguments(BaseModel):
    """Base of the argument classes that are made from functions."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )


def arguments_class(
    name: str, parameters: Sequence[inspect.Parameter], descriptions: dict[str, str]
) -> type[FunctionArguments]:
    """A pydantic class with one field for each parameter.

    A parameter whose name pydantic does not take for a field (``_x``, ``schema``) becomes a field
    of another name with the parameter's name as its alias.

    Args:
        name: Name of the class and the tool.
        parameters: The parameters, with resolved annotations.
        descriptions: Descriptions by parameter name. One that the annotation carries wins.

    Raises:
        TypeError: If a parameter has a type that a model cannot give; names the parameter.
    """
    names = field_names([parameter.name for parameter in parameters])
    fields = {
        names[parameter.name]: _field(
            parameter, names[parameter.name], descriptions.get(parameter.name)
        )
        for parameter in parameters
    }
    try:
        made = create_model(name, __base__=FunctionArguments, **fields)
        made.model_json_schema(schema_generator=PlainJsonSchema)
    except Exception:
        for parameter in parameters:
            field_name = names[parameter.name]
            _check(name, parameter, {field_name: fields[field_name]})
        raise
    return made


def _field(parameter: inspect.Parameter, field_name: str, description: str | None) -> Any:
    annotation = _described(parameter, description)
    if field_name != parameter.name:
        annotation = Annotated[annotation, Field(alias=parameter.name)]
    # An annotation may carry a default itself, so that no default must not be told as "required".
    return annotation if parameter.default is parameter.empty else (annotation, parameter.default)


def _described(parameter: inspect.Parameter, description: str | None) -> Any:
    annotation = parameter.annotation
    metadata: list[Any] = [parameter.default]
    if typing.get_origin(annotation) is Annotated:
        metadata += typing.get_args(annotation)[1:]
    if any(isinstance(m, FieldInfo) and m.description for m in metadata):
        return annotation
    # Annotated[str, "the city"] is a common way to describe a parameter.
    texts = [m for m in metadata[1:] if isinstance(m, str)]
    told = texts[0] if texts else description
    return Annotated[annotation, Field(description=told)] if told else annotation


def _check(tool: str, parameter: inspect.Parameter, field: dict[str, Any]) -> None:
    try:
        made = create_model(tool, __base__=FunctionArguments, **field)
        made.model_json_schema(schema_generator=PlainJsonSchema)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise TypeError(
            f"Tool {tool!r}, parameter {parameter.name!r}: a model cannot give a value of type "
            f"{parameter.annotation!r} ({reason}). Use types that JSON can carry: numbers, texts, "
            "lists, dicts, enums, dataclasses or pydantic models."
        ) from error
