"""Setups of chat models: what becomes of a conversation before it is sent."""

from __future__ import annotations

from typing import Any

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelSetup
from flink_agents.api.prompts.prompt import Prompt


class Setup(BaseChatModelSetup):
    @property
    def model_kwargs(self) -> dict[str, Any]:
        return {}


def test_a_message_that_only_carries_values_is_left_out_and_an_empty_result_is_not() -> None:
    values = ChatMessage(extra_args={"name": "Ada"})
    calling = ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[{"id": "1"}])
    result = ChatMessage(
        role=MessageRole.TOOL, extra_args={"external_id": "1", "name": "of a tool"}
    )
    silent = ChatMessage(role=MessageRole.ASSISTANT, extra_args={"promptTokens": 3})
    setup = Setup(connection="any", prompt=Prompt.from_text("You are {name}."))
    (prompt, *rest) = setup.with_prompt([values, calling, result, silent])
    assert prompt.content == "You are Ada."
    assert rest == [calling, result, silent]
