"""Anthropic's Messages API as a server sees it: what it takes, and what it answers.

Requests are checked against the types that the Anthropic SDK publishes, with no unknown fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from pydantic import ConfigDict, TypeAdapter, ValidationError

from flink_agents.integrations.chat_models.anthropic import (
    AnthropicChatModelConnection,
    AnthropicChatModelSetup,
)
from tests.providers.asking import Asked
from tests.providers.recorded_server import Answer, RecordedRequest, Streamed

PATH = "/v1/messages"
NEWEST, OLDER = "2026-10-21", "2023-06-01"

#: The one argument that every connection to Anthropic needs.
KEY: dict[str, Any] = {"api_key": "sk-ant-test"}

ANTHROPIC = Asked(
    AnthropicChatModelConnection,
    AnthropicChatModelSetup,
    lambda url: {**KEY, "api_base_url": url, "max_retries": 0},
    {},
)

#: A list, because a TypedDict itself takes no configuration from outside.
_FORBID = ConfigDict(extra="forbid")
_REQUESTS = TypeAdapter(list[MessageCreateParamsNonStreaming], config=_FORBID)
_STREAMING = TypeAdapter(list[MessageCreateParamsStreaming], config=_FORBID)
#: The types are those of the newest version, which knows no sampling any more.
_SAMPLING = ("temperature", "top_p", "top_k")
_USAGE = {"input_tokens": 9, "output_tokens": 3}


def check(request: RecordedRequest) -> Answer | None:
    """What Anthropic would say to a bad request, or None for a good one."""
    if request.method != "POST" or request.path != PATH:
        return error(404, f"Not found: {request.method} {request.path}")
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return error(401, "authentication is required")
    version = request.headers.get("anthropic-version")
    if version not in (NEWEST, OLDER):
        return error(400, "anthropic-version: unknown or missing")
    try:
        body = dict(request.body)
        sampling = {name: body.pop(name) for name in _SAMPLING if name in body}
        _check_sampling(sampling, body, version)
        kind = _STREAMING if body.get("stream") else _REQUESTS
        _walk(kind.validate_python([body], strict=True))
        _check_rules(body)
    except ValidationError as problem:
        return error(400, str(problem))
    except ValueError as problem:
        return error(400, str(problem))
    return None


def text(content: str = "Hello.", **message: Any) -> Answer:
    """An answer of text; further fields of the message may be given."""
    return answer({"type": "text", "text": content}, **message)


def tool_calls(*calls: tuple[str, str, Mapping[str, Any]], content: str = "") -> Answer:
    """An answer that asks for calls, each ``(id, name, input)``, after a text if there is one."""
    said = [{"type": "text", "text": content}] if content else []
    asked = [
        {"type": "tool_use", "id": id, "name": name, "input": input} for id, name, input in calls
    ]
    return answer(*said, *asked, stop_reason="tool_use")


def thinking(thought: str, *blocks: Mapping[str, Any], **message: Any) -> Answer:
    """An answer after a thought; its blocks, or a text."""
    first = {"type": "thinking", "thinking": thought, "signature": "c2lnbmVk"}
    return answer(first, *(blocks or [{"type": "text", "text": "42"}]), **message)


def answer(*blocks: Mapping[str, Any], **message: Any) -> Answer:
    """An answer of blocks; further fields of the message may be given."""
    return Answer.of(whole(*blocks, **message))


def whole(*blocks: Mapping[str, Any], **message: Any) -> dict[str, Any]:
    """A message of the API."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-test-1",
        "content": list(blocks),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": _USAGE,
        **message,
    }


def streamed(*blocks: Mapping[str, Any], events: int | None = None, **message: Any) -> Streamed:
    """An answer of blocks in pieces of few characters.

    Args:
        *blocks: As in a whole answer; the input of a call may be text.
        events: How many events are sent before the connection breaks. Default: all.
        **message: Fields of the message that come in the end.
    """
    told = {"stop_reason": "end_turn", "stop_sequence": None, **message}
    usage = {**_USAGE, **told.pop("usage", {})}
    start = whole(stop_reason=None, usage={**usage, "output_tokens": 1})
    made: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(blocks):
        made += [{**event, "index": index} for event in _block_events(block)]
    made.append({"type": "message_delta", "delta": told, "usage": usage})
    made.append({"type": "message_stop"})
    return stream_of(made[:events], broken=events is not None)


def stream_of(events: Sequence[Mapping[str, Any]], *, broken: bool = False) -> Streamed:
    """Events as they are."""
    pieces = [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events]
    return Streamed(pieces, broken=broken)


