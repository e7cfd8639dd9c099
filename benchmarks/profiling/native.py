"""CPU by native library, by perf: Python's interpreter, the Java machine, the kernel."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

_ROW = re.compile(r"^\s*([\d.]+)%\s*\|(.*)$")


def record(pid: int, seconds: int) -> Counter[str] | None:
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


def parse(report: str) -> Counter[str]:
    """Read a report of perf with the columns overhead and shared object."""
    shares: Counter[str] = Counter()
    for line in report.splitlines():
        if found := _ROW.match(line):
            shares[_name(found.group(2).strip())] += float(found.group(1)) / 100  # type: ignore[assignment]
    return shares


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
