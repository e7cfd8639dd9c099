"""Streamed chat completions, put together."""

from __future__ import annotations

from typing import Any

from flink_agents.integrations.chat_models.openai.openai_chunks import completion_of


def delta(finish: str | None = None, **parts: Any) -> dict[str, Any]:
    return {"id": "c1", "choices": [{"index": 0, "delta": parts, "finish_reason": finish}]}


def test_texts_are_joined_and_the_usage_comes_along() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    completion = completion_of(
        [
            delta(role="assistant", content=None),
            delta(reasoning_content="Well"),
            delta(content="Hel"),
            delta(content="lo"),
            delta("stop"),
            {"id": "c1", "choices": [], "usage": usage},
        ],
        model="tiny",
    )
    assert completion == {
        "object": "chat.completion",
        "id": "c1",
        "model": "tiny",
        "usage": usage,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello", "reasoning_content": "Well"},
            }
        ],
    }


def test_two_tool_calls_are_told_apart_by_their_index() -> None:
    def part(index: int, arguments: str, **named: str) -> dict[str, Any]:
        call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
        if named:
            call["id"] = named["id"]
            call["function"]["name"] = named["name"]
        return delta(tool_calls=[call])

    completion = completion_of(
        [
            part(0, '{"a"', id="x", name="add"),
            part(0, ": 1}"),
            part(1, "{}", id="y", name="now"),
            delta("tool_calls"),
        ],
        model="tiny",
    )
    (choice,) = completion["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "x", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
            {"id": "y", "type": "function", "function": {"name": "now", "arguments": "{}"}},
        ],
    }
