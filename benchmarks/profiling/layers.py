"""Which layer a function belongs to."""

from __future__ import annotations

from benchmarks.profiling.stacks import Stack

#: In this order: a part of the file of a Python frame, and the layer.
_PYTHON = (
    ("flink_agents/runtime/flink/", "flink_agents: Flink host, state, codec of rows"),
    ("flink_agents/runtime/", "flink_agents: runner, context, loop"),
    ("flink_agents/engine/", "flink_agents: engine, codec"),
    ("flink_agents/plan/", "flink_agents: plan"),
    ("flink_agents/integrations/", "flink_agents: chat model connections"),
    ("flink_agents/api/", "flink_agents: events, messages, memory"),
    ("flink_agents/", "flink_agents: other"),
    ("pyflink/", "PyFlink"),
    ("logging/", "logging, also of SDKs, to Flink's log"),
    ("pemja/logger", "logging, also of SDKs, to Flink's log"),
    ("pydantic", "pydantic"),
    ("benchmarks/", "the measured agent's own code"),
    ("openai/", "SDK: openai"),
    ("dashscope/", "SDK: dashscope"),
    ("httpx", "SDK: httpx"),
    ("aiohttp/", "SDK: aiohttp"),
    ("asyncio/", "asyncio"),
    ("selectors.py", "asyncio"),
    ("json/", "json"),
)
_JAVA = (
    ("org.apache.flink.streaming.api.operators.python", "PyFlink's operators in Java"),
    ("org.apache.flink.python", "PyFlink's operators in Java"),
    ("org.apache.flink.table", "PyFlink's operators in Java"),
    ("org.apache.flink.runtime.state", "Flink: state"),
    ("org.apache.flink.streaming.runtime", "Flink: streaming runtime"),
    ("org.apache.flink.streaming", "Flink: operators, timers"),
    ("org.apache.flink", "Flink: network, serialization, other"),
    ("pemja", "pemja"),
)
NO_FRAME = "no Python frame: Java, pemja and conversions between Java and Python"


def python_layer(stack: Stack) -> str:
    """By the innermost frame, or by who called it if that is Python's own library."""
    for frame in reversed(stack.frames):
        for part, layer in _PYTHON:
            if part in frame:
                return layer
    return "Python, other" if stack.frames else NO_FRAME


def java_layer(stack: Stack) -> str:
    """By the innermost frame that is not Java's own library."""
    for frame in reversed(stack.frames):
        for part, layer in _JAVA:
            if frame.startswith(part):
                return layer
    return "Java, other"
