"""Writes the interpreter of a packed environment.

A virtual environment's own ``bin/python`` is a link to a Python of the machine that made it, which
need not be where the workers have theirs. So the packed one is a script, which looks for a Python
of its version on first use, and has ``link_base.py`` make a virtual environment of that Python
around the packages.
"""

from __future__ import annotations

from pathlib import Path

_SCRIPT = """\
#!/bin/sh
# This environment's Python: a @PYTHON@ of this machine with the packages that were packed here.
bin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
python=$bin/@PYTHON@

if [ ! -x "$python" ]; then
    seen=
    for candidate in ${FLINK_AGENTS_PYTHON:+"$FLINK_AGENTS_PYTHON"} @PYTHON@ python3 python \\
        /usr/local/bin/@PYTHON@ /usr/bin/@PYTHON@ /opt/python/bin/@PYTHON@; do
        found=$(command -v "$candidate") || continue
        case $found in "$bin"/*) continue ;; esac
        told=$("$found" -I "$bin/link_base.py" 2>&1) && break
        seen="$seen
  $found: $told"
    done
    if [ ! -x "$python" ]; then
        echo "$0: this machine has no usable @PYTHON@. Install it, or set FLINK_AGENTS_PYTHON to" \\
            "its path for the Flink processes. Tried:${seen:-  nothing on PATH=$PATH}" >&2
        exit 127
    fi
fi
exec "$python" "$@"
"""


def write(folder: Path, python: str) -> None:
    """Write the interpreter.

    Args:
        folder: The ``bin`` of an environment; is made.
        python: Name of the interpreter with its minor version, as ``python3.11``.
    """
    folder.mkdir()
    source = Path(__file__).with_name("link_base.py").read_text()
    folder.joinpath("link_base.py").write_text(source)
    for name in ("python", "python3"):
        script = folder / name
        script.write_text(_SCRIPT.replace("@PYTHON@", python))
        script.chmod(0o755)


__all__ = ["write"]
