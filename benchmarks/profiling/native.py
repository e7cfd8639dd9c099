"""CPU by native library, by perf: Python's interpreter, the Java machine, the kernel."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.profiling.stacks import add_up

_ROW = re.compile(r"^\s*([\d.]+)%\s*\|(.*)$")


def record(pid: int, seconds: int) -> dict[str, float] | None:
    """Shares of CPU by library, which add up to 1; None where perf does not work."""
    perf = shutil.which("perf")
    if perf is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder, "perf.data"))
        command = [perf, "record", "-F", "199", "-p", str(pid), "-o", data]
        done = subprocess.run([*command, "--", "sleep", str(seconds)], capture_output=True)
        if done.returncode != 0:
            return None
        command = [perf, "report", "-i", data, "--stdio", "-F", "overhead,dso", "-t", "|"]
        report = subprocess.run(command, capture_output=True, text=True, check=True)
    return parse(report.stdout)


def parse(report: str) -> dict[str, float]:
    """Read a report of perf with the columns overhead and shared object."""
    rows = filter(None, map(_ROW.match, report.splitlines()))
    return add_up((_name(row.group(2).strip()), float(row.group(1)) / 100) for row in rows)


def _name(library: str) -> str:
    if "JIT" in library or library.endswith(".map"):
        return "Java code"
    if library.startswith("["):
        return "kernel"
    if library.startswith("libpython"):
        return "Python interpreter (libpython)"
    if library.startswith("libjvm"):
        return "Java machine (libjvm): JNI, garbage collection, compiler"
    return library
