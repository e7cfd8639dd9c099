"""What crosses the bridge, by files that the Java tests read too."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from flink_agents import __version__, exceptions
from flink_agents.bridge import java_jar, wire
from flink_agents.bridge.wire_errors import error_from_wire, error_to_wire, secrets_of
from flink_agents.exceptions import AgentsError, EnvironmentSetupError, ModelRequestError

GOLDEN = Path(__file__).parents[2] / "java-bridge/bridge/src/test/resources/golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text())


@pytest.mark.parametrize("case", golden("messages"), ids=lambda case: case["name"])
def test_a_message_is_written_as_it_was_read(case: dict[str, Any]) -> None:
    message = wire.message_from_wire(case["wire"])
    written = wire.message_to_wire(message)
    assert written == case.get("reads_as", case["wire"])
    text = wire.dumps(written)
    assert text.isascii()
    assert wire.message_from_wire(json.loads(text)) == message


def test_tools_keep_their_schemas_word_for_word() -> None:
    tools = golden("tools")
    assert [wire.tool_to_wire(wire.tool_from_wire(tool)) for tool in tools] == tools


def test_a_foreign_tool_cannot_be_called_here() -> None:
    tool = wire.tool_from_wire(golden("tools")[0])
    with pytest.raises(AgentsError, match="'add' belongs to the other side"):
        tool.call(a=1)


@pytest.mark.parametrize("case", golden("errors"), ids=lambda case: case["kind"])
def test_errors_map_to_the_classes_of_both_languages(case: dict[str, Any]) -> None:
    error = error_from_wire(case)
    assert type(error).__name__ == case["python"]
    assert str(error) == f"{case['class']}: {case['message']}"
    assert "A.java:1" in vars(error)["__notes__"][0]
    raised = getattr(exceptions, case["python"])("why")
    written = error_to_wire(raised)
    assert (written["kind"], written["message"]) == (case["kind"], "why")


def test_only_the_same_version_and_protocol_fit() -> None:
    for name, told in golden("hello").items():
        other = {k: __version__ if v == "OWN" else v for k, v in told.items()}
        problem = wire.mismatch(other)
        assert (problem is None) == (name == "fits")
        if problem is not None:
            assert __version__ in problem
            assert str(other.get("version")) in problem
            assert str(other.get("protocol")) in problem


def test_secrets_are_neither_in_the_message_nor_in_the_stack() -> None:
    arguments = {"apiKey": "sk-12345678", "default_headers": {"X": "header-value"}, "model": "m"}
    try:
        raise ValueError("sk-12345678 and header-value") from KeyError("sk-12345678")
    except ValueError as error:
        written = error_to_wire(error, secrets_of(arguments))
    assert written["message"] == "*** and ***"
    assert "sk-12345678" not in written["stack"]
    assert "header-value" not in written["stack"]


def test_a_value_without_a_json_form_is_named() -> None:
    with pytest.raises(ModelRequestError, match="object"):
        wire.dumps({"a": object()})


def jar(folder: Path, manifest: str) -> None:
    with zipfile.ZipFile(folder / f"flink-agents-{__version__}.jar", "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", manifest)


def test_a_missing_jar_is_an_error_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "flink-agents-0.0.1.jar").touch()
    with pytest.raises(
        EnvironmentSetupError, match=r"there is flink-agents-0\.0\.1\.jar"
    ) as raised:
        java_jar.jar(tmp_path)
    assert "scripts/setup" in str(raised.value)


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "Implementation-Version: 0.0.1\nBridge-Protocol: 1\n",
        f"Implementation-Version: {__version__}\nBridge-Protocol: 99\n",
    ],
)
def test_a_stale_jar_is_an_error_with_the_command(tmp_path: Path, manifest: str) -> None:
    jar(tmp_path, manifest)
    with pytest.raises(EnvironmentSetupError, match="scripts/setup"):
        java_jar.jar(tmp_path)


def test_a_damaged_jar_is_an_error_with_the_command(tmp_path: Path) -> None:
    (tmp_path / f"flink-agents-{__version__}.jar").write_text("no archive")
    with pytest.raises(EnvironmentSetupError, match=r"cannot be read.*scripts/setup"):
        java_jar.jar(tmp_path)


def test_a_jar_of_this_version_is_taken(tmp_path: Path) -> None:
    jar(tmp_path, f"Implementation-Version: {__version__}\nBridge-Protocol: {wire.PROTOCOL}\n")
    assert java_jar.jar(tmp_path).name == f"flink-agents-{__version__}.jar"
