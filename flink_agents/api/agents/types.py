"""What an answer of a model shall look like."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from flink_agents.api.agents import row_schema
from flink_agents.api.agents.answer_text import NoJsonError, json_candidates
from flink_agents.api.json_schema import PlainJsonSchema
from flink_agents.api.schema_errors import explain, shortened
from flink_agents.exceptions import ModelOutputError

#: How much of a refused answer an error shows.
_SHOWN_CHARS = 200


class OutputSchema(BaseModel):
    """A pydantic class or a Flink row type that an answer is parsed into.

    Written as JSON it is ``{"module": ..., "class": ...}``, or ``{"row": [[name, type], ...]}``.
    On loading, a class is imported again. For classes that are not importable (of ``__main__``,
    or local ones) pass them to the validation: ``OutputSchema.model_validate(data,
    context={"classes": {"__main__.Answer": Answer}})``.

    Args:
        output_schema: A subclass of ``pydantic.BaseModel`` or a ``RowTypeInfo``. The fields of a
            row may not be null; take a pydantic class with optional fields for that.

    Raises:
        pydantic.ValidationError: If it is neither, or the row has a field of a type that cannot
            be written as JSON.
    """

    model_config = ConfigDict(frozen=True)

    output_schema: Any
    _row: Any = PrivateAttr(default=None)
    _adapter: TypeAdapter[Any] | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _load(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, Mapping) and "output_schema" not in data:
            stored = cast("Mapping[str, Any]", data)
            if "row" in stored:
                return {"output_schema": row_schema.to_type_info({"ROW": stored["row"]})}
            if "module" in stored and "class" in stored:
                context: Mapping[str, Any] = cast("Any", info.context) or {}
                known = context.get("classes", {})
                return {"output_schema": _find_class(stored["module"], stored["class"], known)}
        return cast("Any", data)

    @field_validator("output_schema")
    @classmethod
    def _check(cls, value: Any) -> Any:
        if isinstance(value, type) and issubclass(cast("type[Any]", value), BaseModel):
            return cast("Any", value)
        if not row_schema.is_row_type_info(cast("Any", value)):
            raise ValueError(
                f"an output schema is a pydantic BaseModel class or a Flink RowTypeInfo, not "
                f"{shortened(cast('Any', value), 60)}"
            )
        try:
            row_schema.describe(value)
        except TypeError as error:
            raise ValueError(str(error)) from error
        return cast("Any", value)

    @model_serializer
    def _store(self) -> dict[str, Any]:
        if self._is_row:
            return {"row": self._described()["ROW"]}
        return {"module": self.output_schema.__module__, "class": self.output_schema.__qualname__}

    @property
    def name(self) -> str:
        """Name of the schema for errors and for services that ask for one."""
        return "Row" if self._is_row else self.output_schema.__name__

    def json_schema(self) -> dict[str, Any]:
        """The JSON schema of the answer.

        Returns:
            A new dict. That of a row lists all fields as required and allows no others.
        """
        return self._validator().json_schema(schema_generator=PlainJsonSchema)

    def parse(self, text: str) -> Any:
        """Read an answer, which may be fenced by backticks or have text around it.

        Args:
            text: The answer, with one JSON value of this schema in it.

        Returns:
            An instance of the pydantic class, or a PyFlink ``Row`` with field names.

        Raises:
            ModelOutputError: If there is no such value in the text, or more than one.
        """
        try:
            candidates = json_candidates(text)
        except NoJsonError as error:
            raise self._refusal(str(error), text) from error
        found: list[Any] = []
        problem: ValidationError | None = None
        for candidate in candidates:
            try:
                value = self._validator().validate_json(candidate)
            except ValidationError as error:
                problem = problem or error
            else:
                if value not in found:
                    found.append(value)
        if not found:
            assert problem is not None
            raise self._refusal(explain(problem), text) from problem
        if len(found) > 1:
            raise self._refusal(f"it holds {len(found)} different such values", text)
        return row_schema.to_flink(self._described(), found[0]) if self._is_row else found[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OutputSchema):
            return NotImplemented
        if self._is_row and other._is_row:
            # RowTypeInfo itself compares types but not names.
            return bool(self._described() == other._described())
        return self.output_schema is other.output_schema

    def __hash__(self) -> int:
        return hash(repr(self._described()) if self._is_row else self.output_schema)

    def __repr__(self) -> str:
        return f"OutputSchema({self.output_schema!r})"

    def __copy__(self) -> OutputSchema:
        return self

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> OutputSchema:
        return self

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        # A RowTypeInfo may hold a reference into the JVM, and validators are rebuilt anyway.
        if self._is_row:
            return _of_row, (self._described(),)
        return _of_class, (self.output_schema,)

    @property
    def _is_row(self) -> bool:
        return not isinstance(self.output_schema, type)

    def _described(self) -> Any:
        if self._row is None:
            self._row = row_schema.describe(self.output_schema)
        return self._row

    def _validator(self) -> TypeAdapter[Any]:
        if self._adapter is None:
            wanted = self.output_schema
            if self._is_row:
                wanted = row_schema.to_annotation(self._described())
            self._adapter = TypeAdapter(wanted)
        return self._adapter

    def _refusal(self, problem: str, text: str) -> ModelOutputError:
        return ModelOutputError(
            f"The answer is not of the schema {self.name}: {problem}. Answer with one JSON object "
            f"of that schema and nothing else. The answer was {shortened(text, _SHOWN_CHARS)}"
        )


def _of_row(described: Any) -> OutputSchema:
    return OutputSchema(output_schema=row_schema.to_type_info(described))


def _of_class(output_schema: type[BaseModel]) -> OutputSchema:
    return OutputSchema(output_schema=output_schema)


def _find_class(module: str, qualname: str, known: Mapping[str, Any]) -> Any:
    path = f"{module}.{qualname}"
    if path in known:
        return known[path]
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"the output schema {path} cannot be imported ({error}); define it at the top level "
            "of a module that is on the Python path of the workers"
        ) from error
    return found
