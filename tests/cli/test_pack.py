"""``flink-agents pack``: what is in the archive, how it is written, and what is refused."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from flink_agents import __version__
from flink_agents.bridge.java_jar import LIBRARY
from flink_agents.cli.main import main
from flink_agents.cli.pack.archive import write_archive
from flink_agents.cli.pack.build import pack
from flink_agents.cli.pack.installed import pins, requirements
from flink_agents.cli.pack.own_code import add_own_code, add_this_package
from flink_agents.cli.pack.pruning import prune
from flink_agents.cli.pack.request import PROVIDERS, PackRequest
from flink_agents.exceptions import EnvironmentSetupError
from tests.environment import run


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_what_the_cluster_has_and_what_no_worker_needs_is_left_out(tmp_path: Path) -> None:
    needed = [
        tmp_path / "pyflink" / "bin" / "pyflink-udf-runner.sh",
        tmp_path / "pyflink" / "table.py",
        tmp_path / "pyarrow" / "libarrow.so",
        tmp_path / "some-1.0.dist-info" / "METADATA",
    ]
    useless = [
        tmp_path / "pyflink" / "lib" / "flink-dist.jar",
        tmp_path / "pyflink" / "bin" / "bash-java-utils.jar",
        tmp_path / "pip" / "__init__.py",
        tmp_path / "bin" / "some-script",
        tmp_path / "pandas" / "tests" / "test_frame.py",
        tmp_path / "pyarrow" / "libarrow_flight.so.1601",
        tmp_path / "numpy" / "core" / "array.h",
        tmp_path / "numpy" / "__pycache__" / "array.pyc",
        tmp_path / "some-1.0.dist-info" / "RECORD",
    ]
    touch(*needed, *useless)
    prune(tmp_path)
    assert [path for path in useless if path.exists()] == []
    assert [path for path in needed if not path.exists()] == []


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    for name, time in (("one", 1), ("two", 2)):
        for file in ("b", "a/c"):
            touch(tmp_path / name / file)
            os.utime(tmp_path / name / file, (time, time))
        write_archive(tmp_path / name, tmp_path / f"{name}.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        assert tar.getnames() == ["a", "a/c", "b"]


def test_an_archive_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "large").write_bytes(os.urandom(100_000))
    archive = tmp_path / "env.tar.gz"
    archive.write_text("old")
    program = (
        "import pathlib, resource, signal\n"
        "from flink_agents.cli.pack.archive import write_archive\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        f"write_archive(pathlib.Path({str(tmp_path / 'root')!r}), pathlib.Path({str(archive)!r}))\n"
    )
    done = run([sys.executable, "-c", program])
    assert "OSError" in done.stderr
    assert archive.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["env.tar.gz", "root"]


def test_a_disk_without_room_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: nearly_full)
    with pytest.raises(EnvironmentSetupError, match=r"has 1 MB free.*set TMPDIR"):
        pack(PackRequest(tmp_path / "env.tar.gz"), print)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{}/missing"], "does not exist"),
        (["{}"], "no Python package"),
        (["-o", "{}/missing/env.tar.gz"], "There is no folder"),
        (["-r", "{}/missing.txt"], "cannot be read"),
        (["-r", "{}/editable.txt"], "line 2: '-e ../mine' would leave only a link"),
    ],
)
def test_what_cannot_be_packed_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "editable.txt").write_text("requests\n-e ../mine\n")
    code = main(["pack", *(argument.format(tmp_path) for argument in arguments)])
    assert code == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--extra", "opnai"], "'opnai' is none of openai"),
        (["-o", "env.zip"], "must end with .tar.gz"),
        (["--python-version", "3.8"], "run flink-agents with Python 3.8"),
    ],
)
def test_wrong_arguments_are_wrong_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["pack", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_each_extra_adds_what_it_needs() -> None:
    bare = requirements(())
    assert any(line.startswith("apache-flink") for line in bare)
    assert not any(line.startswith("anthropic") for line in bare)
    assert any(line.startswith("anthropic") for line in requirements(("anthropic",)))
    assert not any(line.startswith(("ruff", "xllamacpp")) for line in requirements(PROVIDERS))


def test_versions_are_those_installed_here_and_no_folder_of_this_machine() -> None:
    found = pins()
    assert any(line.startswith("pydantic==") for line in found)
    assert not any(line.startswith("pyflink-agents") for line in found)


@pytest.mark.parametrize("with_java", [False, True])
def test_the_jar_goes_along_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_java: bool
) -> None:
    monkeypatch.setattr("flink_agents.cli.pack.own_code.jar", lambda: None)
    add_this_package(tmp_path, PackRequest(tmp_path / "x.tar.gz", with_java=with_java))
    assert (tmp_path / f"pyflink_agents-{__version__}.dist-info" / "METADATA").is_file()
    assert (tmp_path / "flink_agents" / "api" / "agents" / "agent.py").is_file()
    if not with_java:
        assert not list(tmp_path.glob("flink_agents/lib/flink-agents-*.jar"))
    # The small ones always: one of them is for jobs in process mode.
    small = {found.name for found in LIBRARY.glob("*.jar")} - {f"flink-agents-{__version__}.jar"}
    assert {found.name for found in tmp_path.glob("flink_agents/lib/*.jar")} >= small


def test_own_packages_and_modules_go_along_with_their_tests(tmp_path: Path) -> None:
    touch(tmp_path / "mine" / "__init__.py", tmp_path / "mine" / "tests" / "data.h")
    touch(tmp_path / "mine" / "__pycache__" / "x.pyc", tmp_path / "single.py")
    packages = tmp_path / "packages"
    packages.mkdir()
    add_own_code(packages, [tmp_path / "mine", tmp_path / "single.py"])
    assert (packages / "mine" / "tests" / "data.h").is_file()
    assert (packages / "single.py").is_file()
    assert not (packages / "mine" / "__pycache__").exists()
    with pytest.raises(EnvironmentSetupError, match="Rename"):
        add_own_code(packages, [tmp_path / "single.py"])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_environment_with_all_providers_is_small_and_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "env.tar.gz"
    assert main(["pack", "-o", str(archive), "--extra", "all"]) == 0
    told = capsys.readouterr().out
    size = archive.stat().st_size
    assert size <= 120_000_000
    assert f"{size / 1e6:.1f} MB compressed" in told
    assert f"flink run -pyarch {archive}#environment -pyexec environment/bin/python" in told
    unpacked = tmp_path / "unpacked"
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked, filter="fully_trusted")
    assert not list(unpacked.rglob("flink-*.jar"))
    assert list(unpacked.glob("lib/*/site-packages/pyflink/bin/pyflink-udf-runner.sh"))
    program = (
        "import aiohttp, anthropic, dashscope, ollama, openai\n"
        "import apache_beam, pandas, pemja, pyarrow\n"
        "import pyflink.datastream, pyflink.table, pyflink.fn_execution.beam.beam_boot\n"
        "import flink_agents.runtime.flink.operator, flink_agents.bridge.python_companion\n"
        "from importlib.metadata import version\n"
        "print(version('pyflink-agents'))"
    )
    done = run([unpacked / "bin" / "python", "-W", "ignore", "-c", program])
    assert done.stdout.strip() == __version__, done.stderr
