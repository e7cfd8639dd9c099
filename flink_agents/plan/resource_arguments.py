"""Checks a resource's class and arguments without creating the resource.

Creating it is left to the worker: only there are its environment variables and servers.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from flink_agents.api import resource_names
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection
from flink_agents.api.resource import (
    Resource,
    ResourceDescriptor,
    SerializableResource,
    argument_names,
    is_secret_name,
    masked,
    snake_case,
)
from flink_agents.exceptions import ResourceArgumentError, ResourceTypeError
from flink_agents.plan.agent_plan import ResourceKey


def check_descriptor(
    agent: str, key: ResourceKey, descriptor: ResourceDescriptor, options: Mapping[str, Any]
) -> None:
    """Check that the class exists, is of the declared type and takes the arguments.

    Raises:
        ResourceTypeError: If the class is missing, abstract or of another type.
        ResourceArgumentError: If an argument is unknown, missing or of the wrong type.
    """
    kind, name = key
    member = f"{kind.value} {name!r}"
    try:
        cls = descriptor.resolve_class()
    except (ImportError, AttributeError, ValueError) as error:
        raise ResourceTypeError(
            agent,
            member,
            f"its class {descriptor.clazz} cannot be imported ({error})",
            "Use a name of flink_agents.api.resource.Constant or the dotted path of your class.",
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, Resource)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ResourceTypeError(
            agent, member, f"{descriptor.clazz} is not a resource class", "Subclass Resource."
        )
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise ResourceTypeError(
            agent, member, f"{descriptor.clazz} is abstract", f"Implement: {missing}."
        )
    if cls.resource_type() is not kind:
        raise ResourceTypeError(
            agent,
            member,
            f"{descriptor.clazz} is a {cls.resource_type().value}, not a {kind.value}",
            _other_class(descriptor.clazz, kind.value),
        )
    if issubclass(cls, BaseChatModelConnection) and (
        cls.chat is BaseChatModelConnection.chat and cls.achat is BaseChatModelConnection.achat
    ):
        raise ResourceTypeError(
            agent, member, f"{descriptor.clazz} cannot chat", "Implement chat() or achat()."
        )
    arguments = argument_names(cls, descriptor.arguments)
    _check_arguments(agent, member, cls, {**default_arguments(cls, options), **arguments})


def check_instance(agent: str, key: ResourceKey, instance: SerializableResource) -> None:
    """Check that a resource given as an instance is of the declared type."""
    kind, name = key
    if instance.resource_type() is not kind:
        raise ResourceTypeError(
            agent,
            f"{kind.value} {name!r}",
            f"{type(instance).__name__} is a {instance.resource_type().value}, not a {kind.value}",
            f"Declare it as a {instance.resource_type().value}.",
        )


def default_arguments(cls: type[Resource], options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that options of the form ``ClassName.argument`` give to a class."""
    prefix = f"{cls.__name__}."
    found = {k[len(prefix) :]: v for k, v in options.items() if k.startswith(prefix)}
    return argument_names(cls, found)


def _other_class(clazz: str, kind: str) -> str:
    """Name the constant that was probably meant: the setup for a connection, or reversed."""
    wanted = "Setup" if kind == "chat_model" else "Connection"
    other = "Connection" if wanted == "Setup" else "Setup"
    meant = clazz.removesuffix(other) + wanted
    for constant, value in vars(resource_names.Constant).items():
        if value == meant:
            return f"Use Constant.{constant}."
    return f"Use the {kind} class of this provider."


def _check_arguments(
    agent: str, member: str, cls: type[Resource], arguments: Mapping[str, Any]
) -> None:
    fields = {n: f for n, f in cls.model_fields.items() if n != "get_resource"}
    own_init = cls.__init__ is not Resource.__init__
    parameters: Mapping[str, inspect.Parameter] = (
        inspect.signature(cls.__init__).parameters if own_init else {}
    )
    takes_any = cls.model_config.get("extra") == "allow" or any(
        p.kind is p.VAR_KEYWORD for p in parameters.values()
    )
    known = [*fields, *(n for n in parameters if n not in ("self", "kwargs", "get_resource"))]
    for name, value in arguments.items():
        if name not in known:
            if takes_any:
                continue
            near = get_close_matches(snake_case(name), known, 1)
            raise ResourceArgumentError(
                agent,
                member,
                f"{cls.__name__} takes no argument {name!r}",
                f"Did you mean {near[0]!r}?" if near else f"It takes: {', '.join(known)}.",
            )
        if name in fields and not _is_placeholder(value):
            _check_value(agent, member, cls, name, value)
    if not own_init:
        for name, field in fields.items():
            if field.is_required() and name not in arguments:
                raise ResourceArgumentError(
                    agent, member, f"{cls.__name__} needs the argument {name!r}", "Add it."
                )


def _is_placeholder(value: object) -> bool:
    return isinstance(value, str) and value.startswith("${env:")


def _check_value(agent: str, member: str, cls: type[Resource], name: str, value: Any) -> None:
    annotation: Any = cls.model_fields[name].rebuild_annotation()
    adapter: TypeAdapter[Any] = TypeAdapter(annotation, config=None)
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]["msg"]
        shown = "" if is_secret_name(name) else f" {masked({name: value})[name]!r}"
        raise ResourceArgumentError(
            agent,
            member,
            f"argument {name!r}{shown[:200]} does not fit {cls.__name__}: {first}",
            "Correct the value.",
        ) from None
