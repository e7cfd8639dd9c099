"""Functions become tools: their schema, their arguments, and their way to a worker."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import functools
import inspect
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import cloudpickle  # pyright: ignore[reportMissingTypeStubs]
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from flink_agents.api.resource import ResourceType
from flink_agents.api.tools import function_tool
from flink_agents.api.tools.tool import FunctionTool, Tool, ToolMetadata, ToolType
from flink_agents.exceptions import AgentsError, ToolArgumentsError

if TYPE_CHECKING:
    from flink_agents.api.runner_context import RunnerContext


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """A place."""

    x: int
    y: int = 0


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    day: datetime.date
    color: Color
    pair: tuple[int, int]


@dataclasses.dataclass
class Size:
    width: float
    height: float = 1.0


class Node(BaseModel):
    value: int
    children: list[Node] = []


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: The first one.
        b: The second one.

    Returns:
        Their sum.
    """
    return a + b


def rich(
    point: Point,
    size: Size,
    color: Color,
    kind: Literal["a", "b"],
    names: list[str],
    table: dict[str, list[int]],
    maybe: Optional[int] = None,  # noqa: UP045
    either: int | str = 0,
    ratio: Annotated[float, Field(ge=0, le=1, description="A share.")] = 0.5,
    label: Annotated[str, "A label."] = "",
) -> dict[str, Any]:
    return dict(locals())


RICH: dict[str, Any] = {
    "point": {"x": 1},
    "size": {"width": 2},
    "color": "red",
    "kind": "a",
    "names": ["ä", "☃"],
    "table": {"k": [1]},
}


async def fetch(url: str) -> str:
    return f"got {url}"


class Toolbox:
    def method(self, a: int) -> int:
        return a

    @classmethod
    def of_class(cls, a: int) -> int:
        return a

    @staticmethod
    def static(a: int) -> int:
        """Static."""
        return a + 1


def _properties(func: Callable[..., Any]) -> dict[str, Any]:
    return Tool.from_callable(func).metadata.get_parameters_dict()["properties"]


def test_a_function_is_described_by_its_hints_and_docstring() -> None:
    tool = Tool.from_callable(add)
    assert isinstance(tool, FunctionTool) and tool.name == "add"
    assert tool.metadata.description == "Add two numbers.\n\nReturns: Their sum."
    assert tool.metadata.get_parameters_dict() == {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "description": "The first one."},
            "b": {"type": "integer", "description": "The second one.", "default": 2},
        },
        "required": ["a"],
        "additionalProperties": False,
    }
    assert tool.tool_type() is ToolType.FUNCTION and tool.resource_type() is ResourceType.TOOL
    assert function_tool.FunctionTool is FunctionTool


def test_the_parameters_are_a_copy() -> None:
    metadata = Tool.from_callable(add).metadata
    metadata.get_parameters_dict()["properties"].clear()
    assert metadata.get_parameters_dict()["properties"]


def test_every_kind_of_type_has_a_schema_that_checks_the_same() -> None:
    schema = Tool.from_callable(rich).metadata.get_parameters_dict()
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(RICH)
    for name, wrong in [
        ("point", {"y": 1}),
        ("size", {}),
        ("color", "green"),
        ("kind", "c"),
        ("names", "a"),
        ("table", {"k": ["x"]}),
        ("ratio", 2),
        ("either", []),
        ("unknown", 1),
    ]:
        assert not Draft202012Validator(schema).is_valid({**RICH, name: wrong}), name
        with pytest.raises(ToolArgumentsError, match=name):
            Tool.from_callable(rich).bind_arguments({**RICH, name: wrong})
    assert schema["properties"]["ratio"]["description"] == "A share."
    assert schema["properties"]["label"]["description"] == "A label."


