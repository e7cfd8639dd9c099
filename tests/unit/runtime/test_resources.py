"""Resources are created on the worker, once each, of arguments that the plan does not show."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any, ClassVar

import pytest
from pydantic import Field, SecretStr, field_validator

from flink_agents.api.configuration import Configuration
from flink_agents.api.prompts.prompt import Prompt
from flink_agents.api.resource import Resource, ResourceDescriptor, ResourceType
from flink_agents.exceptions import ResourceArgumentError, UnknownResourceError
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.runtime.resources import ResourceCache

SECRET = "s3cret-value"
SERVER = ResourceType.CHAT_MODEL_CONNECTION


class Server(Resource):
    """A resource with all kinds of arguments."""

    made: ClassVar[int] = 0

    host: str = "localhost"
    port: int = Field(default=80, ge=1)
    api_key: SecretStr | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    names: list[str] = Field(default_factory=list)

    @classmethod
    def resource_type(cls) -> ResourceType:
        return SERVER

    @field_validator("host")
    @classmethod
    def _check(cls, value: str) -> str:
        if value == SECRET:
            raise ValueError("is not a host")
        return value

    def model_post_init(self, context: Any) -> None:
        Server.made += 1
        super().model_post_init(context)


class Slow(Server):
    def model_post_init(self, context: Any) -> None:
        time.sleep(0.05)
        super().model_post_init(context)


class Raising(Server):
    def model_post_init(self, context: Any) -> None:
        assert self.api_key is not None
        raise ValueError(f"{self.host}: no such server for {self.api_key.get_secret_value()}")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Server.made = 0


def cache(config: dict[str, Any] | None = None, **resources: ResourceDescriptor) -> ResourceCache:
    declared = {(SERVER, name): descriptor for name, descriptor in resources.items()}
    return ResourceCache(AgentPlan("Reader", (), declared), Configuration(config), 7)


def server(config: dict[str, Any] | None = None, **arguments: Any) -> Server:
    found = cache(config, s=ResourceDescriptor(clazz=Server, arguments=arguments)).get("s", SERVER)
    assert isinstance(found, Server)
    return found


def refusal(config: dict[str, Any] | None = None, clazz: Any = Server, **arguments: Any) -> str:
    with pytest.raises(ResourceArgumentError) as raised:
        cache(config, s=ResourceDescriptor(clazz=clazz, arguments=arguments)).get("s", SERVER)
    assert raised.value.__cause__ is None  # pydantic's own error shows the input
    return str(raised.value)


def test_a_resource_is_created_on_first_use_and_once() -> None:
    resources = cache(s=ResourceDescriptor(clazz=Server, host="a"))
    assert Server.made == 0
    assert resources.created() == []
    first = resources.get("s", SERVER)
    assert resources.get("s", SERVER) is first
    assert Server.made == 1
    assert resources.created() == [first]


def test_a_resource_that_many_threads_ask_for_at_once_is_created_once() -> None:
    resources = cache(s=ResourceDescriptor(clazz=Slow))
    found: list[Resource] = []
    threads = [
        threading.Thread(target=lambda: found.append(resources.get("s", SERVER))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(one) for one in found}) == 1
    assert Server.made == 1


def test_the_last_one_created_is_the_first_to_be_closed() -> None:
    resources = cache(a=ResourceDescriptor(clazz=Server), b=ResourceDescriptor(clazz=Server))
    b, a = resources.get("b", SERVER), resources.get("a", SERVER)
    assert resources.created() == [a, b]


def test_resources_find_each_other_and_know_the_size_for_their_pools() -> None:
    resources = cache(a=ResourceDescriptor(clazz=Server), b=ResourceDescriptor(clazz=Server))
    a = resources.get("a", SERVER)
    assert a.max_in_flight == 7
    assert a.get_resource is not None
    assert a.get_resource("b", SERVER) is resources.get("b", SERVER)


def test_a_prompt_is_used_as_it_was_declared_and_the_declared_one_stays_as_it_is() -> None:
    prompt = Prompt.from_text("hi")
    plan = AgentPlan("Reader", (), {(ResourceType.PROMPT, "p"): prompt})
    used = ResourceCache(plan, Configuration()).get("p", ResourceType.PROMPT)
    assert isinstance(used, Prompt)
    assert used.format_string() == "hi"
    assert used.get_resource is not None
    assert prompt.get_resource is None


def test_a_resource_that_is_not_declared_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownResourceError) as raised:
        cache(a=ResourceDescriptor(clazz=Server), b=ResourceDescriptor(clazz=Server)).get(
            "c", SERVER
        )
    assert "'Reader', chat_model_connection 'c': is not declared. Declared are: a, b" in str(
        raised.value
    )
    with pytest.raises(UnknownResourceError, match=r"prompt 'a'.*Declare it on the agent"):
        cache(a=ResourceDescriptor(clazz=Server)).get("a", ResourceType.PROMPT)


# Before the first use


def test_connections_to_chat_models_can_be_created_before_they_are_used() -> None:
    prompt = Prompt.from_text("hi")
    declared: dict[tuple[ResourceType, str], Any] = {
        (SERVER, "wrong"): ResourceDescriptor(clazz=Server, port=0),
        (ResourceType.PROMPT, "p"): prompt,
        (SERVER, "a"): ResourceDescriptor(clazz=Server),
    }
    resources = ResourceCache(AgentPlan("Reader", (), declared), Configuration())
    resources.warm_up()
    (only,) = resources.created()
    assert resources.get("a", SERVER) is only
    with pytest.raises(ResourceArgumentError, match="port"):
        resources.get("wrong", SERVER)


OPENED = """
import sys
from flink_agents.api.configuration import Configuration
from flink_agents.api.resource import Constant, ResourceDescriptor, ResourceType
from flink_agents.engine.codec import Codec
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.runtime.local_metrics import LocalMetricGroup
from flink_agents.runtime.metrics import AgentMetrics
from flink_agents.runtime.services import Services

