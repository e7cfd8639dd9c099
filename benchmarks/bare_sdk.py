"""The baseline: how many model calls a bare asyncio script reaches with the same SDK.

    python benchmarks/bare_sdk.py --provider openai --calls 10000 --concurrency 1000

It uses the transport, limits, timeout and retries that the provider's connection uses, and nothing
of this library. Without ``--url`` it starts the slow model server. Prints JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from slow_model_server import allow_many_connections, slow_model_server

#: Makes one call.
Call = Callable[[], Awaitable[Any]]

MODEL = "slow-model"
MESSAGES: list[Any] = [{"role": "user", "content": "What do you think about it?"}]


@asynccontextmanager
async def openai(url: str, concurrency: int) -> AsyncIterator[Call]:
    """The OpenAI SDK."""
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    timeout = httpx2.Timeout(60.0, pool=None)
    transport = DefaultAioHttpClient(limits=limits, timeout=timeout)
    async with AsyncOpenAI(
        api_key="none",
        base_url=f"{url}/v1",
        max_retries=3,
        timeout=timeout,
        http_client=transport,
    ) as client:
        yield lambda: client.chat.completions.create(
            model=MODEL, messages=MESSAGES, temperature=0.1
        )


@asynccontextmanager
async def anthropic(url: str, concurrency: int) -> AsyncIterator[Call]:
    """The Anthropic SDK."""
    import httpx2
    from anthropic import AsyncAnthropic, DefaultAioHttpClient

    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    timeout = httpx2.Timeout(60.0, pool=None)
    transport = DefaultAioHttpClient(limits=limits, timeout=timeout)
    async with AsyncAnthropic(
        api_key="none", base_url=url, max_retries=3, timeout=timeout, http_client=transport
    ) as client:
        yield lambda: client.messages.create(model=MODEL, messages=MESSAGES, max_tokens=1024)


@asynccontextmanager
async def ollama(url: str, concurrency: int) -> AsyncIterator[Call]:
    """The Ollama SDK."""
    import httpx
    from ollama import AsyncClient

    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    timeout = httpx.Timeout(60.0, pool=None)
    client = AsyncClient(url, limits=limits, timeout=timeout, trust_env=False)
    options = {"temperature": 0.75, "num_ctx": 2048}
    yield lambda: client.chat(model=MODEL, messages=MESSAGES, options=options, keep_alive="5m")


@asynccontextmanager
async def tongyi(url: str, concurrency: int) -> AsyncIterator[Call]:
    """The DashScope SDK."""
    import aiohttp
    from dashscope import AioGeneration

    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield lambda: AioGeneration.call(
            model=MODEL,
            messages=MESSAGES,
            api_key="none",
            base_address=f"{url}/api/v1",
            session=session,
            result_format="message",
            temperature=0.7,
            timeout=60,
        )


@asynccontextmanager
async def azure(url: str, concurrency: int) -> AsyncIterator[Call]:
    """The OpenAI SDK, as it is used for Azure."""
    async with openai(url, concurrency) as call:
        yield call


PROVIDERS = {f.__name__: f for f in (openai, anthropic, ollama, tongyi, azure)}


async def measure(
    provider: str, url: str, calls: int, concurrency: int, warm_up: bool = True
) -> dict[str, Any]:
    """Make calls, as many at once as allowed, and measure.

    Args:
        provider: Whose SDK.
        url: Of the server, without a path.
        calls: How many to measure.
        concurrency: How many at once.
        warm_up: First make ``concurrency`` calls, unmeasured, that open the connections.

    Returns:
        ``calls_per_second``, ``cpu_ms_per_call`` (of this process), and what was asked for.
    """
    async with PROVIDERS[provider](url, concurrency) as call:

        async def worker(share: int) -> None:
            for _ in range(share):
                await call()

        if warm_up:
            await asyncio.gather(*(worker(1) for _ in range(concurrency)))
        shares = [calls // concurrency + (n < calls % concurrency) for n in range(concurrency)]
        begin, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(worker(share) for share in shares))
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    return {
        "what": f"bare SDK of {provider}",
        "calls": calls,
        "concurrency": concurrency,
        "seconds": round(seconds, 3),
        "calls_per_second": round(calls / seconds, 1),
        "cpu_ms_per_call": round(cpu / calls * 1000, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", choices=sorted(PROVIDERS), default="openai")
    parser.add_argument("--url", help="default: start the slow model server")
    parser.add_argument("--latency", type=float, default=0.2, help="of that server, in seconds")
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("--concurrency", type=int, default=1000)
    arguments = parser.parse_args()
    allow_many_connections()
    with contextlib.ExitStack() as stack:
        url = arguments.url or stack.enter_context(slow_model_server(arguments.latency))
        result = asyncio.run(
            measure(arguments.provider, url, arguments.calls, arguments.concurrency)
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
