"""Events that ask a chat model and carry its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from flink_agents.api.agents.types import OutputSchema
from flink_agents.api.chat_message import ChatMessage
from flink_agents.api.events.event import EVENT_TYPE_NAMES, Event

if TYPE_CHECKING:
    from pyflink.common.typeinfo import RowTypeInfo  # pyright: ignore[reportMissingTypeStubs]


class ChatRequestEvent(Event):
    """Ask a chat model.

    Attributes:
        model: Name of the chat-model setup.
        messages: The conversation so far, oldest first.
        output_schema: A pydantic class or a Flink ``RowTypeInfo`` for the answer. The parsed value
            is ``response.extra_args["structured_output"]``. None: free text.
        prompt_args: Values for the placeholders of the setup's prompt, beside those in the
            messages' ``extra_args``; these win.
        stream: Send a :class:`ChatChunkEvent` for each piece of the answer before the
            :class:`ChatResponseEvent`. Default False.
    """

    model: str
    messages: list[ChatMessage]
    output_schema: OutputSchema | None = None
    prompt_args: dict[str, Any] = Field(default_factory=dict[str, Any])
    stream: bool = False

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            model: str,
            messages: Sequence[ChatMessage],
            output_schema: OutputSchema | type[BaseModel] | RowTypeInfo | None = None,
            prompt_args: Mapping[str, Any] | None = None,
            stream: bool = False,
            **data: Any,
        ) -> None: ...

    @field_validator("output_schema", mode="before")
    @classmethod
    def _wrap_schema(cls, value: Any) -> Any:
        if value is None or isinstance(value, (OutputSchema, dict)):
            return value  # pyright: ignore[reportUnknownVariableType]
        return OutputSchema(output_schema=value)


class ChatChunkEvent(Event):
    """A piece of the answer to a :class:`ChatRequestEvent` with ``stream=True``.

    Pieces come in order and before the response, each at most once: those of a call that is made
    again, after a failure or a restart, are left out. Only the response is sure to come.

    Attributes:
        request_id: Id of the request event.
        number: Place of the piece in its request, from 0, over all rounds with tools.
        content: The text that was added.
        reasoning: The reasoning that was added.
    """

    request_id: UUID
    number: int
    content: str = ""
    reasoning: str = ""


class ChatResponseEvent(Event):
    """The answer to a :class:`ChatRequestEvent`.

    Attributes:
        request_id: Id of the request event.
        response: The assistant's message. When the request failed and the job is set to ignore
            errors or to send them to the dead letters, its content is empty and
            ``extra_args["error"]`` says what happened.
    """

    request_id: UUID
    response: ChatMessage


EVENT_TYPE_NAMES["_chat_request_event"] = ChatRequestEvent
EVENT_TYPE_NAMES["_chat_chunk_event"] = ChatChunkEvent
EVENT_TYPE_NAMES["_chat_response_event"] = ChatResponseEvent