def _block_events(block: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    fields: dict[str, list[tuple[str, str]]] = {
        "text": [("text_delta", "text")],
        "thinking": [("thinking_delta", "thinking"), ("signature_delta", "signature")],
    }
    empty: dict[str, Any] = {**block, **{name: "" for _, name in fields.get(block["type"], ())}}
    if block["type"] == "tool_use":
        empty["input"] = {}
    yield {"type": "content_block_start", "content_block": empty}
    for kind, name in fields.get(block["type"], ()):
        for piece in _pieces(block[name]):
            yield {"type": "content_block_delta", "delta": {"type": kind, name: piece}}
    if block["type"] == "tool_use":
        written = block["input"]
        written = written if isinstance(written, str) else json.dumps(written)
        for piece in ["", *_pieces(written)]:
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield {"type": "content_block_delta", "delta": delta}
    yield {"type": "content_block_stop"}


def _pieces(whole: str) -> list[str]:
    return [whole[n : n + 4] for n in range(0, len(whole), 4)]


def problem(kind: str, message: str) -> dict[str, Any]:
    """An error as JSON."""
    return {
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": "req_body",
    }


def error(status: int, message: str, kind: str = "some_error", **headers: str) -> Answer:
    """An error in Anthropic's form."""
    return Answer.of(problem(kind, message), status, request_id="req_1", **headers)


def overloaded(status: int = 529) -> Answer:
    """An error that may pass, with the wish to be asked again at once."""
    header = {"retry-after": "0.001"} if status == 429 else {"retry-after-ms": "1"}
    kind = {429: "rate_limit_error", 529: "overloaded_error"}.get(status, "api_error")
    return Answer(json.dumps(problem(kind, "Overloaded")).encode(), status, header)


def _walk(value: Any) -> None:
    """Validate what pydantic leaves for later: each ``Iterable`` of the types."""
    if isinstance(value, dict):
        for part in value.values():
            _walk(part)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for part in value:
            _walk(part)


def _check_sampling(sampling: Mapping[str, Any], body: Mapping[str, Any], version: str) -> None:
    if sampling and version == NEWEST:
        raise ValueError(f"{next(iter(sampling))}: Extra inputs are not permitted")
    for name in sampling:
        if re.search(r"claude-(opus|sonnet|haiku)-(5|4-[789])(?!\d)", body["model"]):
            raise ValueError(f"`{name}` is deprecated for this model.")
    if {"temperature", "top_p"} <= sampling.keys():
        raise ValueError("`temperature` and `top_p` cannot both be specified for this model.")
    thinks = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    if thinks and sampling.get("temperature", 1) != 1:
        raise ValueError("`temperature` may only be set to 1 when thinking is enabled.")


def _check_rules(body: Mapping[str, Any]) -> None:
    """Rules of Anthropic that types do not express."""
    messages: list[dict[str, Any]] = body["messages"]
    if not messages:
        raise ValueError("messages: at least one message is required")
    if messages[0]["role"] != "user":
        raise ValueError("messages: first message must use the user role")
    for before, message in zip([None, *messages], messages, strict=False):
        if before is not None and before["role"] == message["role"]:
            raise ValueError("messages: roles must alternate")
        _check_content(message)
    _check_calls_are_answered(messages)
    _check_blocks(_blocks(body.get("system", "x")), "system")
    budget = body.get("thinking", {}).get("budget_tokens", 0)
    if budget >= body["max_tokens"]:
        raise ValueError("`max_tokens` must be greater than `thinking.budget_tokens`")
    for tool in body.get("tools", ()):
        if tool["input_schema"].get("type") != "object":
            raise ValueError("tools.input_schema.type: must be 'object'")
        if tool.get("strict"):
            _check_schema(tool["input_schema"], "input_schema")
    if format := body.get("output_config", {}).get("format"):
        _check_schema(format["schema"], "schema")
        if messages[-1]["role"] == "assistant":
            raise ValueError("prefill does not go with output_config.format")


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _check_content(message: Mapping[str, Any]) -> None:
    blocks = _blocks(message["content"])
    if not blocks:
        raise ValueError("messages: content must not be empty")
    _check_blocks(blocks, "messages")
    kinds = [block["type"] for block in blocks]
    if message["role"] == "assistant" and kinds[-1] in ("thinking", "redacted_thinking"):
        raise ValueError("messages: the final block cannot be `thinking`")
    if "tool_result" in kinds[kinds.count("tool_result") :]:
        raise ValueError("messages: `tool_result` blocks must come first")


def _check_blocks(blocks: Sequence[Mapping[str, Any]], place: str) -> None:
    for block in blocks:
        if block["type"] == "text" and not block["text"].strip():
            raise ValueError(f"{place}: text content blocks must be non-empty")
        for nested in _blocks(block.get("content", "x")):
            if nested["type"] == "text" and not nested["text"].strip():
                raise ValueError(f"{place}: text content blocks must be non-empty")
        id = block.get("tool_use_id") or block.get("id") or "x"
        if not re.fullmatch(r"[a-zA-Z0-9_-]+", id):
            raise ValueError(f"{place}: {id!r} should match pattern '^[a-zA-Z0-9_-]+$'")


def _check_calls_are_answered(messages: list[dict[str, Any]]) -> None:
    asked: list[str] = []
    for message in messages:
        blocks = _blocks(message["content"])
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if sorted(asked) != sorted(answered):
            raise ValueError(f"`tool_use` {asked} need `tool_result`s after them, not {answered}")
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
    last = _blocks(messages[-1]["content"])[-1]
    if (
        messages[-1]["role"] == "assistant"
        and last.get("text", "") != last.get("text", "").rstrip()
    ):
        raise ValueError("final assistant content cannot end with trailing whitespace")


_SCHEMA_KEYWORDS = frozenset(
    {"type", "title", "description", "enum", "const", "default", "format", "properties"}
    | {"required", "additionalProperties", "items", "anyOf", "minItems", "$ref", "$defs"}
)


def _check_schema(schema: Any, path: str) -> None:
    """The part of JSON Schema that structured output takes."""
    if not isinstance(schema, dict) or not schema:
        raise ValueError(f"{path}: a schema must have a type")
    if unknown := sorted(schema.keys() - _SCHEMA_KEYWORDS):
        raise ValueError(f"{path}: {', '.join(unknown)} is not supported")
    if schema.get("minItems", 0) not in (0, 1):
        raise ValueError(f"{path}: 'minItems' values other than 0 or 1 are not supported")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise ValueError(f"{path}: 'additionalProperties' must be explicitly set to false")
    for name in ("properties", "$defs"):
        for key, part in schema.get(name, {}).items():
            _check_schema(part, f"{path}.{key}")
    for part in schema.get("anyOf", ()):
        _check_schema(part, path)
    if "items" in schema:
        _check_schema(schema["items"], f"{path}[]")
