"""DashScope's chats as a server sees them: what it takes, and what it answers.

The SDK has no types for requests. The models here are made from the arguments that
``dashscope.AioGeneration.call`` documents, with no unknown fields; rules that types do not express
are those of the provider's manual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flink_agents.integrations.chat_models.tongyi_chat_model import (
    TongyiChatModelConnection,
    TongyiChatModelSetup,
)
from tests.providers.asking import Asked
from tests.providers.recorded_server import Answer, RecordedRequest, Streamed

BASE = "/api/v1"
TEXT = f"{BASE}/services/aigc/text-generation/generation"
MULTIMODAL = f"{BASE}/services/aigc/multimodal-generation/generation"

#: The one argument that every connection to DashScope needs.
KEY: dict[str, Any] = {"api_key": "sk-dashscope-test"}

TONGYI = Asked(
    TongyiChatModelConnection,
    TongyiChatModelSetup,
    lambda url: {**KEY, "base_url": f"{url}{BASE}"},
    {},
)

_USAGE = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Part(_Strict):
    text: str | None = None
    image: Annotated[str, Field(pattern="^(https?://|oss://|data:image/)")] | None = None


class _Called(_Strict):
    name: str
    arguments: str


class _Call(_Strict):
    id: str
    type: Literal["function"]
    function: _Called
    index: int | None = None


class _Said(_Strict):
    role: Literal["system", "user"]
    content: str | list[_Part]


class _Answered(_Strict):
    role: Literal["assistant"]
    content: str | list[_Part]
    tool_calls: list[_Call] | None = None


class _Result(_Strict):
    role: Literal["tool"]
    content: str
    tool_call_id: str
    name: str | None = None


class _Input(_Strict):
    messages: list[Annotated[_Said | _Answered | _Result, Field(discriminator="role")]]


class _Function(_Strict):
    name: str
    description: str
    parameters: dict[str, Any]


class _Tool(_Strict):
    type: Literal["function"]
    function: _Function


class _Parameters(_Strict):
    result_format: Literal["message"]
    temperature: Annotated[float, Field(ge=0, lt=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    repetition_penalty: float | None = None
    presence_penalty: float | None = None
    incremental_output: bool | None = None
    enable_search: bool | None = None
    search_options: dict[str, Any] | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    enable_thinking: bool | None = None
    thinking_budget: int | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    response_format: dict[str, Any] | None = None


class _Request(_Strict):
    model: str
    input: _Input
    parameters: _Parameters


def check(request: RecordedRequest) -> Answer | None:
    """What DashScope would say to a bad request, or None for a good one."""
    if request.method != "POST" or request.path not in (TEXT, MULTIMODAL):
        return error(404, f"Not found: {request.method} {request.path}", code="NotFound")
    if not request.headers.get("Authorization", "").startswith("Bearer sk-"):
        return error(401, "Invalid API-key provided.", code="InvalidApiKey")
    try:
        asked = _Request.model_validate(request.body)
        _check_rules(asked, request)
    except ValidationError as problem:
        return error(400, str(problem))
    except ValueError as problem:
        return error(400, str(problem))
    return None


def _check_rules(asked: _Request, request: RecordedRequest) -> None:
    parameters, messages = asked.parameters, asked.input.messages
    streams = request.headers.get("X-DashScope-SSE") == "enable"
    multimodal = request.path == MULTIMODAL
    if multimodal != asked.model.startswith(("qwen-vl", "qwen3.5")):
        raise ValueError("url error, please check url!")
    if any(isinstance(m.content, list) != multimodal for m in messages if m.role == "user"):
        raise ValueError("the content of a message is not of the form of this endpoint")
    if parameters.enable_thinking and not streams:
        raise ValueError("parameter.enable_thinking must be set to false for non-streaming calls")
    if parameters.incremental_output and not streams:
        raise ValueError("incremental_output needs a streamed answer")
    if parameters.response_format is not None:
        if parameters.enable_thinking:
            raise ValueError("response_format goes with models alone that do not think")
        if "json" not in json.dumps(request.body["input"]).lower():
            raise ValueError("'messages' must contain the word 'json' in some form")
    _check_calls_are_answered(messages)


def _check_calls_are_answered(messages: list[_Said | _Answered | _Result]) -> None:
    open_calls: list[str] = []
    for message in messages:
        if isinstance(message, _Result):
            if message.tool_call_id not in open_calls:
                raise ValueError(f"no tool call has the id {message.tool_call_id!r}")
            open_calls.remove(message.tool_call_id)
        elif open_calls:
            raise ValueError(f"tool calls without an answer: {open_calls}")
        if isinstance(message, _Answered):
            open_calls += [call.id for call in message.tool_calls or ()]


def text(content: Any = "Hello.", **message: Any) -> Answer:
    """An answer of text; further fields of the message may be given."""
    return completion({"role": "assistant", "content": content, **message})


def tool_calls(*calls: tuple[str, str, str], content: str = "") -> Answer:
    """An answer that asks for calls, each ``(id, name, arguments as text)``."""
    asked = [
        {
            "index": index,
            "id": id,
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for index, (id, name, arguments) in enumerate(calls)
    ]
    return completion(
        {"role": "assistant", "content": content, "tool_calls": asked}, finish_reason="tool_calls"
    )


def completion(
    message: Mapping[str, Any],
    *,
    finish_reason: str = "stop",
    usage: Mapping[str, Any] | None = None,
) -> Answer:
    """An answer with one choice."""
    choices = [{"finish_reason": finish_reason, "message": message}]
    return Answer.of(
        {"output": {"choices": choices}, "usage": usage or _USAGE, "request_id": "req_1"}
    )


def event(output: Any, usage: Any = None) -> bytes:
    """One event of a streamed answer."""
    data = {"output": output, "usage": usage or _USAGE, "request_id": "req_1"}
    return f"id:1\nevent:result\n:HTTP_STATUS/200\ndata:{json.dumps(data)}\n\n".encode()


def error_event(code: str, message: str) -> bytes:
    """An error in the middle of a streamed answer."""
    data = {"code": code, "message": message, "request_id": "req_1"}
    return f"id:2\nevent:error\n:HTTP_STATUS/400\ndata:{json.dumps(data)}\n\n".encode()


def piece(message: Mapping[str, Any], finish_reason: str = "null") -> bytes:
    """The event of a piece of a message."""
    said = {"role": "assistant", "content": "", **message}
    return event({"choices": [{"message": said, "finish_reason": finish_reason}]})


def streamed(*messages: Mapping[str, Any], finish_reason: str = "stop", **how: Any) -> Streamed:
    """An answer in pieces.

    Args:
        *messages: What each adds to the message, such as ``{"content": "Hel"}``.
        finish_reason: Why the answer ends.
        **how: ``broken`` of the step.
    """
    pieces = [piece(message) for message in messages]
    return Streamed(pieces if how.get("broken") else [*pieces, piece({}, finish_reason)], **how)


def error(status: int, message: str, *, code: str = "InvalidParameter") -> Answer:
    """An error in DashScope's form."""
    return Answer.of({"code": code, "message": message, "request_id": "req_1"}, status)


def overloaded(status: int = 429) -> Answer:
    """An error that may pass."""
    code = "Throttling.RateQuota" if status == 429 else "InternalError"
    return error(status, "Try again.", code=code)
