"""Creates the resources of a plan on the worker, once each, and closes them."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from typing import Any, cast
from uuid import uuid4

from pydantic import ValidationError

from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.chat_models.cost import load_prices
from flink_agents.api.configuration import ReadableConfiguration
from flink_agents.api.resource import (
    Resource,
    ResourceDescriptor,
    ResourceType,
    argument_names,
    is_secret_name,
)
from flink_agents.exceptions import ResourceArgumentError, UnknownResourceError
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.plan.resource_arguments import default_arguments

_ENVIRONMENT = re.compile(r"\$\{env:([^}]+)\}")


class ResourceCache:
    """The resources of one subtask. Safe to use from several threads.

    Args:
        plan: Declares the resources.
        config: A key ``ClassName.argument`` is a default for a descriptor's argument.
        max_in_flight: Calls that may be open at once.
    """

    def __init__(
        self, plan: AgentPlan, config: ReadableConfiguration, max_in_flight: int = 1000
    ) -> None:
        self._plan = plan
        self._config = config
        self._max_in_flight = max_in_flight
        self._client_scope = uuid4().hex
        self._created: dict[tuple[ResourceType, str], Resource] = {}
        self._lock = threading.RLock()

    def get(self, name: str, kind: ResourceType) -> Resource:
        """The resource of that name and type, created on first use.

        Raises:
            UnknownResourceError: If the plan has none.
            ResourceArgumentError: If it cannot be created.
        """
        found = self._created.get((kind, name))
        if found is not None:
            return found
        with self._lock:
            found = self._created.get((kind, name))
            if found is None:
                found = self._created[kind, name] = self._create(name, kind)
        return found

    def warm_up(self) -> None:
        """Create the connections to chat models before the first of them is used.

        To create one imports the SDK of its provider, and the first answer needs the price list.
        On the event loop both would hold up all other calls for up to a second. An error is
        ignored here: it comes again where the connection is used.
        """
        for kind, name in self._plan.resources:
            if kind is ResourceType.CHAT_MODEL_CONNECTION:
                with suppress(Exception):
                    connection = cast("BaseChatModelConnection", self.get(name, kind))
                    if connection.api_url is not None:
                        load_prices()

    def created(self) -> list[Resource]:
        """The resources created so far, the last one first."""
        with self._lock:
            return list(reversed(self._created.values()))

    def _create(self, name: str, kind: ResourceType) -> Resource:
        declared = self._plan.resources.get((kind, name))
        if declared is None:
            known = sorted(n for k, n in self._plan.resources if k is kind)
            raise UnknownResourceError(
                self._plan.agent,
                f"{kind.value} {name!r}",
                "is not declared",
                f"Declared are: {', '.join(known)}." if known else "Declare it on the agent.",
            )
        if not isinstance(declared, ResourceDescriptor):
            instance = declared.model_copy()  # the declared one is the user's, and may travel again
            instance.get_resource = self.get
            return instance
        cls = declared.resolve_class()
        defaults = default_arguments(cls, self._config.to_dict())
        arguments = {**defaults, **argument_names(cls, declared.arguments)}
        resolved = {n: self._resolve(name, n, v) for n, v in arguments.items()}
        try:
            resource = cls(**resolved, get_resource=self.get)
        except (ValidationError, TypeError, ValueError) as error:
            problem = _explained(error)
            for argument, value in resolved.items():
                hidden = is_secret_name(argument) or value != arguments[argument]
                if hidden and isinstance(value, str) and value:
                    problem = problem.replace(value, "***")
            raise ResourceArgumentError(
                self._plan.agent,
                f"{kind.value} {name!r}",
                f"{cls.__name__} cannot be created: {problem}",
                "Correct its arguments.",
            ) from None
        resource.set_max_in_flight(self._max_in_flight, self._client_scope)
        return resource

    def _resolve(self, resource: str, argument: str, value: Any) -> Any:
        if isinstance(value, str):
            return _ENVIRONMENT.sub(lambda m: self._variable(resource, argument, m[1]), value)
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value)
            return {k: self._resolve(resource, argument, v) for k, v in items.items()}
        if isinstance(value, list):
            return [self._resolve(resource, argument, v) for v in cast("list[Any]", value)]
        return value

    def _variable(self, resource: str, argument: str, name: str) -> str:
        try:
            return os.environ[name]
        except KeyError:
            raise ResourceArgumentError(
                self._plan.agent,
                f"resource {resource!r}",
                f"argument {argument!r} needs the environment variable {name}, which is not set "
                "on this worker",
                "Set it where the TaskManager runs.",
            ) from None


def _explained(error: Exception) -> str:
    """What is wrong; pydantic's own text repeats the input, which may be a secret."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_input=False)
    places = [".".join(map(str, fault["loc"])) for fault in faults]
    return "; ".join(
        f"{place}: {fault['msg']}" if place else fault["msg"]
        for place, fault in zip(places, faults, strict=True)
    )
