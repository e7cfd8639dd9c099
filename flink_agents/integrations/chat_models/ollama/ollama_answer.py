"""Answers of Ollama, whole or put together from their pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.integrations.chat_models.ollama.ollama_messages import (
    convert_from_ollama_message,
)
from flink_agents.integrations.chat_models.ollama.reasoning_tags import ReasoningTags

#: Takes a text, gives what is meant for the reader and the reasoning in tags, if any.
ExtractReasoning = Callable[[str], tuple[str, str | None]]


def convert_from_ollama_answer(
    answer: Any, asked_model: str, extract_reasoning: ExtractReasoning | None = None
) -> ChatMessage:
    """A whole answer, with what is known about it in ``extra_args``.

    Args:
        answer: As JSON.
        asked_model: Counts as ``model_name`` if the answer names no model.
        extract_reasoning: Takes reasoning out of the text. Default: ``reasoning`` is not returned;
            what was thought before tool calls is kept as ``thinking``, to be sent back with them.

    Returns:
        The message; ``extra_args`` holds ``model_name``, ``promptTokens``, ``completionTokens``,
        and ``finish_reason``, ``reasoning`` and ``logprobs`` where there are any.

    Raises:
        ValueError: If it is no answer.
    """
    if not isinstance(answer, Mapping):
        raise ValueError("it is no JSON object")
    given = cast("Mapping[str, Any]", answer)
    if given.get("done") is False:
        raise ValueError("it is only a piece of an answer")
    message = convert_from_ollama_message(given.get("message"))
    thinking = message.extra_args.pop("reasoning", None)
    if extract_reasoning is not None:
        message.content, tagged = extract_reasoning(message.content)
        if reasoning := "\n".join(text.strip() for text in (thinking, tagged) if text):
            message.extra_args["reasoning"] = reasoning
    elif thinking and message.tool_calls:
        # Not to be read, but the model has to see it again with the results.
        message.extra_args["thinking"] = thinking
    known = {
        "model_name": given.get("model") or asked_model,
        # The server leaves out a count of zero.
        "promptTokens": _count(given, "prompt_eval_count"),
        "completionTokens": _count(given, "eval_count"),
        "finish_reason": given.get("done_reason"),
        "logprobs": given.get("logprobs"),
    }
    message.extra_args.update({k: v for k, v in known.items() if v is not None})
    return message


def _count(answer: Mapping[str, Any], name: str) -> int:
    count = answer.get(name) or 0
    if not isinstance(count, int):
        raise ValueError(f"its {name} is {count!r}")
    return count


class AnswerBuilder:
    """Takes the pieces of one answer, in order.

    Args:
        extract_reasoning: As for :func:`convert_from_ollama_answer`.
    """

    def __init__(self, extract_reasoning: ExtractReasoning | None = None) -> None:
        self._extract_reasoning = extract_reasoning
        self._tags = None if extract_reasoning is None else ReasoningTags()
        self._texts: dict[str, list[str]] = {"content": [], "thinking": []}
        self._calls: list[Any] = []
        self._logprobs: list[Any] = []
        self._last: Mapping[str, Any] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether the answer came to its end."""
        return self._last is not None

    def add(self, piece: Any) -> ChatChunk:
        """Take a piece; gives the text and reasoning that it adds.

        Raises:
            ValueError: If it is no piece of an answer.
        """
        if not isinstance(piece, Mapping):
            raise ValueError("a piece is no JSON object")
        given = cast("Mapping[str, Any]", piece)
        message: Any = given.get("message") or {}
        try:
            for name, texts in self._texts.items():
                if text := message.get(name):
                    texts.append(text)
            self._calls.extend(message.get("tool_calls") or ())
            self._logprobs.extend(given.get("logprobs") or ())
            added = self._added(message.get("content") or "", message.get("thinking") or "")
        except (TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"a piece is not of the expected form ({error!r})") from error
        if given.get("done"):
            self._last = given
            if self._tags is not None:
                content, reasoning = self._tags.end()
                added.content += content
                added.reasoning += reasoning
        return added

    def _added(self, content: str, thinking: str) -> ChatChunk:
        if self._tags is None:
            return ChatChunk(content=content)
        content, reasoning = self._tags.add(content)
        return ChatChunk(content=content, reasoning=thinking + reasoning)

    def message(self, asked_model: str) -> ChatMessage:
        """The whole message, once the answer is finished.

        Args:
            asked_model: Counts as ``model_name`` if the answer names no model.

        Raises:
            ValueError: If the pieces make up no answer.
        """
        whole: dict[str, Any] = {name: "".join(texts) for name, texts in self._texts.items()}
        answer = {
            **(self._last or {}),
            "message": {**whole, "tool_calls": self._calls},
            "logprobs": self._logprobs or None,
        }
        return convert_from_ollama_answer(answer, asked_model, self._extract_reasoning)


__all__ = ["AnswerBuilder", "ExtractReasoning", "convert_from_ollama_answer"]
