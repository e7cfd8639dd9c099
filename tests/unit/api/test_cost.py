"""What answers cost by list price."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from flink_agents.api.chat_message import ChatMessage, MessageRole
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.chat_models.cost import add_cost
from flink_agents.api.resource import Resource, ResourceType
from flink_agents.api.tools.tool import Tool
from flink_agents.integrations.chat_models.anthropic import AnthropicChatModelConnection
from flink_agents.integrations.chat_models.azure import AzureChatModelConnection
from flink_agents.integrations.chat_models.composition import (
    CachedChatModelConnection,
    FallbackChatModelConnection,
)
from flink_agents.integrations.chat_models.ollama_chat_model import OllamaChatModelConnection
from flink_agents.integrations.chat_models.openai import OpenAIChatModelConnection
from flink_agents.runtime.local_metrics import LocalMetricGroup

KEY = SecretStr("sk-test")
OPENAI = "https://api.openai.com/v1"


def answered(**extra_args: Any) -> ChatMessage:
    told = {"model_name": "gpt-4", "promptTokens": 1000, "completionTokens": 500, **extra_args}
    return ChatMessage(role=MessageRole.ASSISTANT, content="Yes.", extra_args=told)


def cost(url: str | None, **extra_args: Any) -> Any:
    answer = answered(**extra_args)
    add_cost(answer, url)
    return answer.extra_args.get("costUsd")


def test_a_known_model_costs_what_its_provider_lists() -> None:
    # 30 dollars per million tokens of a prompt, 60 of an answer.
    assert cost(OPENAI) == pytest.approx(0.03 + 0.03)
    assert cost(OPENAI, promptTokens=0, completionTokens=0) == 0
    assert cost("https://api.anthropic.com", model_name="claude-sonnet-4-20250514") > 0


def test_parts_of_the_prompt_from_a_cache_have_their_own_price() -> None:
    # 3 dollars per million tokens of a prompt, 3.75 to write them into the cache, 0.3 to read them.
    told = {"cache_creation_input_tokens": 1000, "cache_read_input_tokens": 2000}
    paid = cost(
        "https://api.anthropic.com",
        model_name="claude-sonnet-4-20250514",
        completionTokens=0,
        **told,
    )
    assert paid == pytest.approx(0.003 + 0.00375 + 0.0006)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (None, {}),
        ("http://localhost:8000/v1", {}),
        (OPENAI, {"model_name": "a-model-of-mine"}),
        (OPENAI, {"model_name": None}),
        (OPENAI, {"promptTokens": None}),
    ],
)
def test_what_is_not_known_has_no_cost(url: str | None, told: dict[str, Any]) -> None:
    assert cost(url, **told) is None
    assert cost(url, **told) is None  # also the second time


def test_providers_that_send_bills_tell_their_url() -> None:
    connections: list[tuple[BaseChatModelConnection, str | None]] = [
        (OpenAIChatModelConnection(api_key=KEY), OPENAI),
        (AnthropicChatModelConnection(api_key=KEY), "https://api.anthropic.com"),
        (
            AzureChatModelConnection(api_key=KEY, endpoint="https://me.openai.azure.com"),
            "https://me.openai.azure.com/openai/v1",
        ),
        (OllamaChatModelConnection(), None),
    ]
    for connection, url in connections:
        assert connection.api_url == url
    assert cost("https://me.openai.azure.com/openai/v1", model_name="gpt-4o") > 0


class Paid(BaseChatModelConnection):
    @property
    def api_url(self) -> str | None:
        return OPENAI

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        return answered()


class Setup(BaseChatModelSetup):
    @property
    def model_kwargs(self) -> dict[str, Any]:
        return {}


def test_the_cost_is_counted_once_through_any_number_of_wrappers() -> None:
    resources: dict[str, Resource] = {"paid": Paid()}

    def lookup(name: str, kind: ResourceType) -> Resource:
        return resources[name]

    resources["either"] = FallbackChatModelConnection(connections=["paid"], get_resource=lookup)
    resources["cache"] = CachedChatModelConnection(connection="either", get_resource=lookup)
    setup = Setup(connection="cache", get_resource=lookup)
    metrics = LocalMetricGroup()
    setup.set_metric_group(metrics)
    costs = [setup.chat([ChatMessage(content="Hi.")]).extra_args["costUsd"] for _ in range(3)]
    assert costs == [pytest.approx(0.06), 0, 0]
    group = metrics.get_sub_group("model").get_sub_group("gpt-4")
    assert group.get_counter("costNanoUsd").get_count() == 60_000_000
    assert group.get_counter("promptTokens").get_count() == 1000


def test_without_the_price_list_there_is_no_cost_and_no_error() -> None:
    program = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from flink_agents.api.chat_message import ChatMessage\n"
        "from flink_agents.api.chat_models.cost import add_cost\n"
        "told = {'model_name': 'gpt-4', 'promptTokens': 1, 'completionTokens': 1}\n"
        "answer = ChatMessage(extra_args=told)\n"
        f"add_cost(answer, {OPENAI!r})\n"
        "assert 'costUsd' not in answer.extra_args\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
