"""A real Ollama server on loopback, with three models made of one tiny one.

``chat`` chats; ``tools`` calls a tool whenever it is given one; ``think`` thinks aloud. They are
SmolLM2-135M with templates that lead it there: form can be tested with them, never meaning.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from flink_agents.integrations.chat_models.embedded.model_file import find_model_file
from tests.servers.guarded_server import (
    ServerMissingError,
    cache_folder,
    guarded_server,
    is_required,
    locked,
)

MODELS = ("chat", "tools", "think")

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "scripts" / "build-ollama"
_MODELFILES = Path(__file__).with_name("modelfiles")
_LISTENING = re.compile(r"Listening on (127\.0\.0\.1:\d+)")


@contextlib.contextmanager
def ollama_server() -> Iterator[str]:
    """Run a server with the three models; gives its URL.

    Several at the same time, in one process or in many, share nothing but the files of the
    models.

    Raises:
        ServerMissingError: If the server or the model is not here.
    """
    cache = cache_folder()
    with locked(cache / "ollama.lock"):
        binary = _find_binary()
    try:
        weights = find_model_file(None)
    except FileNotFoundError as error:
        raise ServerMissingError(str(error)) from error
    with tempfile.TemporaryDirectory(prefix="ollama-") as home:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OLLAMA_")},
            "HOME": home,
            "OLLAMA_HOST": "127.0.0.1:0",
            "OLLAMA_MODELS": str(cache / f"ollama-models-{_models_key(weights)}"),
            # Another server may just be making its models in the same folder.
            "OLLAMA_NOPRUNE": "1",
        }
        command = [str(binary), "serve"]
        # It listens before it says so.
        with guarded_server(command, environment, Path(home, "log"), _LISTENING) as listening:
            address = listening[1]
            with locked(cache / "ollama.lock"):
                _make_models(binary, weights, {**environment, "OLLAMA_HOST": address}, Path(home))
            yield f"http://{address}"


def _find_binary() -> Path:
    build = is_required() or os.environ.get("FLINK_AGENTS_BUILD_OLLAMA") == "1"
    command = [str(_BUILD)] if build else [str(_BUILD), "--cached"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode == 3:
        raise ServerMissingError(run.stderr.strip())
    if run.returncode:
        raise RuntimeError(f"{_BUILD.name} exited with {run.returncode}: {run.stderr}")
    return Path(run.stdout.strip())


def _models_key(weights: Path) -> str:
    """Other models are in another folder, so that a folder never holds old ones."""
    key = hashlib.sha256(f"{weights.name} {weights.stat().st_size}".encode())
    for name in MODELS:
        key.update((_MODELFILES / f"Modelfile.{name}").read_bytes())
    return key.hexdigest()[:12]


def _make_models(binary: Path, weights: Path, environment: dict[str, str], folder: Path) -> None:
    tags = httpx.get(f"http://{environment['OLLAMA_HOST']}/api/tags", trust_env=False).json()
    made = {model["name"].removesuffix(":latest") for model in tags["models"]}
    folder.joinpath(weights.name).symlink_to(weights)
    for name in MODELS:
        if name in made:
            continue
        # The file names its weights relative to its own place.
        modelfile = folder / f"Modelfile.{name}"
        modelfile.write_bytes((_MODELFILES / modelfile.name).read_bytes())
        command = [str(binary), "create", name, "-f", str(modelfile)]
        run = subprocess.run(command, env=environment, capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(f"ollama create {name} failed: {run.stderr[-2000:]}")


__all__ = ["MODELS", "ServerMissingError", "is_required", "ollama_server"]
