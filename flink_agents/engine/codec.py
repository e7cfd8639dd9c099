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
from enum import Enum, Flag
from functools import partial
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from flink_agents.exceptions import NotStorableError, StateFormatError
from flink_agents.plan.data_types import is_data_type, type_name

TAG = "$"

#: JSON values as text. ``json.dumps`` would make a new encoder for each value. What contains itself
#: has failed before it comes here.
to_text = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode

#: Half the time of ``json.loads``, which allows for blanks that are never written.
_decode = json.JSONDecoder().raw_decode

#: Types whose values are JSON values as they are, whatever they are.
_PLAIN = frozenset({type(None), str, bool})
_ONLY_TEXT = frozenset({str})

Encoder = Callable[[Any], Any]
Decoder = Callable[[Any], Any]


def _dump_time(value: datetime | time) -> Any:
    zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    if zone is None and (value.tzinfo is not None or not value.fold):
        return value.isoformat()
    # The text has no room for the zone's name and for which of two equal hours it is.
    return [value.replace(tzinfo=None).isoformat(), value.fold, zone]


def _load_time(cls: type[datetime] | type[time], body: Any) -> datetime | time:
    if isinstance(body, str):
        return cls.fromisoformat(body)
    text, fold, zone = body
    tzinfo = ZoneInfo(zone) if zone is not None else None
    return cls.fromisoformat(text).replace(tzinfo=tzinfo, fold=fold)


#: Leaf types by class: tag, to JSON, from JSON.
_LEAVES: dict[type, tuple[str, Encoder, Decoder]] = {
    bytes: ("bytes", lambda v: base64.b64encode(v).decode(), base64.b64decode),
    bytearray: (
        "bytearray",
        lambda v: base64.b64encode(v).decode(),
        lambda v: bytearray(base64.b64decode(v)),
    ),
    datetime: ("datetime", _dump_time, partial(_load_time, datetime)),
    date: ("date", date.isoformat, date.fromisoformat),
    time: ("time", _dump_time, partial(_load_time, time)),
    timedelta: (
        "timedelta",
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda v: timedelta(*v),
    ),
    Decimal: ("decimal", str, Decimal),
    UUID: ("uuid", lambda v: v.hex, UUID),
    complex: ("complex", lambda v: [repr(v.real), repr(v.imag)], lambda v: complex(*map(float, v))),
}
_SETS: dict[type, str] = {set: "set", frozenset: "frozenset"}


def _dump_leaf(tag: str, encoder: Encoder, value: Any) -> Any:
    return {TAG: tag, "v": encoder(value)}


def _dump_int(value: int) -> Any:
    short = value.bit_length() <= _MAX_DECIMAL_BITS
    return value if short else {TAG: "int", "v": hex(value)}


def _dump_float(value: float) -> Any:
    return value if math.isfinite(value) else {TAG: "float", "v": repr(value)}


#: Python itself refuses to write longer integers in decimal.
_MAX_DECIMAL_BITS = 10_000

#: What reading damaged text raises.
DAMAGE = (
    ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError
)  # fmt: skip


