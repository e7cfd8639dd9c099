"""Ollama's chat as a server sees it: what it takes, and what it answers.

Requests are checked against the types that the Ollama SDK publishes, with no unknown fields.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ollama import Message, Options, Tool
from ollama._types import ChatRequest
from pydantic import BaseModel

from flink_agents.integrations.chat_models.ollama_chat_model import (
    OllamaChatModelConnection,
    OllamaChatModelSetup,
)
from tests.providers.asking import Asked
from tests.providers.recorded_server import Answer, RecordedRequest, Streamed

OLLAMA = Asked(
    OllamaChatModelConnection,
    OllamaChatModelSetup,
    lambda url: {"base_url": url},
    {"model": "tiny"},
)

PATH = "/api/chat"

#: By type: what the server takes and the SDK's types do not have.
_MORE: dict[type[BaseModel], set[str]] = {
    ChatRequest: {"truncate", "shift"},
    Message: {"tool_call_id"},
    Message.ToolCall: {"id"},
}


def check(request: RecordedRequest) -> Answer | None:
    """What Ollama would say to a bad request, or None for a good one."""
    if request.method != "POST" or request.path != PATH:
        return Answer(b"404 page not found", 404, content_type="text/plain")
    try:
        if not isinstance(request.body, dict):
            raise ValueError("missing request body")
        _check_types(request.body)
        _check_rules(request.body)
    except (ValueError, KeyError) as problem:
        return error(400, str(problem))
    return None


def text(content: str = "Hello.", **message: Any) -> Answer:
    """An answer of text; further fields of the message may be given."""
    return answer({"role": "assistant", "content": content, **message})


def thinking(thought: str, content: str = "Hello.") -> Answer:
    """An answer of text with what was thought before."""
    return text(content, thinking=thought)


def tool_calls(*calls: tuple[str | None, str, Any], **message: Any) -> Answer:
    """An answer that asks for calls, each ``(id or None, name, arguments)``."""
    asked = [
        {**({} if call_id is None else {"id": call_id}), "function": {"name": n, "arguments": a}}
        for call_id, n, a in calls
    ]
    return text("", tool_calls=asked, **message)


def answer(message: Mapping[str, Any], **more: Any) -> Answer:
    """A whole answer; a field that is None is left out."""
    return Answer.of(_without_nones({**_END, "message": message, **more}))


def streamed(*messages: Mapping[str, Any], broken: bool = False, **more: Any) -> Streamed:
    """An answer in pieces, one JSON value a line.

    Args:
        *messages: What each piece adds, such as ``{"content": "Hel"}``.
        broken: The connection closes without the last piece.
        **more: Further fields of the last piece.
    """
    lines: list[Any] = [
        {
            "model": "tiny:latest",
            "message": {"role": "assistant", "content": "", **m},
            "done": False,
        }
        for m in messages
    ]
    if not broken:
        last = {**_END, "message": {"role": "assistant", "content": ""}, **more}
        lines.append(_without_nones(last))
    return stream_of(*lines, broken=broken)


def stream_of(*lines: Any, broken: bool = False) -> Streamed:
    """Any JSON values, one a line."""
    pieces = [json.dumps(line).encode() + b"\n" for line in lines]
    return Streamed(pieces, content_type="application/x-ndjson", broken=broken)


def error(status: int, message: str, **headers: str) -> Answer:
    """An error in Ollama's form."""
    return Answer.of({"error": message}, status, **headers)


def overloaded(status: int = 503) -> Answer:
    """An error that may pass."""
    if status == 503:
        busy = "server busy, please try again.  maximum pending requests exceeded"
        return error(status, busy)
    return error(status, "Try again.")


def cannot_think(model: str = "tiny") -> Answer:
    """What is said if a model that cannot think is asked to."""
    return error(400, f'"{model}" does not support thinking')


_END: dict[str, Any] = {
    "model": "tiny:latest",
    "created_at": "2030-01-01T00:00:00Z",
    "done": True,
    "done_reason": "stop",
    "total_duration": 5,
    "prompt_eval_count": 9,
    "eval_count": 3,
}


def _without_nones(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if part is not None}


def _check_types(body: Mapping[str, Any]) -> None:
    _check_type(body, ChatRequest)
    _check_type(body.get("options", {}), Options)
    for message in body["messages"]:
        # The SDK's type of images reads files.
        _check_type({k: v for k, v in message.items() if k != "images"}, Message)
        for call in message.get("tool_calls", ()):
            _check_type(call, Message.ToolCall)
            _check_type(call["function"], Message.ToolCall.Function)
    for tool in body.get("tools", ()):
        _check_type(tool, Tool)
        _check_type(tool["function"], Tool.Function)


def _check_type(value: Mapping[str, Any], kind: type[BaseModel]) -> None:
    kind.model_validate(value, strict=True)
    known = kind.model_fields.keys() | _MORE.get(kind, set())
    if unknown := sorted(value.keys() - known):
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)}")


def _check_rules(body: Mapping[str, Any]) -> None:
    """Rules of this library, and of Ollama, that types do not express."""
    if not isinstance(body.get("stream"), bool):
        raise ValueError("without stream, the answer is streamed")
    if body.get("think") not in (None, False, True, "low", "medium", "high"):
        raise ValueError(f"invalid think value: {body['think']!r}")
    if body.get("options", {}).get("num_ctx", 1) < 1:
        raise ValueError("num_ctx must be at least 1")
    names: list[str] = []
    for message in body["messages"]:
        if message["role"] not in ("system", "user", "assistant", "tool"):
            raise ValueError(f"invalid role: {message['role']}")
        if not isinstance(message["content"], str):
            raise ValueError("content is a text")
        for image in message.get("images", ()):
            base64.b64decode(image, validate=True)
        if message["role"] == "tool":
            if message.get("tool_name") not in names:
                raise ValueError(f"no tool {message.get('tool_name')!r} was called")
            names.remove(message["tool_name"])
        elif names:
            raise ValueError(f"tool calls without an answer: {names}")
        names += [call["function"]["name"] for call in message.get("tool_calls", ())]
    if names:
        raise ValueError(f"tool calls without an answer: {names}")
    if "$ref" in json.dumps(body.get("tools", [])):
        raise ValueError("the server drops references in the schemas of tools")
    if not 0 <= body.get("top_logprobs", 0) <= 20:
        raise ValueError("top_logprobs must be between 0 and 20")