def test_arguments_arrive_in_the_types_of_the_function() -> None:
    tool = Tool.from_callable(rich)
    bound = tool.bind_arguments(RICH)
    assert bound == {
        "point": Point(x=1),
        "size": Size(2.0),
        "color": Color.RED,
        "kind": "a",
        "names": ["ä", "☃"],
        "table": {"k": [1]},
    }
    assert tool.call(**bound)["ratio"] == 0.5


def test_a_strict_model_takes_what_json_can_carry() -> None:
    def book(what: Strict) -> Strict:
        return what

    given = {"what": {"day": "2024-02-29", "color": "blue", "pair": [1, 2]}}
    bound = Tool.from_callable(book).bind_arguments(given)
    assert bound["what"] == Strict(day=datetime.date(2024, 2, 29), color=Color.BLUE, pair=(1, 2))


@pytest.mark.parametrize(
    "docstring",
    [
        "Do it.\n\nArgs:\n    a: The way.\n",
        "Do it.\n\nParameters\n----------\na : int\n    The way.\n",
        "Do it.\n\n:param a: The way.\n",
        "\n    Do it.\n\n    Args:\n        a (int): The way.\n        nobody: Else.\n    ",
    ],
)
def test_docstrings_of_all_styles_are_read(docstring: str) -> None:
    def func(a: int) -> None: ...

    func.__doc__ = docstring
    tool = Tool.from_callable(func)
    assert tool.metadata.description == "Do it."
    assert tool.metadata.get_parameters_dict()["properties"]["a"]["description"] == "The way."


@pytest.mark.parametrize("docstring", [None, "", "  \n ", "Args:\n    broken", "☃ :param", ":"])
def test_odd_docstrings_do_no_harm(docstring: str | None) -> None:
    def func(a: int) -> None: ...

    func.__doc__ = docstring
    assert Tool.from_callable(func).bind_arguments({"a": 1}) == {"a": 1}


def test_a_parameter_without_a_hint_takes_anything() -> None:
    def func(a, b=1): ...  # type: ignore[no-untyped-def]

    tool = Tool.from_callable(func)  # pyright: ignore[reportUnknownArgumentType]
    assert tool.metadata.get_parameters_dict()["properties"]["a"] == {}
    for value in (None, 1, "x", [1], {"k": None}, 10**40):
        assert tool.bind_arguments({"a": value}) == {"a": value}


def test_names_that_pydantic_reserves_are_arguments_too() -> None:
    def func(schema: int, _x: int, model_config: str, json: int = 1, schema_: int = 2) -> Any:
        return schema, _x, model_config, json, schema_

    tool = Tool.from_callable(func)
    given = {"schema": 1, "_x": 2, "model_config": "m", "json": 3, "schema_": 4}
    assert list(tool.metadata.get_parameters_dict()["properties"]) == list(given)
    assert tool.bind_arguments(given) == given
    assert tool.call(**tool.bind_arguments(given)) == (1, 2, "m", 3, 4)
    with pytest.raises(ToolArgumentsError, match=r"_x: field required.* It takes: schema, _x,"):
        tool.bind_arguments({"schema": 1, "model_config": ""})


def test_defaults_without_a_json_form_stay_with_the_function() -> None:
    missing = object()

    def func(a: float = float("inf"), b: Any = missing, c: Any = print) -> Any:
        return a, b, c

    tool = Tool.from_callable(func)
    json.dumps(tool.metadata.get_parameters_dict(), allow_nan=False)
    assert tool.call(**tool.bind_arguments({})) == (float("inf"), missing, print)


def test_defaults_that_are_described_by_pydantic_are_applied() -> None:
    def func(
        a: int = Field(5, description="Five."),
        b: Annotated[list[int], Field(default_factory=list)] = ...,  # type: ignore[assignment]
        c: int = Field(ge=0),
    ) -> Any:
        return a, b, c

    tool = Tool.from_callable(func)
    assert tool.bind_arguments({"b": [1], "c": 1}) == {"a": 5, "b": [1], "c": 1}
    with pytest.raises(ToolArgumentsError, match="c: field required"):
        tool.bind_arguments({"b": [1]})


