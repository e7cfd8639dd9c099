"""Memory as an action sees it, and the nodes that it leaves to be stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from flink_agents.api.memory_object import MemoryObject, MemoryType
from flink_agents.api.memory_reference import MemoryRef
from flink_agents.engine.codec import Codec
from flink_agents.exceptions import MemoryPathError, NotStorableError
from flink_agents.runtime.memory import MemoryView, StoredMemoryObject


class Item(BaseModel):
    n: int


class Memory:
    """What is stored, and the actions on it."""

    def __init__(self, ends_often: bool = False) -> None:
        self._ends_often = ends_often
        self.nodes: dict[str, str] = {}
        self.read: list[str] = []
        self.begin()

    def begin(self) -> None:
        """An action starts."""
        self.view = MemoryView(MemoryType.SHORT_TERM, self._read, Codec(), ("act", "k"))
        self.root = StoredMemoryObject(self.view)

    def end(self) -> None:
        """The action has returned: what it wrote is stored; the next one starts."""
        for path, node in self.view.writes.items():
            if node is None:
                self.nodes.pop(path, None)
            else:
                self.nodes[path] = node
        self.begin()

    def between(self) -> None:
        """Another action goes on from here, or the same."""
        if self._ends_often:
            self.end()

    def _read(self, path: str) -> str | None:
        self.read.append(path)
        return self.nodes.get(path)


@pytest.fixture(params=["within one action", "from action to action"])
def memory(request: pytest.FixtureRequest) -> Memory:
    return Memory(ends_often=request.param == "from action to action")


@pytest.mark.parametrize(
    "value",
    [None, 0, "", [], {}, {"$": "object", "v": ["x"]}, (1, 2), Item(n=1), "\ud800\x00", b"\xff"],
    ids=repr,
)
def test_a_value_is_read_as_it_was_written(memory: Memory, value: Any) -> None:
    memory.root.set("a", value)
    memory.between()
    assert memory.root.get("a") == value
    assert type(memory.root.get("a")) is type(value)
    assert memory.root.is_exist("a")


def test_what_is_not_there_is_none_and_does_not_exist(memory: Memory) -> None:
    assert memory.root.get("a.b.c") is None
    assert not memory.root.is_exist("a")
    assert memory.root.get_field_names() == []
    assert memory.root.get_fields() == {}


def test_none_exists_once_it_is_stored(memory: Memory) -> None:
    memory.root.set("a", None)
    memory.between()
    assert memory.root.is_exist("a")
    assert memory.root.get_fields() == {"a": None}


def test_objects_on_the_way_are_made_and_list_their_fields_in_order(memory: Memory) -> None:
    memory.root.set("user.name", "Ann")
    memory.between()
    memory.root.set("user.address.city", "Oslo")
    memory.root.set("user.age", 5)
    memory.root.set("total", 1)
    memory.between()
    user = memory.root.get("user")
    assert isinstance(user, MemoryObject)
    assert user.get_field_names() == ["name", "address", "age"]
    assert memory.root.get_field_names() == ["user", "total"]
    assert user.get_fields() == {"name": "Ann", "address": {"__OBJECT__": ["city"]}, "age": 5}
    assert user.get("address.city") == "Oslo"
    assert memory.root.get("user.address").get("city") == "Oslo"


def test_paths_of_an_object_are_relative_to_it(memory: Memory) -> None:
    user = memory.root.new_object("user")
    reference = user.set("name", "Ann")
    memory.between()
    user = memory.root.get("user")
    assert user.is_exist("name")
    assert not memory.root.is_exist("name")
    assert reference == MemoryRef(memory_type="short_term", path="user.name")


def test_a_reference_is_absolute_also_for_an_object(memory: Memory) -> None:
    reference = memory.root.set("a.b", 1)
    other = memory.root.new_object("c")
    memory.between()
    assert other.get(reference) == 1
    assert memory.root.get(reference) == 1


def test_writing_a_value_again_replaces_it_and_keeps_its_place(memory: Memory) -> None:
    memory.root.set("a", 1)
    memory.root.set("b", 1)
    memory.between()
    memory.root.set("a", 2)
    memory.between()
    assert memory.root.get_fields() == {"a": 2, "b": 1}


def test_a_value_that_was_read_is_a_copy(memory: Memory) -> None:
    memory.root.set("a", [1])
    memory.between()
    memory.root.get("a").append(2)
    assert memory.root.get("a") == [1]


def test_a_value_that_is_changed_after_it_was_written_is_stored_as_it_was(memory: Memory) -> None:
    value = [1]
    memory.root.set("a", value)
    value.append(2)
    memory.between()
    assert memory.root.get("a") == [1]


def test_an_object_is_not_replaced_by_a_value_unless_asked_for(memory: Memory) -> None:
    memory.root.set("a.b.c", 1)
    memory.root.set("a.d", 2)
    memory.between()
    with pytest.raises(MemoryPathError, match=r"'act', key 'k': memory 'a' holds an object.*ov"):
        memory.root.set("a", 5)
    assert memory.root.get("a.b.c") == 1
    memory.root.set("a", 5, overwrite=True)
    memory.between()
    assert memory.root.get("a") == 5
    for gone in ("a.b", "a.b.c", "a.d"):
        assert not memory.root.is_exist(gone)
    memory.end()
    assert set(memory.nodes) == {"", "a"}


def test_a_value_is_not_replaced_by_an_object_unless_asked_for(memory: Memory) -> None:
    memory.root.set("a", 1)
    memory.between()
    with pytest.raises(MemoryPathError, match=r"memory 'a' holds a value; pass overwrite=True"):
        memory.root.new_object("a")
    made = memory.root.new_object("a", overwrite=True)
    made.set("b", 2)
    memory.between()
    assert memory.root.get_fields() == {"a": {"__OBJECT__": ["b"]}}


def test_an_object_that_is_made_again_keeps_its_fields(memory: Memory) -> None:
    memory.root.set("a.b", 1)
    memory.between()
    assert memory.root.new_object("a").get_field_names() == ["b"]
    assert memory.root.new_object("a", overwrite=True).get_field_names() == ["b"]


def test_the_way_does_not_lead_through_a_value(memory: Memory) -> None:
    memory.root.set("a", 1)
    memory.between()
    with pytest.raises(MemoryPathError, match=r"memory 'a' holds a value, so it cannot have .*'b'"):
        memory.root.set("a.b", 1)
    with pytest.raises(MemoryPathError, match="holds a value"):
        memory.root.new_object("a.b.c")
    assert memory.root.get("a") == 1
    assert memory.root.get("a.b") is None


def test_what_is_refused_leaves_nothing_behind(memory: Memory) -> None:
    memory.root.set("a", 1)
    memory.between()
    for attempt in (
        lambda: memory.root.set("a.b.c", 1),
        lambda: memory.root.set("x.y", object()),
        lambda: memory.root.set("", 1),
    ):
        with pytest.raises((MemoryPathError, NotStorableError)):
            attempt()
    memory.end()
    assert set(memory.nodes) == {"", "a"}


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", None, 5])
@pytest.mark.parametrize("what", ["get", "set", "new_object", "is_exist"])
def test_what_is_no_path_is_refused_with_an_example(path: Any, what: str) -> None:
    root = Memory().root
    with pytest.raises(MemoryPathError, match=r"is no memory path.*'user\.name'"):
        getattr(root, what)(*((path, 1) if what == "set" else (path,)))


def test_an_error_of_a_path_reads_as_a_sentence() -> None:
    with pytest.raises(KeyError) as raised:
        Memory().root.get("")
    assert str(raised.value).startswith("''")
    assert "\\n" not in str(raised.value)


def test_a_value_that_cannot_be_kept_is_refused_with_action_key_and_path() -> None:
    with pytest.raises(NotStorableError) as raised:
        Memory().root.set("a.b", {"deep": object()})
    for part in ("'act'", "'k'", "'a.b'", "builtins.object", "Convert it"):
        assert part in str(raised.value)


def test_an_action_reads_and_writes_the_nodes_that_it_touches_only() -> None:
    memory = Memory()
    for n in range(100):
        memory.root.set(f"object{n}.value", n)
    memory.end()
    memory.read.clear()
    memory.root.set("object5.value", 1)
    assert memory.root.get("object5.value") == 1
    assert set(memory.view.writes) == {"object5.value"}
    assert set(memory.read) == {"object5.value"}


def test_a_node_is_read_from_the_store_once() -> None:
    memory = Memory()
    for _ in range(3):
        memory.root.get("a")
        memory.root.is_exist("a")
    assert memory.read == ["a"]


def test_the_nodes_of_version_1_are_written_and_read() -> None:
    memory = Memory()
    memory.root.set("user.name", ("Ann", 1))
    memory.root.new_object("empty")
    memory.end()
    golden = {
        "user.name": '{"$":"tuple","v":["Ann",1]}',
        "user": '{"$":"object","v":["name"]}',
        "empty": '{"$":"object","v":[]}',
        "": '{"$":"object","v":["user", "empty"]}',
    }
    assert {path: json.loads(node) for path, node in memory.nodes.items()} == {
        path: json.loads(node) for path, node in golden.items()
    }
    memory.nodes = golden
    memory.begin()
    assert memory.root.get("user.name") == ("Ann", 1)
    assert memory.root.get_field_names() == ["user", "empty"]


_paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)
_steps = st.tuples(
    st.sampled_from(["set", "overwrite", "object", "overwrite by object", "next action"]),
    _paths,
    st.integers(0, 9),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_steps, max_size=15))
def test_memory_is_a_tree_whatever_is_written_in_whatever_order(
    steps: list[tuple[str, str, int]],
) -> None:
    memory, tree = Memory(), {}
    for what, path, value in steps:
        if what == "next action":
            memory.end()
            continue
        overwrite = what.startswith("overwrite")
        refused = _write(tree, path, value if what in ("set", "overwrite") else {}, overwrite)
        try:
            if what in ("set", "overwrite"):
                memory.root.set(path, value, overwrite=overwrite)
            else:
                memory.root.new_object(path, overwrite=overwrite)
            assert not refused
        except MemoryPathError:
            assert refused
    for _ in range(2):
        assert _as_dict(memory.root) == tree
        memory.end()
    assert set(memory.nodes) == set(_node_paths(tree)) | ({""} if tree else set())


def _write(tree: dict[str, Any], path: str, value: Any, overwrite: bool) -> bool:
    """Write into the model; whether it has to be refused."""
    *way, last = path.split(".")
    at: Any = tree
    for name in way:
        if name in at and not isinstance(at[name], dict):
            return True
        at = at.get(name, {})
    present = at.get(last)
    if isinstance(present, dict) and isinstance(value, dict):
        return False
    if (
        not overwrite
        and present is not None
        and isinstance(present, dict) != isinstance(value, dict)
    ):
        return True
    at = tree
    for name in way:
        at = at.setdefault(name, {})
    at[last] = value
    return False


def _as_dict(memory: MemoryObject) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in memory.get_field_names():
        value = memory.get(name)
        found[name] = _as_dict(value) if isinstance(value, MemoryObject) else value
    return found


def _node_paths(tree: dict[str, Any], above: str = "") -> list[str]:
    found: list[str] = []
    for name, value in tree.items():
        found.append(above + name)
        if isinstance(value, dict):
            found += _node_paths(value, f"{above}{name}.")
    return found
