"""No secret of a chat model is where it does not belong, in a job with all five providers."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.cluster.flink_home import free_ports
from tests.environment import clean_environment
from tests.flink.secret_canaries import Canary, canaries, find_secrets
from tests.providers.every_provider import PROVIDERS, Provider
from tests.providers.recorded_server import (
    Answer,
    RecordedRequest,
    RecordedServer,
    Silence,
    Step,
)

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]

SECRETS = canaries(
    *(f"{name}_api_key" for name in ("openai", "anthropic", "azure", "tongyi")),
    *(f"{name}_default_header" for name in ("openai", "anthropic", "azure")),
    *(f"{name}_header_of_the_call" for name in ("openai", "anthropic", "azure", "tongyi")),
    # The others have a key in the header that user and password of a URL would need.
    "ollama_password",
)


def given_arguments(
    provider: Provider, url: str, timeout: float, by_environment: bool
) -> dict[str, Any]:
    """Descriptors of connection and setup with all the secrets that the provider takes."""
    prefix = provider.name.lower()

    def secret(name: str, quoted: bool = False) -> str | None:
        canary = SECRETS.get(f"{prefix}_{name}")
        if canary is None:
            return None
        if by_environment:
            return f"${{env:{canary.variable}{'_IN_A_URL' if quoted else ''}}}"
        return quote(canary.text, safe="") if quoted else canary.text

    if password := secret("password", quoted=True):
        url = url.replace("http://", f"http://me:{password}@")
    connection = {**provider.asked.arguments(url), provider.timeout: timeout}
    setup = {**provider.asked.model}
    if key := secret("api_key"):
        connection["api_key"] = key
    if header := secret("default_header"):
        connection["default_headers"] = {"X-Gateway": header}
    if header := secret("header_of_the_call"):
        name = "headers" if provider.name == "Tongyi" else "extra_headers"
        setup["additional_kwargs"] = {name: {"X-Call": header}}
    return {
        "connection": {"clazz": _path(provider.asked.connection), "arguments": connection},
        "setup": {"clazz": _path(provider.asked.setup), "arguments": setup},
    }


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def variables() -> dict[str, str]:
    """The environment with all secrets."""
    plain = {canary.variable: canary.text for canary in SECRETS.values()}
    quoted = {f"{v}_IN_A_URL": quote(text, safe="") for v, text in plain.items()}
    return {**plain, **quoted}


@dataclass
class Evidence:
    """What jobs left behind.

    Attributes:
        folder: With all of it.
        sent: What the servers got of the headers of all requests.
    """

    folder: Path
    sent: str

    def leaks(self, name: str = "") -> list[str]:
        """Where there is a secret."""
        return find_secrets(self.folder / name if name else self.folder, SECRETS)

    def text(self, name: str) -> str:
        """All that is in a file, or in the files of a folder."""
        root = self.folder / name
        files = [root] if root.is_file() else [p for p in root.rglob("*") if p.is_file()]
        return "".join(path.read_bytes().decode("latin-1") for path in files)


def answer(provider: Provider, request: RecordedRequest) -> Step:
    """What the first word of the question asks for."""
    question = provider.question(request)
    kind = question.split()[0]
    if kind == "answered":
        return provider.text(f"answer to {question.split()[1]}")
    if kind == "silent":
        return Silence()
    return echo(request, 400 if kind == "refused" else 500)


def echo(request: RecordedRequest, status: int) -> Answer:
    """An error that repeats all headers, those first that hold a secret: errors cut the rest."""
    names = ("Authorization", "api-key", "X-Gateway", "X-Call")
    first = {name: request.headers[name] for name in names if name in request.headers}
    said = f"{first} {dict(request.headers)}"
    return Answer.of({"error": {"message": said, "detail": dict(request.headers)}}, status)


def run_jobs(folder: Path, strategy: str, by_environment: bool) -> Evidence:
    """Run the jobs of ``secrets_job`` in a process of their own."""
    evidence = folder / "evidence"
    evidence.mkdir()
    # Where a job is to fail with what a server says, none keeps silent.
    timeout = 30 if strategy == "fail" else 1.5
    with ExitStack() as stack:
        servers: list[RecordedServer] = []
        resources: dict[str, Any] = {}
        for provider in PROVIDERS:
            server = stack.enter_context(RecordedServer(provider.check))
            server.always(lambda request, provider=provider: answer(provider, request))
            servers.append(server)
            resources[provider.name] = given_arguments(
                provider, server.url, timeout, by_environment
            )
        settings = {
            "folder": str(evidence),
            "port": free_ports(1)[0],
            "resources": resources,
            "options": {
                "error-handling-strategy": strategy,
                "max-retries": "1",
                "retry-wait-interval": "0.01",
                # So a machine that is slow takes longer, and its calls do not.
                "max-in-flight": "20",
            },
        }
        environment = clean_environment(FLINK_LOG_DIR=str(evidence), PYTHONPATH=str(ROOT))
        environment |= variables() if by_environment else {}
        with open(evidence / "stdout", "wb") as out, open(evidence / "stderr", "wb") as err:
            ran = subprocess.run(
                [sys.executable, "-m", "tests.flink.secrets_job"],
                input=json.dumps(settings).encode(),
                stdout=out,
                stderr=err,
                env=environment,
                cwd=ROOT,
                timeout=220,
            )
        assert ran.returncode == 0, (evidence / "stderr").read_text()[-5_000:]
        sent = "".join(_told(request) for server in servers for request in server.requests)
    return Evidence(evidence, sent)


def _told(request: RecordedRequest) -> str:
    """The headers, with user and password as they were before they were encoded."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    decoded = base64.b64decode(value).decode() if kind == "Basic" else ""
    return f"{dict(request.headers)} {decoded}"


