"""Values as JSON text and back, keeping their types.

JSON values stand for themselves. Any other type is an object with the tag ``"$"``:
``{"$": "tuple", "v": [1, 2]}``. Only the types named here, pydantic models, dataclasses, enums and
named tuples are taken; there is no pickle. The text is ASCII, so that odd Unicode survives every
store on the way.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel

from flink_agents.exceptions import NotStorableError, StateFormatError
from flink_agents.plan.data_types import is_data_type, type_name

TAG = "$"

#: JSON values as text. ``json.dumps`` would make a new encoder for each value.
to_text = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

Encoder = Callable[[Any], Any]
Decoder = Callable[[Any], Any]

#: Leaf types by class: tag, to JSON, from JSON.
_LEAVES: dict[type, tuple[str, Encoder, Decoder]] = {
    bytes: ("bytes", lambda v: base64.b64encode(v).decode(), base64.b64decode),
    bytearray: (
        "bytearray",
        lambda v: base64.b64encode(v).decode(),
        lambda v: bytearray(base64.b64decode(v)),
    ),
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
    time: ("time", time.isoformat, time.fromisoformat),
    timedelta: (
        "timedelta",
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda v: timedelta(*v),
    ),
    Decimal: ("decimal", str, Decimal),
    UUID: ("uuid", lambda v: v.hex, UUID),
    complex: ("complex", lambda v: [v.real, v.imag], lambda v: complex(*v)),
}
_SEQUENCES: dict[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset"}


class Codec:
    """Encodes and decodes the values of one agent.

    Args:
        data_types: Classes that cannot be imported by name, by their name in state.
    """

    def __init__(self, data_types: Mapping[str, type] | None = None) -> None:
        self._classes: dict[str, type] = dict(data_types or {})
        self._names: dict[type, str] = {cls: name for name, cls in self._classes.items()}
        self._leaves = dict(_LEAVES)
        self._decoders: dict[str, Decoder] = {
            tag: decoder for tag, _, decoder in _LEAVES.values()
        } | {"tuple": self._tuple, "set": self._set, "frozenset": self._frozenset}
        self._decoders |= {
            "float": float,
            "dict": self._dict,
            "model": self._model,
            "dataclass": self._dataclass,
            "enum": self._enum,
            "named": self._named_tuple,
            "class": self._class,
        }

    def add_leaf(self, cls: type, tag: str, encoder: Encoder, decoder: Decoder) -> None:
        """Teach the codec a type of a host, such as Flink's ``Row``.

        The encoder may return any storable value; the decoder is given that value back.
        """
        self._leaves[cls] = (tag, lambda value: self.to_json(encoder(value)), decoder)
        self._decoders[tag] = lambda body: decoder(self.from_json(body))

    def dumps(self, value: Any) -> str:
        """The value as JSON text.

        Raises:
            NotStorableError: If it, or a part of it, is of a type that cannot be kept in state.
        """
        try:
            return to_text(self.to_json(value))
        except RecursionError:
            raise NotStorableError(
                f"A {type(value).__name__} cannot be kept in state: it is nested too deeply, or "
                "contains itself. Store plain values and refer to others by an id."
            ) from None

    def loads(self, text: str) -> Any:
        """The value of a JSON text.

        Raises:
            StateFormatError: If the text is damaged, or names a class that does not exist here.
        """
        try:
            return self.from_json(json.loads(text))
        except StateFormatError:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise StateFormatError(
                f"A value in state cannot be read: {error} in {text[:200]!r}."
            ) from error

    def to_json(self, value: Any) -> Any:
        """The value as JSON values."""
        cls: type[Any] = type(value)
        if value is None or cls is str or cls is bool or cls is int:
            return value
        if cls is float:
            return value if math.isfinite(value) else {TAG: "float", "v": repr(value)}
        if cls is list:
            return [self.to_json(item) for item in value]
        if cls is dict:
            items = cast("dict[Any, Any]", value)
            if TAG not in items and all(type(key) is str for key in items):
                return {key: self.to_json(item) for key, item in items.items()}
            pairs = [[self.to_json(k), self.to_json(v)] for k, v in items.items()]
            return {TAG: "dict", "v": pairs}
        if (sequence := _SEQUENCES.get(cls)) is not None:
            return {TAG: sequence, "v": [self.to_json(item) for item in value]}
        if (leaf := self._leaves.get(cls)) is not None:
            return {TAG: leaf[0], "v": leaf[1](value)}
        if isinstance(value, Enum):
            return {TAG: "enum", "c": self._name(cls), "v": value.name}
        if isinstance(value, BaseModel):
            fields = {**value.__dict__, **(value.__pydantic_extra__ or {})}
            body = {name: self.to_json(item) for name, item in fields.items()}
            return {TAG: "model", "c": self._name(cls), "v": body}
        if dataclasses.is_dataclass(cls):
            body = {f.name: self.to_json(getattr(value, f.name)) for f in dataclasses.fields(cls)}
            return {TAG: "dataclass", "c": self._name(cls), "v": body}
        if isinstance(value, tuple) and is_data_type(cls):
            items = [self.to_json(item) for item in cast("tuple[Any, ...]", value)]
            return {TAG: "named", "c": self._name(cls), "v": items}
        if isinstance(value, type):
            return {TAG: "class", "c": self._name(cast("type", value)), "v": None}
        raise NotStorableError(
            f"A {cls.__module__}.{cls.__qualname__} cannot be kept in state. Convert it to plain "
            "values, or make it a pydantic model or a dataclass."
        )

    def from_json(self, body: Any) -> Any:
        """The value of JSON values."""
        if type(body) is list:
            return [self.from_json(item) for item in cast("list[Any]", body)]
        if type(body) is not dict:
            return body
        members = cast("dict[str, Any]", body)
        tag = members.get(TAG)
        if tag is None:
            return {key: self.from_json(item) for key, item in members.items()}
        decoder = self._decoders.get(tag)
        if decoder is None:
            raise StateFormatError(
                f"State holds a value of the unknown kind {tag!r}. "
                "It was written by a newer version, or by a job with other value types."
            )
        return decoder(members if "c" in members else members["v"])

    def _name(self, cls: type) -> str:
        name = self._names.get(cls)
        if name is None:
            name = type_name(cls)
            if self._find(name) is not cls:
                raise NotStorableError(
                    f"A value of class {cls.__qualname__} of module {cls.__module__} cannot be "
                    "kept in state: a worker could not find its class by that name after a "
                    "restart. Move the class to the top level of an importable module, or refer "
                    "to it in an annotation of an action or event."
                )
            self._names[cls] = name
        return name

    def _find(self, name: str) -> type | None:
        if (known := self._classes.get(name)) is not None:
            return known
        module, _, path = name.partition(":")
        try:
            found: Any = importlib.import_module(module)
            for part in path.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError, ValueError):
            return None
        if not isinstance(found, type) or not is_data_type(found):
            return None
        self._classes[name] = found
        return found

    def _class(self, members: Any) -> Any:
        if (cls := self._find(members["c"])) is None:
            raise StateFormatError(
                f"State holds a value of class {members['c']!r}, which this job does not have. "
                "Was it renamed or moved? Keep it importable under its old name."
            )
        return cls

    def _model(self, members: Any) -> Any:
        fields = {name: self.from_json(item) for name, item in members["v"].items()}
        return self._class(members).model_construct(None, **fields)

    def _dataclass(self, members: Any) -> Any:
        cls = self._class(members)
        value = cls.__new__(cls)
        for name, item in members["v"].items():
            object.__setattr__(value, name, self.from_json(item))
        return value

    def _enum(self, members: Any) -> Any:
        return self._class(members)[members["v"]]

    def _named_tuple(self, members: Any) -> Any:
        return self._class(members)(*(self.from_json(item) for item in members["v"]))

    def _dict(self, pairs: Any) -> dict[Any, Any]:
        return {self.from_json(key): self.from_json(value) for key, value in pairs}

    def _tuple(self, items: Any) -> tuple[Any, ...]:
        return tuple(self.from_json(item) for item in items)

    def _set(self, items: Any) -> set[Any]:
        return {self.from_json(item) for item in items}

    def _frozenset(self, items: Any) -> frozenset[Any]:
        return frozenset(self.from_json(item) for item in items)