def test_null_means_the_default_where_none_is_no_value() -> None:
    def func(a: int, b: int = 2, c: int | None = 3, schema: int | str = 4) -> Any:
        return a, b, c, schema

    tool = Tool.from_callable(func)
    bound = tool.bind_arguments({"a": 1, "b": None, "c": None, "schema": None})
    assert bound == {"a": 1, "c": None} and tool.call(**bound) == (1, 2, None, 4)
    with pytest.raises(ToolArgumentsError, match="a: input should be a valid integer"):
        tool.bind_arguments({"a": None, "b": None})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "a: field required"),
        ({"a": "many"}, "a: input should be a valid integer"),
        ({"a": 1.5}, "a: input should be a valid integer"),
        ({"a": float("nan")}, "a: input should be"),
        ({"a": 1, "z": "☃\ud800"}, "not JSON"),
        ({"a": 1, "z": 2}, "z: extra inputs are not permitted"),
        ({"a": object()}, "not JSON"),
        ({"a": "x" * 10**6}, "a: input should be a valid integer"),
        ({str(i): i for i in range(1000)}, "and 996 more"),
        ([], "must be a JSON object, not list"),
        (None, "must be a JSON object, not NoneType"),
        ('{"a": 1}', "must be a JSON object, not str"),
    ],
)
def test_wrong_arguments_are_refused_briefly(given: Any, problem: str) -> None:
    with pytest.raises(ToolArgumentsError) as refused:
        Tool.from_callable(add).bind_arguments(given)
    message = str(refused.value)
    assert message.startswith("The arguments of 'add' are wrong: ") and problem in message
    assert message.endswith("It takes: a, b (optional).")
    assert len(message) < 600 and isinstance(refused.value, AgentsError)


def test_infinite_numbers_are_refused() -> None:
    def func(a: float) -> float:
        return a

    for value in (float("nan"), float("inf")):
        with pytest.raises(ToolArgumentsError, match="finite"):
            Tool.from_callable(func).bind_arguments({"a": value})


def test_a_class_that_refers_to_itself_is_an_argument() -> None:
    def walk(node: Node) -> int:
        return len(node.children)

    tool = Tool.from_callable(walk)
    given = {"node": {"value": 1, "children": [{"value": 2}]}}
    assert tool.call(**tool.bind_arguments(given)) == 1
    Draft202012Validator(tool.metadata.get_parameters_dict()).validate(given)


def test_an_async_function_gives_its_coroutine() -> None:
    tool = Tool.from_callable(fetch)
    assert tool.is_async and not Tool.from_callable(add).is_async
    coroutine = tool.call(**tool.bind_arguments({"url": "x"}))
    assert inspect.iscoroutine(coroutine)
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    assert done.value.value == "got x"


def test_an_async_wrapper_is_async_and_a_sync_one_is_not() -> None:
    @functools.wraps(add)
    async def wrapper(a: int, b: int = 2) -> int:
        return add(a, b)

    @functools.wraps(fetch)
    def blocking(url: str) -> str:
        return url

    assert Tool.from_callable(wrapper).is_async and Tool.from_callable(wrapper).name == "add"
    assert not Tool.from_callable(blocking).is_async
    assert Tool.from_callable(functools.partial(fetch)).is_async


def test_the_context_is_left_to_the_runtime() -> None:
    def by_name(a: int, context: RunnerContext) -> Any:
        return a, context

    def optional(a: int, ctx: RunnerContext | None = None) -> Any:
        return a, ctx

    for func, name in ((by_name, "context"), (optional, "ctx")):
        tool = Tool.from_callable(func)
        assert tool.context_parameter == name
        assert list(tool.metadata.get_parameters_dict()["properties"]) == ["a"]
        bound = tool.bind_arguments({"a": 1})
        assert bound == {"a": 1}
        assert tool.call(**bound, **{name: "the context"}) == (1, "the context")
        with pytest.raises(ToolArgumentsError, match="extra inputs"):
            tool.bind_arguments({"a": 1, name: {}})
    assert Tool.from_callable(add).context_parameter is None


