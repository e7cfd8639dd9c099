"""Options of a job: what there is to set, and what is set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, overload

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from flink_agents.api.option_value import plain_value, read_value
from flink_agents.api.resource import masked

T = TypeVar("T")
V = TypeVar("V")

#: Options may stand in a section of this name of a file that has other things in it too.
_SECTION = "agent"


class ConfigOption(Generic[T]):
    """An option: its key, type and default.

    Args:
        key: Its key, such as ``"max-retries"``.
        config_type: ``str``, ``bool``, ``int``, ``float``, an ``Enum`` or any other class.
        default: What it is when it is not set.
    """

    @overload
    def __init__(self: ConfigOption[V], key: str, config_type: type[V], default: V) -> None: ...

    @overload
    def __init__(
        self: ConfigOption[V | None], key: str, config_type: type[V], default: None = None
    ) -> None: ...

    def __init__(self, key: str, config_type: type[Any], default: Any = None) -> None:
        self._key = key
        self._type = config_type
        self._default = default

    def get_key(self) -> str:
        """Its key."""
        return self._key

    def get_type(self) -> type[Any]:
        """Its type."""
        return self._type

    def get_default_value(self) -> T:
        """What it is when it is not set."""
        return cast("T", self._default)

    def __repr__(self) -> str:
        return f"ConfigOption({self._key!r}, {self._type.__name__}, default={self._default!r})"


class ReadableConfiguration(ABC):
    """What is set, for reading. Texts are converted: ``"5"`` is read as the number 5."""

    @abstractmethod
    def get(self, option: ConfigOption[T]) -> T:
        """The value of an option, or its default.

        Raises:
            ValueError: If the value is not of the option's type.
        """

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """All values that are set, by key."""

    @abstractmethod
    def get_int(self, key: str, default: int | None = None) -> int | None:
        """The whole number set for a key, or ``default``.

        Raises:
            ValueError: If something else is set.
        """

    @abstractmethod
    def get_float(self, key: str, default: float | None = None) -> float | None:
        """The number set for a key, or ``default``.

        Raises:
            ValueError: If something else is set.
        """

    @abstractmethod
    def get_bool(self, key: str, default: bool | None = None) -> bool | None:
        """The truth value set for a key, or ``default``.

        Raises:
            ValueError: If something else is set.
        """

    @abstractmethod
    def get_str(self, key: str, default: str | None = None) -> str | None:
        """The text set for a key, or ``default``.

        Raises:
            ValueError: If a list or a map is set.
        """


class WritableConfiguration(ABC):
    """What is set, for setting. None as a value unsets a key."""

    @abstractmethod
    def set(self, option: ConfigOption[T], value: T | None) -> None:
        """Set an option.

        Raises:
            ValueError: If the value is not of the option's type.
        """

    @abstractmethod
    def set_int(self, key: str, value: int | None) -> None:
        """Set a key to a whole number."""

    @abstractmethod
    def set_float(self, key: str, value: float | None) -> None:
        """Set a key to a number."""

    @abstractmethod
    def set_bool(self, key: str, value: bool | None) -> None:
        """Set a key to a truth value."""

    @abstractmethod
    def set_str(self, key: str, value: str | None) -> None:
        """Set a key to a text."""


class Configuration(ReadableConfiguration, WritableConfiguration):
    """What is set, by dotted key.

    Args:
        values: Values by key. Maps in it are flattened: ``{"chat": {"async": False}}`` sets
            ``chat.async``. What is None is not set.

    Raises:
        ValueError: If a key is set twice, nested and dotted.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = {}
        for key, value in _flattened(values or {}):
            if key in self._values:
                raise ValueError(f"Option {key!r} is set twice, nested and with a dotted key.")
            self._values[key] = plain_value(value)

    @classmethod
    def from_file(cls, path: str | Path) -> Configuration:
        """Read a YAML file.

        Its options may stand at the top, nested or with dotted keys, or in a section ``agent``,
        whose options win over those at the top.

        Args:
            path: The file, in UTF-8.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is not YAML, not a map, or sets a key twice; names the file.
        """
        try:
            with open(path, encoding="utf-8") as file:
                content: Any = cast("Any", YAML(typ="safe", pure=True)).load(file)
            if content is not None and not isinstance(content, Mapping):
                raise ValueError(f"it holds a {type(content).__name__}, not keys with values")
            values = dict(cast("Mapping[str, Any]", content or {}))
            section = values.pop(_SECTION, None)
            if section is not None and not isinstance(section, Mapping):
                return cls({**values, _SECTION: section})
            return cls(values).merged_with(cls(cast("Mapping[str, Any] | None", section)))
        except (YAMLError, ValueError) as error:
            raise ValueError(f"The configuration file {path} cannot be read: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """All values by dotted key: a new dict, fit to be written as JSON or YAML."""
        return dict(self._values)

    def merged_with(self, other: Configuration) -> Configuration:
        """A new configuration of this one and ``other``, whose values win."""
        merged = Configuration()
        merged._values = {**self._values, **other._values}
        return merged

    def get(self, option: ConfigOption[T]) -> T:
        """The value of an option, or its default."""
        value = self._values.get(option.get_key())
        if value is None:
            return option.get_default_value()
        return cast("T", read_value(option.get_key(), option.get_type(), value))

    @overload
    def get_int(self, key: str, default: int) -> int: ...
    @overload
    def get_int(self, key: str, default: None = None) -> int | None: ...
    def get_int(self, key: str, default: int | None = None) -> int | None:
        """The whole number set for a key, or ``default``."""
        return self._read(key, int, default)

    @overload
    def get_float(self, key: str, default: float) -> float: ...
    @overload
    def get_float(self, key: str, default: None = None) -> float | None: ...
    def get_float(self, key: str, default: float | None = None) -> float | None:
        """The number set for a key, or ``default``."""
        return self._read(key, float, default)

    @overload
    def get_bool(self, key: str, default: bool) -> bool: ...
    @overload
    def get_bool(self, key: str, default: None = None) -> bool | None: ...
    def get_bool(self, key: str, default: bool | None = None) -> bool | None:
        """The truth value set for a key, or ``default``."""
        return self._read(key, bool, default)

    @overload
    def get_str(self, key: str, default: str) -> str: ...
    @overload
    def get_str(self, key: str, default: None = None) -> str | None: ...
    def get_str(self, key: str, default: str | None = None) -> str | None:
        """The text set for a key, or ``default``."""
        return self._read(key, str, default)

    def set(self, option: ConfigOption[T], value: T | None) -> None:
        """Set an option; None unsets it."""
        self._write(option.get_key(), option.get_type(), value)

    def set_int(self, key: str, value: int | None) -> None:
        """Set a key to a whole number; None unsets it."""
        self._write(key, int, value)

    def set_float(self, key: str, value: float | None) -> None:
        """Set a key to a number; None unsets it."""
        self._write(key, float, value)

    def set_bool(self, key: str, value: bool | None) -> None:
        """Set a key to a truth value; None unsets it."""
        self._write(key, bool, value)

    def set_str(self, key: str, value: str | None) -> None:
        """Set a key to a text; None unsets it."""
        self._write(key, str, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configuration):
            return NotImplemented
        return self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        by_last_part = {key: masked({key.rpartition(".")[2]: v}) for key, v in self._values.items()}
        shown = {key: next(iter(value.values())) for key, value in by_last_part.items()}
        return f"Configuration({shown!r})"

    def _read(self, key: str, config_type: type[V], default: V | None) -> V | None:
        value = self._values.get(key)
        return default if value is None else cast("V", read_value(key, config_type, value))

    def _write(self, key: str, config_type: type[Any], value: Any) -> None:
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = plain_value(read_value(key, config_type, value))


def _flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flattened(cast("Mapping[str, Any]", value), f"{path}.")
        elif value is not None:
            yield path, value


__all__ = ["ConfigOption", "Configuration", "ReadableConfiguration", "WritableConfiguration"]
