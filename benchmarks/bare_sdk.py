"""The baseline: how many model calls a bare asyncio script reaches with the same SDK.

    python benchmarks/bare_sdk.py --calls 10000 --concurrency 1000

It uses the transport, limits, timeout and retries that the OpenAI connection uses, and nothing
of this library. Without ``--base-url`` it starts the slow model server. Prints JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from typing import Any

import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient, DefaultAsyncHttpxClient
from slow_model_server import allow_many_connections, slow_model_server

TRANSPORTS = {"aiohttp": DefaultAioHttpClient, "httpx": DefaultAsyncHttpxClient}


async def measure(
    base_url: str, calls: int, concurrency: int, transport: str = "aiohttp", warm_up: bool = True
) -> dict[str, Any]:
    """Make calls, as many at once as allowed, and measure.

    Args:
        base_url: Of the server, ending in ``/v1``.
        calls: How many to measure.
        concurrency: How many at once.
        transport: ``aiohttp`` or ``httpx``.
        warm_up: First make ``concurrency`` calls, unmeasured, that open the connections.

    Returns:
        ``calls_per_second``, ``cpu_ms_per_call`` (of this process), and what was asked for.
    """
    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    timeout = httpx2.Timeout(60.0, pool=None)
    async with AsyncOpenAI(
        api_key="none",
        base_url=base_url,
        max_retries=3,
        timeout=timeout,
        http_client=TRANSPORTS[transport](limits=limits, timeout=timeout),
    ) as client:

        async def worker(share: int) -> None:
            for _ in range(share):
                await client.chat.completions.create(
                    model="slow-model",
                    messages=[{"role": "user", "content": "What do you think about it?"}],
                    temperature=0.1,
                )

        if warm_up:
            await asyncio.gather(*(worker(1) for _ in range(concurrency)))
        shares = [calls // concurrency + (n < calls % concurrency) for n in range(concurrency)]
        begin, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(worker(share) for share in shares))
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    return {
        "what": "bare SDK",
        "transport": transport,
        "calls": calls,
        "concurrency": concurrency,
        "seconds": round(seconds, 3),
        "calls_per_second": round(calls / seconds, 1),
        "cpu_ms_per_call": round(cpu / calls * 1000, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", help="default: start the slow model server")
    parser.add_argument("--latency", type=float, default=0.2, help="of that server, in seconds")
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("--concurrency", type=int, default=1000)
    parser.add_argument("--transport", choices=sorted(TRANSPORTS), default="aiohttp")
    arguments = parser.parse_args()
    allow_many_connections()
    with contextlib.ExitStack() as stack:
        url = arguments.base_url or stack.enter_context(slow_model_server(arguments.latency))
        result = asyncio.run(
            measure(url, arguments.calls, arguments.concurrency, arguments.transport)
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
