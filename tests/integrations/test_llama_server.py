"""The engine with a real, tiny model: form, sharing and failure, never the meaning of an answer."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flink_agents.exceptions import (
    EnvironmentSetupError,
    ModelRequestError,
    ModelUnavailableError,
)
from flink_agents.integrations.chat_models.embedded import llama_server
from flink_agents.integrations.chat_models.embedded.llama_server import (
    EngineSettings,
    LlamaEngine,
    acquire,
    find_model_file,
)

pytest.importorskip("xllamacpp")
try:
    MODEL = find_model_file(None)
except FileNotFoundError as missing:
    pytest.skip(str(missing), allow_module_level=True)

SETTINGS = EngineSettings(MODEL, n_ctx=512, n_parallel=2, max_tokens=8)
GREETING: dict[str, Any] = {
    "messages": [{"role": "user", "content": "Say hello."}],
    "temperature": 0,
    "seed": 1,
}
ENDLESS = {**GREETING, "ignore_eos": True, "max_tokens": 400}


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    with acquire(SETTINGS) as engine:
        yield engine


def text_of(completion: dict[str, Any]) -> str:
    return completion["choices"][0]["message"]["content"]


def run(script: str) -> subprocess.CompletedProcess[str]:
    source = Path(llama_server.__file__).parents[4]
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script), str(MODEL)],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_a_file_that_is_no_gguf_is_refused_before_llama_cpp_sees_it(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>not found</html>")
    with pytest.raises(ValueError, match=r"page\.html is not a GGUF file.*b'<htm'"):
        acquire(EngineSettings(tmp_path / "page.html"))


def test_a_damaged_model_file_is_an_error_and_no_crash(tmp_path: Path) -> None:
    with open(MODEL, "rb") as whole:
        (tmp_path / "half.gguf").write_bytes(whole.read(3_000_000))
    with pytest.raises(EnvironmentSetupError, match=r"cannot run .*half\.gguf"):
        acquire(EngineSettings(tmp_path / "half.gguf", verbosity=0))
    assert all(settings.model_path == MODEL for settings in llama_server._engines.cores)


def test_a_missing_xllamacpp_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(EnvironmentSetupError, match=r'pip install "pyflink-agents\[embedded\]"'):
        acquire(EngineSettings(MODEL, n_ctx=256))


@pytest.mark.parametrize(
    "wrong", [{"n_ctx": 0}, {"n_parallel": 0}, {"n_threads": -1}, {"prompt_cache_mib": -1}]
)
def test_settings_out_of_range_are_named(wrong: dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f"Setting {name} of the embedded model is"):
        EngineSettings(MODEL, **wrong)


def test_importing_the_module_does_not_import_xllamacpp() -> None:
    done = run(
        """
        import sys
        import flink_agents.integrations.chat_models.embedded.llama_server
        sys.exit("xllamacpp" in sys.modules)
        """
    )
    assert done.returncode == 0, done.stderr


def test_an_answer_has_the_form_of_a_chat_completion(engine: LlamaEngine) -> None:
    completion = engine.complete(GREETING)
    (choice,) = completion["choices"]
    assert completion["object"] == "chat.completion"
    assert completion["model"] == MODEL.name
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"]
    assert choice["finish_reason"] in {"stop", "length"}
    assert 0 < completion["usage"]["completion_tokens"] <= 8
    assert completion["usage"]["prompt_tokens"] > 0


def test_an_answer_follows_the_schema_and_its_order(engine: LlamaEngine) -> None:
    schema = {
        "type": "object",
        "properties": {
            "mood": {"type": "string", "enum": ["good", "bad"]},
            "strength": {"type": "integer", "minimum": 1, "maximum": 4},
        },
        "required": ["mood", "strength"],
    }
    completion = engine.complete(
        {
            "messages": [{"role": "user", "content": "Rate this in JSON: I like it a lot."}],
            "temperature": 0,
            "max_tokens": 60,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "mood", "schema": schema},
            },
        }
    )
    answer = json.loads(text_of(completion))
    assert list(answer) == ["mood", "strength"]
    assert answer["mood"] in {"good", "bad"}
    assert answer["strength"] in range(1, 5)


def test_the_answer_to_a_request_is_the_same_each_time(engine: LlamaEngine) -> None:
    assert text_of(engine.complete(GREETING)) == text_of(engine.complete(GREETING))


def test_a_request_without_a_limit_gets_that_of_the_settings(engine: LlamaEngine) -> None:
    completion = engine.complete({**GREETING, "ignore_eos": True})
    assert completion["choices"][0]["finish_reason"] == "length"
    assert completion["usage"]["completion_tokens"] == SETTINGS.max_tokens


def test_the_probability_of_each_token_is_told_when_asked_for(engine: LlamaEngine) -> None:
    completion = engine.complete({**GREETING, "max_tokens": 2, "logprobs": True})
    tokens = completion["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == text_of(completion)
    assert all(token["logprob"] <= 0 for token in tokens)


def test_more_threads_than_slots_all_get_their_own_answer(engine: LlamaEngine) -> None:
    words = ["apple", "river", "stone", "cloud", "green"]
    requests = [
        {**GREETING, "messages": [{"role": "user", "content": f"Repeat: {word}"}], "max_tokens": 6}
        for word in words
    ]
    alone = [engine.complete(request)["usage"]["prompt_tokens"] for request in requests]
    with ThreadPoolExecutor(len(requests)) as threads:
        together = list(threads.map(engine.complete, requests))
    assert [completion["usage"]["prompt_tokens"] for completion in together] == alone
    assert all(text_of(completion) for completion in together)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"messages": None}, "messages"),
        ({"n": 2}, "one choice"),
        ({"messages": [{"role": "user", "content": "word " * 600}]}, "Raise n_ctx above 512"),
        ({"tools": [{"type": "function", "function": {"name": "add"}}]}, "no place for tools"),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": {"type": "colour"}},
                }
            },
            "colour",
        ),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused_with_the_reason(
    engine: LlamaEngine, change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ModelRequestError, match=problem):
        engine.complete({**GREETING, **change})


def test_a_stopped_call_gives_up_and_frees_its_slot(engine: LlamaEngine) -> None:
    stop = threading.Event()
    stop.set()
    for _ in range(SETTINGS.n_parallel + 1):
        with pytest.raises(ModelUnavailableError, match="was stopped"):
            engine.complete(ENDLESS, stop)
    assert text_of(engine.complete(GREETING))


def test_equal_settings_share_an_engine_until_the_last_user_is_gone() -> None:
    settings = EngineSettings(MODEL, n_ctx=256)
    first, second = acquire(settings), acquire(EngineSettings(Path(str(MODEL)), n_ctx=256))
    assert llama_server._engines.cores[settings].users == 2
    first.release()
    first.release()
    assert text_of(second.complete({**GREETING, "max_tokens": 2}))
    second.release()
    assert settings not in llama_server._engines.cores


def test_a_released_engine_refuses_and_a_new_one_answers_alike() -> None:
    settings = EngineSettings(MODEL, n_ctx=256, max_tokens=4)
    with acquire(settings) as first:
        answer = text_of(first.complete(GREETING))
    with pytest.raises(ModelUnavailableError, match="Acquire it anew"):
        first.complete(GREETING)
    with acquire(settings) as second:
        assert text_of(second.complete(GREETING)) == answer


def test_release_ends_the_calls_of_its_user_only() -> None:
    leaving, staying = acquire(SETTINGS), acquire(SETTINGS)
    with ThreadPoolExecutor(2) as threads:
        ended = threads.submit(leaving.complete, ENDLESS)
        going_on = threads.submit(staying.complete, {**ENDLESS, "max_tokens": 30})
        leaving.release()
        assert isinstance(ended.exception(), ModelUnavailableError)
        assert going_on.result()["usage"]["completion_tokens"] == 30
    staying.release()


def test_an_engine_is_seen_to_run_before_it_is_handed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # llama.cpp waits forever for a loop that is ended before it began, if only now and then.
    class Server:
        def __init__(self, params: object) -> None:
            self.answers = 0

        def handle_completions(self, request: dict[str, Any]) -> dict[str, Any]:
            self.answers += 1
            return {"choices": []}

    monkeypatch.setattr("xllamacpp.Server", Server)
    settings = EngineSettings(MODEL, n_ctx=128)
    with acquire(settings):
        assert llama_server._engines.cores[settings].server.answers == 1


def test_an_engine_that_is_released_at_once_does_not_hang() -> None:
    settings = EngineSettings(MODEL, n_ctx=128)
    acquire(settings).release()
    assert settings not in llama_server._engines.cores


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_child_gets_its_own_engine_and_leaves_that_of_its_parent_alone() -> None:
    done = run(
        """
        import os, sys
        from pathlib import Path
        from flink_agents.exceptions import ModelUnavailableError
        from flink_agents.integrations.chat_models.embedded.llama_server import *

        request = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
        settings = EngineSettings(Path(sys.argv[1]), n_ctx=128)
        engine = acquire(settings)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                engine.complete(request)
            except ModelUnavailableError:
                engine.release()
                del engine
                for _ in range(2):
                    with acquire(settings) as own:
                        own.complete(request)
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        engine.complete(request)
        engine.release()
        """
    )
    assert done.returncode == 0, done.stderr


def test_a_process_ends_although_it_never_released_its_engine() -> None:
    done = run(
        """
        import sys
        from pathlib import Path
        from flink_agents.integrations.chat_models.embedded.llama_server import *

        engine = acquire(EngineSettings(Path(sys.argv[1]), n_ctx=128))
        """
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
