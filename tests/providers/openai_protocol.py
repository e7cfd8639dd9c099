"""OpenAI's chat completions as a server sees them: what it takes, and what it answers.

Requests are checked against the types that the OpenAI SDK publishes, with no unknown fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import ConfigDict, TypeAdapter, ValidationError

from tests.providers.recorded_server import Answer, RecordedRequest, Streamed

PATH = "/v1/chat/completions"

#: A list, because a TypedDict itself takes no configuration from outside.
_FORBID = ConfigDict(extra="forbid")
_REQUESTS = TypeAdapter(list[CompletionCreateParamsNonStreaming], config=_FORBID)
_STREAMING = TypeAdapter(list[CompletionCreateParamsStreaming], config=_FORBID)


def check(request: RecordedRequest) -> Answer | None:
    """What OpenAI would say to a bad request, or None for a good one."""
    if request.method != "POST" or request.path != PATH:
        return error(404, f"Invalid URL ({request.method} {request.path})")
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return error(401, "You didn't provide an API key.")
    try:
        kind = _STREAMING if request.body.get("stream") else _REQUESTS
        _walk(kind.validate_python([request.body], strict=True))
        _check_rules(request.body)
    except ValidationError as problem:
        return error(400, str(problem))
    except ValueError as problem:
        return error(400, str(problem))
    return None


def text(content: str | None = "Hello.", **message: Any) -> Answer:
    """An answer of text; further fields of the message may be given."""
    return completion({"role": "assistant", "content": content, **message})


def tool_calls(*calls: tuple[str, str, str], content: str | None = None) -> Answer:
    """An answer that asks for calls, each ``(id, name, arguments as text)``."""
    asked = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for id, name, arguments in calls
    ]
    return completion(
        {"role": "assistant", "content": content, "tool_calls": asked}, finish_reason="tool_calls"
    )


def completion(
    message: Mapping[str, Any],
    *,
    finish_reason: str = "stop",
    usage: Mapping[str, Any] | None = None,
    logprobs: Any = None,
    **more: Any,
) -> Answer:
    """An answer with one choice."""
    choice = {
        "index": 0,
        "message": {"refusal": None, **message},
        "finish_reason": finish_reason,
        "logprobs": logprobs,
    }
    return Answer.of(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "gpt-test-0613",
            "choices": [choice],
            "usage": usage or {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
            **more,
        },
        x_request_id="req_1",
    )


def streamed(*deltas: Mapping[str, Any], finish_reason: str = "stop", **how: Any) -> Streamed:
    """An answer in pieces: the deltas, the reason of the end, the usage.

    Args:
        *deltas: Of the message, such as ``{"content": "Hel"}``.
        finish_reason: Why the answer ends.
        **how: ``broken`` of the step.
    """
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-test-0613"}
    chunks: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in ({"role": "assistant", "content": ""}, *deltas)
    ]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    chunks.append({**head, "choices": [], "usage": usage})
    if how.get("broken"):
        del chunks[-2:]
    pieces = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    end = [] if how.get("broken") else [b"data: [DONE]\n\n"]
    return Streamed([*pieces, *end], **how)


def error(
    status: int, message: str, *, code: str | None = None, param: str | None = None, **headers: str
) -> Answer:
    """An error in OpenAI's form."""
    problem = {"message": message, "type": "error", "param": param, "code": code}
    return Answer.of({"error": problem}, status, x_request_id="req_1", **headers)


def overloaded(status: int = 429) -> Answer:
    """An error that may pass, with the wish to be asked again at once."""
    header = {"retry-after-ms": "1"} if status == 500 else {"retry-after": "0.001"}
    problem = {"message": "Try again.", "type": "error", "param": None, "code": None}
    return Answer(json.dumps({"error": problem}).encode(), status, header)


def _walk(value: Any) -> None:
    """Validate what pydantic leaves for later: each ``Iterable`` of the types."""
    if isinstance(value, dict):
        for part in value.values():
            _walk(part)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for part in value:
            _walk(part)


def _check_rules(body: Mapping[str, Any]) -> None:
    """Rules of OpenAI that types do not express."""
    if "top_logprobs" in body and not body.get("logprobs"):
        raise ValueError("'top_logprobs' needs 'logprobs'")
    _check_calls_are_answered(body["messages"])
    for tool in body.get("tools", ()):
        if tool["function"].get("strict"):
            _check_strict(tool["function"]["parameters"], "parameters")
    format = body.get("response_format", {}).get("json_schema", {})
    if format.get("strict"):
        _check_strict(format["schema"], "schema")


def _check_calls_are_answered(messages: list[dict[str, Any]]) -> None:
    open_calls: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                raise ValueError(f"no tool call has the id {message['tool_call_id']!r}")
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            raise ValueError(f"tool calls without an answer: {open_calls}")
        open_calls += [call["id"] for call in message.get("tool_calls") or ()]
    if open_calls:
        raise ValueError(f"tool calls without an answer: {open_calls}")


_STRICT_KEYWORDS = frozenset(
    {"type", "description", "title", "enum", "const", "format", "pattern", "properties"}
    | {"required", "additionalProperties", "items", "anyOf", "$ref", "$defs", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)


def _check_strict(schema: Any, path: str) -> None:
    """The part of JSON Schema that strict mode takes."""
    if not isinstance(schema, dict) or not schema:
        raise ValueError(f"{path}: a schema must have a type")
    if unknown := sorted(schema.keys() - _STRICT_KEYWORDS):
        raise ValueError(f"{path}: {', '.join(unknown)} is not permitted")
    if "$ref" in schema and len(schema) > 1:
        raise ValueError(f"{path}: $ref cannot have other keywords beside it")
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            raise ValueError(f"{path}: 'additionalProperties' must be false")
        if sorted(schema.get("required", ())) != sorted(schema["properties"]):
            raise ValueError(f"{path}: 'required' must include every key in properties")
    elif kind == "array" and "items" not in schema:
        raise ValueError(f"{path}: array schema missing items")
    for name in ("properties", "$defs"):
        for key, part in schema.get(name, {}).items():
            _check_strict(part, f"{path}.{key}")
    for part in schema.get("anyOf", ()):
        _check_strict(part, path)
    if "items" in schema:
        _check_strict(schema["items"], f"{path}[]")
