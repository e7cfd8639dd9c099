"""llama.cpp inside the process: one engine for all who ask for the same model and settings.

    engine = acquire(EngineSettings(find_model_file(None)))
    answer = engine.complete({"messages": [{"role": "user", "content": "Say hello."}]})
    engine.release()

Requests and answers are those of OpenAI's chat completions. They are handed over by function
calls. A call blocks its thread but not the interpreter: llama.cpp computes without Python's lock.
Only loading holds the lock, half a second for a model of 100 MB.

The server inside llama.cpp cannot be kept from listening on a free loopback port. Nothing here
uses it, and it refuses requests without a key that is random and known to nobody.

A forked child starts without engines and acquires its own. If its parent had any, those of the
child stay to its end, which must be ``os._exit``, as it is with ``multiprocessing``: the threads
that llama.cpp waits for at a normal exit are not there.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from flink_agents.exceptions import (
    EnvironmentSetupError,
    ModelRequestError,
    ModelUnavailableError,
)
from flink_agents.integrations.chat_models.embedded.model_file import (
    INSTALL_ENGINE,
    chat_template,
    find_model_file,
)
from flink_agents.integrations.chat_models.openai.openai_chunks import Chunk, completion_of


@dataclass(frozen=True)
class EngineSettings:
    """What makes an engine: equal settings share one.

    Attributes:
        model_path: The model, a GGUF file.
        n_ctx: Tokens that one request may have, prompt and answer together. Default 2,048; at
            least 1. Memory grows by it, times n_parallel: 23 kB a token for the default model.
        n_parallel: Requests computed at the same time; more of them wait in line. Default 1; at
            least 1.
        n_threads: Threads that compute. Default 1, because the tasks of a Flink worker share its
            cores; at least 1.
        max_tokens: Tokens of an answer if the request does not limit them itself. Default 512; at
            least 1. A small model may otherwise not come to an end.
        prompt_cache_mib: Memory for beginnings of prompts that are no longer in a slot, in MiB.
            Default 256; 0 switches it off. Without it, two agents with different system prompts
            that take turns on one slot compute them anew for every request.
        verbosity: What llama.cpp tells on stderr: 0 nothing, 1 errors, 2 warnings, 3 what it
            does. Default 1. It counts for the whole process, as last set.

    Raises:
        ValueError: If a number is below what is allowed.
    """

    model_path: Path
    n_ctx: int = 2048
    n_parallel: int = 1
    n_threads: int = 1
    max_tokens: int = 512
    prompt_cache_mib: int = 256
    verbosity: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "model_path", Path(os.path.abspath(self.model_path)))
        for name in ("n_ctx", "n_parallel", "n_threads", "max_tokens"):
            self._check_at_least(name, 1)
        for name in ("prompt_cache_mib", "verbosity"):
            self._check_at_least(name, 0)

    def _check_at_least(self, name: str, least: int) -> None:
        if getattr(self, name) < least:
            raise ValueError(
                f"Setting {name} of the embedded model is {getattr(self, name)}; "
                f"it must be at least {least}."
            )


@dataclass(eq=False)
class _Core:
    """A loaded model, with the number of its users."""

    settings: EngineSettings
    server: Any
    takes_tools: bool
    users: int = 0

    def never_free(self) -> None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.server))


class LlamaEngine:
    """One user's hold on a shared engine; from :func:`acquire`.

    Safe to use from several threads. As a context manager it releases itself.
    """

    def __init__(self, core: _Core) -> None:
        self._settings = core.settings
        self._core: _Core | None = core
        self._process = os.getpid()
        self._lock = threading.Lock()

    @property
    def settings(self) -> EngineSettings:
        """What it was made of."""
        return self._settings

    def complete(
        self,
        request: Mapping[str, Any],
        stop: threading.Event | None = None,
        on_chunk: Callable[[Chunk], None] | None = None,
    ) -> dict[str, Any]:
        """Answer a chat; blocks until the answer is complete.

        With temperature 0 and a seed the answer to a request is the same each time, but for the
        rounding of sums when several slots compute together.

        Args:
            request: As for OpenAI's chat completions: ``messages``, ``temperature``,
                ``max_tokens``, ``seed``, ``response_format`` with a JSON schema, ``tools``,
                ``logprobs``, and what else llama.cpp's server takes. Always one choice, never
                streamed.
            stop: When it is set, the call gives up at the next token.
            on_chunk: Is given each chunk of the answer as it is computed.

        Returns:
            The chat completion: ``choices`` with the message, ``usage``, ``model``.

        Raises:
            ModelRequestError: The request is refused: malformed, a schema that is none, tools for
                a model that knows none, more tokens than fit.
            ModelUnavailableError: The engine was released, ``stop`` was set, or llama.cpp failed.
        """
        core = self._core
        if core is None or self._process != os.getpid():
            raise ModelUnavailableError(
                f"The embedded model {self._settings.model_path.name} was released, or belongs to "
                "the process that this one was forked from. Acquire it anew."
            )
        self._check(request, core)
        chunks: list[Chunk] = []

        def take(chunk: Chunk) -> bool:
            chunks.append(chunk)
            if on_chunk is not None:
                on_chunk(chunk)
            return self._core is None or (stop is not None and stop.is_set())

        streamed = {**request, "stream": True, "stream_options": {"include_usage": True}}
        try:
            # Streamed because only the taker of a stream can end the computing of an answer.
            core.server.handle_chat_completions(streamed, take)
        except ValueError as error:
            raise ModelRequestError(f"llama.cpp refuses the request: {error}") from error
        self._raise_error_of(chunks, stop)
        name = self._settings.model_path.name
        # llama.cpp tells a name of its own, which is the same for every file.
        return {**completion_of(chunks, model=name), "model": name}

    def _check(self, request: Mapping[str, Any], core: _Core) -> None:
        if request.get("n") not in (None, 1):
            raise ModelRequestError("The embedded model gives one choice: leave out 'n'.")
        if request.get("tools") and request.get("tool_choice") != "none" and not core.takes_tools:
            raise ModelRequestError(
                f"The chat template of {self._settings.model_path.name} has no place for tools, so "
                "the model would never hear of them. Use a model that was trained with tools, or "
                "leave the tools out."
            )

    def _raise_error_of(self, chunks: list[Chunk], stop: threading.Event | None) -> None:
        name = self._settings.model_path.name
        for error in (chunk["error"] for chunk in chunks if "error" in chunk):
            hint = ""
            if error.get("type") == "exceed_context_size_error":
                hint = f" Raise n_ctx above {self._settings.n_ctx}, or ask for less."
            text = f"{name} in llama.cpp: {error.get('message', error)}.{hint}"
            refused = 400 <= int(error.get("code", 500)) < 500
            raise ModelRequestError(text) if refused else ModelUnavailableError(text)
        if any(choice.get("finish_reason") for chunk in chunks for choice in chunk["choices"]):
            return
        why = "llama.cpp ended without an answer"
        if self._core is None:
            why = "the engine was released during the call"
        elif stop is not None and stop.is_set():
            why = "the call was stopped"
        raise ModelUnavailableError(f"No answer of {name}: {why}.")

    def release(self) -> None:
        """Give the engine back; the last user frees it. To do so again changes nothing.

        Calls of this user that are still under way end at their next token, and the memory is
        freed with the last of them.
        """
        with self._lock:
            core, self._core = self._core, None
        if core is not None and self._process == os.getpid():
            _engines.give_back(core)

    def __enter__(self) -> LlamaEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


@dataclass(eq=False)
class _Engines:
    """The engines of this process by their settings.

    Attributes:
        kept: Whether engines stay to the end of the process, users or not.
    """

    kept: bool = False
    cores: dict[EngineSettings, _Core] = field(default_factory=dict[EngineSettings, _Core])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, settings: EngineSettings) -> _Core:
        with self.lock:
            core = self.cores.get(settings)
            if core is None:
                core = self.cores[settings] = _load(settings)
                if self.kept:
                    core.never_free()
            core.users += 1
            return core

    def give_back(self, core: _Core) -> None:
        with self.lock:
            core.users -= 1
            if not core.users and not self.kept:
                del self.cores[core.settings]

    def of_forked_child(self) -> _Engines:
        # To free an engine is to wait for threads, of which a forked child has none. One of them
        # serves all engines, so that not even engines of the child's own can be freed.
        for core in self.cores.values():
            core.never_free()
        return _Engines(kept=self.kept or bool(self.cores))


def acquire(settings: EngineSettings) -> LlamaEngine:
    """An engine for these settings, loaded if nobody in the process has it.

    Args:
        settings: The model and how to run it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not a GGUF file.
        EnvironmentSetupError: If xllamacpp is not installed, or cannot load the file.
    """
    return LlamaEngine(_engines.take(settings))


def _load(settings: EngineSettings) -> _Core:
    path = find_model_file(str(settings.model_path))
    try:
        xllamacpp: Any = importlib.import_module("xllamacpp")
    except ImportError as error:
        raise EnvironmentSetupError(
            f"The embedded model needs the package xllamacpp ({error}). "
            f"Install it with: {INSTALL_ENGINE}"
        ) from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = settings.n_ctx * settings.n_parallel
    params.n_parallel = settings.n_parallel
    params.cpuparams.n_threads = settings.n_threads
    params.cpuparams_batch.n_threads = settings.n_threads
    params.n_predict = settings.max_tokens
    params.cache_ram_mib = settings.prompt_cache_mib
    params.verbosity = settings.verbosity
    params.warmup = False
    params.n_threads_http = 1
    params.ui = False
    params.endpoint_slots = False
    params.api_keys = [secrets.token_hex(32)]
    failure = (
        f"llama.cpp cannot run {path} with {settings}: the file is damaged or of a kind that this "
        "version of xllamacpp does not know, or memory is short. Its errors are on stderr."
    )
    try:
        server = xllamacpp.Server(params)
        # A server that is freed before its loop runs waits forever: see that it runs.
        answer = server.handle_completions({"prompt": " ", "max_tokens": 1})
    except (RuntimeError, ValueError) as error:
        raise EnvironmentSetupError(failure) from error
    if "error" in answer:
        raise EnvironmentSetupError(f"{failure} It says: {answer['error'].get('message')}")
    return _Core(settings, server, takes_tools=b"tools" in chat_template(path))


_engines = _Engines()


def _forget_engines_of_parent() -> None:
    # A new lock with it: another thread may have held the old one when the process was forked.
    global _engines
    _engines = _engines.of_forked_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_engines_of_parent)

__all__ = ["EngineSettings", "LlamaEngine", "acquire", "find_model_file"]
