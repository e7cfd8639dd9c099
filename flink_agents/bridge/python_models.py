"""Python chat models that a JVM uses: opened by module and class, asked on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from flink_agents.api.blocking import run_in_thread
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.resource import Resource, argument_names, get_resource_class
from flink_agents.bridge import wire
from flink_agents.bridge.wire_errors import error_to_wire, secrets_of
from flink_agents.exceptions import ModelRequestError


@dataclass(frozen=True)
class _OpenModel:
    resource: asyncio.Future[Resource]
    secrets: tuple[str, ...]


class PythonModels:
    """The models that are open and the calls that are in flight. Everything runs on one loop.

    Args:
        send: Takes an answer, as JSON.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._models: dict[int, _OpenModel] = {}
        self._calls: dict[int, asyncio.Task[None]] = {}

    def take(self, requests: str) -> None:
        """Start what a batch of requests asks for."""
        for request in json.loads(requests):
            number, model = request["id"], request.get("resource")
            operation = request["op"]
            if operation == "cancel":
                if (task := self._calls.pop(number, None)) is not None:
                    task.cancel()
            elif operation == "open":
                self._start(number, self._open(number, model, request))
            elif operation == "chat":
                self._start(number, self._chat(number, model, request))
            elif operation == "close":
                self._start(number, self._close(number, model))

    async def close(self) -> None:
        """Give up the calls and close the models."""
        calls = list(self._calls.values())
        for task in calls:
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        for model in list(self._models):
            with contextlib.suppress(Exception):
                await self._close_model(model)

    def _start(self, number: int, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._calls[number] = task
        task.add_done_callback(lambda done: self._calls.pop(number, None))

    async def _open(self, number: int, model: int, request: dict[str, Any]) -> None:
        opened = asyncio.get_running_loop().create_future()
        arguments = request.get("arguments") or {}
        secrets = secrets_of(arguments)
        self._models[model] = _OpenModel(opened, secrets)
        try:
            # The import of an SDK takes seconds.
            resource = await run_in_thread(_create, request, arguments)
            told = await run_in_thread(_describe, resource)
            opened.set_result(resource)
            self._answer(number, told)
        except Exception as error:
            opened.set_exception(error)
            opened.exception()  # it is told to Java, also if nobody asks the model
            self._fail(number, error, secrets)

    async def _chat(self, number: int, model: int, request: dict[str, Any]) -> None:
        known = self._models.get(model)
        secrets = known.secrets if known else ()
        try:
            if known is None:
                raise ModelRequestError("The chat model is closed.")
            connection = await asyncio.shield(known.resource)
            assert isinstance(connection, BaseChatModelConnection)
            message = await connection.achat(
                [wire.message_from_wire(written) for written in request["messages"]],
                [wire.tool_from_wire(written) for written in request.get("tools") or ()],
                **(request.get("arguments") or {}),
            )
            self._answer(number, wire.message_to_wire(message))
        except Exception as error:
            self._fail(number, error, secrets)

    async def _close(self, number: int, model: int) -> None:
        try:
            await self._close_model(model)
            self._answer(number, {})
        except Exception as error:
            self._fail(number, error, ())

    async def _close_model(self, model: int) -> None:
        if (known := self._models.pop(model, None)) is None:
            return
        resource = await known.resource
        await resource.aclose()
        await run_in_thread(resource.close)

    def _answer(self, number: int, value: Any) -> None:
        self._send(wire.dumps({"id": number, "ok": True, "value": value}))

    def _fail(self, number: int, error: Exception, secrets: tuple[str, ...]) -> None:
        told = error_to_wire(error, secrets)
        self._send(wire.dumps({"id": number, "ok": False, "error": told}))


def _create(request: dict[str, Any], arguments: dict[str, Any]) -> Resource:
    module, name, kind = request["module"], request["class"], request["type"]
    base = BaseChatModelSetup if kind == "setup" else BaseChatModelConnection
    for folder in request.get("path") or ():
        if folder not in sys.path:
            sys.path.append(folder)
    try:
        cls: Any = get_resource_class(module, name)
    except (ImportError, AttributeError) as error:
        raise ModelRequestError(
            f"The Python class {module}.{name} cannot be imported: {error}. Check module and "
            "clazz, and that the package is installed for the Python that runs the bridge."
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise ModelRequestError(f"{module}.{name} is no {base.__name__}.")
    try:
        resource: Resource = cls(**argument_names(cls, arguments))
    except ValidationError as error:
        # pydantic's own text repeats the values.
        faults = error.errors(include_url=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise ModelRequestError(f"{name} cannot be created: {told}.") from None
    resource.set_max_in_flight(request.get("max_in_flight") or resource.max_in_flight)
    return resource


def _describe(resource: Resource) -> dict[str, Any]:
    if isinstance(resource, BaseChatModelSetup):
        return {"parameters": resource.model_kwargs}
    assert isinstance(resource, BaseChatModelConnection)
    return {"native_structured_output": bool(resource.native_structured_output)}


__all__ = ["PythonModels"]