@pytest.fixture(
    scope="module", params=[("ignore", "environment"), ("dead-letter", "arguments")], ids="-".join
)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Of a job that was cancelled in the midst of calls that succeed, fail and hang."""
    strategy, given = request.param
    return run_jobs(tmp_path_factory.mktemp(strategy), strategy, given == "environment")


def test_a_job_with_checkpoints_tells_no_secret(running: Evidence) -> None:
    leaks = [leak for leak in running.leaks() if "pickled_plan" not in leak]
    assert leaks == []


def test_a_pickled_plan_holds_no_secret_that_is_a_variable(running: Evidence) -> None:
    given_as_variables = "${env:" in running.text("plan/repr")
    leaks = {leak.rpartition(" ")[2] for leak in running.leaks("pickled_plan")}
    # What is given as an argument has to travel, which shows that the search finds secrets.
    assert leaks == (set() if given_as_variables else set(SECRETS))


def test_there_was_a_secret_to_tell_in_every_place(running: Evidence) -> None:
    assert [secret.place for secret in SECRETS.values() if secret.text not in running.sent] == []
    outputs = running.text("outputs")
    for provider in PROVIDERS:
        assert f"answer to {provider.name}" in outputs
    assert "'X-Gateway': '***'" in outputs and "ModelTimeoutError" in outputs
    for state in ("checkpoints", "savepoint"):
        assert "silent " in running.text(state)  # of a call in flight
    if (running.folder / "dead_letters").exists():
        assert "'X-Gateway': '***'" in running.text("dead_letters")
    assert "numOfActionsExecuted" in running.text("rest")
    assert "Request options" in running.text("python.log")
    assert "OpenAI_connection" in running.text("plan/mermaid")
    assert "agent Agent" in running.text("job_graph")
    assert running.text("stderr")


def test_a_job_that_fails_tells_no_secret(tmp_path: Path) -> None:
    failed = run_jobs(tmp_path, "fail", by_environment=False)
    assert failed.leaks() == []
    assert [secret.place for secret in SECRETS.values() if secret.text not in failed.sent] == []
    for provider in PROVIDERS:
        told = failed.text(f"failure_{provider.name}")
        assert "***" in told and "at org.apache.flink." in told
        assert f"{provider.name}_connection" not in told


def _in_base64(canary: Canary) -> bytes:
    return base64.b64encode(f"me:{canary.text}".encode())


@pytest.mark.parametrize(
    "write",
    [
        lambda canary: canary.text.encode(),
        lambda canary: quote(canary.text).encode(),
        _in_base64,
        lambda canary: base64.b64encode(canary.text.encode()),
    ],
)
def test_a_planted_secret_is_found(tmp_path: Path, write: Callable[[Canary], bytes]) -> None:
    (tmp_path / "state").write_bytes(b"\x00\xff" + write(SECRETS["openai_api_key"]) + b"\x00")
    assert find_secrets(tmp_path, SECRETS) == [f"{tmp_path.name}/state: openai_api_key"]
