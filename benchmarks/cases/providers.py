"""Many model calls in flight, with each provider."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cases.model_calls import http_comparison
from benchmarks.comparison import Comparison

PROVIDERS = ("openai", "anthropic", "ollama", "tongyi", "azure")


def comparisons(scale: float) -> Iterator[Comparison]:
    """Over HTTP, beside the bare SDK."""
    for provider in PROVIDERS:
        yield http_comparison(provider, int(10_000 * scale))
