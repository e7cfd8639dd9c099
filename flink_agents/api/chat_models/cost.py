"""What an answer costs by the list price of its provider."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from flink_agents.api.chat_message import ChatMessage

#: Model and API that have no known price, so that they are looked up once. Bounded, since models
#: are named by servers.
_MAX_UNKNOWN = 1_000
_unknown: set[tuple[str, str]] = set()


def add_cost(answer: ChatMessage, api_url: str | None) -> None:
    """Put ``costUsd`` into the ``extra_args`` of an answer, in US dollars.

    It is left as it is if it is there already, if the answer does not tell model and tokens, if the
    package ``genai-prices`` is not installed, or if that knows no price.

    Args:
        answer: Tells the model and its tokens.
        api_url: URL of the API that gave it; None if it costs nothing.
    """
    told = answer.extra_args
    model = told.get("model_name")
    prompt, completion = told.get("promptTokens"), told.get("completionTokens")
    if "costUsd" in told or api_url is None or not isinstance(model, str):
        return
    if not (isinstance(prompt, int) and isinstance(completion, int)):
        return
    # Of the prompt, these are beside the tokens that were counted, and have prices of their own.
    written = told.get("cache_creation_input_tokens") or 0
    read = told.get("cache_read_input_tokens") or 0
    usage = {
        "input_tokens": prompt + written + read,
        "cache_write_tokens": written,
        "cache_read_tokens": read,
        "output_tokens": completion,
    }
    price = _price(model, api_url, usage)
    if price is not None:
        told["costUsd"] = price


def _price(model: str, api_url: str, usage: Mapping[str, int]) -> float | None:
    prices = _prices()
    if prices is None or (model, api_url) in _unknown:
        return None
    used: Any = prices.Usage(**usage)
    try:
        return float(prices.calc_price(used, model, provider_api_url=api_url).total_price)
    except LookupError:
        if len(_unknown) < _MAX_UNKNOWN:
            _unknown.add((model, api_url))
        return None


@functools.cache
def load_prices() -> None:
    """Read the price list, if it is installed: the first look into it takes almost a second."""
    _price("gpt-4", "https://api.openai.com/v1", {})


@functools.cache
def _prices() -> ModuleType | None:
    try:
        return importlib.import_module("genai_prices")
    except ImportError:
        return None


__all__ = ["add_cost", "load_prices"]
