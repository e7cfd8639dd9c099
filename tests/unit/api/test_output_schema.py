"""Answers are found in what a model wrote around them, checked, and turned into typed values."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import subprocess
import sys
import time
from decimal import Decimal
from enum import Enum
from typing import Any

import cloudpickle  # pyright: ignore[reportMissingTypeStubs]
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, RootModel, ValidationError
from pyflink.common import Row, Types
from pyflink.common.time import Instant

from flink_agents.api.agents.types import OutputSchema
from flink_agents.exceptions import ModelOutputError


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Part(BaseModel):
    name: str
    mood: Mood = Mood.GOOD


class Answer(BaseModel):
    id: int
    score: float
    parts: list[Part] = []

    class Nested(BaseModel):
        x: int


ROW = Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])
GOOD = '{"id": 1, "score": 0.5, "parts": [{"name": "}{ \\" ☃", "mood": "bad"}]}'


def _schema(wanted: Any = Answer) -> OutputSchema:
    return OutputSchema(output_schema=wanted)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  \n{GOOD}\n",
        f"\ufeff{GOOD}",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```",
        f"Here you are:\r\n```JSON\r\n{GOOD}\r\n```\r\nAnything else?",
        f"The answer is {GOOD}, I think.",
        f"With {{name}} and {{}} filled: {GOOD}",
        f"{{{GOOD}}}",
        f"{GOOD}\n{GOOD}",
        f'{{"thought": "not this one"}}\n{GOOD}',
    ],
)
def test_the_value_is_found_in_the_text(text: str) -> None:
    part = Part(name='}{ " ☃', mood=Mood.BAD)
    assert _schema().parse(text) == Answer(id=1, score=0.5, parts=[part])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("I do not know.", "no JSON object"),
        ("null", "no JSON object"),
        ('{"id": 1, "score": 2', "invalid JSON"),
        ('Well: {"id": 1, "score": 2', "does not end"),
        ("{'id': 1, 'score': 2}", "invalid JSON"),
        ('{"id": 1, "score": NaN}', "NaN is not a JSON number"),
        ('{"id": 1, "score": -Infinity}', "-Infinity is not a JSON number"),
        ('{"id": 1, "score": 1e999}', "out of range"),
        ('{"id": 1}', "score: field required"),
        ('{"id": "one", "score": 1}', "id: input should be a valid integer"),
        ('{"id": 1.5, "score": 1}', "id: input should be a valid integer"),
        ('{"id": 1, "score": 1, "parts": [{"name": null}]}', "parts.0.name: input should be"),
        ('{"id": 1, "score": 1, "parts": [{"name": "\\ud800"}]}', "invalid JSON"),
        ('[{"id": 1, "score": 1}]', "input should be an object"),
        ('{"id": 1, "score": 1} or {"id": 2, "score": 1}', "2 different such values"),
        ('{"id": 1, "score": ' + "9" * 5000 + "}", "invalid JSON"),
        ('{"a": ' * 100_000, ""),
        ("{" * 100_000, ""),
        ("{x " * 100_000, "invalid JSON"),
        ("x{x " * 100_000, "does not end"),
        ("[" * 100_000, ""),
    ],
)
def test_a_wrong_answer_is_refused_with_the_problem(text: str, problem: str) -> None:
    with pytest.raises(ModelOutputError) as refused:
        _schema().parse(text)
    message = str(refused.value)
    assert "schema Answer" in message and problem in message
    assert repr(text[:20])[1:15] in message
    assert len(message) < 1000


def test_the_inside_of_a_damaged_object_is_not_the_answer() -> None:
    inside = '{"name": "inner"}'
    for text in (
        f'{{"part": {inside}, oops}}',
        f"{{part: {inside}}}",
        f'Yes: {{"part": {inside}, "x": ',
    ):
        with pytest.raises(ModelOutputError):
            _schema(Part).parse(text)


def test_the_error_shows_odd_characters_escaped() -> None:
    with pytest.raises(ModelOutputError) as refused:
        _schema().parse("\ud800\x00\u202e no")
    str(refused.value).encode()
    assert "\\ud800\\x00\\u202e no" in str(refused.value)


def test_a_schema_of_a_list_takes_a_list() -> None:
    parts = RootModel[list[Part]]
    text = 'Two:\n```json\n[{"name": "a"}, {"name": "b"}]\n```'
    assert [p.name for p in _schema(parts).parse(text).root] == ["a", "b"]


def test_a_class_survives_json() -> None:
    schema = _schema(Answer.Nested)
    stored = schema.model_dump_json()
    assert json.loads(stored) == {"module": __name__, "class": "Answer.Nested"}
    loaded = OutputSchema.model_validate_json(stored)
    assert loaded == schema and loaded.output_schema is Answer.Nested


def test_a_class_that_cannot_be_imported_is_taken_from_the_known_ones() -> None:
    class Local(BaseModel):
        x: int

    stored = _schema(Local).model_dump()
    with pytest.raises(ValidationError, match=r"Local cannot be imported"):
        OutputSchema.model_validate(stored)
    known = {f"{Local.__module__}.{Local.__qualname__}": Local}
    loaded = OutputSchema.model_validate(stored, context={"classes": known})
    assert loaded.output_schema is Local


@pytest.mark.parametrize(
    "stored",
    [
        {"module": "no.such.module", "class": "X"},
        {"module": "json", "class": "dumps"},
        {"module": "builtins", "class": "int"},
        {"row": [["a", "NO_SUCH_TYPE"]]},
        {},
    ],
)
def test_a_stored_schema_that_is_none_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, AttributeError)):
        OutputSchema.model_validate(stored)


@pytest.mark.parametrize("wanted", [int, Answer(id=1, score=1), "Answer", None, dict, 5])
def test_other_values_are_no_schemas(wanted: Any) -> None:
    with pytest.raises(ValidationError, match="BaseModel class or a Flink RowTypeInfo"):
        _schema(wanted)


def test_the_json_schema_of_a_class_accepts_what_parse_accepts() -> None:
    schema = _schema().json_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(GOOD))
    assert not Draft202012Validator(schema).is_valid({"id": 1})


def test_a_class_of_main_travels_with_cloudpickle() -> None:
    program = (
        "import sys, cloudpickle\n"
        "from pydantic import BaseModel\n"
        "from flink_agents.api.agents.types import OutputSchema\n"
        "class Mine(BaseModel):\n"
        "    x: int\n"
        "sys.stdout.buffer.write(cloudpickle.dumps(OutputSchema(output_schema=Mine)))\n"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = pickle.loads(made.stdout)
    assert loaded.parse('{"x": 3}').x == 3 and loaded.name == "Mine"


def test_a_row_is_parsed_with_its_field_names() -> None:
    parsed = _schema(ROW).parse('Here: {"name": "Ada", "id": "7"}')
    assert parsed == Row(id=7, name="Ada")
    assert parsed.as_dict() == {"id": 7, "name": "Ada"} and list(parsed) == [7, "Ada"]


def test_the_json_schema_of_a_row_is_strict() -> None:
    row = Types.ROW_NAMED(
        ["a b", "title", "inner", "list"],
        [Types.LONG(), Types.BOOLEAN(), ROW, Types.LIST(Types.DOUBLE())],
    )
    assert _schema(row).json_schema() == {
        "type": "object",
        "title": "Row",
        "properties": {
            "a b": {"type": "integer"},
            "title": {"type": "boolean"},
            "inner": {"$ref": "#/$defs/Row_inner"},
            "list": {"type": "array", "items": {"type": "number"}},
        },
        "required": ["a b", "title", "inner", "list"],
        "additionalProperties": False,
        "$defs": {
            "Row_inner": {
                "type": "object",
                "title": "Row_inner",
                "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
                "required": ["id", "name"],
                "additionalProperties": False,
            }
        },
    }


@pytest.mark.parametrize(
    ("type_info", "written", "expected"),
    [
        (Types.STRING(), '"ünï ☃"', "ünï ☃"),
        (Types.CHAR(), '"x"', "x"),
        (Types.BOOLEAN(), "true", True),
        (Types.BYTE(), "-128", -128),
        (Types.SHORT(), "32767", 32767),
        (Types.INT(), "2147483647", 2**31 - 1),
        (Types.LONG(), "-9223372036854775808", -(2**63)),
        (Types.BIG_INT(), str(10**40), 10**40),
        (Types.BIG_DEC(), '"1.10"', Decimal("1.10")),
        (Types.FLOAT(), "1.5", 1.5),
        (Types.DOUBLE(), "1e300", 1e300),
        (Types.SQL_DATE(), '"2024-02-29"', datetime.date(2024, 2, 29)),
        (Types.SQL_TIME(), '"12:30:00"', datetime.time(12, 30)),
        (Types.SQL_TIMESTAMP(), '"2024-02-29T12:30:00"', datetime.datetime(2024, 2, 29, 12, 30)),
        (Types.INSTANT(), '"1970-01-01T00:00:01.5"', Instant(1, 500_000_000)),
        (Types.INSTANT(), '"1969-12-31T23:59:59.5Z"', Instant(-1, 500_000_000)),
        (Types.LIST(Types.INT()), "[1, 2]", [1, 2]),
        (Types.LIST(ROW), '[{"id": 1, "name": "a"}]', [Row(id=1, name="a")]),
        (Types.MAP(Types.STRING(), Types.LIST(Types.INT())), '{"a": [1]}', {"a": [1]}),
        (Types.PRIMITIVE_ARRAY(Types.DOUBLE()), "[1, 2.5]", [1.0, 2.5]),
        (Types.BASIC_ARRAY(Types.STRING()), '["a"]', ["a"]),
        (Types.OBJECT_ARRAY(ROW), '[{"id": 1, "name": "a"}]', [Row(id=1, name="a")]),
        (Types.ROW([Types.INT(), Types.STRING()]), '{"f0": 1, "f1": "x"}', Row(f0=1, f1="x")),
    ],
)
def test_each_type_of_a_row_is_read_and_survives_json(
    type_info: Any, written: str, expected: Any
) -> None:
    schema = _schema(Types.ROW_NAMED(["x"], [type_info]))
    text = f'{{"x": {written}}}'
    loaded = OutputSchema.model_validate_json(schema.model_dump_json())
    value = loaded.parse(text).x
    assert loaded == schema and repr(value) == repr(expected)
    Draft202012Validator(schema.json_schema()).validate(json.loads(text))


def test_an_instant_without_a_zone_is_in_utc_wherever_the_worker_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        schema = _schema(Types.ROW_NAMED(["x"], [Types.INSTANT()]))
        assert repr(schema.parse('{"x": "1970-01-01T00:00:01"}').x) == repr(Instant(1, 0))
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("type_info", "written"),
    [
        (Types.INT(), "2147483648"),
        (Types.LONG(), "9223372036854775808"),
        (Types.BYTE(), "128"),
        (Types.SHORT(), "-32769"),
        (Types.FLOAT(), "1e39"),
        (Types.CHAR(), '"xy"'),
        (Types.STRING(), "null"),
        (Types.STRING(), "5"),
        (Types.BOOLEAN(), '"perhaps"'),
        (Types.SQL_DATE(), '"2023-02-29"'),
        (Types.LIST(Types.INT()), "1"),
        (ROW, '{"id": 1}'),
        (ROW, '{"id": 1, "name": "a", "more": 2}'),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused(type_info: Any, written: str) -> None:
    schema = _schema(Types.ROW_NAMED(["x"], [type_info]))
    with pytest.raises(ModelOutputError, match=r"schema Row: x"):
        schema.parse(f'{{"x": {written}}}')


@pytest.mark.parametrize(
    "type_info",
    [
        Types.PICKLED_BYTE_ARRAY(),
        Types.TUPLE([Types.INT()]),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
        Types.LIST(Types.PICKLED_BYTE_ARRAY()),
    ],
)
def test_a_row_type_without_a_json_form_is_refused_by_field(type_info: Any) -> None:
    with pytest.raises(ValidationError, match=r"of payload\)\. Use Types"):
        _schema(Types.ROW_NAMED(["payload"], [type_info]))


def test_rows_of_other_names_are_other_schemas() -> None:
    other = Types.ROW_NAMED(["id", "title"], [Types.INT(), Types.STRING()])
    assert other == ROW, "Flink compares the types only"
    assert _schema(other) != _schema(ROW)
    assert _schema(ROW) == _schema(Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()]))
    assert hash(_schema(ROW)) == hash(copy.deepcopy(_schema(ROW)))
    assert _schema(ROW) != _schema(Answer)


@pytest.mark.parametrize("wanted", [ROW, Answer])
def test_a_used_schema_can_be_pickled(wanted: Any) -> None:
    schema = _schema(wanted)
    schema.json_schema()
    assert pickle.loads(pickle.dumps(schema)) == schema
    assert pickle.loads(cloudpickle.dumps(schema)) == schema


def test_importing_the_schema_does_not_import_flink() -> None:
    program = (
        "import sys, flink_agents.api.agents.types, flink_agents.api.tools.utils\n"
        "import flink_agents.api.core_options, flink_agents.api.version_compatibility\n"
        "sys.exit(any(m.partition('.')[0] == 'pyflink' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
