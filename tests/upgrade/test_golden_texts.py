"""What earlier versions wrote is read, and what this version writes is what it wrote before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyflink.common import Row

from flink_agents.engine.codec import TAG
from flink_agents.engine.state import dump_state, load_state
from flink_agents.runtime.flink.journal.records import FORMAT, decode_file, encode_call
from flink_agents.runtime.flink.row_codec import flink_codec
from tests.unit.engine.values import same
from tests.upgrade.golden import CURRENT, FOLDERS, STATES_FILE, VALUES_FILE, read_texts
from tests.upgrade.values import STATES, VALUES

CODEC = flink_codec({})
_EVERY_VERSION = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def _rows_as_tuples(value: Any) -> Any:
    """Rows are equal whatever the kind of their change is."""
    if isinstance(value, Row):
        return (value._fields, tuple(value._values), value.get_row_kind())
    return value


def _tags(body: Any) -> set[str]:
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    own = {body[TAG]} if isinstance(body, dict) and isinstance(body.get(TAG), str) else set[str]()
    return own.union(*map(_tags, children))


def test_there_are_golden_files_of_this_version() -> None:
    """Else `python -m tests.upgrade.make_golden` makes them; see docs/state.md."""
    assert CURRENT in FOLDERS


@_EVERY_VERSION
def test_values_of_every_version_are_read(folder: Path) -> None:
    texts = read_texts(folder / VALUES_FILE)
    for name, text in texts.items():
        value, wanted = CODEC.loads(text), VALUES[name]
        assert same(_rows_as_tuples(value), _rows_as_tuples(wanted)), name


@_EVERY_VERSION
def test_open_work_of_every_version_is_read(folder: Path) -> None:
    for name, text in read_texts(folder / STATES_FILE).items():
        state, wanted = load_state(text, CODEC), STATES[name]
        assert state == wanted, name
        assert state.runs == wanted.runs, name


def test_this_version_writes_the_texts_that_it_wrote_before() -> None:
    for name, text in read_texts(CURRENT / VALUES_FILE).items():
        assert CODEC.dumps(VALUES[name]) == text, name
    for name, text in read_texts(CURRENT / STATES_FILE).items():
        assert dump_state(STATES[name], CODEC) == text, name


def test_every_kind_of_value_is_among_the_golden_ones() -> None:
    golden = read_texts(CURRENT / VALUES_FILE)
    assert golden.keys() == VALUES.keys()
    assert read_texts(CURRENT / STATES_FILE).keys() == STATES.keys()
    assert set[str]().union(*(_tags(json.loads(text)) for text in golden.values())) == set(
        CODEC._decoders
    )


@_EVERY_VERSION
def test_files_of_the_durable_journal_are_read(folder: Path) -> None:
    (file,) = (folder / "journal").iterdir()
    data = file.read_bytes()
    content = decode_file(data)
    assert content.damaged == 0
    calls = {(place.key, entry.call.rpartition(".")[2]) for place, entry in content.calls}
    assert {("=late", "find"), ("=chat", "ask_model"), ("=chat", "call_tool")} <= calls
    assert {entry.ok for _, entry in content.calls} == {True, False}
    if file.name.endswith(f".{FORMAT}.journal"):
        assert b"".join(encode_call(*call) for call in content.calls) == data
