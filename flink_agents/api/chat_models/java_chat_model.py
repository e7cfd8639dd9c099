"""Chat models that are implemented in Java, for Python agents.

The companion JVM that they run in, and how messages get there, is told in ``docs/bridge.md``.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol, cast

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.decorators import java_resource
from flink_agents.api.tools.tool import Tool


class _JavaModel(Protocol):
    """What the bridge gives: see ``flink_agents.bridge.java_models``."""

    async def describe(self) -> dict[str, Any]: ...
    def describe_blocking(self) -> dict[str, Any]: ...
    async def achat(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
    ) -> ChatMessage: ...
    def chat(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
    ) -> ChatMessage: ...
    def close(self) -> None: ...


def _java_model(kind: str, clazz: str, arguments: Mapping[str, Any], timeout: float) -> _JavaModel:
    # The bridge needs py4j, which writing and compiling an agent does not.
    bridge: Any = importlib.import_module("flink_agents.bridge.java_models")
    return cast("_JavaModel", bridge.JavaModel(kind, clazz, arguments, timeout))


def _checked_class_name(name: str) -> str:
    if not name or not all(part.isidentifier() for part in name.replace("$", ".").split(".")):
        raise ValueError(f"{name!r} is not the full name of a Java class")
    return name


@java_resource
class JavaChatModelConnection(BaseChatModelConnection):
    """Connection of a Java chat model.

    Attributes:
        java_clazz: Full name of the Java class, a ``BaseChatModelConnection``; its own classes are
            found on the class path that ``FLINK_AGENTS_JAVA_CLASSPATH`` gives.
        bridge_timeout: Seconds that a call may take in all, whatever the Java class does. Default
            600.

    All other arguments go to the Java class, under the names that it knows; camel and snake case
    mean the same.
    """

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    java_clazz: str
    bridge_timeout: float = Field(default=600.0, gt=0)
    _java: _JavaModel = PrivateAttr()

    @field_validator("java_clazz")
    @classmethod
    def _check_class(cls, name: str) -> str:
        return _checked_class_name(name)

    def model_post_init(self, context: Any, /) -> None:
        """Get hold of the Java class; Java starts with the first call."""
        super().model_post_init(context)
        extra = self.model_extra or {}
        self._java = _java_model("connection", self.java_clazz, extra, self.bridge_timeout)

    @property
    def native_structured_output(self) -> bool:  # type: ignore[override]
        """Whether the Java class takes ``output_schema``. Waits for Java if it has not started."""
        return bool(self._java.describe_blocking()["native_structured_output"])

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """As :meth:`achat`, for code that is not async."""
        return self._java.chat(messages, tools or (), kwargs)

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Ask the Java chat model.

        Raises:
            ModelError: One of its subclasses, as the Java class told; the note of the error has
                the Java stack. ``ModelUnavailableError`` also if the companion JVM died.
            EnvironmentSetupError: If there is no Java, or no jar of this version.
        """
        return await self._java.achat(messages, tools or (), kwargs)

    def close(self) -> None:
        """Close it in Java; the last Java resource stops the companion JVM."""
        self._java.close()


@java_resource
class JavaChatModelSetup(BaseChatModelSetup):
    """How a chat model is used, told by a Java class.

    Prompt and tools are those of the Python agent. The connection may be a Java or a Python one.

    Attributes:
        java_clazz: Full name of the Java class, a ``BaseChatModelSetup``.

    All other arguments go to the Java class; its ``getParameters()`` are the ``model_kwargs``.
    """

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    java_clazz: str
    _java: _JavaModel = PrivateAttr()
    _parameters: dict[str, Any] | None = PrivateAttr(default=None)

    @field_validator("java_clazz")
    @classmethod
    def _check_class(cls, name: str) -> str:
        return _checked_class_name(name)

    def model_post_init(self, context: Any, /) -> None:
        """Get hold of the Java class; Java starts with the first call."""
        super().model_post_init(context)
        arguments = {"connection": self.connection, "model": self.model, "tools": self.tools}
        given = {n: v for n, v in arguments.items() if v is not None}
        extra = self.model_extra or {}
        self._java = _java_model("setup", self.java_clazz, {**given, **extra}, 600.0)

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """``getParameters()`` of the Java class. Waits for Java if it has not started."""
        if self._parameters is None:
            self._parameters = self._java.describe_blocking()["parameters"]
        return dict(self._parameters or {})

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatMessage:
        """As :meth:`chat`, without blocking the event loop."""
        await self._learn_parameters()
        return await super().achat(messages, **kwargs)

    async def achat_stream(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`; a Java connection gives its whole answer in one piece."""
        await self._learn_parameters()
        connection, asked, tools, merged = self._prepare(messages, kwargs)
        async with aclosing(connection.achat_stream(asked, tools, **merged)) as chunks:
            async for chunk in chunks:
                if chunk.message is not None:
                    self._finished(connection, chunk.message)
                yield chunk

    async def _learn_parameters(self) -> None:
        if self._parameters is None:
            self._parameters = (await self._java.describe())["parameters"]

    def close(self) -> None:
        """Close it in Java; the last Java resource stops the companion JVM."""
        self._java.close()


__all__ = ["JavaChatModelConnection", "JavaChatModelSetup"]
