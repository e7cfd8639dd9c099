"""The installed version of Flink is compared by number."""

from __future__ import annotations

from importlib import metadata

import pytest

from flink_agents.api.version_compatibility import FlinkVersionManager, flink_version_manager
from flink_agents.exceptions import EnvironmentSetupError


def test_the_module_object_knows_the_installed_version() -> None:
    assert flink_version_manager.version == metadata.version("apache-flink")
    assert flink_version_manager.ge("2.0")


@pytest.mark.parametrize(
    ("version", "other"),
    [
        ("2.3.0", "2.10"),
        ("2.3-SNAPSHOT", "2.3"),
        ("2.3.0rc1", "2.3"),
        ("1.20.3", "2"),
        ("2.3", "2.3.0.1"),
    ],
)
def test_an_earlier_version_is_less(version: str, other: str) -> None:
    assert FlinkVersionManager(version).lt(other)
    assert not FlinkVersionManager(version).ge(other)
    assert FlinkVersionManager(other).ge(version)


def test_missing_numbers_are_zero() -> None:
    manager = FlinkVersionManager("2.3.0")
    assert manager.ge("2.3") and not manager.lt("2.3") and manager.major_version == "2.3"
    assert FlinkVersionManager("2.3.0.post1").ge("2.3.0")


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="'newest' is not a version"):
        FlinkVersionManager("2.3").ge("newest")


def test_a_missing_flink_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(EnvironmentSetupError, match="apache-flink is not installed"):
        _ = FlinkVersionManager().version
