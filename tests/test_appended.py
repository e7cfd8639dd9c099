"""Who reads a file to which others append never sees half of a line."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.appended import append, read_lines


def test_lines_are_read_as_they_were_appended(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    assert read_lines(path) == []
    append(path, "first")
    append(path, "zwölf")
    assert read_lines(path) == ["first", "zwölf"]


def test_what_is_not_complete_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.touch()
    assert read_lines(path) == []
    path.write_bytes("first\nzwö".encode()[:-1])
    assert read_lines(path) == ["first"]


def test_lines_stay_whole_while_many_threads_append(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    texts = {letter * 1_500 for letter in "abcd"}
    threads = [
        threading.Thread(target=lambda text=text: [append(path, text) for _ in range(200)])
        for text in texts
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert set(read_lines(path)) <= texts
    assert len(read_lines(path)) == 800
