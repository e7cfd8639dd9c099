"""The Python of a packed environment, which has a base on whatever machine it comes to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flink_agents.cli.pack import launcher
from tests.environment import clean_environment, run

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


def environment(folder: Path, python: str = PYTHON) -> Path:
    """An environment without packages but one module."""
    packages = folder / "lib" / python / "site-packages"
    packages.mkdir(parents=True)
    (packages / "packed_module.py").write_text("ANSWER = 42\n")
    launcher.write(folder / "bin", python)
    return folder / "bin" / "python"


def base_python() -> str:
    """The Python that the tests' virtual environment was made from."""
    return getattr(sys, "_base_executable", sys.executable)


def test_the_packed_python_takes_its_base_from_wherever_it_is(tmp_path: Path) -> None:
    base = tmp_path / "elsewhere" / "bin" / "python"
    # Not a link and not on PATH: a Python as another machine might have it.
    run([sys.executable, "-m", "venv", "--without-pip", "--copies", base.parents[1]])
    python = environment(tmp_path / "environment")
    program = "import packed_module, sys, ssl; print(packed_module.ANSWER, sys.prefix)"
    done = run([python, "-c", program], FLINK_AGENTS_PYTHON=str(base))
    assert done.stdout.split() == ["42", str(tmp_path / "environment")], done.stderr
    # What Flink gives the Java process as the home of Python has the standard library.
    home = tmp_path / "environment"
    assert (home / "lib" / PYTHON / "os.py").is_file()
    done = run([os.path.realpath(base_python()), "-c", program], PYTHONHOME=str(home))
    assert done.stdout.split() == ["42", str(home)], done.stderr


def test_children_of_the_packed_python_have_its_packages(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment")
    program = (
        "import subprocess, sys\n"
        "child = [sys.executable, '-c', 'import packed_module; print(packed_module.ANSWER)']\n"
        "subprocess.run(child, check=True)"
    )
    done = run([python, "-c", program])
    assert done.stdout == "42\n", done.stderr


def test_many_workers_may_use_a_new_environment_at_once(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment")
    command = [str(python), "-c", "import packed_module, encodings; print(packed_module.ANSWER)"]
    started = [
        subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    assert [process.communicate(timeout=60)[0] for process in started] == ["42\n"] * 8


def test_a_machine_without_the_right_python_is_told_what_to_do(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment", "python3.99")
    done = run([python, "-c", "pass"], FLINK_AGENTS_PYTHON=sys.executable)
    assert done.returncode == 127
    assert "no usable python3.99" in done.stderr
    assert "set FLINK_AGENTS_PYTHON" in done.stderr
    assert f"{sys.executable}: is {PYTHON}, not python3.99" in done.stderr
