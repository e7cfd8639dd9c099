"""Messages in DashScope's form and back. It is OpenAI's, but for what is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.integrations.chat_models.openai.openai_utils import convert_to_openai_message

_IMAGE_ADDRESSES = ("http://", "https://", "oss://", "data:image/")


def convert_to_dashscope_messages(
    messages: Sequence[ChatMessage], *, multimodal: bool
) -> list[dict[str, Any]]:
    """The conversation as request messages.

    Args:
        messages: The conversation.
        multimodal: For a model that takes images: its contents are lists of parts.

    Raises:
        ValueError: If a message cannot be sent.
    """
    return [_to_dashscope_message(message, multimodal) for message in messages]


def _to_dashscope_message(message: ChatMessage, multimodal: bool) -> dict[str, Any]:
    sent = convert_to_openai_message(message)
    if message.role is MessageRole.TOOL:
        if name := message.extra_args.get("tool_name"):
            sent["name"] = str(name)
    elif multimodal:
        sent["content"] = [_to_part(part) for part in message.all_parts] or [{"text": ""}]
    elif isinstance(sent["content"], list):
        sent["content"] = "\n".join(_text_of(part) for part in message.all_parts)
    else:
        sent["content"] = sent["content"] or ""
    return sent


def _to_part(part: TextPart | ImagePart) -> dict[str, str]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if not part.address.startswith(_IMAGE_ADDRESSES):
        raise ValueError(f"an image's url is none: {part.address[:40]!r}")
    return {"image": part.address}


def _text_of(part: TextPart | ImagePart) -> str:
    if isinstance(part, ImagePart):
        raise ValueError("a model of text takes no images: use one that does, such as qwen-vl-max")
    return part.text


def completion_from(output: Any, usage: Any, model: str) -> dict[str, Any]:
    """An answer as OpenAI would have it.

    Args:
        output: Of the answer.
        usage: Of the answer.
        model: Name of the model.

    Raises:
        ValueError: If it is no answer.
    """
    choices = [_choice(choice, "message") for choice in _choices(output)]
    return {"model": model, "choices": choices, "usage": _usage(usage)}


class ChunkReader:
    """Makes of the pieces of a streamed answer, in order, what they were if OpenAI streamed it."""

    def __init__(self) -> None:
        self._known: set[tuple[Any, str, Any]] = set()

    def read(self, output: Any, usage: Any) -> dict[str, Any]:
        """The next piece.

        Args:
            output: Of the piece.
            usage: Of the piece.

        Raises:
            ValueError: If it is none.
        """
        choices = [_choice(choice, "delta") for choice in _choices(output)]
        try:
            for choice in choices:
                for call in (choice["delta"] or {}).get("tool_calls") or ():
                    self._drop_repeated(call)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"a piece is not of the expected form ({error!r})") from error
        return {"choices": choices, "usage": _usage(usage)}

    def _drop_repeated(self, call: dict[str, Any]) -> None:
        # Some models give a call's id and name with its first piece only, some with each.
        for holder, name in ((call, "id"), (call.get("function") or {}, "name")):
            given = call.get("index"), name, holder.get(name)
            if given in self._known:
                holder[name] = ""
            self._known.add(given)


def _choices(output: Any) -> list[Any]:
    if not isinstance(output, Mapping):
        raise ValueError("it has no output")
    given = cast("Mapping[str, Any]", output)
    choices = given.get("choices")
    if choices is None and isinstance(given.get("text"), str):
        # Some models and applications answer in the older form whatever they are asked for.
        message = {"role": "assistant", "content": given["text"]}
        return [{"message": message, "finish_reason": given.get("finish_reason")}]
    return cast("list[Any]", choices) if isinstance(choices, list) else []


def _choice(choice: Any, name: str) -> dict[str, Any]:
    if not isinstance(choice, Mapping):
        raise ValueError("its first choice has no message")
    given = cast("Mapping[str, Any]", choice)
    reason = given.get("finish_reason")
    message = given.get("message")
    if isinstance(message, Mapping):
        message = dict(cast("Mapping[str, Any]", message))
        message["content"] = _content(message.get("content"))
    # While the answer goes on, the reason is the text "null".
    return {name: message, "finish_reason": None if reason == "null" else reason}


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content or ""
    parts = cast("list[Any]", content)
    return "".join(part.get("text") or "" for part in parts if isinstance(part, Mapping))


def _usage(usage: Any) -> dict[str, Any]:
    given = cast("Mapping[str, Any]", usage) if isinstance(usage, Mapping) else {}
    return {
        "prompt_tokens": given.get("input_tokens"),
        "completion_tokens": given.get("output_tokens"),
    }


__all__ = ["ChunkReader", "completion_from", "convert_to_dashscope_messages"]
