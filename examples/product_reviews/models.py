"""From the option ``--model`` to a connection and a setup: all that differs between providers."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

from examples.product_reviews.problems import UserError
from examples.product_reviews.scripted import respond
from flink_agents.api.agents.agent import Agent
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.testing import ScriptedChatModelConnection, ScriptedChatModelSetup

_CONNECTION = "_CHAT_MODEL_CONNECTION"


@dataclass(frozen=True)
class Model:
    """A chat model: the connection to it, and how it is set up.

    Args:
        connection: The connection.
        setup_class: Class of the setup.
        parameters: Arguments of the setup that all agents share.
        limits_answers: Whether the setup is told how long an answer may be.
    """

    connection: ResourceDescriptor
    setup_class: Any
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    limits_answers: bool = False

    def add_to(self, agent: Agent, name: str, *, prompt: str, max_tokens: int) -> None:
        """Give an agent this model.

        Args:
            agent: The agent.
            name: Name of the model in the agent.
            prompt: Name of the agent's prompt for it.
            max_tokens: The longest answer, in tokens.
        """
        parameters = {**self.parameters, "prompt": prompt, "connection": "connection"}
        if self.limits_answers:
            parameters["max_tokens"] = max_tokens
        setup = ResourceDescriptor(clazz=self.setup_class, arguments=parameters)
        agent.add_resource("connection", ResourceType.CHAT_MODEL_CONNECTION, self.connection)
        agent.add_resource(name, ResourceType.CHAT_MODEL, setup)


@dataclass(frozen=True)
class _Provider:
    """Arguments of a provider.

    Attributes:
        connection: Of its connection.
        setup: Of its setup, beside the name of the model.
        base_url: The argument of the connection that takes ``--base-url``, if there is one.
        limits_answers: Whether its models are told how long an answer may be. Those that reason
            before they answer need room for it, so they are not.
    """

    connection: dict[str, Any] = field(default_factory=dict[str, Any])
    setup: dict[str, Any] = field(default_factory=dict[str, Any])
    base_url: str | None = None
    limits_answers: bool = False


_PROVIDERS = {
    "embedded": _Provider(limits_answers=True),
    "openai": _Provider({"api_key": "${env:OPENAI_API_KEY}"}, {}, "api_base_url"),
    # A server of one's own works on few calls at a time: the others wait for their turn there.
    "ollama": _Provider(
        {"request_timeout": 600.0}, {"temperature": 0.0, "think": False}, "base_url"
    ),
    "anthropic": _Provider(
        {"api_key": "${env:ANTHROPIC_API_KEY}"}, {"max_tokens": 4096}, "api_base_url"
    ),
    "tongyi": _Provider({"api_key": "${env:DASHSCOPE_API_KEY}"}, {"temperature": 0.1}, "base_url"),
    "azure": _Provider({"api_key": "${env:AZURE_OPENAI_API_KEY}"}, {}, "endpoint"),
}


def choose_model(option: str, base_url: str | None = None) -> Model:
    """The model that is meant.

    Args:
        option: ``embedded``, ``embedded:FILE.gguf``, ``scripted`` or ``PROVIDER:NAME``.
        base_url: Where the provider's API is, if not at its usual place.

    Raises:
        UserError: If there is no such provider, or it lacks a name, a key or an address.
    """
    provider, _, name = option.partition(":")
    if provider == "scripted":
        connection = ResourceDescriptor(
            clazz=ScriptedChatModelConnection, respond=respond, latency=0.05
        )
        return Model(connection, ScriptedChatModelSetup)
    if provider not in available_providers():
        raise UserError(
            f"--model {option}: there is no provider {provider!r}. Available: "
            f"{', '.join(available_providers())}, scripted."
        )
    known = _PROVIDERS[provider]
    arguments = dict(known.connection)
    setup = dict(known.setup)
    if provider == "embedded":
        if name and not os.path.isfile(name):
            raise UserError(f"--model {option}: there is no file {name}.")
        if name:
            arguments["model_path"] = os.path.abspath(name)
    elif name:
        setup["model"] = name
    else:
        raise UserError(f"--model {option}: name the model too, as in {provider}:NAME.")
    if base_url is not None:
        if known.base_url is None:
            raise UserError(f"--base-url does not go with --model {provider}.")
        arguments[known.base_url] = base_url
    elif known.base_url == "endpoint":
        raise UserError(f"--model {provider} needs the endpoint of your resource: --base-url URL.")
    _check_environment(provider, arguments, base_url)
    prefix = f"{provider.upper()}_CHAT_MODEL"
    return Model(
        ResourceDescriptor(clazz=getattr(Constant, f"{prefix}_CONNECTION"), arguments=arguments),
        getattr(Constant, f"{prefix}_SETUP"),
        setup,
        known.limits_answers,
    )


def available_providers() -> list[str]:
    """The providers that this version of the library has a chat model of."""
    found = (n.removesuffix(_CONNECTION).lower() for n in vars(Constant) if n.endswith(_CONNECTION))
    return sorted(provider for provider in found if provider in _PROVIDERS)


def _check_environment(provider: str, arguments: dict[str, Any], base_url: str | None) -> None:
    """Find out here, rather than on the worker, that a key is missing."""
    for argument, value in arguments.items():
        match = re.fullmatch(r"\$\{env:(\w+)\}", str(value))
        if match is None or os.environ.get(match[1]):
            continue
        if provider in ("openai", "anthropic") and base_url is not None:
            arguments[argument] = "none"  # a server of one's own asks for no key
            continue
        raise UserError(f"--model {provider} needs a key. Set the environment variable {match[1]}.")
