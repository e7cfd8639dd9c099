"""Options are converted from text, and a wrong one is refused by key and expected type."""

from __future__ import annotations

import pickle
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from flink_agents.api.configuration import ConfigOption, Configuration
from flink_agents.api.core_options import (
    AgentConfigOptions,
    AgentExecutionOptions,
    ErrorHandlingStrategy,
)
from flink_agents.api.duration import Seconds


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_option_that_is_not_set_has_its_default() -> None:
    config = Configuration()
    assert config.get(AgentConfigOptions.MAX_RETRIES) == 3
    assert config.get(AgentConfigOptions.JOB_IDENTIFIER) is None
    assert config.get_int("x") is None
    assert config.get_str("x", "y") == "y"


def test_the_documented_options_have_their_keys_and_defaults() -> None:
    holders = (AgentConfigOptions, AgentExecutionOptions)
    options = [o for h in holders for o in vars(h).values() if isinstance(o, ConfigOption)]
    assert {o.get_key(): o.get_default_value() for o in options} == {
        "job-identifier": None,
        "error-handling-strategy": ErrorHandlingStrategy.FAIL,
        "max-retries": 3,
        "retry-wait-interval": 1.0,
        "retry-max-wait": 60.0,
        "chat.async": True,
        "tool-call.async": True,
        "num-async-threads": 64,
        "max-in-flight": 1000,
        "back-pressure-wait": 0.5,
        "event-time": False,
        "max-tool-rounds": 16,
        "call-timeout": 600.0,
        "lease-interval": 2.0,
        "durable-journal": None,
        "durable-journal.keep": 3600.0,
        "pump-interval": 0.002,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("FALSE", False), (" on ", True), ("no", False), (True, True), (0, False)],
)
def test_truth_values_are_read(value: Any, expected: bool) -> None:
    assert Configuration({"k": value}).get_bool("k") is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("5", 5), (" -7 ", -7), (5.0, 5), (10**30, 10**30), (str(10**30), 10**30)],
)
def test_whole_numbers_are_read(value: Any, expected: int) -> None:
    read = Configuration({"k": value}).get_int("k")
    assert read == expected and type(read) is int


@pytest.mark.parametrize("value", ["x", "5.5", 5.5, True, "", "1_000", [1], "½", float("nan")])
def test_what_is_no_whole_number_is_refused_by_key(value: Any) -> None:
    with pytest.raises(ValueError, match=r"Option 'my\.key' must be a whole number, but is"):
        Configuration({"my.key": value}).get_int("my.key")


@pytest.mark.parametrize("value", ["nan", "inf", "-1e999", float("inf"), True, "1,5", 10**400])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="Option 'k' must be a number"):
        Configuration({"k": value}).get_float("k")


@pytest.mark.parametrize("value", ["maybe", 2, None.__class__, [], ""])
def test_what_is_no_truth_value_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="Option 'k' must be true or false"):
        Configuration({"k": value}).get_bool("k")


def test_plain_values_are_read_as_text_and_lists_are_not() -> None:
    config = Configuration({"i": 5, "f": 1.5, "b": True, "l": [1], "s": "ünï"})
    assert [config.get_str(k) for k in "ifbs"] == ["5", "1.5", "true", "ünï"]
    with pytest.raises(ValueError, match="'l' must be a text"):
        config.get_str("l")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, 2.0), ("2", 2.0), ("500 ms", 0.5), ("1 s", 1.0), ("1.5min", 90.0), ("2 Hours", 7200.0)],
)
def test_lengths_of_time_are_read_in_seconds(value: Any, expected: float) -> None:
    config = Configuration({"retry-wait-interval": value})
    assert config.get(AgentConfigOptions.RETRY_WAIT_INTERVAL) == pytest.approx(expected)


@pytest.mark.parametrize("value", ["1 fortnight", "s", "-1 s", -1, "nan", True, "1 s 2 ms"])
def test_what_is_no_length_of_time_is_refused(value: Any) -> None:
    config = Configuration({"call-timeout": value})
    with pytest.raises(ValueError, match="'call-timeout' must be a length of time"):
        config.get(AgentExecutionOptions.CALL_TIMEOUT)


@pytest.mark.parametrize(
    "value", ["dead-letter", "DEAD_LETTER", "Dead-Letter", ErrorHandlingStrategy.DEAD_LETTER]
)
def test_an_enum_is_read_by_member_name_or_value(value: Any) -> None:
    config = Configuration({"error-handling-strategy": value})
    found = config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY)
    assert found is ErrorHandlingStrategy.DEAD_LETTER


