"""What is wrong with an agent is said before anything runs: who, what, and how to put it right."""

from __future__ import annotations

import importlib
import pickle
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from flink_agents import exceptions
from flink_agents.api.agents.agent import Agent
from flink_agents.api.events.event import Event, InputEvent
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.exceptions import (
    ActionSignatureError,
    NotPortableError,
    PlanError,
    ResourceArgumentError,
    ResourceCycleError,
    ResourceTypeError,
    UnknownResourceError,
)
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan
from flink_agents.plan.compile import compile_agent
from flink_agents.plan.validate import validate
from tests.unit.plan.agents import (
    Connection,
    Mute,
    Needy,
    NoResource,
    OwnInit,
    Setup,
    Started,
    Store,
    TakesAny,
    Unfinished,
)

SECRET = "s3cret-value"
SERVER, MODEL, STORE = (
    ResourceType.CHAT_MODEL_CONNECTION,
    ResourceType.CHAT_MODEL,
    ResourceType.VECTOR_STORE,
)


class Reader(Agent):
    """An agent with an action, for what is to be wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.add_action("read", [InputEvent], nothing)

    def having(self, kind: ResourceType, name: str, clazz: Any, **arguments: Any) -> Reader:
        self.add_resource(name, kind, ResourceDescriptor(clazz=clazz, arguments=arguments))
        return self


def nothing(event: Event, ctx: Any) -> None:
    """Do nothing."""


def refusal(kind: type[PlanError], agent: Agent) -> str:
    with pytest.raises(PlanError) as raised:
        compile_agent(agent)
    assert type(raised.value) is kind
    assert raised.value.agent == type(agent).__name__
    assert f"Agent '{type(agent).__name__}', " in str(raised.value)
    return str(raised.value)


# Actions


def test_an_agent_that_does_not_listen_to_its_input_is_refused() -> None:
    text = refusal(ActionSignatureError, Agent().add_action("use", [Started], nothing))
    assert "listens to InputEvent" in text
    assert "@action(InputEvent)" in text


@pytest.mark.parametrize("trigger", [InputEvent, "_input_event", Event])
def test_input_may_be_listened_to_by_class_by_name_or_by_base_class(trigger: Any) -> None:
    (action,) = compile_agent(Agent().add_action("read", [trigger], nothing)).actions
    assert action.name == "read"


def _generator(event: Any, ctx: Any) -> Any:
    yield


async def _async_generator(event: Any, ctx: Any) -> Any:
    yield


@pytest.mark.parametrize(
    ("func", "told"),
    [
        (lambda: None, "cannot be called with (event, ctx): too many positional"),
        (lambda event: None, "cannot be called with (event, ctx)"),
        (lambda event, ctx, more: None, "missing a required argument: 'more'"),
        (lambda event, *, ctx: None, "cannot be called with (event, ctx)"),
        (_generator, "is a generator. Use ctx.send_event"),
        (_async_generator, "is a generator. Use ctx.send_event"),
        ("not a function", "is not a function"),
        (partial(nothing, Started()), "cannot be called with (event, ctx)"),
    ],
)
def test_an_action_that_cannot_be_called_is_named_with_the_right_form(func: Any, told: str) -> None:
    text = refusal(ActionSignatureError, Reader().add_action("bad", [Started], func))
    assert "action 'bad'" in text
    assert told in text
    if "generator" not in told:
        assert "def action(event, ctx) -> None" in text


@pytest.mark.parametrize(
    "func",
    [
        lambda event, ctx, more=1: None,
        lambda *given: None,
        lambda event, ctx, **more: None,
        partial(lambda more, event, ctx: None, 1),
        print,
    ],
)
def test_any_function_that_takes_event_and_context_is_an_action(func: Callable[..., Any]) -> None:
    plan = compile_agent(Reader().add_action("good", [Started], func))
    assert func in [action.func for action in plan.actions]


def test_an_action_without_a_trigger_is_refused() -> None:
    actions = (ActionSpec("read", nothing, (InputEvent,)), ActionSpec("never", nothing, ()))
    with pytest.raises(ActionSignatureError, match="action 'never': listens to no event"):
        validate(AgentPlan("Reader", actions, {}))


# References


def test_a_resource_that_nobody_declared_is_named_with_the_nearest_name() -> None:
    agent = Reader().having(SERVER, "openai_server", Connection)
    text = refusal(
        UnknownResourceError, agent.having(MODEL, "m", Setup, connection="openia_server")
    )
    assert "chat_model 'm': needs the chat_model_connection 'openia_server'" in text
    assert "Did you mean 'openai_server'?" in text


def test_a_resource_that_nobody_declared_is_told_what_is_declared() -> None:
    agent = Reader().having(SERVER, "b", Connection).having(SERVER, "a", Connection)
    text = refusal(UnknownResourceError, agent.having(MODEL, "m", Setup, connection="zzz"))
    assert "Declared are: a, b." in text


def test_a_resource_of_another_type_is_told_so() -> None:
    agent = Reader().having(MODEL, "m", Setup, connection="words")
    agent.add_resource("words", ResourceType.PROMPT, Prompt.from_text("x"))
    text = refusal(UnknownResourceError, agent)
    assert "There is a prompt of that name; a chat_model_connection is needed here." in text


@pytest.mark.parametrize(
    ("arguments", "missing", "decorator"),
    [
        ({"connection": "s"}, "chat_model_connection 's'", "@chat_model_connection"),
        ({"connection": "c", "prompt": "p"}, "prompt 'p'", "@prompt"),
        ({"connection": "c", "tools": ["t"]}, "tool 't'", "@tool"),
    ],
)
def test_a_missing_resource_is_named_with_its_decorator(
    arguments: dict[str, Any], missing: str, decorator: str
) -> None:
    agent = Reader()
    if arguments["connection"] == "c":
        agent.having(SERVER, "c", Connection)
    text = refusal(UnknownResourceError, agent.having(MODEL, "m", Setup, **arguments))
    assert f"needs the {missing}, which is not declared" in text
    assert decorator in text


def test_a_missing_setup_is_named_with_the_decorator_of_setups() -> None:
    text = refusal(UnknownResourceError, Reader().having(STORE, "s", Store, model="m"))
    assert "@chat_model_setup" in text


def test_resources_that_need_each_other_are_named_in_a_circle() -> None:
    agent = Reader()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
        agent.having(STORE, name, Store, other=other)
    text = refusal(ResourceCycleError, agent)
    assert "needs itself: a -> b -> c -> a" in text
    assert "Remove one of these references" in text


def test_a_resource_that_needs_itself_is_refused() -> None:
    assert "a -> a" in refusal(ResourceCycleError, Reader().having(STORE, "a", Store, other="a"))


def test_resources_may_be_shared_without_being_a_cycle() -> None:
    agent = Reader()
    for name, other in (("a", None), ("b", "a"), ("c", "a"), ("d", "c")):
        agent.having(STORE, name, Store, other=other)
    assert compile_agent(agent).resources.keys() >= {(STORE, name) for name in "abcd"}


# Classes


def test_a_connection_declared_as_setup_is_named_with_the_constant_of_the_setup() -> None:
    try:
        importlib.import_module(Constant.OPENAI_CHAT_MODEL_CONNECTION.rpartition(".")[0])
    except ImportError:
        pytest.skip("the provider is not installed")
    agent = Reader().having(MODEL, "m", Constant.OPENAI_CHAT_MODEL_CONNECTION, api_key="k")
    text = refusal(ResourceTypeError, agent)
    assert "chat_model 'm'" in text
    assert "is a chat_model_connection, not a chat_model" in text
    assert "Use Constant.OPENAI_CHAT_MODEL_SETUP." in text
    agent = Reader().having(SERVER, "s", Constant.OPENAI_CHAT_MODEL_SETUP)
    assert "Use Constant.OPENAI_CHAT_MODEL_CONNECTION." in refusal(ResourceTypeError, agent)


@pytest.mark.parametrize(
    ("kind", "clazz", "told"),
    [
        (MODEL, Connection, "is a chat_model_connection, not a chat_model. Use the chat_model"),
        (SERVER, Setup, "is a chat_model, not a chat_model_connection"),
        (SERVER, "no.such.module.Class", "cannot be imported (No module named 'no')"),
        (SERVER, f"{__name__}.Gone", "cannot be imported"),
        (SERVER, NoResource, "is not a resource class. Subclass Resource."),
        (MODEL, Unfinished, "is abstract. Implement: model_kwargs."),
        (SERVER, Mute, "cannot chat. Implement chat() or achat()."),
    ],
)
def test_a_class_of_the_wrong_kind_is_named_with_the_fix(
    kind: ResourceType, clazz: Any, told: str
) -> None:
    text = refusal(ResourceTypeError, Reader().having(kind, "r", clazz))
    assert f"{kind.value} 'r'" in text
    assert told in text


def test_an_instance_of_the_wrong_kind_is_named_with_its_own() -> None:
    agent = Reader().add_resource("t", ResourceType.TOOL, Prompt.from_text("x"))
    text = refusal(ResourceTypeError, agent)
    assert "tool 't': LocalPrompt is a prompt, not a tool. Declare it as a prompt." in text


def test_a_descriptor_without_a_class_says_what_it_takes() -> None:
    for wrong in (None, "Class", "", "."):
        with pytest.raises(ValueError, match=r"'package\.module\.Class'.*Constant"):
            ResourceDescriptor(clazz=wrong)


# Arguments


def test_an_unknown_argument_is_named_with_the_nearest_right_one() -> None:
    text = refusal(ResourceArgumentError, Reader().having(SERVER, "s", Connection, hosst="a"))
    assert "chat_model_connection 's': Connection takes no argument 'hosst'" in text
    assert "Did you mean 'host'?" in text


def test_an_argument_like_no_other_is_told_what_there_is() -> None:
    text = refusal(ResourceArgumentError, Reader().having(SERVER, "s", Connection, zzz="a"))
    assert "It takes: host, api_key, max_tokens, headers." in text


def test_arguments_may_be_in_camel_case() -> None:
    agent = Reader().having(SERVER, "s", Connection, maxTokens=5, apiKey="k")
    compile_agent(agent.having(MODEL, "m", Setup, connection="s"))
    text = refusal(ResourceArgumentError, Reader().having(SERVER, "s", Connection, maxToken=5))
    assert "Did you mean 'max_tokens'?" in text


def test_references_may_be_in_camel_case_too() -> None:
    class Camel(Store):
        other_store: str | None = None

        @classmethod
        def references(cls, arguments: Any) -> list[tuple[str, ResourceType]]:
            return [(arguments["other_store"], STORE)]

    text = refusal(UnknownResourceError, Reader().having(STORE, "a", Camel, otherStore="gone"))
    assert "'gone'" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"max_tokens": "many"}, "argument 'max_tokens' 'many' does not fit Connection"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"headers": [1]}, "argument 'headers' [1]"),
        ({"host": None}, "argument 'host' None"),
    ],
)
def test_a_value_that_does_not_fit_is_shown_with_its_name(
    arguments: dict[str, Any], told: str
) -> None:
    text = refusal(ResourceArgumentError, Reader().having(SERVER, "s", Connection, **arguments))
    assert told in text
    assert "Correct the value." in text


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": [SECRET]},
        {"apiKey": {"a": SECRET}},
        {"headers": {"X-Token": [SECRET]}},
        {"secret": SECRET, "api_key": SECRET},
    ],
)
def test_no_error_shows_a_secret(arguments: dict[str, Any]) -> None:
    agent = Reader().having(SERVER, "s", Connection, **arguments)
    assert SECRET not in refusal(ResourceArgumentError, agent)


def test_a_missing_argument_is_named() -> None:
    text = refusal(ResourceArgumentError, Reader().having(SERVER, "s", Needy))
    assert "Needy needs the argument 'place'" in text


def test_an_environment_variable_stands_for_a_value_of_any_type() -> None:
    given = {"max_tokens": "${env:MAX}", "host": "${env:H}"}
    plan = compile_agent(Reader().having(SERVER, "s", Connection, **given))
    declared = plan.resources[SERVER, "s"]
    assert isinstance(declared, ResourceDescriptor)
    assert declared.arguments == given


def test_arguments_of_a_constructor_of_its_own_are_known() -> None:
    compile_agent(Reader().having(SERVER, "s", OwnInit, region="eu", retries=2))
    text = refusal(ResourceArgumentError, Reader().having(SERVER, "s", OwnInit, regoin="eu"))
    assert "Did you mean 'region'?" in text
    compile_agent(Reader().having(SERVER, "s", TakesAny, whatever=5))


def test_resources_are_not_created_to_be_checked() -> None:
    class Explosive(Connection):
        def model_post_init(self, context: Any) -> None:
            raise AssertionError("created")

    compile_agent(Reader().having(SERVER, "s", Explosive, host="a"))


# What cannot travel


def test_a_value_that_cannot_travel_is_named_with_its_action() -> None:
    lock = threading.Lock()

    def act(event: Event, ctx: Any) -> None:
        with lock:
            pass

    text = refusal(NotPortableError, Reader().add_action("locked", [Started], act))
    assert "action 'locked': holds a value that cannot travel to a worker" in text
    assert "lock" in text.partition("worker")[2]
    assert "Create it inside the action" in text


def test_a_setting_of_an_action_that_cannot_travel_is_named() -> None:
    agent = Reader().add_action("guarded", [Started], nothing, lock=threading.Lock())
    assert "action 'guarded'" in refusal(NotPortableError, agent)


def test_an_argument_that_cannot_travel_is_named_with_its_resource() -> None:
    agent = Reader().having(SERVER, "s", TakesAny, lock=threading.Lock())
    assert "chat_model_connection 's'" in refusal(NotPortableError, agent)


# The errors themselves


@pytest.mark.parametrize(
    "kind",
    [
        cls
        for cls in vars(exceptions).values()
        if isinstance(cls, type) and issubclass(cls, PlanError)
    ],
)
def test_plan_errors_travel_and_keep_their_parts(kind: type[PlanError]) -> None:
    error = pickle.loads(pickle.dumps(kind("Reader", "action 'a'", "is wrong", "Put it right.")))
    assert type(error) is kind
    assert (error.agent, error.member) == ("Reader", "action 'a'")
    assert str(error) == "Agent 'Reader', action 'a': is wrong. Put it right."
