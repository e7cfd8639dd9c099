"""Profiles the main paths and prints tables: ``python -m benchmarks.profiling [PATH...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import commit, machine
from benchmarks.profiling.profile import Profile, profile
from benchmarks.profiling.tables import tables
from benchmarks.slow_model_server import slow_model_server

#: For what the samplers write.
_RAW = Path("build", "profiles")
#: More than a job does while it is looked at.
_ENDLESS = 20_000_000


def main() -> int:
    """Profile what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"of {', '.join(_PATHS)}")
    parser.add_argument("--seconds", type=int, default=20, help="for each sampler; default 20")
    parser.add_argument("--folder", type=Path, default=_RAW, help=f"for tables; default {_RAW}")
    arguments = parser.parse_args()
    if unknown := set(arguments.paths) - set(_PATHS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(_PATHS)}")
    for folder in (arguments.folder, _RAW):
        folder.mkdir(parents=True, exist_ok=True)
    about = {"commit": commit(), **machine()}
    where = "\n".join(f"* {name}: {value}" for name, value in about.items())
    for path in arguments.paths or _PATHS:
        found = _PATHS[path](arguments.seconds, _RAW)
        text = f"# Profile: {path}\n\n{where}\n\n{tables(found)}"
        (arguments.folder / f"profile-{path}.md").write_text(text)
        print(text, flush=True)
    return 0


def _no_model(seconds: int, folder: Path, memory: bool = False) -> Profile:
    arguments = {"mode": "thread", "records": _ENDLESS, "memory": memory, "every": 1000}
    title = "No model, thread mode, " + ("a read and a write of memory" if memory else "no memory")
    return profile(title, "record", "no_model.agent", arguments, seconds, folder, _say)


def _memory(seconds: int, folder: Path) -> Profile:
    return _no_model(seconds, folder, memory=True)


def _model_calls(seconds: int, folder: Path, provider: str = "openai") -> Profile:
    with slow_model_server(0.2) as url:
        arguments = {"mode": "thread", "calls": _ENDLESS, "in_flight": 1000, "provider": provider}
        title = f"1,000 model calls of 200 ms in flight over HTTP, thread mode, {provider}"
        return profile(
            title, "call", "model_calls.http", {**arguments, "url": url}, seconds, folder, _say
        )


def _tongyi_calls(seconds: int, folder: Path) -> Profile:
    return _model_calls(seconds, folder, "tongyi")


def _in_process(seconds: int, folder: Path) -> Profile:
    arguments = {"mode": "thread", "calls": _ENDLESS, "in_flight": 1000, "latency": 0.2}
    title = "1,000 calls of 200 ms in flight, model in the process, thread mode"
    return profile(title, "call", "model_calls.in_process", arguments, seconds, folder, _say)


def _journal(seconds: int, folder: Path) -> Profile:
    arguments = {"mode": "thread", "calls": _ENDLESS, "in_flight": 1000, "latency": 0.2}
    title = "1,000 calls of 200 ms in flight, model in the process, durable journal, thread mode"
    journal = {**arguments, "journal": True}
    return profile(title, "call", "model_calls.journaled", journal, seconds, folder, _say)


_PATHS: dict[str, Callable[[int, Path], Profile]] = {
    "no_model": _no_model,
    "memory": _memory,
    "model_calls": _model_calls,
    "tongyi_calls": _tongyi_calls,
    "model_in_process": _in_process,
    "durable_journal": _journal,
}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
