"""What is said where there is no Kafka."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.servers.kafka_server import ServerMissingError, kafka_connector, kafka_libraries

ROOT = Path(__file__).parents[2]


@pytest.fixture
def no_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a PATH with what a script needs, but no Maven."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "env", "mkdir", "basename", "cat"):
        found = next(path for path in map(Path, ("/bin", "/usr/bin")) if (path / name).exists())
        (programs / name).symlink_to(found / name)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KAFKA_CONNECTOR", raising=False)
    return tmp_path


def test_without_maven_the_reason_is_told(no_maven: Path) -> None:
    with pytest.raises(ServerMissingError, match="no Maven"):
        kafka_libraries()
    with pytest.raises(ServerMissingError, match="no Maven"):
        kafka_connector()
    assert not list(no_maven.glob("cache/pyflink-agents/*/*"))


def test_a_connector_of_ones_own_is_taken_instead(
    no_maven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = no_maven / "own.jar"
    monkeypatch.setenv("KAFKA_CONNECTOR", str(jar))
    script = ROOT / "scripts" / "fetch-connectors"
    missing = subprocess.run([str(script)], capture_output=True, text=True, env=os.environ)
    assert (missing.returncode, missing.stdout) == (2, "")
    jar.write_bytes(b"")
    assert kafka_connector() == jar