described = ResourceDescriptor(clazz=Constant.OPENAI_CHAT_MODEL_CONNECTION, api_key="sk-test")
plan = AgentPlan("Asking", (), {(ResourceType.CHAT_MODEL_CONNECTION, "openai"): described})
slow = {"openai", "genai_prices.data"}
assert not slow & sys.modules.keys()
services = Services(plan, Configuration(), AgentMetrics(LocalMetricGroup()), Codec(()))
assert slow <= sys.modules.keys()
services.close()
"""


def test_what_is_slow_to_import_is_there_before_the_first_call() -> None:
    subprocess.run([sys.executable, "-c", OPENED], check=True)


# Environment variables


def test_environment_variables_are_put_in_wherever_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOST", "a.example")
    monkeypatch.setenv("KEY", SECRET)
    monkeypatch.setenv("PORT", "8080")
    made = server(
        host="http://${env:HOST}/${env:HOST}",
        api_key="${env:KEY}",
        port="${env:PORT}",
        options={"headers": {"X": "Bearer ${env:KEY}"}, "n": 5},
        names=["${env:HOST}", "$HOST", "${HOST}", "{env:HOST}"],
    )
    assert made.host == "http://a.example/a.example"
    assert made.api_key is not None
    assert made.api_key.get_secret_value() == SECRET
    assert made.port == 8080
    assert made.options == {"headers": {"X": f"Bearer {SECRET}"}, "n": 5}
    assert made.names == ["a.example", "$HOST", "${HOST}", "{env:HOST}"]


def test_the_value_of_a_variable_is_not_searched_for_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A", "${env:B}")
    monkeypatch.setenv("B", "b")
    assert server(host="${env:A}").host == "${env:B}"


def test_an_empty_variable_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    assert server(host="${env:EMPTY}").host == ""


def test_a_variable_that_is_not_set_is_named_with_resource_argument_and_place() -> None:
    text = refusal(host="${env:NO_SUCH_VARIABLE}")
    for part in ("'Reader'", "'s'", "'host'", "NO_SUCH_VARIABLE", "where the TaskManager runs"):
        assert part in text


def test_variables_are_read_when_the_resource_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "early")
    resources = cache(s=ResourceDescriptor(clazz=Server, host="${env:HOST}"))
    monkeypatch.setenv("HOST", "late")
    assert resources.get("s", SERVER).host == "late"  # type: ignore[attr-defined]


# Defaults from the configuration


def test_options_named_after_the_class_are_defaults_and_the_descriptor_wins() -> None:
    config = {"Server.host": "from options", "Server.port": 81, "Other.port": 5, "port": 6}
    made = server(config, host="from descriptor")
    assert (made.host, made.port) == ("from descriptor", 81)


def test_options_may_be_in_camel_case_nested_and_hold_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEY", SECRET)
    made = server({"Server": {"apiKey": "${env:KEY}", "port": "90"}})
    assert made.api_key is not None
    assert made.api_key.get_secret_value() == SECRET
    assert made.port == 90


def test_arguments_may_be_in_camel_case_and_win_over_options_all_the_same() -> None:
    made = server({"Server.api_key": "other"}, apiKey=SECRET)
    assert made.api_key is not None
    assert made.api_key.get_secret_value() == SECRET


# Errors


def test_a_wrong_value_is_named_but_not_shown() -> None:
    text = refusal(port="${env:HOME}", host=SECRET)
    assert "Server cannot be created" in text
    assert "port:" in text
    assert "host: Value error, is not a host" in text
    assert "Correct its arguments" in text
    assert SECRET not in text


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": [SECRET]},
        {"names": SECRET},
        {"options": [SECRET]},
        {"password": SECRET},
        {"port": SECRET},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_no_error_shows_the_value_of_an_argument(arguments: dict[str, Any]) -> None:
    text = refusal(**arguments)
    assert next(iter(arguments)) in text
    assert SECRET not in text


def test_what_a_resource_itself_raises_is_told() -> None:
    text = refusal({"Raising.host": "${env:HOME}"}, clazz=Raising, api_key=SECRET)
    assert "Raising cannot be created: Value error, ***: no such server" in text
    assert SECRET not in text


def test_a_resource_that_could_not_be_created_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resources = cache(s=ResourceDescriptor(clazz=Server, host="${env:LATE}"))
    with pytest.raises(ResourceArgumentError):
        resources.get("s", SERVER)
    assert resources.created() == []
    monkeypatch.setenv("LATE", "now")
    assert resources.get("s", SERVER).host == "now"  # type: ignore[attr-defined]


def test_secrets_do_not_show_in_descriptors_and_resources() -> None:
    descriptor = ResourceDescriptor(
        clazz=Server,
        api_key=SECRET,
        authToken=SECRET,
        options={"headers": {"X-Any": SECRET}, "nested": {"password": SECRET}},
        list=[{"api_key": SECRET}],
    )
    assert SECRET not in repr(descriptor)
    assert SECRET not in str(descriptor)
    assert SECRET not in repr(server(api_key=SECRET))
