"""Classes of values, and what it means that a value came back as it was."""

from __future__ import annotations

import dataclasses
import enum
import functools
import math
import threading
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel

from flink_agents.engine.codec import Codec

T = TypeVar("T")
CODEC = Codec()


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Right(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Point(NamedTuple):
    x: Any
    y: Any = 0


@dataclasses.dataclass
class Size:
    width: Any
    tags: list[Any] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Frozen:
    value: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    value: Any
    other: int = 0


class Item(BaseModel):
    name: str
    value: Any = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str = ""


class Immutable(BaseModel):
    model_config = ConfigDict(frozen=True)
    n: int = Field(default=0, alias="number")


class Names(RootModel[list[str]]):
    pass


class Box(BaseModel, Generic[T]):
    content: T


class Caching(BaseModel):
    model_config = ConfigDict(extra="allow")
    n: int
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @functools.cached_property
    def handle(self) -> Any:
        return threading.Lock()


class Outer:
    class Inner(BaseModel):
        n: int


def back(value: Any, codec: Codec = CODEC) -> Any:
    return codec.loads(codec.dumps(value))


def same(a: Any, b: Any) -> bool:
    """Equal, of the same types all the way down, and with NaN equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (
            a == b and math.copysign(1, a) == math.copysign(1, b)
        )
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, Decimal):
        return repr(a) == repr(b)
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            same(x, y) for x, y in zip(a.items(), b.items(), strict=True)
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, (set, frozenset)):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, BaseModel):
        return same(a.__dict__, b.__dict__) and same(a.__pydantic_extra__, b.__pydantic_extra__)
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        names = [field.name for field in dataclasses.fields(a)]
        return all(same(getattr(a, name), getattr(b, name)) for name in names)
    if isinstance(a, (datetime, time)):
        return repr(a) == repr(b)
    return a == b
