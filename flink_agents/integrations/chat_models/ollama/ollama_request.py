"""Chat requests: what goes over the wire to an Ollama server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.chat_models.schema_instruction import with_schema_instruction
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.ollama.ollama_messages import (
    convert_to_ollama_messages,
)
from flink_agents.integrations.chat_models.ollama.ollama_tools import convert_to_ollama_tools
from flink_agents.integrations.chat_models.reserved_parameters import check_reserved

#: Parameters that stand beside ``options`` in a request. All others are options of the model.
_FIELDS = frozenset(
    {"model", "format", "keep_alive", "think", "truncate", "shift", "logprobs", "top_logprobs"}
)
#: Names of other providers for options of Ollama, which ignores an option that it does not know.
_OTHER_NAMES = {"max_tokens": "num_predict", "max_completion_tokens": "num_predict"}


@dataclass(frozen=True)
class ChatRequest:
    """One request.

    Attributes:
        body: The JSON object to send.
        may_think: Nobody said whether to think: the model does if it can.
        extract_reasoning: Return reasoning apart from the answer.
    """

    body: dict[str, Any]
    may_think: bool
    extract_reasoning: bool

    @property
    def model(self) -> str:
        """Name of the model that is asked."""
        return str(self.body["model"])

    def without_thinking(self) -> ChatRequest:
        """The same for a model that cannot think."""
        body = {name: value for name, value in self.body.items() if name != "think"}
        return ChatRequest(body, False, self.extract_reasoning)


def chat_request(
    messages: Sequence[ChatMessage], tools: Sequence[Tool], arguments: Mapping[str, Any]
) -> ChatRequest:
    """Make a request.

    Args:
        messages: The conversation, oldest first.
        tools: Tools that the model may ask to call.
        arguments: Fields of the request and options of the model, those that are None left out;
            ``options`` with further options; ``output_schema``, ``extract_reasoning``.

    Raises:
        ValueError: If it cannot be made.
    """
    rest = dict(arguments)
    schema = rest.pop("output_schema", None)
    extract_reasoning = bool(rest.pop("extract_reasoning", True))
    may_think = "think" not in rest
    rest = {"think": True, **(rest.pop("options", None) or {}), **rest}
    check_parameters(rest, "the parameters of a request")
    if not rest.get("model"):
        raise ValueError("no model is named: set model in the chat model setup")
    if schema is not None:
        # The server would bind the model to the schema from its first token on, and it could
        # call no tool.
        if tools or "format" in rest:
            messages = with_schema_instruction(messages, schema)
        else:
            rest["format"] = schema
    given = {name: value for name, value in rest.items() if value is not None}
    body = {name: value for name, value in given.items() if name in _FIELDS}
    options = {name: value for name, value in given.items() if name not in _FIELDS}
    body["messages"] = convert_to_ollama_messages(messages)
    if tools:
        body["tools"] = convert_to_ollama_tools(tools)
    if options:
        body["options"] = options
    return ChatRequest(body, may_think, extract_reasoning)


def check_parameters(names: Mapping[str, Any], place: str = "additional_kwargs") -> None:
    """Refuse parameters that cannot be set, or that Ollama knows by other names.

    Args:
        names: The parameters that are given.
        place: Where they are given, for the error. Default ``additional_kwargs``.

    Raises:
        ValueError: If there are such.
    """
    check_reserved(names, place=place)
    for name in _OTHER_NAMES.keys() & names.keys():
        known = _OTHER_NAMES[name]
        raise ValueError(f"{place}: Ollama does not know {name}: its name there is {known}")


__all__ = ["ChatRequest", "chat_request", "check_parameters"]
