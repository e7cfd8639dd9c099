"""What a report says about the machine and the versions."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flink_agents.runtime.flink.worker_environment import find_java_home

_PACKAGES = (
    "pyflink-agents",
    "apache-flink",
    "pemja",
    "pydantic",
    "openai",
    "anthropic",
    "ollama",
    "dashscope",
    "aiohttp",
)


def commit() -> str:
    """Short name of the project's commit, with a plus sign if there are changes; may be unknown."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "flink_agents")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if changed else name


def machine() -> dict[str, str]:
    """Machine and versions, by name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Java": _java(),
        "packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    }


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parents[1]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _java() -> str:
    java = Path(find_java_home(), "bin", "java")
    run = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    return run.stderr.splitlines()[0]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