def test_the_context_is_known_by_its_class_too() -> None:
    from flink_agents.api import runner_context

    class Mine(runner_context.RunnerContext): ...  # pyright: ignore[reportImplicitAbstractClass]

    for annotation in (
        runner_context.RunnerContext,
        Mine,
        Optional[runner_context.RunnerContext],  # noqa: UP045
        Annotated[runner_context.RunnerContext, "x"],
        "runner_context.RunnerContext",
        "Optional[RunnerContext]",
    ):

        def func(a: int, c: Any) -> None: ...

        func.__annotations__["c"] = annotation
        assert Tool.from_callable(func).context_parameter == "c", annotation


def test_two_contexts_are_refused() -> None:
    def func(one: RunnerContext, two: RunnerContext) -> None: ...

    with pytest.raises(TypeError, match="two parameters of type RunnerContext, 'one' and 'two'"):
        Tool.from_callable(func)


def test_a_parameter_called_ctx_of_another_type_is_an_argument() -> None:
    def func(ctx: str) -> str:
        return ctx

    assert Tool.from_callable(func).context_parameter is None
    assert list(_properties(func)) == ["ctx"]


def test_static_bound_and_partial_functions_are_tools() -> None:
    assert Tool.from_callable(Toolbox.__dict__["static"]).call(a=1) == 2
    assert Tool.from_callable(Toolbox.static).name == "static"
    assert Tool.from_callable(Toolbox().method).bind_arguments({"a": 1}) == {"a": 1}
    assert list(_properties(Toolbox.of_class)) == ["a"]
    half = Tool.from_callable(functools.partial(add, b=40))
    assert half.name == "add" and list(half.metadata.get_parameters_dict()["properties"]) == ["a"]
    assert half.call(**half.bind_arguments({"a": 2})) == 42
    assert half.metadata.description.startswith("Add two numbers.")
    first = Tool.from_callable(functools.partial(functools.partial(add), 1))
    assert first.call(**first.bind_arguments({"b": 2})) == 3


def test_positional_only_parameters_are_passed_by_position() -> None:
    def func(a: int, b: int = 2, c: int = 3, /, d: int = 4) -> Any:
        return a, b, c, d

    tool = Tool.from_callable(func)
    assert tool.call(**tool.bind_arguments({"a": 1, "c": 30, "d": 40})) == (1, 2, 30, 40)
    assert tool.call(**tool.bind_arguments({"a": 1})) == (1, 2, 3, 4)
    assert tool.call(9, 8) == (9, 8, 3, 4)


def _takes_args(*args: int) -> None: ...


def _takes_kwargs(a: int, **options: int) -> None: ...


def _yields(a: int) -> Any:
    yield a


def _takes_connection(a: int, connection: subprocess.Popen[bytes]) -> None: ...


def _takes_callback(a: int, callback: Callable[[], int]) -> None: ...


def _takes_unknown(a: int, b: NoSuchType) -> None: ...  # type: ignore[name-defined] # noqa: F821


