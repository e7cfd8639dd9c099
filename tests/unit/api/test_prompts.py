"""Prompts are filled in one pass, never raise, and keep every brace that is no placeholder."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_agents.api.chat_message import ChatMessage, ImagePart, MessageRole, TextPart
from flink_agents.api.prompts.prompt import LocalPrompt, Prompt
from flink_agents.api.prompts.utils import SafeFormatter, format_string
from flink_agents.api.resource import ResourceType


def test_known_placeholders_are_replaced_and_unknown_ones_stay() -> None:
    assert format_string("{a} and {b}", a="1") == "1 and {b}"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": [1, 2]}}',
        "{",
        "}{",
        "{}",
        "{{}}",
        "{0}",
        "{!r}",
        "{a.b[0]}",
        "{x:>10}",
        "%s ${x}",
        "{\n}",
        "{\ud800}",
    ],
)
def test_a_text_without_known_placeholders_survives(text: str) -> None:
    assert format_string(text, a="filled") == text


def test_a_placeholder_inside_of_json_is_filled() -> None:
    assert format_string('{"city": "{city}", "x": {}}', city="Köln") == '{"city": "Köln", "x": {}}'


def test_doubled_braces_are_no_escape() -> None:
    assert format_string("{{a}}", a="1") == "{1}"


def test_a_value_is_not_a_template() -> None:
    assert format_string("{a} {b}", a="{b}", b="{a} \\1 \\g<0>") == "{b} {a} \\1 \\g<0>"


def test_values_that_are_no_texts_are_put_in_as_str_gives_them() -> None:
    filled = format_string("{a}|{b}|{c}|{d}", a=None, b=float("nan"), c=10**100, d=[1, "x"])
    assert filled == f"None|nan|{10**100}|[1, 'x']"


def test_a_value_without_a_text_leaves_its_placeholder() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert format_string("{a}{b}", a=Broken(), b="x") == "{a}x"


def test_names_may_be_any_text() -> None:
    values = {"größe": "1", "名前": "2", "a b": "3", "self": "4", "template": "5", "🦊": "6"}
    assert format_string("{größe}{名前}{a b}{self}{template}{🦊}", **values) == "123456"
    assert Prompt.from_text("{self}{role}").format_string(self="s", role="r") == "sr"


def test_a_prompt_of_megabytes_is_filled() -> None:
    assert SafeFormatter({"x": "y"}).format("{x}{" * 500_000) == "y{" * 500_000


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_filling_never_raises(template: str, values: dict[str, str]) -> None:
    assert isinstance(SafeFormatter(values).format(template), str)


@given(st.text(alphabet="{}ab", max_size=40))
def test_filling_with_itself_changes_nothing(template: str) -> None:
    assert SafeFormatter({"a": "{a}", "ab": "{ab}"}).format(template) == template


def test_a_text_is_said_by_the_system_unless_told_otherwise() -> None:
    prompt = Prompt.from_text("Hello {name}")
    assert prompt.format_messages(name="Ada") == [
        ChatMessage(role=MessageRole.SYSTEM, content="Hello Ada")
    ]
    assert prompt.format_messages(role=MessageRole.USER)[0].role is MessageRole.USER
    assert prompt.format_messages(MessageRole.ASSISTANT)[0].role is MessageRole.ASSISTANT


def test_a_placeholder_may_be_called_role() -> None:
    message = Prompt.from_text("{role}").format_messages(MessageRole.USER, role="baker")[0]
    assert (message.role, message.content) == (MessageRole.USER, "baker")


def test_messages_keep_role_and_extra_args_and_the_template_stays() -> None:
    template = ChatMessage(
        role=MessageRole.ASSISTANT, content="{x}", extra_args={"k": [1]}, tool_calls=[{"id": "1"}]
    )
    prompt = Prompt.from_messages([template, ChatMessage(content="{y}")])
    first, second = prompt.format_messages(MessageRole.SYSTEM, x=1, y=2)
    assert first == template.model_copy(update={"content": "1"})
    assert (second.role, second.content) == (MessageRole.USER, "2")
    first.extra_args["k"].append(2)
    assert prompt.format_messages()[0].extra_args == {"k": [1]}


def test_texts_between_images_are_filled_too() -> None:
    image = ImagePart(url="http://a/{x}.png")
    template = ChatMessage(content="{x}:", parts=[image, TextPart(text="Is it {x}?")])
    prompt = Prompt.from_messages([template])
    (filled,) = prompt.format_messages(x="red")
    assert filled.all_parts == [TextPart(text="red:"), image, TextPart(text="Is it red?")]
    assert prompt.format_string(x="red") == "user: red:\nIs it red?"
    assert template.parts[1] == TextPart(text="Is it {x}?")


def test_messages_as_one_text_name_their_roles() -> None:
    prompt = Prompt.from_messages(
        [
            ChatMessage(role=MessageRole.SYSTEM, content="be {x}"),
            ChatMessage(content="hi"),
        ]
    )
    assert prompt.format_string(x="kind") == "system: be kind\nuser: hi"


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt.from_text('{"a": {b}} ☃'),
        Prompt.from_messages([ChatMessage(role=MessageRole.TOOL, content="{c}")]),
        LocalPrompt(template=[]),
    ],
)
def test_a_prompt_survives_json_and_pickle(prompt: LocalPrompt) -> None:
    assert LocalPrompt.model_validate_json(prompt.model_dump_json()) == prompt
    assert pickle.loads(pickle.dumps(prompt)) == prompt
    assert prompt.resource_type() is ResourceType.PROMPT


def test_a_template_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="template"):
        LocalPrompt(template=5)
    with pytest.raises(ValueError, match="template"):
        LocalPrompt()
