"""The Docker engine and the images that the compose file needs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.servers.guarded_server import ServerMissingError

ROOT = Path(__file__).resolve().parents[2]


def start_engine() -> dict[str, str]:
    """Make sure that an engine runs, until this process ends if it is one of our own.

    Returns:
        The environment variables that its clients need.

    Raises:
        ServerMissingError: If there is none and none can be started.
    """
    _run("scripts/docker-engine", "start", "--parent", str(os.getpid()))
    told = _run("bash", "-c", 'eval "$(scripts/docker-engine env)" && env -0')
    variables = dict(line.split("=", 1) for line in told.split("\0") if "=" in line)
    return {name: text for name, text in variables.items() if os.environ.get(name) != text}


def build_images() -> None:
    """Build the images, on bases made on this machine where it reaches no registry.

    With the environment variable ``FLINK_AGENTS_IMAGES=built`` they are used as they are.

    Raises:
        ServerMissingError: If that cannot be done here.
    """
    if os.environ.get("FLINK_AGENTS_IMAGES") != "built":
        _run("scripts/build-images", *([] if _has_public_base() else ["--local-base"]))


def _has_public_base() -> bool:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    (base,) = re.findall(r"^ARG BASE_IMAGE=(\S+)$", dockerfile, re.MULTILINE)
    attempts = (["image", "inspect"], ["pull", "--quiet"])
    return any(
        subprocess.run(["docker", *attempt, base], capture_output=True).returncode == 0
        for attempt in attempts
    )


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 3:
        raise ServerMissingError(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} exited with {done.returncode}: {done.stderr[-4000:]}"
        )
    return done.stdout
