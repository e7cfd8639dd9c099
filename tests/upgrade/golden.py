"""The golden files: what a version has written, kept for ever.

A folder of each version of the state has

* ``values.jsonl`` and ``open-work.jsonl``: texts of values and of states of keys, by name;
* ``savepoint``: a savepoint of the job with open work;
* ``journal``: its durable journal, with a call that ended after the savepoint;
* ``ledger``: which calls that job made and saw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flink_agents.engine.state import STATE_VERSION, dump_state
from flink_agents.runtime.flink.row_codec import flink_codec
from tests.upgrade.values import STATES, VALUES

#: Folders of all versions, oldest first.
FOLDERS = sorted(Path(__file__).parent.glob("v[0-9]*"), key=lambda path: int(path.name[1:]))
#: Folder of the version that this code writes.
CURRENT = Path(__file__).with_name(f"v{STATE_VERSION}")

VALUES_FILE = "values.jsonl"
STATES_FILE = "open-work.jsonl"


def write_texts(folder: Path) -> None:
    """Write what this version makes of the values and states that have no text yet."""
    codec = flink_codec({})
    _write(folder / VALUES_FILE, {name: codec.dumps(value) for name, value in VALUES.items()})
    _write(folder / STATES_FILE, {n: dump_state(state, codec) for n, state in STATES.items()})


def read_texts(file: Path) -> dict[str, str]:
    """The texts of a file by name."""
    return dict(json.loads(line) for line in file.read_text().splitlines())


def _write(file: Path, texts: Mapping[str, str]) -> None:
    known = read_texts(file) if file.exists() else {}
    with file.open("a") as lines:
        lines.writelines(json.dumps([n, t]) + "\n" for n, t in texts.items() if n not in known)


__all__ = ["CURRENT", "FOLDERS", "STATES_FILE", "VALUES_FILE", "read_texts", "write_texts"]