@pytest.mark.parametrize(
    ("func", "problem"),
    [
        (_takes_args, r"'_takes_args' takes \*args: .*Name the parameters"),
        (_takes_kwargs, r"'_takes_kwargs' takes \*\*options"),
        (_yields, "'_yields' is a generator"),
        (_takes_connection, "'_takes_connection', parameter 'connection'.*Popen"),
        (_takes_callback, "'_takes_callback', parameter 'callback'"),
        (_takes_unknown, "'_takes_unknown', parameter 'b': the type 'NoSuchType'.*top level"),
        (Toolbox.method, "nobody passes 'self'.*@staticmethod"),
        (Toolbox.__dict__["of_class"], "classmethod without its class"),
        (lambda a: a, "needs a name"),
        (functools.partial(lambda a: a, 1), "needs a name"),
        (5, "not of int"),
        (None, "not of NoneType"),
    ],
)
def test_what_a_model_could_not_call_is_refused_with_the_fix(func: Any, problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        Tool.from_callable(func)


def test_a_tool_survives_json() -> None:
    for func in (add, Toolbox.static, fetch, Toolbox.of_class):
        tool = FunctionTool(func=func)
        stored = tool.model_dump_json()
        assert json.loads(stored)["func"] == {"module": __name__, "qualname": func.__qualname__}
        loaded = FunctionTool.model_validate_json(stored)
        assert loaded == tool and loaded.func == func
        assert loaded.metadata == tool.metadata
        assert loaded.is_async == tool.is_async


def test_a_tool_whose_function_cannot_be_imported_says_so() -> None:
    def local(a: int) -> int:
        return a

    stored = Tool.from_callable(local).model_dump()
    with pytest.raises(ValueError, match=r"local of module .* cannot be imported"):
        FunctionTool.model_validate(stored)
    with pytest.raises(ValueError, match="cannot be written as JSON"):
        Tool.from_callable(functools.partial(add, 1)).model_dump_json()
    with pytest.raises(ValueError, match="cannot be written as JSON"):
        Tool.from_callable(Toolbox().method).model_dump()
    with pytest.raises(ValueError, match="not a function but module"):
        FunctionTool(func={"module": __name__, "qualname": "json"})
    with pytest.raises(ValueError, match="module and qualname"):
        FunctionTool(func={"module": __name__})


def test_a_tool_can_be_told_under_another_name() -> None:
    told = ToolMetadata(name="plus", description="Plus.", args_schema=Point)
    tool = FunctionTool(add, metadata=told)
    for again in (
        tool,
        pickle.loads(pickle.dumps(tool)),
        FunctionTool.model_validate_json(tool.model_dump_json()),
    ):
        assert (again.name, again.metadata.description) == ("plus", "Plus.")
        assert again.bind_arguments({"a": 1}) == {"a": 1}
    assert tool != FunctionTool(add)


def test_tools_are_equal_by_function() -> None:
    def maker(n: int) -> Callable[[int], int]:
        def local(a: int) -> int:
            return a + n

        return local

    one, two = maker(1), maker(2)
    assert FunctionTool(add) == FunctionTool(add) == copy.deepcopy(FunctionTool(add))
    assert FunctionTool(one) == FunctionTool(one)
    assert FunctionTool(one) != FunctionTool(two)
    assert FunctionTool(add) != FunctionTool(fetch)


def test_a_local_function_travels_with_cloudpickle() -> None:
    offset = 40

    def shifted(point: Point, by: int = 1) -> int:
        return point.x + by + offset

    tool = pickle.loads(cloudpickle.dumps(Tool.from_callable(shifted)))
    assert tool.call(**tool.bind_arguments({"point": {"x": 1}})) == 42
    assert pickle.loads(pickle.dumps(Tool.from_callable(rich))).bind_arguments(RICH)


def test_a_function_of_main_travels_with_cloudpickle() -> None:
    program = (
        "from __future__ import annotations\n"
        "import sys, cloudpickle\n"
        "from pydantic import BaseModel\n"
        "from flink_agents.api.tools.tool import Tool\n"
        "class Mine(BaseModel):\n"
        "    x: int\n"
        "async def twice(mine: Mine, n: int = 2) -> int:\n"
        "    'Twice.'\n"
        "    return mine.x * n\n"
        "class Box:\n"
        "    @staticmethod\n"
        "    def once(mine: Mine) -> int:\n"
        "        return mine.x\n"
        "tools = [Tool.from_callable(twice), Tool.from_callable(Box.once)]\n"
        "sys.stdout.buffer.write(cloudpickle.dumps(tools))\n"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    twice, once = pickle.loads(made.stdout)
    assert twice.metadata.description == "Twice." and twice.is_async
    assert once.call(**once.bind_arguments({"mine": {"x": 21}})) == 21