def test_an_unknown_enum_value_is_refused_with_the_allowed_ones() -> None:
    config = Configuration({"error-handling-strategy": "explode"})
    with pytest.raises(ValueError) as refused:
        config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY)
    assert str(refused.value) == (
        "Option 'error-handling-strategy' must be one of 'fail', 'retry', 'ignore', "
        "'dead-letter', but is 'explode'."
    )


def test_setting_checks_and_converts_at_once() -> None:
    config = Configuration()
    config.set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, ErrorHandlingStrategy.RETRY)
    config.set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Seconds.parse("2 s"))
    config.set_int("a", 1)
    config.set_float("b", 2)
    config.set_bool("c", False)
    config.set_str("d", "x")
    assert config.to_dict() == {
        "error-handling-strategy": "retry",
        "retry-wait-interval": 2.0,
        "a": 1,
        "b": 2.0,
        "c": False,
        "d": "x",
    }
    assert type(config.to_dict()["retry-wait-interval"]) is float
    with pytest.raises(ValueError, match="'a' must be a whole number"):
        config.set_int("a", "many")  # pyright: ignore[reportArgumentType]
    assert config.get_int("a") == 1


def test_setting_none_unsets() -> None:
    config = Configuration({"max-retries": 9})
    config.set(AgentConfigOptions.MAX_RETRIES, None)
    assert config.to_dict() == {}


def test_options_of_other_classes_must_be_instances() -> None:
    option = ConfigOption("names", list)
    assert Configuration({"names": ["a"]}).get(option) == ["a"]
    with pytest.raises(ValueError, match="'names' must be of type list"):
        Configuration({"names": "a"}).get(option)


def test_enums_with_numbers_are_read() -> None:
    class Level(Enum):
        LOW = 1
        HIGH = 2

    option = ConfigOption("level", Level, Level.LOW)
    config = Configuration({"level": "2"})
    assert config.get(option) is Level.HIGH
    config.set(option, Level.LOW)
    assert config.to_dict() == {"level": 1}


def test_the_value_of_a_secret_is_not_shown() -> None:
    config = Configuration({"OpenAI.api_key": "sk-123", "max-retries": 1})
    assert "sk-123" not in repr(config) and "'max-retries': 1" in repr(config)
    with pytest.raises(ValueError, match="not shown") as refused:
        config.get_int("OpenAI.api_key")
    assert "sk-123" not in str(refused.value)


def test_a_later_configuration_wins_and_neither_changes() -> None:
    first, second = Configuration({"a": 1, "b": 1}), Configuration({"b": {"c": 2}, "a": 3})
    merged = first.merged_with(second)
    assert merged.to_dict() == {"a": 3, "b": 1, "b.c": 2}
    merged.set_int("a", 9)
    assert first.to_dict() == {"a": 1, "b": 1} and second.get_int("a") == 3


def test_a_file_is_flattened(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "chat:\n  async: false\ntool-call.async: off\nmax-retries: '7'\nempty:\nnone: {}\n"
        "list: [1, 2]\n1: one\njob-identifier: Größe ☃\n",
    )
    config = Configuration.from_file(path)
    assert config.to_dict() == {
        "chat.async": False,
        "tool-call.async": "off",
        "max-retries": "7",
        "list": [1, 2],
        "1": "one",
        "job-identifier": "Größe ☃",
    }
    assert config.get(AgentExecutionOptions.TOOL_CALL_ASYNC) is False
    assert config.get(AgentConfigOptions.MAX_RETRIES) == 7


def test_a_section_called_agent_wins_over_the_top(tmp_path: Path) -> None:
    path = _file(tmp_path, "max-retries: 1\nevent-time: true\nagent:\n  max-retries: 2\n")
    assert Configuration.from_file(str(path)).to_dict() == {"max-retries": 2, "event-time": True}


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    assert Configuration.from_file(_file(tmp_path, "# nothing\n")).to_dict() == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n- b\n", "list"),
        ("a: [1\n", "expected"),
        ("a: 1\na: 2\n", "duplicate"),
        ("a.b: 1\na:\n  b: 2\n", "set twice"),
        ("a: !!python/object/apply:os.getcwd []\n", "constructor"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str, problem: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(ValueError, match=problem) as refused:
        Configuration.from_file(path)
    assert str(path) in str(refused.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Configuration.from_file(tmp_path / "none.yaml")


def test_a_configuration_survives_pickling() -> None:
    config = Configuration({"a": {"b": 1}})
    assert pickle.loads(pickle.dumps(config)) == config
    assert config != Configuration({"a.b": 2})