class Codec:
    """Encodes and decodes the values of one agent.

    Args:
        data_types: Classes that cannot be imported by name, by their name in state.
    """

    def __init__(self, data_types: Mapping[str, type] | None = None) -> None:
        self._classes: dict[str, type] = dict(data_types or {})
        self._names: dict[type, str] = {cls: name for name, cls in self._classes.items()}
        self._encoders: dict[type, Encoder] = {
            int: _dump_int,
            float: _dump_float,
            list: self._dump_list,
            dict: self._dump_dict,
            tuple: lambda value: {TAG: "tuple", "v": self._dump_list(value)},
            **{cls: partial(self._dump_set, tag) for cls, tag in _SETS.items()},
            **{
                cls: partial(_dump_leaf, tag, encoder) for cls, (tag, encoder, _) in _LEAVES.items()
            },
        }
        self._decoders: dict[str, Decoder] = {
            tag: decoder for tag, _, decoder in _LEAVES.values()
        } | {"tuple": self._tuple, "set": self._set, "frozenset": self._frozenset}
        self._decoders["int"] = lambda text: int(text, 16)
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
        self._encoders[cls] = lambda value: {TAG: tag, "v": self.to_json(encoder(value))}
        self._decoders[tag] = lambda body: decoder(self.from_json(body))

    def dumps(self, value: Any) -> str:
        """The value as JSON text.

        Raises:
            NotStorableError: If it, or a part of it, is of a type that cannot be kept in state.
        """
        try:
            body = self.to_json(value)
            # For a number the encoder would take five times as long, to write the same.
            return repr(body) if type(body) is int else to_text(body)
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
            value, end = _decode(text)
            if end != len(text):
                raise ValueError(f"more text after character {end}")
            return self.from_json(value)
        except StateFormatError:
            raise
        except DAMAGE as error:
            raise StateFormatError(
                f"A value in state cannot be read: {error} in {text[:200]!r}."
            ) from error

    def to_json(self, value: Any) -> Any:
        """The value as JSON values."""
        cls = cast("type[Any]", type(value))
        if cls in _PLAIN:
            return value
        encode = self._encoders.get(cls)
        if encode is None:
            encode = self._encoders[cls] = self._encoder(cls)
        return encode(value)

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

    # Of each class there is one way to JSON, found when the first value of it comes.

    def _encoder(self, cls: Any) -> Encoder:
        if issubclass(cls, Enum):
            return partial(self._dump_enum, self._name(cls))
        if issubclass(cls, BaseModel):
            return partial(self._dump_model, self._name(cls), frozenset(cls.model_fields))
        if dataclasses.is_dataclass(cls):
            names = [field.name for field in dataclasses.fields(cls)]
            return partial(self._dump_dataclass, self._name(cast("Any", cls)), names)
        if issubclass(cls, tuple) and is_data_type(cast("Any", cls)):
            name = self._name(cast("Any", cls))
            return lambda value: {TAG: "named", "c": name, "v": self._dump_list(value)}
        if issubclass(cls, type):
            return lambda value: {TAG: "class", "c": self._name(value), "v": None}
        raise NotStorableError(
            f"A {cls.__module__}.{cls.__qualname__} cannot be kept in state. Convert it to plain "
            "values, or make it a pydantic model or a dataclass."
        )

    # Most parts of a value are plain, and to look is a quarter of what a call costs.

    def _dump_list(self, items: Any) -> list[Any]:
        to_json = self.to_json
        return [item if type(item) in _PLAIN else to_json(item) for item in items]

    def _dump_dict(self, items: dict[Any, Any]) -> Any:
        to_json = self.to_json
        if TAG not in items and _ONLY_TEXT.issuperset(map(type, items)):
            return {
                key: item if type(item) in _PLAIN else to_json(item) for key, item in items.items()
            }
        return {TAG: "dict", "v": [[to_json(k), to_json(v)] for k, v in items.items()]}

    def _dump_set(self, tag: str, items: Any) -> Any:
        # Sorted, as the order of a set differs between processes.
        return {TAG: tag, "v": sorted(self._dump_list(items), key=to_text)}

    def _dump_enum(self, name: str, value: Enum) -> Any:
        # A flag of several members has no name to be found by.
        body = [self.to_json(value.value)] if isinstance(value, Flag) else value.name
        return {TAG: "enum", "c": name, "v": body}

    def _dump_model(self, name: str, declared: frozenset[str], value: BaseModel) -> Any:
        to_json = self.to_json
        body = {
            n: item if type(item) in _PLAIN else to_json(item)
            for n, item in value.__dict__.items()
            if n in declared
        }
        if extra := value.__pydantic_extra__:
            body |= {n: to_json(item) for n, item in extra.items()}
        return {TAG: "model", "c": name, "v": body}

    def _dump_dataclass(self, name: str, fields: list[str], value: Any) -> Any:
        body = {field: self.to_json(getattr(value, field)) for field in fields}
        return {TAG: "dataclass", "c": name, "v": body}

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
        cls = self._class(members)
        fields = {name: self.from_json(item) for name, item in members["v"].items()}
        # Of the base class: a root model's own one takes other arguments.
        return BaseModel.model_construct.__func__(cls, None, **fields)

    def _dataclass(self, members: Any) -> Any:
        cls = self._class(members)
        value = cls.__new__(cls)
        stored = members["v"]
        for field in dataclasses.fields(cls):
            if field.name in stored:
                item = self.from_json(stored[field.name])
            elif field.default is not dataclasses.MISSING:
                item = field.default
            elif field.default_factory is not dataclasses.MISSING:
                item = field.default_factory()
            else:
                continue
            object.__setattr__(value, field.name, item)
        return value

    def _enum(self, members: Any) -> Any:
        cls, body = self._class(members), members["v"]
        return cls(self.from_json(body[0])) if isinstance(body, list) else cls[body]

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
