"""JSON schemas as they are sent to models."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError


class PlainJsonSchema(GenerateJsonSchema):
    """Generates a schema without what says nothing to a model.

    Left out are titles made from field names, and defaults that JSON has no form for, such as a
    sentinel object or infinity.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: the title would be the name once more."""
        return False

    def encode_default(self, dft: Any) -> Any:
        """The default as a JSON value.

        Raises:
            PydanticSerializationError: If there is none; the default is then left out.
        """
        encoded = super().encode_default(dft)
        try:
            json.dumps(encoded, allow_nan=False)
        except ValueError as error:
            raise PydanticSerializationError(str(error)) from error
        return encoded

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Not for a default that is left out on purpose."""
        if kind != "non-serializable-default":
            super().emit_warning(kind, detail)
